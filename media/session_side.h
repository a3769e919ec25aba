#pragma once

#include <memory>
#include <optional>

#include "media/bearer_endpoint.h"
#include "media/rtp_endpoint.h"
#include "media/side_ports.h"
#include "media/t38_endpoint.h"
#include "media/tone/dtmf_detector.h"
#include "media/tone/fax_tone_detector.h"
#include "media/tone/tone_generator.h"

namespace sg::media {

// One side of a session: the endpoint that stands there, what is heard of it, what is played to it, and what of its
// media was lost. A timeslot goes before ports; a side with neither is silent.
// Owned by the Session. Media-worker thread only.
class SessionSide {
 public:
  SessionSide(SessionId session, Side which, SessionContext& context);
  ~SessionSide();

  Side which() const { return which_; }

  // Commands.
  void give_ports(PortPair ports);
  bool has_ports() const { return ports_.are_there(); }
  void use_rtp(const RtpSettings& settings, Profile profile);
  // `ifps` gets the peer's IFPs. The side speaks audio now.
  void use_t38(const T38Settings& settings, t38::UdptlReceiver::Listener& ifps, TimePoint line);
  void end_t38();
  void give_bearer(tdm::Timeslot slot, std::unique_ptr<tdm::Bearer> bearer, const tdm::ToneZone* busy_tones,
                   Profile profile);
  void drop_bearer();
  void set_profile(Profile profile, DepthChange deepen = DepthChange::Fully);
  void play(Tone tone, const tdm::ToneZone& zone) { tones_.play(tone, zone); }
  void send_digit(char digit, std::chrono::milliseconds length);
  // Its RTP is not asked for packets any more, until it wakes.
  void rest();
  void wake();

  // What stands here. Nothing where another kind does.
  BearerEndpoint* bearer() const { return bearer_.get(); }
  T38Endpoint* t38() const { return t38_.get(); }
  RtpEndpoint* rtp() const { return packets() && !t38_ ? rtp_.get() : nullptr; }
  bool is_audio() const { return !endpoint() || endpoint()->is_audio(); }
  bool has_own_digits() const { return endpoint() && endpoint()->has_own_digits(); }
  // Of the octets that suit it best.
  tdm::Law law() const;

  // Packets in. Calls on_digit(char) for each digit that they tell.
  template <class OnDigit>
  void drain(OnDigit on_digit) {
    ports_.drain_media([&](const Datagram& datagram) {
      if (!packets_) return context_.counters.unexpected.add();
      if (auto digit = packets_->on_media(datagram)) on_digit(*digit);
    });
  }

  // The next block of the timeslot is what is heard. False: none is ready, or there is no timeslot.
  bool read_bearer(TimePoint now) { return bearer_ && bearer_->hear(heard_, now); }
  // The block of this step where there is no timeslot. False: what stands here says nothing.
  bool hear(TimePoint now) { return packets() && packets()->hear(heard_, now); }
  AudioBlock& heard() { return heard_; }
  std::optional<HeardTone> hear_fax_tone() { return fax_tones_.feed(heard_.linear()); }
  FaxToneDetector::Onset fax_onset() const { return fax_tones_.onset(); }
  std::optional<char> hear_digit() { return dtmf_.feed(heard_.linear()); }

  // Whether a tone or a digit is played here, of which this is the next block.
  bool generate(AudioBlock& block);
  bool is_playing() const { return tones_.is_playing(); }
  void say(AudioBlock& block) {
    if (Endpoint* to = endpoint()) to->say(block);
  }
  // Lets so much time pass in which no audio is sent.
  void skip_audio(size_t octets) {
    if (rtp_) rtp_->skip(octets);
  }
  void poll(TimePoint line) {
    if (packets()) packets()->poll(line);
  }

  // Now and then.
  void look_after(TimePoint now);
  // The call is a fax from now on: what is lost counts.
  void begin_fax();
  // Now and then in a fax: tells what was lost, and what is done about it.
  void tell_losses();

  SideStats stats() const;

 private:
  // What was lost so far.
  struct Losses {
    struct Packets {
      uint64_t lost = 0, recovered = 0;
    };
    Packets rtp, t38;
    uint64_t slips = 0;
  };

  PacketEndpoint* packets() const { return is_on_bearer() ? nullptr : packets_; }
  bool is_on_bearer() const { return bearer_ && !bearer_->has_failed(); }
  Endpoint* endpoint() const { return is_on_bearer() ? static_cast<Endpoint*>(bearer_.get()) : packets_; }
  void tell(Event event) { context_.events.send(session_, std::move(event)); }
  Losses losses() const;
  void tell_lost(const Losses::Packets& now, const Losses::Packets& told, bool in_audio);

  const SessionId session_;
  const Side which_;
  SessionContext& context_;
  SidePorts ports_;
  std::unique_ptr<RtpEndpoint> rtp_;  // kept while the side speaks T.38
  std::unique_ptr<T38Endpoint> t38_;
  PacketEndpoint* packets_ = nullptr;  // which of the two speaks at the ports
  std::unique_ptr<BearerEndpoint> bearer_;

  AudioBlock heard_;
  FaxToneDetector fax_tones_;
  DtmfDetector dtmf_;
  ToneGenerator tones_;

  bool is_timeout_told_ = false;
  Losses told_;
  uint64_t rtp_before_fax_ = 0;
  // Of those before.
  UdptlStats earlier_udptl_;
  tdm::BearerStats earlier_bearers_;
};

}  // namespace sg::media
