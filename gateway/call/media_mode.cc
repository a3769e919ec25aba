#include "gateway/call/media_mode.h"

#include "gateway/call/cause.h"

namespace sg::call {

namespace {

ModeReason reason_of(MediaMode::Sign sign) {
  switch (sign) {
    case MediaMode::Sign::KnownFax:
      return ModeReason::KnownFax;
    case MediaMode::Sign::Cng:
      return ModeReason::Cng;
    case MediaMode::Sign::SuperG3:
      return ModeReason::SuperG3;
    case MediaMode::Sign::Ced:
      return ModeReason::Ced;
    case MediaMode::Sign::Preamble:
      break;
  }
  return ModeReason::Preamble;
}

}  // namespace

const FsmTable<MediaModeState, MediaModeEvent>& MediaMode::table() {
  using S = State;
  using E = Event;
  static const FsmTable<State, Event> kTable{
      "media_mode",
      {{S::Audio, {E::Preamble, E::PeerT38, E::PeerAudio}, {S::OfferingT38, S::T38, S::Passthrough}},
       {S::OfferingT38,
        {E::OfferAgreed, E::OfferRefused, E::PeerT38, E::PeerAudio},
        {S::T38, S::Passthrough, S::Glare}},
       {S::Glare, {E::PeerT38, E::PeerAudio}, {S::OfferingT38, S::T38, S::Passthrough}},
       {S::T38, {E::PeerT38, E::PeerAudio}, {S::Passthrough}},
       // An answer may come after we gave up waiting: the peer has switched then, and we follow.
       {S::Passthrough, {E::OfferAgreed, E::PeerT38, E::PeerAudio}, {S::T38}}}};
  return kTable;
}

MediaMode::MediaMode(const Options& options, Reactor& reactor, Counters& counters, Log log, Actions& actions)
    : options_(options),
      reactor_(reactor),
      actions_(actions),
      fsm_(table(), State::Audio, counters, std::move(log)),
      timer_(reactor),
      random_(options.seed) {}

void MediaMode::stop() {
  is_stopped_ = true;
  timer_.cancel();
}

void MediaMode::on_established() {
  if (!is_established_) established_at_ = reactor_.now();
  is_established_ = true;
  if (options_.policy.is_known_fax) on_far_sign(Sign::KnownFax);
  if (heard_) on_far_sign(*heard_);
}

bool MediaMode::asks_on(Sign sign) const {
  const T38Ask ask = options_.policy.t38;
  if (ask == T38Ask::Peer || ask == T38Ask::Never) return false;
  switch (sign) {
    case Sign::KnownFax:
      return ask == T38Ask::AtOnce;
    case Sign::Cng:
      return ask == T38Ask::Cng;
    case Sign::SuperG3:
      return options_.policy.lowers_super_g3;
    case Sign::Ced:
      return ask == T38Ask::Ced || ask == T38Ask::AtOnce;
    case Sign::Preamble:
      return true;
  }
  return false;
}

void MediaMode::on_far_sign(Sign sign) {
  has_sign_ = true;
  if (sign != Sign::Preamble && !asks_on(sign)) return;
  if (!heard_ || *heard_ < sign) heard_ = sign;
  if (is_stopped_) return;
  // DIS is repeated, and after a refusal it is heard again: only the first one in plain audio is a reason to ask.
  if (!is_established_ || state() != State::Audio || !fsm_.accepts(Event::Preamble)) return;
  if (asks_on(sign)) {
    asked_at_ = reactor_.now();
    offer(reason_of(sign));
  } else {
    enter(State::Passthrough, ModeReason::NotOursToAsk);
  }
}

void MediaMode::on_near_sign(Sign sign) {
  has_sign_ = true;
  if (sign != Sign::Preamble && !asks_on(sign)) return;
  if (is_stopped_ || state() != State::Audio || timer_.is_armed()) return;
  timer_.arm(options_.policy.t38_peer_head_start, [this, sign] { on_far_sign(sign); });
}

bool MediaMode::takes_peer_t38() const {
  const MediaPolicy& policy = options_.policy;
  if (policy.t38 == T38Ask::Never) return false;
  // What stands may be changed or refreshed at any time, and our own offer shows that we want it.
  if (policy.t38_offer_window == Duration::zero() || !is_established_ || state() == State::T38) return true;
  if (state() == State::OfferingT38 || state() == State::Glare) return true;
  return reactor_.now() - established_at_ <= policy.t38_offer_window;
}

void MediaMode::on_peer_t38_accepted() {
  if (fsm_.accepts(Event::PeerT38)) enter(State::T38, ModeReason::PeersOffer);
}

void MediaMode::on_peer_audio_accepted() {
  if (!fsm_.accepts(Event::PeerAudio)) return;
  // While the call is plain audio this is hold, retrieve or another codec. In T.38 it is the way back (after DCN, or
  // from a peer that gave up), and the call stays a fax.
  if (state() == State::T38) enter(State::Passthrough, ModeReason::PeersAudioOffer);
}

void MediaMode::on_t38_agreed() {
  if (fsm_.accepts(Event::OfferAgreed)) enter(State::T38, ModeReason::OurOffer);
}

void MediaMode::on_t38_answered_without_image() {
  give_up(ModeReason::NoImageLine);
}

void MediaMode::give_up(ModeReason reason, int refused_with) {
  if (fsm_.accepts(Event::OfferRefused)) enter(State::Passthrough, reason, refused_with);
}

void MediaMode::on_t38_refused(int sip_status) {
  // After our own time-out the fax is under way as G.711: that the peer stays silent is nothing new.
  const bool is_old_news = sip_status == 408 && state() == State::Passthrough;
  if (ends_dialog(sip_status) && !is_old_news) {
    actions_.on_dialog_lost(sip_status);
    return;
  }
  // After our time-out the refusal tells nothing new.
  if (state() != State::OfferingT38) return;
  if (sip_status != 491) {
    give_up(ModeReason::Refused, sip_status);
    return;
  }
  if (!fsm_.accepts(Event::OfferRefused)) return;
  enter(State::Glare, ModeReason::Glare);
  timer_.arm(glare_pause(), [this] { offer_again(); });
}

void MediaMode::offer_again() {
  if (reactor_.now() - asked_at_ <= kAskWindow) return offer(ModeReason::AgainAfterGlare);
  enter(State::Passthrough, ModeReason::TooLateAfterGlare);
}

Duration MediaMode::glare_pause() {
  random_ = random_ * 1664525 + 1013904223;
  return options_.owns_call_id ? 2100ms + 10ms * ((random_ >> 8) % 191) : 10ms * ((random_ >> 8) % 201);
}

void MediaMode::offer(ModeReason reason) {
  enter(State::OfferingT38, reason);
  timer_.arm(options_.policy.t38_answer_timeout, [this] { give_up(ModeReason::NoAnswer); });
  actions_.send_t38_offer();
}

void MediaMode::enter(State next, ModeReason reason, int refused_with) {
  timer_.cancel();
  if (state() == next) return;
  if (fsm_.enter(next, reactor_.now())) actions_.on_mode_changed(next, reason, refused_with);
}

std::string_view name_of(MediaModeEvent event) {
  switch (event) {
    case MediaModeEvent::Preamble:
      return "preamble";
    case MediaModeEvent::OfferAgreed:
      return "offer-agreed";
    case MediaModeEvent::OfferRefused:
      return "offer-refused";
    case MediaModeEvent::PeerT38:
      return "peer-t38";
    case MediaModeEvent::PeerAudio:
      return "peer-audio";
  }
  return "";
}

}  // namespace sg::call
