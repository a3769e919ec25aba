#pragma once

#include "media/mixer.h"
#include "media/sides.h"

namespace sg::media {

// What three sides of a session have that two have not: each hears the sum of the others, and timeslots wait for the
// one that is the clock. Owned by the Session. Media-worker thread only; allocates at construction only.
class Conference {
 public:
  explicit Conference(size_t block_octets)
      : mixer_(block_octets), waiting_{BlockQueue(block_octets), BlockQueue(block_octets), BlockQueue(block_octets)} {}

  // It begins: what waits is of one before.
  void restart();
  // The first timeslot is the clock. Null: there is none.
  SessionSide* clock(Sides& sides);
  // Reads the blocks of all other timeslots, which wait for their turn.
  void fetch(Sides& sides, const SessionSide* clock, TimePoint now);
  // What waited longest is what is heard on this side, which has a timeslot; silence where nothing waits.
  void take_turn(SessionSide& side);
  // All sides' blocks have been heard: each is told what the others said.
  void mix(Sides& sides, AudioBlock& scratch);

 private:
  BlockQueue& waiting(const SessionSide& side) { return waiting_[static_cast<size_t>(side.which())]; }

  Mixer mixer_;
  BlockQueue waiting_[std::size(kSides)];
};

}  // namespace sg::media
