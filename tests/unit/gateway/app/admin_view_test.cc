#include "gateway/app/admin_view.h"

#include <gmock/gmock.h>

#include "tests/unit/gateway/app/small_gateway.h"

namespace sg::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AdminViewTest : public testing::SmallGateway {
 protected:
  std::vector<std::string> trunk_words() const {
    std::vector<std::string> words;
    for (const auto& trunk : view->trunks()) {
      words.push_back(fmt::format("{} {} {}: {}", trunk.kind, trunk.name, trunk.calls, trunk.state));
    }
    return words;
  }
};

TEST_F(AdminViewTest, ATimeslotTellsItsCall) {
  const CallId first = call_from_line("300"), second = call_from_line("301");

  auto slots = view->timeslots();

  ASSERT_EQ(slots.size(), 4u);
  EXPECT_EQ(slots[0].call, first);
  EXPECT_EQ(slots[0].trunk, "pstn");
  EXPECT_EQ(slots[1].call, second);
  EXPECT_EQ(slots[2].call, CallId{});
  EXPECT_EQ(view->calls().size(), 2u);
  EXPECT_EQ(view->status().calls, 2u);
}

TEST_F(AdminViewTest, ASpanCountsItsTimeslotsAndNamesWhoUsesThem) {
  call_from_line("300");
  line->slots[3].state = tdm::Signalling::SlotState::InAlarm;

  auto spans = view->spans();

  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].trunk, "pstn");
  EXPECT_EQ(spans[0].signalling, "fake");
  EXPECT_TRUE(spans[0].signalling_is_up);
  EXPECT_EQ(spans[0].in_use, 1u);
  EXPECT_EQ(spans[0].idle, 2u);
  EXPECT_EQ(spans[0].out_of_service, 1u);
}

TEST_F(AdminViewTest, TrunksTellTheirCallsAndWhatIsBlocked) {
  call_from_line("300");
  EXPECT_THAT(trunk_words(), ElementsAre("sip pbx 1: not probed", "tdm pstn 1: up"));

  auto blocked = view->set_blocked({.slot = tdm::Timeslot{1, 1}}, true);

  ASSERT_TRUE(blocked);
  EXPECT_EQ(blocked->timeslots, 1u);
  EXPECT_EQ(blocked->calls, 1u);
  EXPECT_THAT(trunk_words(), ElementsAre("sip pbx 1: not probed", "tdm pstn 1: up, 1 of 4 blocked"));
  EXPECT_EQ(view->set_blocked({.span = 1}, false)->timeslots, 4u);
  EXPECT_THAT(trunk_words(), ElementsAre("sip pbx 1: not probed", "tdm pstn 1: up"));
}

TEST_F(AdminViewTest, WhatHasNoTimeslotsCannotBeBlocked) {
  auto fault = [&](const admin::Blockable& what) { return view->set_blocked(what, true).error().message; };

  EXPECT_EQ(fault({.trunk = "pbx"}), "trunk pbx has no timeslots: it is a SIP peer");
  EXPECT_EQ(fault({.trunk = "nobody"}), "there is no trunk nobody");
  EXPECT_EQ(fault({.span = 7}), "no trunk has timeslots on a span 7");
  EXPECT_THAT(fault({.slot = tdm::Timeslot{1, 16}}), HasSubstr("timeslot 1/16 carries no calls"));
}

TEST_F(AdminViewTest, ACallCanBeHungUpOnce) {
  const CallId id = call_from_line("300");

  EXPECT_TRUE(view->hang_up(id));
  EXPECT_TRUE(until([&] { return view->calls().empty(); }));
  EXPECT_FALSE(view->hang_up(id));
  EXPECT_EQ(view->timeslots()[0].call, CallId{});
  EXPECT_EQ(view->trunks()[1].calls, 0u);
}

TEST_F(AdminViewTest, FactsAreOfEveryLineAndPeer) {
  call_from_line("300");

  const Facts facts = view->facts();

  ASSERT_EQ(facts.peers.size(), 1u);
  EXPECT_EQ(facts.peers[0].trunk, "pbx");
  ASSERT_EQ(facts.spans.size(), 1u);
  EXPECT_EQ(facts.spans[0].dchannel, 16);
  EXPECT_EQ(facts.spans[0].role, IsdnRole::User);
  EXPECT_FALSE(facts.spans[0].driver);
  EXPECT_EQ(facts.ports.in_use, 1u) << "the peer's side";
  EXPECT_EQ(facts.driver_version + facts.driver_error, "");
}

TEST_F(AdminViewTest, ExplainsWhereACallWouldGoNow) {
  admin::RouteQuestion question;
  question.from = "pstn";
  question.called = "300";

  auto told = view->explain_route(question);

  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->route, "in");
  ASSERT_EQ(told->targets.size(), 1u);
  EXPECT_EQ(told->targets[0].state, "up, 0 calls");
  EXPECT_EQ(told->targets[0].message, "INVITE sip:300@" + peer() + ", calling ");
  question.from = "nobody";
  EXPECT_EQ(view->explain_route(question).error().message, "there is no trunk \"nobody\"");
}

TEST_F(AdminViewTest, WithoutAMemoryNoNumberIsKnown) {
  EXPECT_EQ(view->fax_numbers("", "").error().message, "nothing is remembered: [fax] memory names no file");
  EXPECT_FALSE(view->forget_fax_number("300", ""));
  EXPECT_FALSE(view->import_fax_numbers({}));
  EXPECT_THAT(view->faxes(), IsEmpty());
}

TEST_F(AdminViewTest, AReloadChangesTrunksAndRoutesAndTellsWhatItCannot) {
  write(
      "[trunk.new]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:7\"\nprobe = \"0s\"\nmax_calls = 3\n"
      "[[route]]\nname = \"more\"\nfrom = \"new\"\ncalled = \"5XX\"\nto = \"pstn\"\n[media]\nrtp_timeout = \"77s\"\n");
  std::optional<Result<admin::ReloadView>> answer;

  view->reload([&](auto told) { answer = std::move(told); });

  ASSERT_TRUE(until([&] { return answer.has_value(); }));
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_EQ((*answer)->routes, 2u);
  EXPECT_THAT((*answer)->needs_restart, ElementsAre(HasSubstr("rtp_timeout")));
  EXPECT_EQ(view->trunks()[1].name, "new");
  EXPECT_EQ(view->trunks()[1].max_calls, 3u);
  EXPECT_EQ(counters.get("reload.done").value(), 1u);
}

TEST_F(AdminViewTest, AFileThatIsWrongChangesNothing) {
  write("[[route]]\nname = \"wrong\"\ncalled = \"5XX\"\nto = \"nobody\"\n");
  std::optional<Result<admin::ReloadView>> answer;

  view->reload([&](auto told) { answer = std::move(told); });

  ASSERT_TRUE(until([&] { return answer.has_value(); }));
  ASSERT_FALSE(*answer);
  EXPECT_THAT(answer->error().message, HasSubstr("nobody"));
  EXPECT_EQ(routing->settings().routes.size(), 1u);
  EXPECT_EQ(counters.get("reload.refused").value(), 1u);
}

}  // namespace
}  // namespace sg::app
