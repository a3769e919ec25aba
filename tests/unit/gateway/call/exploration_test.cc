#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unordered_set>

#include <gtest/gtest.h>

#include "explored_world.h"

// Every order in which the events of a call can come, to a depth, in virtual time. Where two orders lead to the same
// state only one is followed.
namespace sg::call {
namespace {

using namespace testing;

using Path = std::vector<uint16_t>;

std::string path_so_far;

// A forbidden transition aborts: say how it was reached.
void tell_path(int) {
  std::fprintf(stderr, "aborted after: %s\n", path_so_far.c_str());
}

class Exploration : public ::testing::TestWithParam<Scenario> {
 protected:
  // Repeats a past, and takes one step more when there is one.
  std::unique_ptr<ExploredWorld> replay(const Path& path) {
    auto world = std::make_unique<ExploredWorld>(GetParam());
    path_so_far.clear();
    for (uint16_t choice : path) {
      auto event = world->possible().at(choice);
      path_so_far += event.name + ", ";
      event.happen();
      world->settle();
    }
    return world;
  }

  // False: something is wrong, and told.
  bool end_is_clean(ExploredWorld& world, bool caller_first) {
    world.drain(caller_first);
    auto wrongs = world.wrongs();
    auto left = world.left_behind();
    wrongs.insert(wrongs.end(), left.begin(), left.end());
    for (const auto& wrong : wrongs) ADD_FAILURE() << wrong << "\n  after: " << path_so_far;
    return wrongs.empty();
  }
};

TEST_P(Exploration, EveryOrderOfEventsLeavesNothingBehind) {
  constexpr size_t kDepth = 8;
  constexpr int kEnoughFailures = 10;
  const auto old_level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  auto* old_handler = std::signal(SIGABRT, tell_path);
  std::unordered_set<std::string> seen;
  std::vector<Path> level{{}};
  size_t steps = 0;
  int failures = 0;

  for (size_t depth = 0; depth < kDepth && failures < kEnoughFailures; ++depth) {
    std::vector<Path> next_level;
    for (const Path& path : level) {
      auto count = replay(path)->possible().size();
      for (uint16_t choice = 0; choice < count && failures < kEnoughFailures; ++choice) {
        Path longer = path;
        longer.push_back(choice);
        auto world = replay(longer);
        ++steps;
        bool is_new = seen.insert(world->fingerprint()).second;
        if (!world->wrongs().empty() || is_new) {
          // Either end may be the first to hang up then.
          if (!end_is_clean(*world, steps % 2 == 0)) ++failures;
        }
        if (is_new) next_level.push_back(longer);
      }
    }
    level = std::move(next_level);
  }

  std::signal(SIGABRT, old_handler);
  spdlog::set_level(old_level);
  RecordProperty("states", static_cast<int>(seen.size()));
  RecordProperty("steps", static_cast<int>(steps));
  std::printf("%zu steps, %zu states\n", steps, seen.size());
  EXPECT_GT(seen.size(), 100u);
}

INSTANTIATE_TEST_SUITE_P(
    Call, Exploration,
    ::testing::Values(Scenario{"SipToPri", MediaKind::Ip, MediaKind::Tdm},
                      Scenario{"SipToPriLateOffer", MediaKind::Ip, MediaKind::Tdm, true},
                      Scenario{"SipToPriT38First", MediaKind::Ip, MediaKind::Tdm, false, true},
                      Scenario{"PriToSip", MediaKind::Tdm, MediaKind::Ip},
                      Scenario{"SipToSip", MediaKind::Ip, MediaKind::Ip},
                      Scenario{"PriToPri", MediaKind::Tdm, MediaKind::Tdm},
                      Scenario{"SipToPriTwoTargets", MediaKind::Ip, MediaKind::Tdm, false, false, 2},
                      Scenario{"PriDialsSip", MediaKind::Tdm, MediaKind::Ip, false, false, 1, true, true},
                      Scenario{"PriDialsPri", MediaKind::Tdm, MediaKind::Tdm, false, false, 1, true, true},
                      Scenario{"PriToSilentSip", MediaKind::Tdm, MediaKind::Ip, false, false, 2, false}),
    [](const auto& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace sg::call
