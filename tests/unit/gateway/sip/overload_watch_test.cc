#include "gateway/sip/overload_watch.h"

#include <gtest/gtest.h>

#include "base/timer_queue.h"

namespace sg::sip {
namespace {

// A loop that comes round when the test says so.
class LateReactor final : public Reactor {
 public:
  TimePoint now() const override { return now_; }
  Result<> watch(int, uint32_t, FdHandler) override { return {}; }
  void unwatch(int) override {}
  TimerId call_at(TimePoint when, Task task) override { return timers_.add(when, std::move(task)); }
  void cancel(TimerId timer) override { timers_.cancel(timer); }
  void post(Task task) override { task(); }

  void come_round_after(Duration time) {
    now_ += time;
    while (timers_.run_one(now_)) {
    }
  }

 private:
  TimePoint now_ = TimePoint{} + 1h;
  TimerQueue timers_;
};

struct OverloadOfTheLoop : testing::Test {
  // What is said of a call that comes by TCP after so many such rounds.
  bool refuses_after(int rounds, Duration each) {
    for (int i = 0; i < rounds; ++i) reactor.come_round_after(each);
    watch.on_stream();
    return watch.refuses_calls();
  }

  LateReactor reactor;
  Counters counters;
  OverloadWatch watch{reactor, {}, counters};
};

TEST_F(OverloadOfTheLoop, RoundsThatAreLateForTwoSecondsAreOneAndItEndsWhenTheyAreInTimeAgain) {
  EXPECT_FALSE(refuses_after(5, 350ms));
  EXPECT_TRUE(refuses_after(3, 350ms));

  EXPECT_FALSE(refuses_after(1, 100ms)) << "nothing waits any more";
  EXPECT_TRUE(watch.is_on());
  EXPECT_FALSE(refuses_after(21, 100ms));
  EXPECT_FALSE(watch.is_on());
  EXPECT_EQ(counters.get("sip.overload.begun").value(), 1u);
}

TEST_F(OverloadOfTheLoop, OneRoundThatIsLateAloneIsNone) {
  EXPECT_FALSE(refuses_after(1, 1min)) << "the machine was asleep";
  EXPECT_FALSE(refuses_after(30, 100ms));
  EXPECT_EQ(counters.get("sip.overload.begun").value(), 0u);
}

}  // namespace
}  // namespace sg::sip
