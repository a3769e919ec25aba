#include "gateway/call/call.h"
#include "gateway/call/transfer_leg.h"

// What the parties of a call that stands may ask for: to hold, to be led elsewhere, to talk in threes. It is the same
// call before and after, with its record and its session.
namespace sg::call {
namespace {

// Before the switch is asked to join both legs: until then CONNECT ACKNOWLEDGE has come.
constexpr auto kBeforeHandingOver = 1s;

}  // namespace

void Call::on_hold_changed(Party& party) {
  (party.is_holding() ? context_.counted.held : context_.counted.retrieved).add();
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

bool Call::on_transfer(Party& party, const TransferRequest& request) {
  return may_transfer(party) && owner_.on_transfer(*this, party, request);
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
  leaves->move_without_media(from.place_of(side));
  auto cause = joins->move_with_media(place_of(place));
  std::swap(joins, leaves);
  log_.info("transfer how={} with_call={} leg={}", how, from.id_, name_of(place));
  context_.counted.transferred.add();
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
  for (const Releasing& gone : releasing_) add(gone.party.get());
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

// Where both legs come from one switch, which can join them itself. Until it has, and when it refuses, we join them.
void Call::hand_to_switch() {
  if (is_data() || caller_->is_ip() || !called_ || called_->is_ip()) return;
  handing_over_timer_.arm(kBeforeHandingOver, [this] {
    bool stands = state() == CallState::Answered && !is_conference() && !is_on_hold();
    if (!stands || !called_->leg().join_at_far_end(caller_->leg())) return;
    log_.info("the switch is asked to join both legs");
    context_.counted.handed_to_switch.add();
    record_.handed_to_switch = wall_now();
  });
}

// The place of who goes is taken by nobody, so that the other call ends as calls of two do.
void Call::add(Call& from, media::Side side, const std::string& how) {
  auto& joins = from.slot(side);
  auto now = wall_now();
  record_.transfers.push_back({now, how, from.id_, joins->record()});
  from.record_.transfers.push_back({now, how, id_, joins->record()});
  (side == media::Side::A ? from.taken_caller_ : from.taken_called_) = joins->record();
  hunt_.take_limits(from.hunt_);
  third_ = std::move(joins);
  auto nobody = std::make_unique<TransferLeg>(context_.reactor, fmt::format("gone to call {}", id_),
                                              [](TransferLeg::Step, Cause) {});
  joins = std::make_unique<Party>(Party::Options{from.id_, from.session_, side, 1, {}, {}, nullptr, from.time()},
                                  std::move(nobody), third_->trunk(), context_, from);
  auto cause = third_->move_with_media(place_of(media::Side::C));
  log_.info("conference how={} with_call={}", how, from.id_);
  context_.counted.conferences.add();
  if (cause) return leave_conference(*third_, *cause);
  third_->answer();
  for (Party* party : members()) {
    party->set_waiting(false);
    party->play(media::Tone::None);
  }
  context_.media.set_bridging(session_, media::Bridging::Conference);
  confer(true);
}

void Call::confer(bool is_among_three) {
  for (Party* party : members()) {
    if (party) party->confer(is_among_three);
  }
}

void Call::leave_conference(Party& party, Cause cause) {
  log_.info("leaves the conference: leg={} cause={}", name_of(party.side()), cause.q850);
  media::Side place = party.side();
  auto gone = std::move(slot(place));
  std::optional<size_t> record;
  if (place != media::Side::A) {
    record_.called.push_back(gone->record());
    record = record_.called.size() - 1;
  }
  // It may still be on the stack.
  releasing_.push_back({std::move(gone), record});
  // Nothing more goes to it, so that it does not answer at a port that is another's then.
  party.move_without_media(place_of(place));
  party.release_side(cause);
  std::optional<Cause> failed;
  if (place != media::Side::C) {
    slot(place) = std::move(third_);
    failed = slot(place)->move_with_media(place_of(place));
  }
  context_.media.set_bridging(session_, media::Bridging::Both);
  confer(false);
  if (failed) return clear(*failed, ReleasedBy::Gateway);
  on_joined(*called_);
}

bool Call::on_conference(Party& party, const Leg& other) {
  return owner_.on_conference(*this, party, other);
}

}  // namespace sg::call
