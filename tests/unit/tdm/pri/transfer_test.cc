#include "tests/unit/tdm/pri/exchange_line.h"

// Two calls of one interface, joined by the far end: explicit call transfer (EN 300 369), libpri at both ends.
namespace sg::tdm::pri {
namespace {

struct TwoCalls : testing::Test {
  // Two answered calls from the user to the network, if `takes`, with the network willing to join them.
  void stand(bool takes, Config config = euroisdn()) {
    Config network = config;
    network.takes_transfers = takes;
    line = std::make_unique<ExchangeLine>(network, config);
    line->come_up();
    line->network.on_call = [this](SignallingCallId id) {
      incoming.push_back(id);
      line->network.interface->answer(id);
    };
    for (const char* number : {"200", "201"}) {
      auto call = line->user.interface->setup(ExchangeLine::call_to(number));
      ASSERT_TRUE(call);
      outgoing.push_back(call->call);
      line->reactor.advance(1s);
    }
    ASSERT_EQ(std::ranges::count(line->user.heard, "answered"), 2);
    line->user.heard.clear();
  }
  Result<> join() { return line->user.interface->join(outgoing[0], outgoing[1]); }

  std::unique_ptr<ExchangeLine> line;
  std::vector<SignallingCallId> outgoing, incoming;
};

TEST_F(TwoCalls, AreJoinedByTheNetworkWhichThenEndsBoth) {
  stand(true);

  ASSERT_TRUE(join());
  line->reactor.advance(1s);

  ASSERT_TRUE(line->network.has_heard("transfer"));
  // Asked with the second call, on which the request for the link was not made.
  EXPECT_EQ(line->network.transfer.first, incoming[1]);
  EXPECT_EQ(line->network.transfer.second, incoming[0]);
  line->network.interface->join_answered(incoming[1], true);
  for (auto id : incoming) line->network.interface->release(id, 16);
  line->reactor.advance(1s);
  EXPECT_EQ(std::ranges::count(line->user.heard, "released 16"), 2);
  EXPECT_EQ(line->user.interface->calls() + line->network.interface->calls(), 0u);
}

TEST_F(TwoCalls, GoOnWhenTheNetworkCannotJoinThem) {
  stand(true);
  ASSERT_TRUE(join());
  line->reactor.advance(1s);

  line->network.interface->join_answered(incoming[1], false);
  line->reactor.advance(60s);

  EXPECT_TRUE(line->user.heard.empty());
  EXPECT_EQ(line->user.interface->calls(), 2u);
  ASSERT_TRUE(join()) << "and may be asked for once more";
  line->network.heard.clear();
  line->reactor.advance(1s);
  EXPECT_TRUE(line->network.has_heard("transfer"));
}

TEST_F(TwoCalls, GoOnWhenTheNetworkDoesNotKnowTheService) {
  stand(false);

  ASSERT_TRUE(join());
  line->reactor.advance(60s);

  EXPECT_FALSE(line->network.has_heard("transfer"));
  EXPECT_TRUE(line->user.heard.empty());
  EXPECT_EQ(line->user.interface->calls(), 2u);
}

TEST_F(TwoCalls, AreAskedForByOtherSwitchesInTheirOwnWaysAndGoOnWhereNobodyAnswers) {
  for (auto type : {SwitchType::Ni2, SwitchType::Lucent5e, SwitchType::Att4ess, SwitchType::Qsig}) {
    SCOPED_TRACE(name_of(type));
    outgoing.clear();
    incoming.clear();
    Config config = ni2();
    config.switch_type = type;
    stand(true, config);

    ASSERT_TRUE(join());
    line->reactor.advance(60s);

    EXPECT_TRUE(line->user.heard.empty());
    EXPECT_EQ(line->user.interface->calls(), 2u);
  }
}

TEST_F(TwoCalls, CannotBeJoinedBeforeBothAreAnsweredNorByASwitchWithoutSuchAService) {
  stand(true);
  line->network.on_call = nullptr;
  auto third = line->user.interface->setup(ExchangeLine::call_to("202"));
  line->reactor.advance(1s);
  EXPECT_FALSE(line->user.interface->join(outgoing[0], third->call));
  EXPECT_FALSE(line->user.interface->join(outgoing[0], SignallingCallId{999}));

  outgoing.clear();
  incoming.clear();
  Config ni1 = ni2();
  ni1.switch_type = SwitchType::Ni1;
  stand(true, ni1);
  EXPECT_FALSE(join());
}

}  // namespace
}  // namespace sg::tdm::pri
