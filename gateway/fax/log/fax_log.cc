#include "gateway/fax/log/fax_log.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "t38/t30_frame.h"

namespace sg::fax {
namespace {

// An alarm stands for some 100 ms before it is one, and a driver is asked for its alarms once a second.
constexpr FaxLog::Milliseconds kUnnoticed(2000);

// "+49 30 1" of "CSI +49 30 1"; empty where the frame has none.
std::string identity_in(const t38::FaxEvent& frame) {
  std::string words = t38::describe(frame);
  const size_t space = words.find(' ');
  return space == std::string::npos ? std::string() : words.substr(space + 1);
}

}  // namespace

std::string_view name_of(media::HeardTone tone) {
  switch (tone) {
    case media::HeardTone::Cng:
      return "CNG";
    case media::HeardTone::Ced:
      return "CED";
    case media::HeardTone::AnsAm:
      return "ANSam";
    case media::HeardTone::V21Preamble:
      return "V.21 preamble";
  }
  return "";
}

std::string_view name(FaxStep::Kind kind) {
  switch (kind) {
    case FaxStep::Kind::Tone:
      return "tone";
    case FaxStep::Kind::Frame:
      return "frame";
    case FaxStep::Kind::Training:
      return "training";
    case FaxStep::Kind::Page:
      return "page";
    case FaxStep::Kind::Mode:
      return "mode";
    case FaxStep::Kind::Loss:
      return "loss";
    case FaxStep::Kind::Slip:
      return "slip";
    case FaxStep::Kind::Redundancy:
      return "redundancy";
    case FaxStep::Kind::Line:
      return "line";
  }
  return "";
}

FaxLog::Sums& FaxLog::Sums::operator+=(const Sums& more) {
  for (int Sums::*count : {&Sums::dis, &Sums::dcs, &Sums::cfr, &Sums::ftt, &Sums::rtn, &Sums::ppr, &Sums::err,
                           &Sums::mcf, &Sums::crp, &Sums::dcn, &Sums::pages_started, &Sums::pages_ended}) {
    this->*count += more.*count;
  }
  for (uint64_t Sums::*count : {&Sums::lost, &Sums::recovered, &Sums::slips}) this->*count += more.*count;
  for (bool Sums::*heard : {&Sums::cng, &Sums::ced, &Sums::ansam}) this->*heard = this->*heard || more.*heard;
  return *this;
}

FaxLog::Sums FaxLog::all_sums() const {
  Sums all = earlier_sums_;
  return all += sums_;
}

// Its DIS may have been heard already, and its TSI with this DCS: the machines' names stay until there are others. What
// was lost stays in the sums of the call.
void FaxLog::begin_another(Milliseconds at, const media::FaxSeen& first) {
  const auto dis = latest_.dis > goodbye_at_ ? latest_.dis : std::nullopt;
  first_frame_at_ = dis.value_or(at);
  latest_ = {};
  latest_.dis = dis;
  earlier_sums_ += sums_;
  sums_ = {};
  loss_ = {};
  received_before_ = first.received;
  document_ = {};
  outcome_ = {};
  is_in_page_ = false;
  goodbye_at_.reset();
}

void FaxLog::on_tone(Milliseconds at, media::Side side, media::HeardTone tone) {
  sums_.cng = sums_.cng || tone == media::HeardTone::Cng;
  sums_.ced = sums_.ced || tone == media::HeardTone::Ced;
  sums_.ansam = sums_.ansam || tone == media::HeardTone::AnsAm;
  // A preamble is heard before each frame, which tells more.
  if (tone == media::HeardTone::V21Preamble && first_frame_at_) return;
  add({.at = at, .kind = FaxStep::Kind::Tone, .side = side, .in_audio = true, .what = std::string(name_of(tone))});
}

void FaxLog::on_seen(Milliseconds at, const media::FaxSeen& seen) {
  using Kind = t38::FaxEvent::Kind;
  const t38::FaxEvent& event = seen.event;
  (seen.in_audio ? was_in_audio_ : was_in_t38_) = true;
  auto step = [&](FaxStep::Kind kind) {
    add({.at = at, .kind = kind, .side = seen.from, .in_audio = seen.in_audio, .what = t38::describe(event)});
  };
  switch (event.kind) {
    case Kind::Frame:
      if (goodbye_at_ && event.detail == "DCS") begin_another(at, seen);
      if (event.detail == "DCN") goodbye_at_ = at;
      if (!first_frame_at_) first_frame_at_ = at;
      has_spoken_[static_cast<size_t>(seen.from)] = true;
      last_frame_ = event.detail;
      last_frame_at_ = at;
      on_frame(at, event);
      note_time(at, event.detail);
      return step(FaxStep::Kind::Frame);
    case Kind::Training:
      return step(FaxStep::Kind::Training);
    case Kind::PageStarted:
      ++sums_.pages_started;
      is_in_page_ = true;
      return step(FaxStep::Kind::Page);
    case Kind::PageEnded:
      ++sums_.pages_ended;
      is_in_page_ = false;
      return step(FaxStep::Kind::Page);
    case Kind::Ended:
      // DCN is there already.
      return;
  }
}

void FaxLog::on_frame(Milliseconds at, const t38::FaxEvent& frame) {
  outcome_.on_frame(at, frame.detail);
  const std::string& word = frame.detail;
  if (word == "DIS") ++sums_.dis;
  if (word == "CFR") ++sums_.cfr;
  if (word == "FTT") ++sums_.ftt;
  if (word == "RTN") ++sums_.rtn;
  if (word == "PPR") ++sums_.ppr;
  if (word == "ERR") ++sums_.err;
  if (word == "MCF") ++sums_.mcf;
  if (word == "CRP") ++sums_.crp;
  if (word == "DCN") ++sums_.dcn;
  if (word == "CSI") called_identity_ = identity_in(frame);
  if (word == "TSI") calling_identity_ = identity_in(frame);
  // A post-message command: the page is over, though it may not be answered.
  if (word.ends_with("MPS") || word.ends_with("EOP") || word.ends_with("EOM")) is_in_page_ = false;
  if (word != "DCS") return;
  ++sums_.dcs;
  const t38::Dcs dcs = t38::parse_dcs(ByteView(frame.content).first(frame.content_octets));
  if (document_.first_bit_rate == 0) document_.first_bit_rate = dcs.bit_rate;
  document_.bit_rate = dcs.bit_rate;
  document_.ecm = dcs.ecm;
  document_.resolution = dcs.resolution;
  document_.compression = dcs.compression;
}

void FaxLog::note_time(Milliseconds at, const std::string& word) {
  if (word == "DIS") latest_.dis = at;
  if (word == "DCS") latest_.dcs = at;
  if (word == "CFR" || word == "FTT") latest_.training_answer = at;
  if (word == "MCF" || word == "RTP" || word == "PIP") latest_.confirmed = at;
}

void FaxLog::on_mode(Milliseconds at, media::Side side, std::string_view mode, std::string_view reason) {
  add({.at = at, .kind = FaxStep::Kind::Mode, .side = side, .what = fmt::format("{}: {}", mode, reason)});
}

void FaxLog::on_hurt(Milliseconds at, const media::MediaHurt& hurt) {
  // Without the clock of a dead line the other side is neither read nor written.
  if (std::ranges::any_of(is_in_alarm_, std::identity())) return;
  const bool is_slip = hurt.kind == media::MediaHurt::Kind::Slip;
  if (is_slip) {
    sums_.slips += hurt.count;
  } else {
    sums_.lost += hurt.count;
    sums_.recovered += hurt.recovered;
    FaxLog::Loss& leg = loss_[static_cast<size_t>(hurt.side)];
    Loss::Packets& packets = hurt.in_audio ? leg.in_g711 : leg.in_t38;
    packets.lost += hurt.count;
    packets.recovered += hurt.recovered;
  }
  FaxStep step{.at = at, .kind = is_slip ? FaxStep::Kind::Slip : FaxStep::Kind::Loss, .side = hurt.side};
  step.in_audio = hurt.in_audio;
  step.until = at;
  step.count = hurt.count;
  step.recovered = hurt.recovered;
  add(std::move(step));
}

void FaxLog::on_line(Milliseconds at, media::Side side, const tdm::LineFault& fault) {
  is_in_alarm_[static_cast<size_t>(side)] = fault.alarms != tdm::kNoAlarm;
  if (fault.alarms != tdm::kNoAlarm) sums_.slips -= std::min(sums_.slips, steps_.forget_slips(at - kUnnoticed));
  const std::string state =
      fault.alarms == tdm::kNoAlarm && fault.is_dchannel_lost ? "D-channel lost" : tdm::to_string(fault.alarms);
  const std::string what = fmt::format("span {}: {}", fault.span, state);
  // The D-channel goes with the span, a little later.
  if (std::exchange(line_[static_cast<size_t>(side)], what) == what) return;
  add({.at = at, .kind = FaxStep::Kind::Line, .side = side, .what = what});
}

void FaxLog::on_redundancy(Milliseconds at, const media::RedundancyRaised& raised) {
  add({.at = at,
       .kind = FaxStep::Kind::Redundancy,
       .side = raised.side,
       .what = fmt::format("redundancy {} to {}: {:.1f} % lost", raised.from, raised.to, raised.loss * 100),
       .raised = raised});
}

}  // namespace sg::fax
