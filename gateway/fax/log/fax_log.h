#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/fax/log/fax_outcome.h"
#include "media/service.h"
#include "tdm/types.h"

namespace sg::fax {

// One thing that happened to a fax.
struct FaxStep {
  enum class Kind : uint8_t { Tone, Frame, Training, Page, Mode, Loss, Slip, Redundancy, Line };
  std::chrono::milliseconds at{0};  // since the call began
  Kind kind = Kind::Frame;
  media::Side side = media::Side::A;  // whose machine or leg: A the caller's
  bool in_audio = false;              // heard in G.711, not in T.38
  std::string what{};                 // "DIS", "training 14400 bit/s", "t38: our offer", "3 lost, 2 recovered"

  // Of losses and slips, which are summed up where they follow each other.
  std::chrono::milliseconds until{0};  // the last of them; 0: it is no such step
  uint64_t count = 0;                  // lost for good; slips
  uint64_t recovered = 0;
  std::optional<media::RedundancyRaised> raised = {};  // of Redundancy
};
std::string_view name_of(FaxStep::Kind kind);
std::string_view name_of(media::HeardTone tone);  // "CNG"

// The steps of a fax, in memory that does not grow without end. What begins and what ends it is kept. Pure.
class FaxSteps {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr size_t kMost = 500;
  static constexpr size_t kHead = 150;  // of which the middle never takes any for what comes later
  // Losses this soon after the first of them are one step, whatever happened between.
  static constexpr Milliseconds kOneBurst{3000};

  struct LeftOut {
    uint64_t steps = 0;
    Milliseconds from{0}, until{0};  // the first and the last of them
  };

  // One of losses or slips joins the last such step of its side, where nothing else happened on that side since.
  void add(FaxStep step);

  // Forgets the slips that began no earlier, and tells how many these were.
  uint64_t forget_slips(Milliseconds since);

  const std::vector<FaxStep>& kept() const { return kept_; }
  const LeftOut& left_out() const { return left_out_; }

 private:
  bool join(const FaxStep& step);
  void leave_out(size_t index);

  std::vector<FaxStep> kept_;
  LeftOut left_out_;
};

// What happened to the fax of a call, step by step and in sums. Pure; owned by the call's record.
class FaxLog {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // Sums over steps, those that were not kept too.
  struct Sums {
    Sums& operator+=(const Sums& more);

    int dis = 0, dcs = 0, cfr = 0, ftt = 0, rtn = 0, ppr = 0, err = 0, mcf = 0, crp = 0, dcn = 0;
    int pages_started = 0, pages_ended = 0;
    uint64_t lost = 0, recovered = 0, slips = 0;
    bool cng = false, ced = false, ansam = false;
  };
  // Packets of one leg, by transport.
  struct Loss {
    struct Packets {
      uint64_t lost = 0, recovered = 0;
    };
    Packets in_g711, in_t38;
  };
  // When each was seen last.
  struct Latest {
    std::optional<Milliseconds> dis, dcs;
    std::optional<Milliseconds> training_answer;  // CFR or FTT
    std::optional<Milliseconds> confirmed;        // MCF or its kin
  };
  // What the last DCS set.
  struct Document {
    int bit_rate = 0;        // bit/s
    int first_bit_rate = 0;  // of the first DCS
    bool ecm = false;
    std::string resolution, compression;
  };

  void on_tone(Milliseconds at, media::Side side, media::HeardTone tone);
  void on_seen(Milliseconds at, const media::FaxSeen& seen);
  void on_mode(Milliseconds at, media::Side side, std::string_view mode, std::string_view reason);
  void on_impairment(Milliseconds at, const media::MediaImpairment& impairment);
  // During an alarm, and in the moment before it was noticed, what is lost or slips is a symptom of it and not counted.
  void on_line(Milliseconds at, media::Side side, const tdm::LineFault& fault);
  void on_redundancy(Milliseconds at, const media::RedundancyRaised& raised);

  bool is_empty() const { return steps_.kept().empty(); }
  const std::vector<FaxStep>& steps() const { return steps_.kept(); }
  const FaxSteps::LeftOut& left_out() const { return steps_.left_out(); }
  // Of the latest fax: a DCS after a goodbye begins another one in the same call. So it is with all that follows here.
  const Sums& sums() const { return sums_; }
  // Of the call.
  Sums all_sums() const;
  const Loss& loss(media::Side side) const { return loss_[static_cast<size_t>(side)]; }
  // What had come from its peers before that fax began; nothing for the first one.
  const media::PacketsReceived& received_before(media::Side side) const {
    return received_before_[static_cast<size_t>(side)];
  }
  const Latest& latest() const { return latest_; }
  const Document& document() const { return document_; }
  const FaxOutcome& outcome() const { return outcome_; }
  // CSI and TSI, T.30 clause 5.3.6.2; empty: none was told.
  const std::string& called_identity() const { return called_identity_; }
  const std::string& calling_identity() const { return calling_identity_; }

  // The latest T.30 frame.
  const std::optional<t38::FrameCode>& last_frame() const { return last_frame_; }
  Milliseconds last_frame_at() const { return last_frame_at_; }
  std::optional<Milliseconds> first_frame_at() const { return first_frame_at_; }
  // A page has begun and its end was not announced.
  bool is_in_page() const { return is_in_page_; }
  // A frame of this side's machine was seen.
  bool has_spoken(media::Side side) const { return has_spoken_[static_cast<size_t>(side)]; }
  // Where the frames were: in G.711, in T.38.
  bool was_in_audio() const { return was_in_audio_; }
  bool was_in_t38() const { return was_in_t38_; }

 private:
  void add(FaxStep step) { steps_.add(std::move(step)); }
  void on_frame(Milliseconds at, const t38::FaxEvent& frame);
  void on_dcs(const t38::FaxEvent& frame);
  void begin_another(Milliseconds at, const media::FaxSeen& first);
  void note_time(Milliseconds at, t38::FrameCode frame);

  FaxSteps steps_;
  Sums sums_, earlier_sums_;
  Latest latest_;
  std::array<Loss, 3> loss_;
  std::array<media::PacketsReceived, 2> received_before_;
  Document document_;
  FaxOutcome outcome_;
  std::string called_identity_, calling_identity_;
  std::optional<t38::FrameCode> last_frame_;
  Milliseconds last_frame_at_{0};
  std::optional<Milliseconds> first_frame_at_;
  bool is_in_page_ = false;
  std::optional<Milliseconds> goodbye_at_;
  bool was_in_audio_ = false, was_in_t38_ = false;
  std::array<bool, 3> has_spoken_{};
  std::array<bool, 3> is_in_alarm_{};  // the line of that side
  std::array<std::string, 3> line_;    // how it stands, in words
};

}  // namespace sg::fax
