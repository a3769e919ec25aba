#include "tdm/pri/restart_supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_reactor.h"

namespace sg::tdm::pri {
namespace {

using SlotState = Inventory::SlotState;
using testing::ElementsAre;
using testing::IsEmpty;

struct RestartFixture {
  static constexpr Timeslot kFirst{1, 1}, kSecond{1, 2};
  ManualReactor reactor;
  Counters counters;
  Inventory inventory{{kFirst, kSecond}, HuntOrder::Ascending};
  std::vector<Timeslot> sent;
  RestartSupervisor restarts{reactor, inventory, 20s, [this](Timeslot slot) { sent.push_back(slot); }, counters, {}};

  explicit RestartFixture(bool is_up = true) { restarts.set_up(is_up); }
};

TEST(RestartSupervisor, OneTimeslotAtATimeTakesNoCallsUntilItIsAcknowledged) {
  RestartFixture f;

  f.restarts.restart(f.kFirst);
  f.restarts.restart(f.kSecond);

  EXPECT_THAT(f.sent, ElementsAre(f.kFirst));
  EXPECT_EQ(f.inventory.state(f.kFirst), SlotState::Restarting);
  f.restarts.on_acknowledged(f.kFirst);
  EXPECT_EQ(f.inventory.state(f.kFirst), SlotState::Idle);
  EXPECT_THAT(f.sent, ElementsAre(f.kFirst, f.kSecond));
  f.restarts.on_acknowledged(std::nullopt);
  EXPECT_EQ(f.inventory.state(f.kSecond), SlotState::Idle) << "it does not say which: the one that was asked for";
}

TEST(RestartSupervisor, TheSecondSilenceTakesATimeslotOutOfService) {
  RestartFixture f;
  f.restarts.restart(f.kFirst);
  f.restarts.restart(f.kSecond);

  f.reactor.advance(20s);
  EXPECT_THAT(f.sent, ElementsAre(f.kFirst, f.kFirst));
  EXPECT_EQ(f.inventory.state(f.kFirst), SlotState::Restarting);
  f.reactor.advance(20s);

  EXPECT_EQ(f.inventory.state(f.kFirst), SlotState::OutOfService);
  EXPECT_EQ(f.sent.back(), f.kSecond) << "the next one has its turn";
  EXPECT_EQ(f.counters.get("pri.timer_expiries").value(), 2u);
}

TEST(RestartSupervisor, AFarEndThatKnowsNoRestartIsAskedOnceAndBriefly) {
  RestartFixture f;

  f.restarts.restart_all();
  f.reactor.advance(5s);

  EXPECT_THAT(f.sent, ElementsAre(f.kFirst));
  EXPECT_EQ(f.inventory.idle(), 2u);
  f.reactor.advance(1min);
  EXPECT_EQ(f.sent.size(), 1u);
}

TEST(RestartSupervisor, OnceAnythingIsAcknowledgedSilenceCounts) {
  RestartFixture f;
  f.restarts.restart_all();
  f.restarts.on_acknowledged(f.kFirst);

  f.reactor.advance(40s);

  EXPECT_EQ(f.inventory.state(f.kFirst), SlotState::Idle);
  EXPECT_EQ(f.inventory.state(f.kSecond), SlotState::OutOfService);
}

TEST(RestartSupervisor, ACallOnATimeslotThatWaitsSaysThatItIsIdle) {
  RestartFixture f;
  f.restarts.restart(f.kFirst);
  f.restarts.restart(f.kSecond);

  f.restarts.on_call(f.kSecond);

  EXPECT_EQ(f.inventory.state(f.kSecond), SlotState::Idle);
  f.restarts.on_acknowledged(f.kFirst);
  EXPECT_THAT(f.sent, ElementsAre(f.kFirst));
}

TEST(RestartSupervisor, NothingIsSentWhileTheInterfaceIsDown) {
  RestartFixture f(false);

  f.restarts.restart(f.kFirst);
  f.reactor.advance(1min);

  EXPECT_THAT(f.sent, IsEmpty());
}

TEST(RestartSupervisor, ABusyTimeslotIsNotRestarted) {
  RestartFixture f;
  ASSERT_TRUE(f.inventory.seize(f.kFirst, SignallingCallId{1}));

  f.restarts.restart(f.kFirst);
  f.restarts.restart({9, 9});

  EXPECT_THAT(f.sent, IsEmpty());
}

TEST(RestartSupervisor, WhatMayBeLostIsSentAgain) {
  RestartFixture f;
  f.restarts.send_again();
  EXPECT_THAT(f.sent, IsEmpty());
  f.restarts.restart(f.kFirst);

  f.restarts.send_again();

  EXPECT_THAT(f.sent, ElementsAre(f.kFirst, f.kFirst));
}

}  // namespace
}  // namespace sg::tdm::pri
