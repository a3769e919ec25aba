#include "gateway/call/call.h"

#include <algorithm>

#include "base/overloaded.h"
#include "base/text.h"
#include "base/uuid.h"
#include "gateway/call/gone_words.h"

namespace sg::call {
namespace {

// How long an announcement after DISCONNECT may play; the far end's T305 is 30 s.
constexpr auto kAnnouncementLimit = 25s;
constexpr auto kDigitLength = 100ms;
constexpr char kTerminator = '#';  // ends a number that is dialled digit by digit

}  // namespace

Call::Call(CallId id, SessionId session, Incoming incoming, Router& router, const Context& context, CallOwner& owner)
    : id_(id),
      session_(session),
      context_(context),
      owner_(owner),
      log_(fmt::format("call={}", id)),
      began_(context.reactor.now()),
      setup_(std::move(incoming.setup)),
      first_offer_(std::move(incoming.offer)),
      offered_streams_(std::move(incoming.streams)),
      from_(incoming.from),
      router_(router),
      fsm_(call_table(), setup_.called_complete ? CallState::Trying : CallState::Collecting, context.counters, log_),
      announcement_timer_(context.reactor),
      handing_over_timer_(context.reactor),
      hunt_(router, *from_, setup_, record_, context, log_, *this),
      fax_({context.clear_after_dcn}, context.reactor, log_, record_, *this),
      is_transfer_(incoming.is_transfer) {
  record_.call = id;
  record_.started = std::chrono::system_clock::now();
  record_.uid = uuid_of_now(record_.started);
  // RFC 4040: who offers nothing but CLEARMODE calls with data.
  if (first_offer_ && first_offer_->audio && first_offer_->audio->is_data())
    setup_.bearer = BearerCapability::Unrestricted;
  record_.setup = setup_;
  bool is_routed = is_transfer_ || (!setup_.replaces && !setup_.join);
  if (setup_.called_complete && is_routed && has_number()) ask_plan();
  if (const auto& adapt = hunt_.routing().adapt_caller) adapt(incoming.policy);
  fit_to_bearer(incoming.policy);
  caller_ = std::make_unique<Party>(
      Party::Options{id, session, media::Side::A, static_cast<uint32_t>(id.value), std::move(incoming.policy),
                     incoming.from->causes(), incoming.from, time()},
      std::move(incoming.leg), incoming.from->name(), context_, *this);
}

void Call::fit_to_bearer(MediaPolicy& policy) const {
  policy.is_known_fax = policy.is_known_fax || hunt_.routing().is_fax;
  policy.is_data = is_data();
  // Nothing is heard in data, so nobody asks for it.
  if (policy.is_data) policy.t38 = T38Ask::Never;
}

void Call::start() {
  log_.info("incoming from={} called={} calling={} by={}", caller_->trunk(), setup_.called.digits,
            setup_.calling.number.digits, caller_->leg().name());
  if (is_data()) context_.media.set_profile(session_, media::Profile::Data);
  if (is_data() && !from_->carries_data()) return clear(kBearerNotImplemented, ReleasedBy::Gateway);
  if (auto cause = caller_->accept_call(setup_, first_offer_, offered_streams_)) {
    clear(*cause, ReleasedBy::Gateway);
    return;
  }
  if (setup_.replaces && !is_transfer_) return owner_.on_replacing(*this);
  if (setup_.join && !is_transfer_) return owner_.on_joining(*this);
  if (!setup_.called_complete) return collect();
  if (!has_number()) return refuse_number();
  find_route();
}

bool Call::has_number() const {
  return !setup_.called.digits.empty() && !has_controls(setup_.called.digits);
}

void Call::refuse_number() {
  log_.info("called=\"{}\" is no number", setup_.called.digits);
  context_.counted.refused_number.add();
  clear(kInvalidNumber, ReleasedBy::Gateway);
}

void Call::collect() {
  if (has_controls(setup_.called.digits)) return refuse_number();
  Reach reach = setup_.called.digits.empty() ? Reach::Partial : router_.reach(*from_, setup_);
  if (reach == Reach::Complete) return number_is_whole();
  if (reach == Reach::None) {
    log_.info("no route begins with called={}", setup_.called.digits);
    return clear(kUnallocatedNumber, ReleasedBy::Gateway);
  }
  // Once only: SETUP ACKNOWLEDGE is not repeated.
  if (std::exchange(wants_digits_, true)) return;
  bool plays_dial_tone = setup_.called.digits.empty();
  // Where no more can come, the dial plan decides on what there is.
  if (!caller_->want_digits(plays_dial_tone)) return number_is_whole();
  if (plays_dial_tone) play_to_caller(media::Tone::Dial);
}

void Call::number_is_whole() {
  if (!fsm_.accepts(CallEvent::Dialled)) return;
  setup_.called_complete = true;
  log_.info("dialled called={}", setup_.called.digits);
  enter(CallState::Trying);
  play_to_caller(media::Tone::None);
  if (!has_number()) return refuse_number();
  caller_->proceed(setup_);
  ask_plan();
  find_route();
}

void Call::ask_plan() {
  hunt_.ask_plan();
  record_.setup = setup_;
}

void Call::find_route() {
  const Routing& routing = hunt_.routing();
  if (routing.refusal) {
    if (!routing.refusal->limit.empty()) log_.warning("refused by {}", routing.refusal->limit);
    clear(routing.refusal->cause, ReleasedBy::Gateway);
    return;
  }
  if (routing.targets.empty()) {
    // RFC 3578 section 2.1: 484 has a caller send the number again once it has more digits.
    bool is_too_short = router_.reach(*from_, setup_) == Reach::Partial;
    log_.info("no route{}", is_too_short ? ", but for longer numbers" : "");
    clear(is_too_short ? kInvalidNumber : kUnallocatedNumber, ReleasedBy::Gateway);
    return;
  }
  if (!routing.plan.forwards.empty()) {
    context_.counted.forwarded.add();
    caller_->forwarded();
  }
  if (routing.is_fax) fax_.expect_fax();
  if (routing.is_fax && !is_data()) context_.media.set_profile(session_, media::Profile::Fax);
  hunt_.start();
}

std::optional<Cause> Call::place_call(const Target& target, OutgoingLeg out) {
  if (target.adapt) target.adapt(out.policy);
  fit_to_bearer(out.policy);
  called_wants_digits_ = false;
  is_called_heard_ = false;
  called_ = std::make_unique<Party>(Party::Options{id_, session_, media::Side::B, static_cast<uint32_t>(id_.value) + 1,
                                                   std::move(out.policy), target.trunk->causes(), target.trunk, time()},
                                    std::move(out.leg), target.trunk->name(), context_, *this);
  auto cause = called_->place_call(target.setup);
  if (!cause) return std::nullopt;
  keep_called_record();
  called_.reset();
  return cause;
}

void Call::keep_called_record() {
  if (taken_called_) return record_.called.push_back(*std::exchange(taken_called_, std::nullopt));
  if (called_) record_.called.push_back(called_->record());
}

void Call::play_to_caller(media::Tone tone) {
  if (is_data()) return;
  // An IP peer makes its tones itself, until it was answered.
  if ((caller_->is_ip() && !caller_->is_established()) || tone_ == tone) return;
  tone_ = tone;
  caller_->play(tone);
}

void Call::hear_called() {
  is_called_heard_ = true;
  play_to_caller(media::Tone::None);
  context_.media.set_bridging(session_, media::Bridging::BToA);
}

void Call::on_progress(Party&, bool inband) {
  hunt_.on_progress();
  if (!is_open()) return;
  if (inband) hear_called();
  caller_->progress(inband);
}

void Call::on_alerting(Party&, bool inband) {
  hunt_.on_progress();
  if (!fsm_.accepts(CallEvent::Alerted)) return;
  hunt_.on_alerting();
  if (inband) hear_called();
  if (state() == CallState::Trying) enter(CallState::Alerting);
  // RFC 3960 section 3.2: a tone of ours only as long as no media comes, and only to a side that makes none itself:
  // ISDN hears its tones in band, but a called ISDN has its own exchange play them.
  bool rings = !inband && !caller_->is_ip() && called_->is_ip() && !called_->has_early_media() &&
               caller_->policy().plays_ringback;
  // Who was transferred has nobody else to play it.
  if (is_transfer_ || caller_->is_established()) rings = !inband && !called_->has_early_media();
  if (rings) play_to_caller(media::Tone::Ringback);
  caller_->alert(inband || rings);
}

void Call::on_answered(Party&) {
  hunt_.on_progress();
  if (!fsm_.accepts(CallEvent::Answered)) return;
  hunt_.on_answered();
  record_.answered = wall_now();
  enter(CallState::Answered);
  play_to_caller(media::Tone::None);
  caller_->answer();
  context_.media.set_bridging(session_, media::Bridging::Both);
  owner_.on_answered(*this);
  hand_to_switch();
}

void Call::on_disconnected(Party& party, Cause cause, bool inband) {
  if (state() == CallState::Announcing || state() == CallState::Releasing) return;
  if (is_conference() && is_member(party)) return leave_conference(party, cause);
  if (!fsm_.accepts(CallEvent::Disconnected)) return;
  if (&party == called_.get() && hunt_.on_disconnected(cause)) return;
  bool can_announce = inband && &party == called_.get() && state() != CallState::Answered;
  if (!can_announce) {
    clear(cause, &party == caller_.get() ? ReleasedBy::Caller : ReleasedBy::Called);
    return;
  }
  log_.info("announcement cause={}", cause.q850);
  hunt_.stop();
  enter(CallState::Announcing);
  hear_called();
  caller_->progress(true);
  announcement_timer_.arm(kAnnouncementLimit, [this, cause] { clear(cause, ReleasedBy::Called); });
}

void Call::on_released(Party& party, Cause cause) {
  if (state() == CallState::Releasing) {
    close_when_released();
    return;
  }
  if (!is_member(party)) return;  // left long ago
  if (is_conference()) return leave_conference(party, cause);
  if (!fsm_.accepts(CallEvent::Released)) return;
  if (state() == CallState::Answered) owner_.on_party_gone(*this, party);
  if (&party == called_.get() && hunt_.on_released(cause)) return;
  clear(cause, releaser(party));
}

ReleasedBy Call::releaser(const Party& gone) const {
  if (gone.line()) return ReleasedBy::Line;
  return &gone == caller_.get() ? ReleasedBy::Caller : ReleasedBy::Called;
}

void Call::leave_target(Cause why) {
  keep_called_record();
  releasing_.push_back({std::move(called_), record_.called.size() - 1});
  if (state() == CallState::Alerting) enter(CallState::Trying);
  releasing_.back().party->release_side(why);
  play_to_caller(media::Tone::None);
  context_.media.set_bridging(session_, media::Bridging::None);
}

void Call::on_digits(Party& party, const std::string& digits) {
  if (state() == CallState::Collecting) {
    play_to_caller(media::Tone::None);
    // What is dialled after the number is whole comes with it, and is no part of it.
    auto end = digits.find(kTerminator);
    setup_.called.digits += digits.substr(0, end);
    if (end != std::string::npos) return number_is_whole();
    return collect();
  }
  if (&party == caller_.get() && called_wants_digits_ && state() == CallState::Trying) {
    if (called_ && !called_->is_leaving()) called_->leg().send_digits(digits);
    return;
  }
  if (state() != CallState::Answered) return;
  for (Party* to : members()) {
    if (!to || to == &party || to->is_leaving()) continue;
    if (to->signals_digits()) {
      to->leg().send_digits(digits);
      continue;
    }
    for (char digit : digits) context_.media.send_digit(session_, to->side(), digit, kDigitLength);
  }
}

// The session has passed it on where digits travel with the media.
void Call::on_digit_heard(const media::DigitHeard& heard) {
  log_.debug("digit={} side={}", heard.digit, name_of(heard.side));
  if (state() != CallState::Answered) return;
  for (Party* to : members()) {
    bool is_told = to && to->side() != heard.side && !to->is_leaving() && to->signals_digits();
    if (is_told) to->leg().send_digits({heard.digit});
  }
}

void Call::on_digits_wanted(Party&) {
  hunt_.on_progress();
  called_wants_digits_ = true;
}

void Call::on_failed(Party& party, Cause cause) {
  if (is_conference() && is_member(party)) return leave_conference(party, cause);
  clear(cause, ReleasedBy::Gateway);
}

void Call::on_peer_gone(Party& party, PeerGone how) {
  if (!is_member(party) || !fsm_.accepts(CallEvent::Disconnected)) return;
  const GoneWords known = gone_words(how, context_.counted);
  log_.warning("leg={} {}", name_of(party.side()), known.says);
  known.counter.add();
  if (is_conference()) return leave_conference(party, kRecoveryOnTimer);
  record_.peer_gone = how;
  if (state() == CallState::Answered) owner_.on_party_gone(*this, party);
  clear(kRecoveryOnTimer, ReleasedBy::Gateway);
}

void Call::on_media_event(const media::Event& event) {
  // Once the call is being cleared, only what belongs to its record counts.
  bool is_for_record = std::holds_alternative<media::Closed>(event) || std::holds_alternative<media::FaxSeen>(event);
  if (!is_for_record && (state() == CallState::Releasing || state() == CallState::Closed)) return;
  std::visit(Overloaded{[&](const media::ToneHeard& heard) {
                          if (!is_conference()) fax_.on_tone(heard);
                        },
                        [&](const media::DigitHeard& heard) { on_digit_heard(heard); },
                        [&](const media::BusyToneHeard& heard) { on_busy_tone(heard.side); },
                        [&](const media::SideFailed& failed) {
                          log_.error("media failed: {}", failed.message);
                          clear({47}, ReleasedBy::Gateway);
                        },
                        [&](const media::FaxSeen& seen) { fax_.on_seen(seen, state() == CallState::Answered); },
                        [&](const media::MediaImpairment& impairment) { fax_.on_impairment(impairment); },
                        [&](const media::RedundancyRaised& raised) { fax_.on_redundancy(raised); },
                        [&](const media::MediaTimeout& timeout) {
                          // Who waits, and who lets wait, need not send anything.
                          if (is_on_hold()) return;
                          log_.warning("nothing heard from side={} any more", name_of(timeout.side));
                          context_.counted.media_timeout.add();
                          if (is_conference()) return leave_conference(*at(timeout.side), kTemporaryFailure);
                          record_.fell_silent = timeout.side;
                          clear(kTemporaryFailure, ReleasedBy::Gateway);
                        },
                        [&](const media::Closed& closed) {
                          record_.media = closed.stats;
                          finish();
                        }},
             event);
}

void Call::tell_both(MediaMode::Sign sign) {
  for (Party* party : {caller_.get(), called_.get()}) {
    if (party && party->is_ip()) party->on_far_sign(sign);
  }
}

void Call::tell_near(media::Side side, MediaMode::Sign sign) {
  Party* near = at(side);
  if (near && near->is_ip()) near->on_near_sign(sign);
}

void Call::tell_far(media::Side side, MediaMode::Sign sign) {
  Party* near = at(side);
  Party* far = near ? other(*near) : nullptr;
  if (far && far->is_ip()) far->on_far_sign(sign);
}

void Call::end_after_goodbye() {
  context_.counted.cleared_after_fax.add();
  clear(kNormalClearing, ReleasedBy::Gateway);
}

// Its leg ends with the cause that its line means by it.
void Call::on_busy_tone(media::Side side) {
  Party* party = at(side);
  if (!party || party->is_leaving()) return;
  const GoneWords known = gone_words(PeerGone::BusyTone, context_.counted);
  log_.info("leg={} {}", name_of(side), known.says);
  known.counter.add();
  if (state() == CallState::Answered && !is_conference()) record_.peer_gone = PeerGone::BusyTone;
  party->leg().busy_tone_heard();
}

void Call::hang_up(Cause cause, std::optional<HungUp> why) {
  if (state() < CallState::Releasing) record_.hung_up = why;
  clear(cause, ReleasedBy::Gateway);
}

void Call::clear(Cause cause, ReleasedBy by) {
  if (state() == CallState::Releasing || state() == CallState::Closed) return;
  hunt_.stop();
  fax_.stop();
  announcement_timer_.cancel();
  handing_over_timer_.cancel();
  record_.cause = cause;
  record_.released_by = by;
  enter(CallState::Releasing);
  owner_.on_clearing(*this);
  log_.info("clear cause={} ({}) by={}", cause.q850, text_of(cause), name_of(by));
  caller_->release(cause);
  if (called_) called_->release(cause);
  if (third_) third_->release(cause);
  close_when_released();
}

void Call::close_when_released() {
  bool has_left = std::ranges::all_of(releasing_, [](const Releasing& gone) { return gone.party->is_released(); });
  bool has_gone = caller_->is_released() && (!called_ || called_->is_released()) && (!third_ || third_->is_released());
  if (!has_gone || !has_left || is_closing_session_) return;
  is_closing_session_ = true;
  context_.media.close(session_);
}

std::optional<std::chrono::milliseconds> Call::talking() const {
  if (!record_.answered) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall_now() - *record_.answered);
}

Record Call::record_so_far() const {
  Record record = record_;
  record.ended = wall_now();
  record.caller = taken_caller_ ? *taken_caller_ : caller_->record();
  if (taken_called_) {
    record.called.push_back(*taken_called_);
  } else if (called_) {
    record.called.push_back(called_->record());
  }
  return record;
}

void Call::finish() {
  record_.ended = wall_now();
  record_.caller = taken_caller_ ? *taken_caller_ : caller_->record();
  for (const Releasing& gone : releasing_) {
    if (gone.record) {
      record_.called[*gone.record] = gone.party->record();
    } else {
      // Who has the caller's place now came as the third.
      record_.called.push_back(std::exchange(record_.caller, gone.party->record()));
    }
  }
  keep_called_record();
  if (third_) record_.called.push_back(third_->record());
  hunt_.free_limits();
  enter(CallState::Closed);
  owner_.on_closed(*this);
}

}  // namespace sg::call
