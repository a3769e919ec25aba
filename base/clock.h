#pragma once

#include <chrono>

namespace sg {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using namespace std::chrono_literals;

// Where time comes from. Cores take a TimePoint with each event and never ask; shells hold a Clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
};

// Time that stands still until a test moves it.
class TestClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance(Duration by) { now_ += by; }
  void set(TimePoint at) { now_ = at; }

 private:
  TimePoint now_ = TimePoint{} + 1h;
};

}  // namespace sg
