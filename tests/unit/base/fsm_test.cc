#include "base/fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fsm_dot.h"

namespace sg {
namespace {

enum class Lamp : uint8_t { Off, On, Broken };
enum class Press : uint8_t { Button, Hammer };
using LampTable = FsmTable<Lamp, Press>;

std::string_view name_of(Lamp lamp) {
  return lamp == Lamp::Off ? "Off" : lamp == Lamp::On ? "On" : "Broken";
}
std::string_view name_of(Press press) {
  return press == Press::Button ? "Button" : "Hammer";
}

const LampTable& lamp_table() {
  static const LampTable table{"lamp",
                               {
                                   {Lamp::Off, {Press::Button, Press::Hammer}, {Lamp::On, Lamp::Broken}},
                                   {Lamp::On, {Press::Button}, {Lamp::Off}},
                                   {Lamp::Broken, {}, {}},
                               }};
  return table;
}

struct LampFixture {
  Counters counters;
  TestClock clock;
  Fsm<Lamp, Press> fsm{lamp_table(), Lamp::Off, counters, Log("lamp=1"), Fsm<Lamp, Press>::OnBug::Refuse};
};

TEST(Fsm, TakesTheEventsOfItsStateOnly) {
  LampFixture f;

  EXPECT_TRUE(f.fsm.accepts(Press::Hammer));
  EXPECT_TRUE(f.fsm.enter(Lamp::On, f.clock.now()));
  EXPECT_FALSE(f.fsm.accepts(Press::Hammer));

  EXPECT_EQ(f.counters.get("fsm.lamp.refused").value(), 1u);
}

TEST(Fsm, StaysWhereItIsWhenATransitionIsForbidden) {
  LampFixture f;
  f.fsm.enter(Lamp::Broken, f.clock.now());

  EXPECT_FALSE(f.fsm.enter(Lamp::On, f.clock.now()));

  EXPECT_EQ(f.fsm.state(), Lamp::Broken);
  EXPECT_EQ(f.counters.get("fsm.lamp.refused").value(), 1u);
}

TEST(Fsm, RemembersTheLastTransitionsWithTheirTimesAndEvents) {
  LampFixture f;
  f.fsm.accepts(Press::Button);
  f.fsm.enter(Lamp::On, f.clock.now());
  f.clock.advance(3s);
  f.fsm.enter(Lamp::Off, f.clock.now());

  auto history = f.fsm.history();

  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].to, Lamp::On);
  EXPECT_EQ(history[0].event, Press::Button);
  EXPECT_EQ(history[1].event, std::nullopt);
  EXPECT_EQ(history[1].at - history[0].at, 3s);
}

TEST(Fsm, ForgetsAllButTheLastTransitions) {
  LampFixture f;
  for (int i = 0; i < 101; ++i) {
    f.clock.advance(1s);
    f.fsm.enter(i % 2 ? Lamp::Off : Lamp::On, f.clock.now());
  }

  auto history = f.fsm.history();

  ASSERT_EQ(history.size(), (Fsm<Lamp, Press>::kHistory));
  EXPECT_EQ(history.back().to, Lamp::On);
  EXPECT_EQ(history.back().at - history.front().at, 31s);
}

#ifndef NDEBUG
TEST(FsmDeathTest, AssertsOnAForbiddenTransitionInDebugBuilds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  LampFixture f;
  Fsm<Lamp, Press> strict(lamp_table(), Lamp::Broken, f.counters);

  EXPECT_DEATH(strict.enter(Lamp::On, f.clock.now()), "forbidden by the state table");
}
#endif

TEST(Fsm, ATableIsDrawnWithItsEventsAndSuccessors) {
  EXPECT_EQ(to_dot(lamp_table()),
            "digraph lamp {\n"
            "  node [shape=box];\n"
            "  Off [label=\"Off\\nButton\\nHammer\"];\n"
            "  Off -> On;\n"
            "  Off -> Broken;\n"
            "  On [label=\"On\\nButton\"];\n"
            "  On -> Off;\n"
            "  Broken [label=\"Broken\"];\n"
            "}\n");
}

}  // namespace
}  // namespace sg
