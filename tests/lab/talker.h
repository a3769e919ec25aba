#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace sg::lab {

// Somebody at the end of a line who says one thing after the other, with pauses, and counts what the other one says.
class Talker {
 public:
  explicit Talker(uint64_t seed) : random_(seed) {}

  void speak(std::span<int16_t> samples);
  void listen(std::span<const int16_t> samples);
  // Says nothing new any more.
  void be_still() { is_still_ = true; }

  int said() const { return said_; }
  int heard() const { return heard_; }

 private:
  void begin_next();

  std::mt19937_64 random_;
  int left_ = 4000;  // samples of this word, or of the pause
  bool is_word_ = false;
  bool is_still_ = false;
  int at_ = 0;  // samples since the word began
  int said_ = 0;
  int heard_ = 0;
  int silence_ = 100'000;  // samples since something was heard
};

}  // namespace sg::lab
