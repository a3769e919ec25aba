#include "media/conference.h"

namespace sg::media {

void Conference::restart() {
  for (BlockQueue& queue : waiting_) queue.clear();
}

SessionSide* Conference::clock(Sides& sides) {
  SessionSide* clock = nullptr;
  sides.for_each([&](SessionSide& side) {
    if (!clock && side.bearer() && !side.bearer()->has_failed()) clock = &side;
  });
  return clock;
}

void Conference::fetch(Sides& sides, const SessionSide* clock, TimePoint now) {
  sides.for_each([&](SessionSide& side) {
    while (&side != clock && side.read_bearer(now)) waiting(side).push(side.heard().as(side.bearer()->law()));
  });
}

void Conference::take_turn(SessionSide& side) {
  const auto law = side.bearer()->law();
  if (!waiting(side).pop(side.heard().begin_octets(law))) side.heard().set_silence(law);
}

void Conference::mix(Sides& sides, AudioBlock& scratch) {
  mixer_.begin();
  sides.for_each([&](SessionSide& side) { mixer_.add(side.heard().linear()); });
  sides.for_each([&](SessionSide& to) {
    if (!to.generate(scratch)) mixer_.others(to.heard().linear(), scratch.begin_linear());
    to.say(scratch);
  });
}

}  // namespace sg::media
