#include "gateway/call/call_manager.h"

// Conferences of three (EN 300 188, RFC 3911): a call takes in the party of another. It is the same call before and
// after, with its record and its session, which mixes while there are three.
namespace sg::call {

// The place of who goes is taken by nobody, so that the other call ends as calls of two do.
void Call::add(Call& from, media::Side side, const std::string& how) {
  auto& joins = from.slot(side);
  auto now = wall_now();
  record_.transfers.push_back({now, how, from.id_, joins->record()});
  from.record_.transfers.push_back({now, how, id_, joins->record()});
  (side == media::Side::A ? from.taken_caller_ : from.taken_called_) = joins->record();
  if (from.routing_.usage) further_usage_.push_back(std::move(from.routing_.usage));
  third_ = std::move(joins);
  auto nobody = std::make_unique<TransferLeg>(context_.reactor, fmt::format("gone to call {}", id_),
                                              [](TransferLeg::Step, Cause) {});
  joins = std::make_unique<Party>(Party::Options{from.id_, from.session_, side, 1, {}, {}, nullptr, from.time()},
                                  std::move(nobody), third_->trunk(), context_, from);
  auto cause = third_->move_to(place_of(media::Side::C));
  log_.info("conference how={} with_call={}", how, from.id_);
  context_.counters.get("call.conferences").add();
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
  log_.info("leaves the conference: leg={} cause={}", "abc"[static_cast<size_t>(party.side())], cause.q850);
  media::Side place = party.side();
  auto gone = std::move(slot(place));
  std::optional<size_t> record;
  if (place != media::Side::A) {
    record_.called.push_back(gone->record());
    record = record_.called.size() - 1;
  }
  // It may still be on the stack.
  left_.push_back({std::move(gone), record});
  // Nothing more goes to it, so that it does not answer at a port that is another's then.
  party.retire_to(place_of(place));
  party.leave(cause);
  std::optional<Cause> failed;
  if (place != media::Side::C) {
    slot(place) = std::move(third_);
    failed = slot(place)->move_to(place_of(place));
  }
  context_.media.set_bridging(session_, media::Bridging::Both);
  confer(false);
  if (failed) return clear(*failed, ReleasedBy::Gateway);
  on_joined(*called_);
}

bool Call::on_conference(Party& party, const Leg& other) {
  return owner_.on_conference(*this, party, other);
}

bool CallManager::may_confer(const Call& call, const Party& by) const {
  return call.may_transfer(by) && !is_transferring(call);
}

bool CallManager::on_conference(Call& call, Party& by, const Leg& other) {
  auto held = find_leg(other);
  bool may = held && held->call != &call && may_confer(call, by) && !when_empty_ &&
             may_confer(*held->call, *held->call->at(held->side));
  if (!may) {
    context_.counters.get("call.conference_refused").add();
    return false;
  }
  Call& from = *held->call;
  call.add(from, other_side(held->side), "conference");
  from.end_conferred();
  return true;
}

// RFC 3911 section 4.
void CallManager::on_joining(Call& call) {
  auto refuse = [&](int status) { call.hang_up(cause_of_sip(status)); };
  Party& joins = *call.at(media::Side::A);
  if (!joins.trunk_of() || !joins.trunk_of()->allows_transfer()) return refuse(403);
  auto named = find_dialog(*call.setup().join);
  if (!named) return refuse(refusal_of_unknown(*call.setup().join));
  if (call.is_data() || !may_confer(*named->call, *named->call->at(named->side))) return refuse(488);
  named->call->add(call, media::Side::A, "join");
  call.end_conferred();
}

}  // namespace sg::call
