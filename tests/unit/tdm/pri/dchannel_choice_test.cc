#include "tdm/pri/dchannel_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_reactor.h"

namespace sg::tdm::pri {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct ChoiceFixture : DChannelChoice::Listener {
  ManualReactor reactor;
  std::vector<std::string> heard;
  std::function<void()> when_leaving;
  DChannelChoice choice;

  explicit ChoiceFixture(std::vector<uint16_t> spans = {1, 2}) : choice(std::move(spans), reactor, *this) {}

  void on_leaving(size_t) override {
    if (when_leaving) when_leaving();
  }
  void on_changed_over(size_t from, size_t to, bool is_lost) override {
    heard.push_back(fmt::format("{} to {}{}", from, to, is_lost ? ", messages lost" : ""));
  }
  void on_interface_up() override { heard.emplace_back("up"); }
  void on_interface_down() override { heard.emplace_back("down"); }
  std::vector<std::string> take() { return std::exchange(heard, {}); }
};

TEST(DChannelChoice, TheOnlyOneIsTheInterface) {
  ChoiceFixture f({7});

  f.choice.set_up(0, true);
  EXPECT_THAT(f.take(), ElementsAre("up"));
  f.choice.set_in_alarm(7, true);
  EXPECT_THAT(f.take(), IsEmpty()) << "layer 2 stands";
  EXPECT_FALSE(f.choice.is_heard());
  f.choice.set_up(0, false);
  EXPECT_THAT(f.take(), ElementsAre("down"));
}

TEST(DChannelChoice, TheBackupWaitsForThePrimaryAtTheStartOnly) {
  ChoiceFixture f;

  f.choice.set_up(1, true);
  EXPECT_THAT(f.take(), IsEmpty());
  f.reactor.advance(3s);

  EXPECT_THAT(f.take(), ElementsAre("0 to 1, messages lost", "up"));
}

TEST(DChannelChoice, APrimaryThatComesInTimeIsTaken) {
  ChoiceFixture f;
  f.choice.set_up(1, true);
  f.reactor.advance(2s);

  f.choice.set_up(0, true);
  f.reactor.advance(10s);

  EXPECT_THAT(f.take(), ElementsAre("up"));
  EXPECT_EQ(f.choice.active(), 0u);
}

TEST(DChannelChoice, WhatWorksStaysAlsoWhenThePrimaryIsBack) {
  ChoiceFixture f;
  f.choice.set_up(0, true);
  f.choice.set_up(1, true);
  f.take();

  f.choice.set_up(0, false);
  EXPECT_THAT(f.take(), ElementsAre("0 to 1, messages lost"));
  f.choice.set_up(0, true);

  EXPECT_THAT(f.take(), IsEmpty());
  EXPECT_EQ(f.choice.active(), 1u);
}

TEST(DChannelChoice, AnAlarmIsQuickerThanLayer2AndAFarEndThatDoesNotHearUsToo) {
  for (bool is_alarm : {true, false}) {
    ChoiceFixture f;
    f.choice.set_up(0, true);
    f.choice.set_up(1, true);
    f.take();

    is_alarm ? f.choice.set_in_alarm(1, true) : f.choice.set_one_way(0, true);

    EXPECT_THAT(f.take(), ElementsAre("0 to 1, messages lost"));
  }
}

TEST(DChannelChoice, OfTwoInAlarmTheOneWithLayer2Keeps) {
  ChoiceFixture f;
  f.choice.set_up(0, true);
  f.choice.set_in_alarm(1, true);
  f.choice.set_in_alarm(2, true);
  f.take();

  f.choice.set_up(1, true);

  EXPECT_THAT(f.take(), IsEmpty());
  EXPECT_EQ(f.choice.active(), 0u);
}

TEST(DChannelChoice, TheFarEndsWishIsFollowedWhereItCanBe) {
  ChoiceFixture f;
  f.choice.set_up(0, true);
  f.take();

  f.choice.follow(1);
  EXPECT_THAT(f.take(), IsEmpty()) << "it is down";
  f.choice.set_up(1, true);
  f.choice.follow(1);

  EXPECT_THAT(f.take(), ElementsAre("0 to 1"));
}

TEST(DChannelChoice, WhatIsHeardWhileLeavingMayChangeTheChoice) {
  ChoiceFixture f;
  f.choice.set_up(0, true);
  f.choice.set_up(1, true);
  f.take();
  f.when_leaving = [&] {
    f.when_leaving = nullptr;
    f.choice.set_up(0, false);
  };

  f.choice.follow(1);

  EXPECT_THAT(f.take(), ElementsAre("0 to 1, messages lost")) << "once";
}

}  // namespace
}  // namespace sg::tdm::pri
