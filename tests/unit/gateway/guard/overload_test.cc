#include "gateway/guard/overload.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sg::guard {
namespace {

// At this time, so much waits, and what is read has waited for so long.
struct Look {
  Duration at;
  double filled;
  Duration age;
};
struct Course {
  const char* what;
  std::vector<Look> looks;
  // After each look: '.' all is well, 'R' calls are refused, 't' there is an overload but calls are taken.
  std::string is;
};

const Course kCourses[] = {
    {"an empty queue", {{0ms, 0, 0ms}, {1s, 0, 0ms}, {2s, 0, 0ms}}, "..."},
    {"few messages that were late: the process was held up", {{0ms, 0.01, 3s}, {1ms, 0.01, 3s}, {9s, 0.2, 3s}}, "..."},
    {"many messages that cost nothing: a flood", {{0ms, 0.9, 1ms}, {300ms, 0.9, 1ms}, {9s, 1, 1ms}}, "..."},
    {"a burst that is worked off", {{0ms, 0.9, 5ms}, {100ms, 0.5, 100ms}, {190ms, 0.1, 190ms}, {1s, 0, 0ms}}, "...."},
    {"two bursts", {{0ms, 0.9, 5ms}, {100ms, 0.2, 90ms}, {300ms, 0.9, 5ms}, {400ms, 0.2, 90ms}}, "...."},
    {"a backlog that stands", {{0ms, 0.3, 20ms}, {100ms, 0.9, 50ms}, {179ms, 1, 90ms}, {180ms, 0.3, 50ms}}, "...R"},
    {"a backlog that stood while nobody looked", {{0ms, 0.9, 199ms}, {1ms, 0.9, 199ms}}, ".R"},
    {"calls are taken while little waits", {{0ms, 1, 1s}, {1ms, 0.13, 1s}, {2ms, 0.12, 1s}, {3ms, 0.13, 1ms}}, "RRtR"},
    {"it is over after a while without backlog",
     {{0ms, 1, 1s}, {1s, 0.1, 0ms}, {2999ms, 0.1, 0ms}, {3s, 0, 0ms}, {4s, 1, 1ms}},
     "Rtt.."},
    {"not while there is one again and again",
     {{0ms, 1, 1s}, {1s, 0, 0ms}, {2s, 0.2, 0ms}, {3s, 0, 0ms}, {4s, 0, 0ms}, {5s, 0, 0ms}},
     "RtRtt."},
    {"after one there may be another", {{0ms, 1, 1s}, {1s, 0, 0ms}, {7s, 0, 0ms}, {8s, 1, 5ms}, {9s, 1, 5ms}}, "Rt..R"},
    {"the wall clock was set, so the kernel's stamps seem young",
     {{0ms, 1, 100ms}, {1ms, 1, 0ms}, {200ms, 1, 9ms}},
     "..."},
};

TEST(Overload, IsABacklogThatStandsAndLastsWhileOneComesAgain) {
  for (const auto& course : kCourses) {
    Overload overload;
    std::string is;

    for (const auto& look : course.looks) {
      const bool was_on = overload.is_on();
      auto change = overload.on_backlog({look.filled, look.age}, TimePoint{} + 1h + look.at);
      is += overload.refuses_calls() ? 'R' : overload.is_on() ? 't' : '.';
      EXPECT_EQ(change == Overload::Change::Began, !was_on && overload.is_on()) << course.what;
      EXPECT_EQ(change == Overload::Change::Ended, was_on && !overload.is_on()) << course.what;
    }

    EXPECT_EQ(is, course.is) << course.what;
  }
}

}  // namespace
}  // namespace sg::guard
