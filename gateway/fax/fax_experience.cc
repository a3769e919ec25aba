#include "gateway/fax/fax_experience.h"

#include <algorithm>
#include <utility>

#include "gateway/call/cause.h"

namespace sg::fax {
namespace {

using T38Use = FaxExperience::T38Use;
using Transport = FaxExperience::Transport;
using AskedBy = FaxExperience::AskedBy;

// What a verdict's rule says of the number.
enum class Lesson : uint8_t {
  Nothing,
  Delivered,
  NoPackets,   // T.38 does not come through
  AskedLate,   // the peer changed to T.38 in the middle of T.30
  WeWereLate,  // our own offer brought it then
  Glare,       // it came late since both sides asked at once
  DialogLost,  // our T.38 offer ended the call
  Slower,      // the modems did not get through
  LessEcm,     // error correction gave up
  NotInT38,    // T.38 was agreed upon, and the machines did not understand each other in it
  NotInG711,   // the network does not carry a fax in G.711
  TooLittle,   // the machines found nothing in common: too much may be held back
};

Lesson lesson_of(RuleId rule) {
  switch (rule) {
    case RuleId::DeliveredPacketsCut:
    case RuleId::DeliveredSmallDatagrams:
    case RuleId::DeliveredAfterTrouble:
    case RuleId::Delivered:
      return Lesson::Delivered;
    case RuleId::NoT38Packet:
      return Lesson::NoPackets;
    case RuleId::PeerAskedLate:
      return Lesson::AskedLate;
    case RuleId::WeAskedLate:
    case RuleId::T38AnsweredLate:
      return Lesson::WeWereLate;
    case RuleId::T38LateAfterGlare:
      return Lesson::Glare;
    case RuleId::DialogLost:
      return Lesson::DialogLost;
    case RuleId::PacketsCut:
    case RuleId::SmallDatagrams:
    case RuleId::TrainingFailed:
    case RuleId::TrainingUnanswered:
    case RuleId::PageRefused:
      return Lesson::Slower;
    case RuleId::EcmGaveUp:
      return Lesson::LessEcm;
    case RuleId::PeerFellSilent:
    case RuleId::NoWordInT38:
    case RuleId::DisUnanswered:
    case RuleId::PageUnanswered:
      return Lesson::NotInT38;
    case RuleId::LossInG711:
    case RuleId::JitterInG711:
    case RuleId::ClockInG711:
      return Lesson::NotInG711;
    case RuleId::Capabilities:
      return Lesson::TooLittle;
    // People hang up, spans slip, networks lose packets, machines run out of paper.
    case RuleId::UnderWay:
    case RuleId::LineDown:
    case RuleId::ConfirmationNotHeard:
    case RuleId::NoGoodbye:
    case RuleId::NoConfirmationLoss:
    case RuleId::NoConfirmation:
    case RuleId::HungUpHere:
    case RuleId::Relayed:
    case RuleId::NothingCame:
    case RuleId::ModemOrSuperG3:
    case RuleId::T38WaitedFor:
    case RuleId::NobodyAnsweredAsFax:
    case RuleId::OnlyATone:
    case RuleId::T38NotTaken:
    case RuleId::SessionExpired:
    case RuleId::NeverAcknowledged:
    case RuleId::EndedByFailure:
    case RuleId::NoWord:
    case RuleId::Slips:
    case RuleId::LossInT38:
    case RuleId::HungUpBeforeDocument:
    case RuleId::HungUpInPage:
    case RuleId::BrokenOff:
      break;
  }
  return Lesson::Nothing;
}

const call::ModeChange* last_t38(const call::LegRecord& leg) {
  auto found = std::find_if(leg.modes.rbegin(), leg.modes.rend(),
                            [](const auto& each) { return each.mode == call::MediaModeState::T38; });
  return found == leg.modes.rend() ? nullptr : &*found;
}

// Who asked for the T.38 that was agreed upon.
AskedBy who_asked(const call::LegRecord& leg) {
  const auto* agreed = last_t38(leg);
  if (!agreed) return AskedBy::Nobody;
  return agreed->reason == call::ModeReason::PeersOffer ? AskedBy::Peer : AskedBy::Us;
}

bool did_offer(const call::LegRecord& leg) {
  return std::ranges::any_of(leg.modes,
                             [](const auto& each) { return each.mode == call::MediaModeState::OfferingT38; });
}

// A peer that has no T.38 says so with these; others may pass.
bool is_for_good(int sip_status) {
  return sip_status == 415 || sip_status == 488 || sip_status == 501 || sip_status == 606;
}

// Why there is no use in asking this peer; empty: none is known.
std::string refusal_of(const call::LegRecord& leg) {
  if (last_t38(leg)) return "";
  if (is_for_good(leg.t38_refused_with)) return fmt::format("refused with {}", leg.t38_refused_with);
  auto is_unanswered = [](const auto& each) { return each.reason == call::ModeReason::NoAnswer; };
  return std::ranges::any_of(leg.modes, is_unanswered) ? "our offer got no answer" : "";
}

// A call that ends right after the change has heard nothing either.
constexpr auto kLongEnoughToHear = std::chrono::seconds(5);

bool heard_nothing(const call::Record& record, const call::LegRecord& leg, media::Side side) {
  const auto* agreed = last_t38(leg);
  const auto& udptl = record.media.side[side == media::Side::A ? 0 : 1].udptl;
  return agreed && udptl.packets_sent > 0 && udptl.packets_received == 0 &&
         record.ended - agreed->at >= kLongEnoughToHear;
}

bool is_asking(T38Ask ask) {
  return ask != T38Ask::Peer && ask != T38Ask::Never;
}
void do_not_ask(call::MediaPolicy& policy) {
  if (is_asking(policy.t38)) policy.t38 = T38Ask::Peer;
}
void take_early_offers_only(call::MediaPolicy& policy) {
  const bool is_open = policy.t38_offer_window == Duration::zero();
  policy.t38_offer_window = is_open ? FaxExperience::kEarly : std::min(policy.t38_offer_window, FaxExperience::kEarly);
}
void ask_earlier(call::MediaPolicy& policy) {
  if (policy.t38 == T38Ask::Preamble) policy.t38 = T38Ask::Ced;
  // Not ours to ask: then what comes late is not taken.
  if (policy.t38 == T38Ask::Peer) take_early_offers_only(policy);
}

std::string_view said_of(T38Use use) {
  switch (use) {
    case T38Use::Usual:
      return "";
    case T38Use::AskEarlier:
      return "T.38 asked for earlier";
    case T38Use::EarlyOffersOnly:
      return "T.38 not asked for, nor taken late";
    case T38Use::DoNotAsk:
      return "T.38 not asked for";
    case T38Use::Without:
      return "no T.38";
  }
  return "";
}

constexpr std::pair<T38Use, std::string_view> kUses[] = {
    {T38Use::Usual, "usual"},
    {T38Use::AskEarlier, "ask-earlier"},
    {T38Use::EarlyOffersOnly, "early-offers-only"},
    {T38Use::DoNotAsk, "do-not-ask"},
    {T38Use::Without, "never"},
};
constexpr std::pair<Transport, std::string_view> kTransports[] = {
    {Transport::Unknown, ""},
    {Transport::G711, "g711"},
    {Transport::T38, "t38"},
};
constexpr std::pair<AskedBy, std::string_view> kAskers[] = {
    {AskedBy::Nobody, ""},
    {AskedBy::Us, "us"},
    {AskedBy::Peer, "peer"},
};

template <class Value, size_t N>
std::optional<Value> value_named(const std::pair<Value, std::string_view> (&names)[N], std::string_view name) {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(T38Use use) {
  return kUses[static_cast<size_t>(use)].second;
}
std::string_view name_of(Transport transport) {
  return kTransports[static_cast<size_t>(transport)].second;
}
std::string_view name_of(AskedBy who) {
  return kAskers[static_cast<size_t>(who)].second;
}

std::optional<T38Use> t38_use_named(std::string_view name) {
  return value_named(kUses, name);
}
std::optional<Transport> transport_named(std::string_view name) {
  return value_named(kTransports, name);
}
std::optional<AskedBy> asked_by_named(std::string_view name) {
  return value_named(kAskers, name);
}

bool FaxExperience::learn(const call::Record& record, const call::LegRecord& leg, media::Side side, RuleId rule,
                          WallTime now) {
  settle(now);
  const bool was_refused = learn_refusal(leg, now);
  if (!learn_verdict(record, leg, side, rule, now) && !was_refused) return false;
  last = now;
  return true;
}

bool FaxExperience::learn_refusal(const call::LegRecord& leg, WallTime now) {
  auto refusal = refusal_of(leg);
  if (refusal.empty()) return false;
  use_t38(T38Use::DoNotAsk, std::move(refusal), now);
  return true;
}

bool FaxExperience::learn_verdict(const call::Record& record, const call::LegRecord& leg, media::Side side, RuleId rule,
                                  WallTime now) {
  switch (lesson_of(rule)) {
    case Lesson::Nothing:
      return false;
    case Lesson::Delivered:
      learn_delivered(record, leg, now);
      return true;
    case Lesson::NoPackets:
      if (!heard_nothing(record, leg, side)) return false;
      ++failed;
      use_t38(T38Use::Without, "its T.38 packets never came", now);
      return true;
    case Lesson::AskedLate: {
      if (who_asked(leg) != AskedBy::Peer) return false;
      ++failed;
      const bool is_earlier_of_no_use = did_offer(leg) || t38_use == T38Use::AskEarlier;
      use_t38(is_earlier_of_no_use ? T38Use::EarlyOffersOnly : T38Use::AskEarlier, "it asked late", now);
      return true;
    }
    case Lesson::WeWereLate:
      if (who_asked(leg) != AskedBy::Us) return false;
      ++failed;
      use_t38(t38_use == T38Use::AskEarlier ? T38Use::Without : T38Use::AskEarlier, "it came late", now);
      return true;
    case Lesson::Glare:
      if (who_asked(leg) != AskedBy::Us) return false;
      ++failed;
      use_t38(T38Use::DoNotAsk, "both sides asked at once", now);
      return true;
    case Lesson::DialogLost:
      if (!call::ends_dialog(leg.t38_refused_with)) return false;
      return learn_failed(rule, true, now);
    default:
      return learn_failed(rule, last_t38(leg) != nullptr, now);
  }
}

void FaxExperience::learn_delivered(const call::Record& record, const call::LegRecord& leg, WallTime now) {
  ++delivered;
  failed_in_a_row = 0;
  transport = last_t38(leg) ? Transport::T38 : Transport::G711;
  asked_by = who_asked(leg);
  bit_rate = record.media.fax.bit_rate;
  ecm = record.media.fax.ecm;
  if (transport != Transport::T38) return;
  if (t38_use == T38Use::AskEarlier) t38_use_since = now;
  is_trial = false;
  // Of what these machines trained down to, only V.27ter has 4800 bit/s and less: the others need not be tried first.
  if (record.fax_log.sums().ftt > 0 && bit_rate > 0 && bit_rate <= 4800 && top_speed != 4800) {
    top_speed = 4800;
    held_since = now;
    delivered_in_a_row = 0;
    return;
  }
  if (!is_slowed()) return;
  if (++delivered_in_a_row < kDeliveredForATrial << setbacks) return;
  lift();
  held_since = now;
}

// False: nothing that the gateway could do otherwise.
bool FaxExperience::learn_failed(RuleId rule, bool in_t38, WallTime now) {
  const Lesson lesson = lesson_of(rule);
  delivered_in_a_row = 0;
  if (lesson == Lesson::TooLittle) {
    if (!in_t38 || !is_slowed()) return false;
    ++failed;
    top_speed = 0;
    without_ecm = is_trial = false;
    setbacks = std::min(setbacks + 1, kMostSetbacks);
    return true;
  }
  if (lesson == Lesson::NotInG711 && in_t38) return false;
  const bool is_kept_in_g711 = t38_use != T38Use::Usual && t38_use != T38Use::AskEarlier;
  if (!in_t38 && !is_kept_in_g711) return false;
  ++failed;
  ++failed_in_a_row;
  if (failed_in_a_row < kFailuresForAStep && !(in_t38 && is_trial)) return true;
  failed_in_a_row = 0;
  if (!in_t38) {
    // It is no better in G.711.
    use_t38(T38Use::Usual, "", now);
    return true;
  }
  if (std::exchange(is_trial, false)) setbacks = std::min(setbacks + 1, kMostSetbacks);
  hold_back(rule, now);
  return true;
}

// T.30's own cures in their order, and then the other transport.
void FaxExperience::hold_back(RuleId rule, WallTime now) {
  const Lesson lesson = lesson_of(rule);
  held_since = now;
  if (lesson == Lesson::DialogLost) return use_t38(T38Use::DoNotAsk, "our offer ended the call", now);
  const bool is_about_modems = lesson == Lesson::Slower || lesson == Lesson::LessEcm;
  if (is_about_modems && top_speed == 0) {
    top_speed = 9600;
  } else if (lesson == Lesson::Slower && top_speed > 4800) {
    top_speed = 4800;
  } else if (lesson == Lesson::LessEcm && !without_ecm) {
    without_ecm = true;
  } else {
    use_t38(T38Use::Without, std::string(fax::name_of(rule)), now);
    top_speed = 0;
    without_ecm = false;
  }
}

void FaxExperience::use_t38(T38Use use, std::string why, WallTime now) {
  t38_use = use;
  because = std::move(why);
  t38_use_since = now;
}

// Takes back the last step.
void FaxExperience::lift() {
  is_trial = true;
  delivered_in_a_row = 0;
  if (without_ecm) {
    without_ecm = false;
  } else {
    top_speed = top_speed == 4800 ? 9600 : 0;
  }
}

// What time has taken back.
void FaxExperience::settle(WallTime now) {
  for (; is_slowed() && now - held_since >= kTriedAgainAfter; held_since += kTriedAgainAfter) lift();
  if (t38_use != T38Use::Usual && now - t38_use_since >= kTriedAgainAfter) use_t38(T38Use::Usual, "", now);
}

void FaxExperience::apply(call::MediaPolicy& policy, WallTime now) const {
  if (is_forgotten(now)) return;
  FaxExperience held = *this;
  held.settle(now);
  if (delivered > 0) policy.is_known_fax = true;
  if (asked_by == AskedBy::Peer) policy.t38_peer_head_start = std::max(policy.t38_peer_head_start, kHeadStart);
  if (held.top_speed != 0) policy.t38_params.max_bit_rate = std::min(policy.t38_params.max_bit_rate, held.top_speed);
  if (held.without_ecm) policy.ecm = false;
  switch (held.t38_use) {
    case T38Use::Usual:
      break;
    case T38Use::AskEarlier:
      ask_earlier(policy);
      break;
    case T38Use::EarlyOffersOnly:
      take_early_offers_only(policy);
      do_not_ask(policy);
      break;
    case T38Use::DoNotAsk:
      do_not_ask(policy);
      break;
    case T38Use::Without:
      policy.t38 = T38Ask::Never;
      break;
  }
}

std::string FaxExperience::held_back(WallTime now) const {
  FaxExperience held = *this;
  held.settle(now);
  std::vector<std::string> words;
  if (held.t38_use != T38Use::Usual) words.push_back(fmt::format("{} ({})", said_of(held.t38_use), held.because));
  if (held.top_speed != 0) words.push_back(fmt::format("at most {} bit/s", held.top_speed));
  if (held.without_ecm) words.emplace_back("no ECM");
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string remembered_form(std::string_view number) {
  std::string form(number);
  std::erase_if(form, [](char c) { return std::string_view("+-./() ").find(c) != std::string_view::npos; });
  return form;
}

}  // namespace sg::fax
