// HOLD and RETRIEVE of the far end (Q.932 clause 6, EN 300 196-1 clause 7): a call that is held stands without a
// timeslot, which is free for others, and gets one anew.
#include "tdm/pri/causes.h"
#include "tdm/pri/interface.h"

namespace sg::tdm::pri {

void Interface::on_hold(const ::pri_event& event) {
  Call* call = live(event.hold.call);
  if (!call || call->state() != CallState::Active || !call->slot) {
    ::pri_hold_rej(pri(), event.hold.call, kWrongCallState);
    return;
  }
  ::pri_hold_ack(pri(), call->handle);
  log_.info("call={} held, slot={} is free", call->id, *call->slot);
  tell([this, id = call->id, slot = *std::exchange(call->slot, std::nullopt)](Listener& listener) {
    inventory_.release(slot, id);
    listener.on_timeslot_left(id);
    listener.on_notify(id, kRemoteHold);
  });
}

void Interface::on_retrieve(const ::pri_event& event) {
  Call* call = live(event.retrieve.call);
  if (!call || call->state() != CallState::Active || call->slot) {
    ::pri_retrieve_rej(pri(), event.retrieve.call, kWrongCallState);
    return;
  }
  int number = event.retrieve.channel & 0xff;
  bool is_any = event.retrieve.channel <= 0 || number == 0 || number == 0xff;
  auto wanted = is_any ? std::nullopt : slot_of(event.retrieve.channel);
  if (wanted && inventory_.seize(*wanted, call->id)) {
    call->slot = wanted;
  } else if (is_any || event.retrieve.flexible) {
    call->slot = inventory_.seize(call->id);
  }
  if (!call->slot) {
    log_.warning("call={} cannot be retrieved: no timeslot", call->id);
    ::pri_retrieve_rej(pri(), call->handle, is_any ? kNoCircuit : kChannelUnavailable);
    return;
  }
  ::pri_retrieve_ack(pri(), call->handle, channel_of(*call));
  log_.info("call={} retrieved slot={}", call->id, *call->slot);
  tell([id = call->id, slot = *call->slot](Listener& listener) {
    listener.on_timeslot_changed(id, slot);
    listener.on_notify(id, kRemoteRetrieval);
  });
}

}  // namespace sg::tdm::pri
