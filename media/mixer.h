#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sg::media {

// The sum of what all parties of a conference say in one block, from which each gets all but its own.
// Media-worker thread only; allocates at construction only.
class Mixer {
 public:
  explicit Mixer(size_t samples) : sum_(samples) {}

  void begin();
  // Linear samples, as many as the mixer was made for.
  void add(std::span<const int16_t> said);
  // What the others say, to the party that said `own` and was added with it. What is too loud is clipped (saturates),
  // not scaled: nobody's voice becomes softer as others begin to talk.
  void others(std::span<const int16_t> own, std::span<int16_t> heard) const;

 private:
  std::vector<int32_t> sum_;
};

// Blocks of a timeslot that wait for the conference's clock, which is another timeslot: the two are read in turn, never
// at once. Two are enough to hold what comes a little early; a third pushes out the oldest.
class BlockQueue {
 public:
  explicit BlockQueue(size_t octets) : blocks_{std::vector<uint8_t>(octets), std::vector<uint8_t>(octets)} {}

  void push(std::span<const uint8_t> octets);
  // False: none waits, and `octets` is as it was.
  bool pop(std::span<uint8_t> octets);
  void clear() { waiting_ = 0; }

 private:
  std::vector<uint8_t> blocks_[2];
  size_t oldest_ = 0, waiting_ = 0;
};

}  // namespace sg::media
