#include "t38/announced_training.h"

#include <gtest/gtest.h>

namespace sg::t38 {
namespace {

using Line = AnnouncedTraining::Line;
using Outcome = AnnouncedTraining::Outcome;

struct Stretch {
  Line line;
  int milliseconds;
};
struct Row {
  const char* name;
  bool is_check;
  std::vector<Stretch> stretches;
  int heard_at, gone_at;  // ms after the announcement; -1: never
};

constexpr int kBlock = 20;  // ms

TEST(AnnouncedTraining, IsHeardAndTakenBackInTime) {
  const Row rows[] = {
      {"nobody trains", true, {{Line::Silence, 5000}}, -1, 600},
      {"a click is no training", true, {{Line::Signal, 20}, {Line::Silence, 5000}}, -1, 620},
      {"it comes, and is not followed", true, {{Line::Signal, 5000}}, 60, 3400},
      {"it comes late, and ends unfollowed",
       true,
       {{Line::Silence, 400}, {Line::Signal, 1000}, {Line::Silence, 900}},
       460,
       1700},
      {"the gap after the tone of echo protection",
       true,
       {{Line::Silence, 60}, {Line::Signal, 200}, {Line::Silence, 40}, {Line::Signal, 2000}},
       120,
       -1},
      {"a page may last", false, {{Line::Signal, 60000}}, 60, -1},
      {"a page that ends unfollowed", false, {{Line::Signal, 10000}, {Line::Silence, 500}}, 60, 10300},
      {"lost audio tells nothing", true, {{Line::Lost, 3000}}, -1, -1},
      {"but time goes on", true, {{Line::Lost, 4000}}, -1, 3400},
  };
  for (const Row& row : rows) {
    AnnouncedTraining training;
    training.announce(9600, row.is_check);
    int now = 0, heard_at = -1, gone_at = -1;
    for (const Stretch& stretch : row.stretches) {
      for (int passed = 0; passed < stretch.milliseconds && gone_at < 0; passed += kBlock) {
        const Outcome outcome = training.pass(8 * kBlock, stretch.line);
        now += kBlock;
        if (outcome == Outcome::Heard) {
          EXPECT_EQ(heard_at, -1) << row.name << ": told once";
          heard_at = now;
        }
        if (outcome == Outcome::Gone) gone_at = now;
      }
    }
    EXPECT_EQ(heard_at, row.heard_at) << row.name;
    EXPECT_EQ(gone_at, row.gone_at) << row.name;
  }
}

TEST(AnnouncedTraining, IsToldOnceByItsDataOrItsSound) {
  AnnouncedTraining training;
  EXPECT_FALSE(training.come()) << "nothing was announced";

  training.announce(7200, true);
  EXPECT_EQ(training.come(), 7200);
  EXPECT_FALSE(training.come());

  training.announce(4800, true);
  for (int i = 0; i < 3; ++i) training.pass(160, Line::Signal);
  EXPECT_FALSE(training.come()) << "it was told when it was heard";

  training.announce(4800, true);
  training.forget();
  EXPECT_FALSE(training.come());
  EXPECT_EQ(training.pass(8 * 5000, Line::Silence), Outcome::Open);
}

}  // namespace
}  // namespace sg::t38
