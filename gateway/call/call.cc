#include "gateway/call/call.h"

#include <algorithm>

#include "base/text.h"
#include "base/uuid.h"
#include "gateway/call/diversion.h"

namespace sg::call {
namespace {

// How long an announcement after DISCONNECT may play; the far end's T305 is 30 s.
constexpr auto kAnnouncementLimit = 25s;
constexpr auto kDigitLength = 100ms;
// Before the switch is asked to join both legs: until then CONNECT ACKNOWLEDGE has come.
constexpr auto kBeforeHandingOver = 1s;
constexpr char kTerminator = '#';  // ends a number that is dialled digit by digit

// How long an emergency call waits for the timeslot of a call that was cleared for it, and how often it looks.
constexpr auto kRoomLimit = 5s;
constexpr auto kRoomPoll = 50ms;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

const FsmTable<CallState, CallEvent>& Call::table() {
  using S = CallState;
  using E = CallEvent;
  static const FsmTable<CallState, CallEvent> kTable{
      "call",
      {{S::Collecting, {E::Dialled, E::Disconnected, E::Released}, {S::Trying, S::Releasing}},
       {S::Trying,
        {E::Alerted, E::Answered, E::Disconnected, E::Released},
        {S::Alerting, S::Answered, S::Announcing, S::Releasing}},
       {S::Alerting,
        {E::Alerted, E::Answered, E::Disconnected, E::Released},
        {S::Answered, S::Trying, S::Announcing, S::Releasing}},
       {S::Answered, {E::Disconnected, E::Released}, {S::Releasing}},
       {S::Announcing, {E::Released}, {S::Releasing}},
       {S::Releasing, {E::Released}, {S::Closed}},
       {S::Closed, {}, {}}}};
  return kTable;
}

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
      fsm_(table(), setup_.called_complete ? CallState::Trying : CallState::Collecting, context.counters, log_),
      patience_timer_(context.reactor),
      ring_timer_(context.reactor),
      forward_timer_(context.reactor),
      timer_(context.reactor),
      fax_({context.clear_after_dcn}, context.reactor, log_, record_, *this),
      is_transfer_(incoming.is_transfer) {
  record_.call = id;
  record_.started = std::chrono::system_clock::now();
  record_.uid = uuid_of_now(record_.started);
  // RFC 4040: who offers nothing but CLEARMODE calls with data.
  if (first_offer_ && first_offer_->audio && first_offer_->audio->is_data())
    setup_.bearer = tdm::BearerCapability::Unrestricted;
  record_.setup = setup_;
  bool is_routed = is_transfer_ || (!setup_.replaces && !setup_.join);
  if (setup_.called_complete && is_routed && has_number()) ask_plan();
  if (routing_.adapt_caller) routing_.adapt_caller(incoming.policy);
  fit_to_bearer(incoming.policy);
  caller_ = std::make_unique<Party>(
      Party::Options{id, session, media::Side::A, static_cast<uint32_t>(id.value), std::move(incoming.policy),
                     incoming.from->causes(), incoming.from, time()},
      std::move(incoming.leg), incoming.from->name(), context_, *this);
}

void Call::fit_to_bearer(MediaPolicy& policy) const {
  policy.is_known_fax = policy.is_known_fax || routing_.is_fax;
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
  context_.counters.get("call.refused_number").add();
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
  routing_ = router_.route(*from_, setup_);
  record_.setup = setup_;
  record_.plan = routing_.plan;
}

void Call::find_route() {
  if (routing_.refusal) {
    if (!routing_.refusal->limit.empty()) log_.warning("refused by {}", routing_.refusal->limit);
    clear(routing_.refusal->cause, ReleasedBy::Gateway);
    return;
  }
  if (routing_.targets.empty()) {
    // RFC 3578 section 2.1: 484 has a caller send the number again once it has more digits.
    bool is_too_short = router_.reach(*from_, setup_) == Reach::Partial;
    log_.info("no route{}", is_too_short ? ", but for longer numbers" : "");
    clear(is_too_short ? kInvalidNumber : kUnallocatedNumber, ReleasedBy::Gateway);
    return;
  }
  if (!routing_.plan.forwards.empty()) {
    context_.counters.get("call.forwarded").add();
    caller_->forwarded();
  }
  if (routing_.is_fax) fax_.expect_fax();
  if (routing_.is_fax && !is_data()) context_.media.set_profile(session_, media::Profile::Fax);
  try_next(kNoRoute);
}

void Call::try_next(Cause why) {
  // What cannot even be tried is passed over, whatever its cause.
  while (next_target_ < routing_.targets.size()) {
    auto cause = try_target(routing_.targets[next_target_++]);
    if (!cause) return;
    why = *cause;
  }
  if (!wait_for_room()) clear(why, ReleasedBy::Gateway);
}

bool Call::has_next() const {
  const auto& targets = routing_.targets;
  return next_target_ < targets.size() ||
         std::any_of(targets.begin() + static_cast<ptrdiff_t>(next_room_), targets.end(),
                     [](const Target& target) { return target.make_room != nullptr; });
}

bool Call::wait_for_room() {
  while (next_room_ < routing_.targets.size()) {
    const Target& target = routing_.targets[next_room_++];
    if (!target.make_room || !target.make_room()) continue;
    log_.warning("a lower call makes room on trunk={}", target.trunk->name());
    use_room(target, context_.reactor.now() + kRoomLimit);
    return true;
  }
  return false;
}

void Call::use_room(const Target& target, TimePoint until) {
  timer_.arm(kRoomPoll, [this, &target, until] {
    auto tried = record_.called.size();
    auto cause = try_target(target);
    if (!cause) return;
    if (context_.reactor.now() < until) {
      record_.called.resize(tried);
      use_room(target, until);
    } else if (!wait_for_room()) {
      clear(*cause, ReleasedBy::Gateway);
    }
  });
}

std::optional<Cause> Call::try_target(const Target& target) {
  auto refused = target.admit ? target.admit() : std::nullopt;
  if (!refused && is_data() && !target.trunk->carries_data()) refused = Refusal{kBearerNotImplemented, ""};
  auto leg = refused ? tl::unexpected(refused->cause) : target.trunk->make_leg();
  if (!leg) {
    LegRecord tried;
    tried.trunk = target.trunk->name();
    tried.called = target.setup.called.digits;
    tried.calling = target.setup.calling.number.digits;
    tried.cause = leg.error();
    if (refused) tried.limit = refused->limit;
    log_.info("trunk={} not available cause={} ({}) {}", tried.trunk, tried.cause.q850, text_of(tried.cause),
              tried.limit);
    record_.called.push_back(std::move(tried));
    return leg.error();
  }
  auto policy = target.trunk->media_policy();
  if (target.adapt) target.adapt(policy);
  fit_to_bearer(policy);
  called_wants_digits_ = false;
  is_called_heard_ = false;
  called_ = std::make_unique<Party>(Party::Options{id_, session_, media::Side::B, static_cast<uint32_t>(id_.value) + 1,
                                                   std::move(policy), target.trunk->causes(), target.trunk, time()},
                                    std::move(*leg), target.trunk->name(), context_, *this);
  auto cause = called_->place_call(target.setup);
  if (!cause) {
    patience_ = target.trunk->patience();
    wait_for_called(patience_.first_response, kSilentPeer);
    wait_for_answer(target.ring);
    return std::nullopt;
  }
  keep_called_record();
  called_.reset();
  return cause;
}

void Call::wait_for_called(Duration limit, Cause why) {
  patience_timer_.cancel();
  if (limit == Duration::zero() || !has_next()) return;
  patience_timer_.arm(limit, [this, why] {
    log_.info("trunk={} is silent: next target", called_->trunk());
    context_.counters.get("call.target_silent").add();
    hunt_on(why);
  });
}

void Call::wait_for_answer(Duration limit) {
  ring_timer_.cancel();
  if (limit == Duration::zero()) return;
  ring_timer_.arm(limit, [this] {
    log_.info("trunk={} did not answer in time", called_->trunk());
    context_.counters.get("call.rung_out").add();
    if (has_next()) return hunt_on(kNoAnswer);
    if (!forward(kNoAnswer)) clear(kNoAnswer, ReleasedBy::Gateway);
  });
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

void Call::on_proceeding(Party&) {
  if (patience_timer_.is_armed()) wait_for_called(patience_.first_progress, kRecoveryOnTimer);
}

void Call::on_progress(Party&, bool inband) {
  patience_timer_.cancel();
  if (state() != CallState::Trying && state() != CallState::Alerting) return;
  if (inband) hear_called();
  caller_->progress(inband);
}

void Call::on_alerting(Party&, bool inband) {
  patience_timer_.cancel();
  if (!fsm_.accepts(CallEvent::Alerted)) return;
  wait_for_forwarding();
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
  patience_timer_.cancel();
  if (!fsm_.accepts(CallEvent::Answered)) return;
  ring_timer_.cancel();
  forward_timer_.cancel();
  for (auto& usage : further_usage_) {
    if (usage) usage->on_answered();
  }
  if (routing_.usage) routing_.usage->on_answered();
  record_.answered = wall_now();
  enter(CallState::Answered);
  play_to_caller(media::Tone::None);
  caller_->answer();
  context_.media.set_bridging(session_, media::Bridging::Both);
  owner_.on_answered(*this);
  hand_to_switch();
}

// Where both legs come from one switch, which can join them itself. Until it has, and when it refuses, we join them.
void Call::hand_to_switch() {
  if (is_data() || caller_->is_ip() || !called_ || called_->is_ip()) return;
  timer_.arm(kBeforeHandingOver, [this] {
    bool stands = state() == CallState::Answered && !is_conference() && !is_on_hold();
    if (!stands || !called_->leg().join_at_far_end(caller_->leg())) return;
    log_.info("the switch is asked to join both legs");
    context_.counters.get("call.handed_to_switch").add();
    record_.handed_to_switch = wall_now();
  });
}

void Call::on_disconnected(Party& party, Cause cause, bool inband) {
  if (state() == CallState::Announcing || state() == CallState::Releasing) return;
  if (is_conference() && is_member(party)) return leave_conference(party, cause);
  if (!fsm_.accepts(CallEvent::Disconnected)) return;
  if (&party == called_.get() && forward(cause)) return;
  bool can_announce = inband && &party == called_.get() && state() != CallState::Answered;
  if (!can_announce) {
    clear(cause, &party == caller_.get() ? ReleasedBy::Caller : ReleasedBy::Called);
    return;
  }
  log_.info("announcement cause={}", cause.q850);
  enter(CallState::Announcing);
  hear_called();
  caller_->progress(true);
  timer_.arm(kAnnouncementLimit, [this, cause] { clear(cause, ReleasedBy::Called); });
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
  bool is_early = state() == CallState::Trying || state() == CallState::Alerting;
  if (&party != called_.get() || !is_early || !(is_redirected_ || routing_.hunt.goes_on(cause)) || !has_next()) {
    if (&party == called_.get() && forward(cause)) return;
    clear(cause, releaser(party));
    return;
  }
  if (std::exchange(is_redirected_, false)) {
    log_.info("trunk={} redirects: next target", party.trunk());
    context_.counters.get("call.redirected").add();
  } else {
    log_.info("trunk={} failed cause={}: next target", party.trunk(), cause.q850);
    context_.counters.get("call.hunted").add();
  }
  hunt_on(cause);
}

ReleasedBy Call::releaser(const Party& gone) const {
  if (gone.line()) return ReleasedBy::Line;
  return &gone == caller_.get() ? ReleasedBy::Caller : ReleasedBy::Called;
}

// The next target need not wait for the end of this one's leg: a peer that never answered takes seconds for that.
void Call::hunt_on(Cause why) {
  patience_timer_.cancel();
  ring_timer_.cancel();
  forward_timer_.cancel();
  keep_called_record();
  left_.push_back({std::move(called_), record_.called.size() - 1});
  if (state() == CallState::Alerting) enter(CallState::Trying);
  left_.back().party->leave(why);
  // The party may still be on the stack: go on from the loop.
  timer_.arm(Duration::zero(), [this, why] {
    play_to_caller(media::Tone::None);
    context_.media.set_bridging(session_, media::Bridging::None);
    try_next(why);
  });
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
  log_.debug("digit={} side={}", heard.digit, heard.side == media::Side::A ? 'a' : 'b');
  if (state() != CallState::Answered) return;
  for (Party* to : members()) {
    bool is_told = to && to->side() != heard.side && !to->is_leaving() && to->signals_digits();
    if (is_told) to->leg().send_digits({heard.digit});
  }
}

void Call::on_connected_party(Party& party, const tdm::CallingParty& connected) {
  if (Party* to = other(party); to && !to->is_released()) to->leg().connected_party(connected);
}

void Call::on_user_user(Party& party, const tdm::UserUser& data) {
  if (Party* to = other(party); to && !to->is_released()) to->leg().user_user(data);
}

// The contacts of a 302 come before the plan's other targets, through the same trunk and under its limits.
void Call::on_redirected(Party& party, const std::vector<Redirect>& to) {
  bool is_early = state() == CallState::Trying || state() == CallState::Alerting;
  if (&party != called_.get() || !is_early || redirections_ >= context_.most_redirections || next_target_ == 0) return;
  ++redirections_;
  is_redirected_ = true;
  auto& targets = routing_.targets;
  Target from = targets[next_target_ - 1];
  from.make_room = nullptr;
  from.setup.redirection = diverted(from.setup, from.setup.called, kDivertedUnconditional);
  auto at = targets.begin() + static_cast<ptrdiff_t>(next_target_);
  std::optional<Cause> refused;
  for (const Redirect& redirect : to) {
    if (redirect.is_own) {
      auto planned = ask_plan_again(from, redirect);
      if (!planned) {
        refused = planned.error();
        continue;
      }
      for (Target& target : *planned) at = targets.insert(at, std::move(target)) + 1;
      continue;
    }
    auto target = from;
    target.setup.called = redirect.called;
    target.setup.request_uri = redirect.uri;
    at = targets.insert(at, std::move(target)) + 1;
  }
  if (refused && !has_next()) return clear(*refused, ReleasedBy::Gateway);
  caller_->forwarded();
}

// As a transfer goes: the trunk that forwards is answerable for it, by the number that was called there, and who calls
// is shown.
tl::expected<std::vector<Target>, Cause> Call::ask_plan_again(const Target& from, const Redirect& redirect) {
  Setup setup = setup_;
  setup.called = redirect.called;
  if (!setup.shown) setup.shown = Shown{from_->name(), setup_.calling};
  setup.calling = {};
  setup.calling.number = from.setup.redirection->from;
  setup.redirection = from.setup.redirection;
  Routing next = router_.route(*from.trunk, setup);
  if (next.refusal || next.targets.empty()) {
    log_.warning("trunk={} redirects to us, called={}: {}", from.trunk->name(), redirect.called.digits,
                 next.refusal ? text_of(next.refusal->cause) : "there is no route");
    context_.counters.get("call.forward_failed").add();
    return tl::unexpected(next.refusal ? next.refusal->cause : kUnallocatedNumber);
  }
  record_.plan.forwards.push_back(
      fmt::format("{} redirects {}", from.setup.redirection->from.digits, redirect.called.digits));
  further_usage_.push_back(std::move(next.usage));
  routing_.forward = std::move(next.forward);
  if (next.is_fax) fax_.expect_fax();
  routing_.is_fax = routing_.is_fax || next.is_fax;
  return std::move(next.targets);
}

// What the called line says of calls that end so; null: nothing.
const std::function<Routing()>& Call::forwarding_on(Cause cause) const {
  static const std::function<Routing()> kNowhere;
  switch (cause.q850) {
    case 17:  // user busy
      return routing_.forward.busy;
    case 18:  // no user responding
    case 19:  // no answer from user
      return routing_.forward.no_answer;
    default:
      return kNowhere;
  }
}

// False: the line forwards no such calls, or the plan has no way to where it does.
bool Call::forward(Cause why) {
  bool is_early = state() == CallState::Trying || state() == CallState::Alerting;
  auto ask = forwarding_on(why);
  if (!is_early || !called_ || !ask) return false;
  Routing next = ask();
  if (next.refusal || next.targets.empty()) {
    log_.warning("cannot be forwarded: {}", next.refusal ? text_of(next.refusal->cause) : "there is no route");
    context_.counters.get("call.forward_failed").add();
    return false;
  }
  log_.info("forwarded: {}", next.plan.forwards.back());
  context_.counters.get("call.forwarded").add();
  record_.plan.forwards = next.plan.forwards;
  if (next.is_fax) fax_.expect_fax();
  next.is_fax = next.is_fax || routing_.is_fax;
  further_usage_.push_back(std::move(routing_.usage));
  routing_ = std::move(next);
  next_target_ = next_room_ = 0;
  caller_->forwarded();
  hunt_on(why);
  return true;
}

void Call::wait_for_forwarding() {
  if (!routing_.forward.no_answer || forward_timer_.is_armed()) return;
  forward_timer_.arm(routing_.forward.after, [this] { forward(kNoAnswer); });
}

void Call::on_digits_complete(Party&) {
  if (state() == CallState::Collecting) number_is_whole();
}

void Call::on_digits_wanted(Party&) {
  patience_timer_.cancel();
  called_wants_digits_ = true;
}

bool Call::on_transfer(Party& party, const TransferRequest& request) {
  return may_transfer(party) && owner_.on_transfer(*this, party, request);
}

Party* Call::at(media::Side side) const {
  return side == media::Side::A ? caller_.get() : side == media::Side::B ? called_.get() : third_.get();
}

Party* Call::other(media::Side side) const {
  if (third_) return nullptr;
  return side == media::Side::A ? called_.get() : caller_.get();
}

bool Call::may_transfer(const Party& by) const {
  const Party* to = is_conference() ? nullptr : other(by);
  return state() == CallState::Answered && !record_.fax && !is_data() && to && !to->is_leaving() && !by.is_leaving();
}

void Call::ring_transferred(const Party& by, bool rings) {
  Party* to = other(by);
  if (!to || state() != CallState::Answered) return;
  auto before = by.is_holding() && !record_.fax ? media::Tone::Music : media::Tone::None;
  to->play(rings ? media::Tone::Ringback : before);
}

void Call::take(Call& from, media::Side side, media::Side place, const std::string& how) {
  auto& joins = from.slot(side);
  auto& leaves = slot(place);
  auto now = wall_now();
  record_.transfers.push_back({now, how, from.id_, leaves->record()});
  from.record_.transfers.push_back({now, how, id_, joins->record()});
  (side == media::Side::A ? from.taken_caller_ : from.taken_called_) = joins->record();
  leaves->retire_to(from.place_of(side));
  auto cause = joins->move_to(place_of(place));
  std::swap(joins, leaves);
  log_.info("transfer how={} with_call={} leg={}", how, from.id_, place == media::Side::A ? 'a' : 'b');
  context_.counters.get("call.transferred").add();
  if (cause) return clear(*cause, ReleasedBy::Gateway);
  on_joined(*slot(place));
}

void Call::pick_up(Call& from) {
  take(from, media::Side::A, media::Side::B, "pick-up");
  if (!may_be_picked_up()) return;
  called_->answer();
  on_answered(*called_);
}

std::vector<Replaces> Call::ended_dialogs() const {
  std::vector<Replaces> all;
  auto add = [&](Party* party) {
    if (auto dialog = party ? party->leg().ended_dialog() : std::nullopt) all.push_back(*dialog);
  };
  for (Party* party : members()) add(party);
  for (const Left& left : left_) add(left.party.get());
  return all;
}

void Call::on_joined(Party& joined) {
  if (state() == CallState::Alerting && !is_called_heard_) play_to_caller(media::Tone::Ringback);
  if (state() != CallState::Answered) return;
  joined.answer();
  context_.media.set_bridging(session_, media::Bridging::Both);
  Party* to = other(joined);
  if (!to) return;
  pass_hold_on(joined);
  pass_hold_on(*to);
  to->leg().connected_party(joined.identity());
  joined.leg().connected_party(to->identity());
  hand_to_switch();
}

void Call::on_hold_changed(Party& party) {
  context_.counters.get(party.is_holding() ? "call.held" : "call.retrieved").add();
  pass_hold_on(party);
}

void Call::pass_hold_on(Party& holder) {
  Party* to = other(holder);
  // Who leaves a conference alone takes no music into it, and lets nobody wait.
  if (!to || is_conference() || state() != CallState::Answered) return;
  to->set_waiting(holder.is_holding());
  // A fax machine would take music for a modem that fails.
  bool has_music = holder.is_holding() && !record_.fax && !is_data();
  to->play(has_music ? media::Tone::Music : media::Tone::None);
}

void Call::on_mode_changed(Party& party, const ModeChange& change) {
  fax_.on_mode(party.side(), change);
}

void Call::on_failed(Party& party, Cause cause) {
  if (is_conference() && is_member(party)) return leave_conference(party, cause);
  clear(cause, ReleasedBy::Gateway);
}

namespace {

struct Gone {
  const char* says;
  Counter& counter;
};
Gone gone(PeerGone how, Counters& counters) {
  switch (how) {
    case PeerGone::NotAcknowledged:
      return {"our 200 was never acknowledged", counters.get("call.not_acknowledged")};
    case PeerGone::SessionExpired:
      return {"the session has expired: nobody refreshed it", counters.get("call.session_expired")};
    case PeerGone::BusyTone:
      return {"busy tone: its far end is gone", counters.get("call.ended_by_busy_tone")};
    case PeerGone::Unreachable:
      break;
  }
  return {"the caller's connection is gone, and it takes no new one", counters.get("call.caller_unreachable")};
}

}  // namespace

void Call::on_peer_gone(Party& party, PeerGone how) {
  if (!is_member(party) || !fsm_.accepts(CallEvent::Disconnected)) return;
  const auto known = gone(how, context_.counters);
  log_.warning("leg={} {}", "abc"[static_cast<size_t>(party.side())], known.says);
  known.counter.add();
  if (is_conference()) return leave_conference(party, kRecoveryOnTimer);
  record_.peer_gone = how;
  if (state() == CallState::Answered) owner_.on_party_gone(*this, party);
  clear(kRecoveryOnTimer, ReleasedBy::Gateway);
}

void Call::on_line_changed(Party& party) {
  if (!is_member(party)) return;
  fax_.on_line(party.side(), party.line());
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
                        [&](const media::MediaHurt& hurt) { fax_.on_hurt(hurt); },
                        [&](const media::RedundancyRaised& raised) { fax_.on_redundancy(raised); },
                        [&](const media::MediaTimeout& timeout) {
                          // Who waits, and who lets wait, need not send anything.
                          if (is_on_hold()) return;
                          log_.warning("nothing heard from side={} any more",
                                       timeout.side == media::Side::A ? 'a' : 'b');
                          context_.counters.get("call.media_timeout").add();
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

void Call::carry_as_fax() {
  context_.media.set_profile(session_, media::Profile::Fax);
}

void Call::end_after_goodbye() {
  context_.counters.get("call.cleared_after_fax").add();
  clear(kNormalClearing, ReleasedBy::Gateway);
}

// Its leg ends with the cause that its line means by it.
void Call::on_busy_tone(media::Side side) {
  Party* party = at(side);
  if (!party || party->is_leaving()) return;
  const auto known = gone(PeerGone::BusyTone, context_.counters);
  log_.info("leg={} {}", "abc"[static_cast<size_t>(side)], known.says);
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
  patience_timer_.cancel();
  ring_timer_.cancel();
  forward_timer_.cancel();
  timer_.cancel();
  fax_.stop();
  record_.cause = cause;
  record_.released_by = by;
  enter(CallState::Releasing);
  owner_.on_clearing(*this);
  log_.info("clear cause={} ({}) by={}", cause.q850, text_of(cause), name(by));
  caller_->release(cause);
  if (called_) called_->release(cause);
  if (third_) third_->release(cause);
  close_when_released();
}

void Call::close_when_released() {
  bool has_left = std::ranges::all_of(left_, [](const Left& left) { return left.party->is_released(); });
  bool has_gone = caller_->is_released() && (!called_ || called_->is_released()) && (!third_ || third_->is_released());
  if (!has_gone || !has_left || is_closing_session_) return;
  is_closing_session_ = true;
  context_.media.close(session_);
}

std::chrono::milliseconds Call::age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(context_.reactor.now() - began_);
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
  for (const Left& left : left_) {
    if (left.record) {
      record_.called[*left.record] = left.party->record();
    } else {
      // Who has the caller's place now came as the third.
      record_.called.push_back(std::exchange(record_.caller, left.party->record()));
    }
  }
  keep_called_record();
  if (third_) record_.called.push_back(third_->record());
  routing_.usage.reset();
  further_usage_.clear();
  enter(CallState::Closed);
  owner_.on_closed(*this);
}

std::string_view name(CallState state) {
  switch (state) {
    case CallState::Collecting:
      return "collecting";
    case CallState::Trying:
      return "trying";
    case CallState::Alerting:
      return "alerting";
    case CallState::Answered:
      return "answered";
    case CallState::Announcing:
      return "announcing";
    case CallState::Releasing:
      return "releasing";
    case CallState::Closed:
      return "closed";
  }
  return "";
}

std::string_view name(CallEvent event) {
  switch (event) {
    case CallEvent::Dialled:
      return "dialled";
    case CallEvent::Alerted:
      return "alerted";
    case CallEvent::Answered:
      return "answered";
    case CallEvent::Disconnected:
      return "disconnected";
    case CallEvent::Released:
      return "released";
  }
  return "";
}

}  // namespace sg::call
