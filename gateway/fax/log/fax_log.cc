#include "gateway/fax/log/fax_log.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace sg::fax {
namespace {

namespace fcf = t38::fcf;

// An alarm stands for some 100 ms before it is one, and a driver is asked for its alarms once a second.
constexpr FaxLog::Milliseconds kUnnoticed(2000);

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

std::string_view name_of(FaxStep::Kind kind) {
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
      if (goodbye_at_ && event.code.kind == fcf::kDcs) begin_another(at, seen);
      if (event.code.kind == fcf::kDcn) goodbye_at_ = at;
      if (!first_frame_at_) first_frame_at_ = at;
      has_spoken_[static_cast<size_t>(seen.from)] = true;
      last_frame_ = event.code;
      last_frame_at_ = at;
      on_frame(at, event);
      note_time(at, event.code);
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
  outcome_.on_frame(at, frame.code);
  // A post-message command: the page is over, though it may not be answered.
  if (frame.code.is_mps() || frame.code.is_eop() || frame.code.is_eom()) is_in_page_ = false;
  switch (frame.code.kind) {
    case fcf::kDis:
      ++sums_.dis;
      break;
    case fcf::kDcs:
      on_dcs(frame);
      break;
    case fcf::kCfr:
      ++sums_.cfr;
      break;
    case fcf::kFtt:
      ++sums_.ftt;
      break;
    case fcf::kRtn:
      ++sums_.rtn;
      break;
    case fcf::kPpr:
      ++sums_.ppr;
      break;
    case fcf::kErr:
      ++sums_.err;
      break;
    case fcf::kMcf:
      ++sums_.mcf;
      break;
    case fcf::kCrp:
      ++sums_.crp;
      break;
    case fcf::kDcn:
      ++sums_.dcn;
      break;
    case fcf::kCsi:
      called_identity_ = identity_of(frame);
      break;
    case fcf::kTsi:
      calling_identity_ = identity_of(frame);
      break;
    default:
      break;
  }
}

void FaxLog::on_dcs(const t38::FaxEvent& frame) {
  ++sums_.dcs;
  const t38::Dcs dcs = t38::parse_dcs(ByteView(frame.content).first(frame.content_octets));
  if (document_.first_bit_rate == 0) document_.first_bit_rate = dcs.bit_rate;
  document_.bit_rate = dcs.bit_rate;
  document_.ecm = dcs.ecm;
  document_.resolution = dcs.resolution;
  document_.compression = dcs.compression;
}

void FaxLog::note_time(Milliseconds at, t38::FrameCode frame) {
  switch (frame.kind) {
    case fcf::kDis:
      latest_.dis = at;
      break;
    case fcf::kDcs:
      latest_.dcs = at;
      break;
    case fcf::kCfr:
    case fcf::kFtt:
      latest_.training_answer = at;
      break;
    case fcf::kMcf:
    case fcf::kRtp:
    case fcf::kPip:
      latest_.confirmed = at;
      break;
    default:
      break;
  }
}

void FaxLog::on_mode(Milliseconds at, media::Side side, std::string_view mode, std::string_view reason) {
  add({.at = at, .kind = FaxStep::Kind::Mode, .side = side, .what = fmt::format("{}: {}", mode, reason)});
}

void FaxLog::on_impairment(Milliseconds at, const media::MediaImpairment& impairment) {
  // Without the clock of a dead line the other side is neither read nor written.
  if (std::ranges::any_of(is_in_alarm_, std::identity())) return;
  const bool is_slip = impairment.kind == media::MediaImpairment::Kind::Slip;
  if (is_slip) {
    sums_.slips += impairment.count;
  } else {
    sums_.lost += impairment.count;
    sums_.recovered += impairment.recovered;
    FaxLog::Loss& leg = loss_[static_cast<size_t>(impairment.side)];
    Loss::Packets& packets = impairment.in_audio ? leg.in_g711 : leg.in_t38;
    packets.lost += impairment.count;
    packets.recovered += impairment.recovered;
  }
  FaxStep step{.at = at, .kind = is_slip ? FaxStep::Kind::Slip : FaxStep::Kind::Loss, .side = impairment.side};
  step.in_audio = impairment.in_audio;
  step.until = at;
  step.count = impairment.count;
  step.recovered = impairment.recovered;
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
