#include "gateway/call/call_manager.h"

// Conferences of three (EN 300 188, RFC 3911): a call takes in the party of another.
namespace sg::call {

bool CallManager::may_confer(const Call& call, const Party& by) const {
  return call.may_transfer(by) && !is_transferring(call);
}

bool CallManager::on_conference(Call& call, Party& by, const Leg& other) {
  auto held = find_leg(other);
  bool may = held && held->call != &call && may_confer(call, by) && !when_empty_ &&
             may_confer(*held->call, *held->call->at(held->side));
  if (!may) {
    context_.counted.conference_refused.add();
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
