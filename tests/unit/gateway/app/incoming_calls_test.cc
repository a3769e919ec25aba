#include "gateway/app/incoming_calls.h"

#include "tests/unit/gateway/app/small_gateway.h"

namespace sg::app {
namespace {

SocketAddress address(const std::string& text) {
  return SocketAddress::parse(text).value();
}

class IncomingCallsTest : public testing::SmallGateway {
 protected:
  sip::SipAgent::Listener& listener() { return *incoming; }
  const SocketAddress peer_address = address(peer()), stranger = address("192.0.2.1:5060");
};

TEST_F(IncomingCallsTest, ACallOnALineIsACallOfItsTrunk) {
  const CallId id = call_from_line("300");

  EXPECT_EQ(calls->find(id)->caller().trunk(), "pstn");
  EXPECT_EQ(calls->find(id)->called()->trunk(), "pbx");
  EXPECT_EQ(trunks->find("pstn")->calls().size(), 1u);
}

TEST_F(IncomingCallsTest, ARequestIsOfTheTrunkThatListsItsSource) {
  EXPECT_TRUE(listener().admits(peer_address));
  EXPECT_EQ(listener().trunk_of(peer_address), "pbx");
  EXPECT_TRUE(listener().is_listed("pbx", peer_address));
  EXPECT_FALSE(listener().admits(stranger));
  EXPECT_EQ(listener().trunk_of(stranger), "");
  EXPECT_FALSE(listener().is_listed("pbx", stranger));
}

TEST_F(IncomingCallsTest, PeersThatAskHearWhetherACallWouldBeTaken) {
  EXPECT_EQ(listener().options_status(peer_address), 200);

  incoming->turn_away();

  EXPECT_EQ(listener().options_status(peer_address), 503);
  EXPECT_TRUE(listener().admits(peer_address)) << "calls that stand go on";
}

TEST_F(IncomingCallsTest, NobodyIsLetInBeforeItIsOpenAndAfterwards) {
  incoming->close();
  tdm::Setup setup;
  setup.called.digits = "300";
  line->call(setup);
  call::Setup help;
  help.called.digits = "112";

  EXPECT_TRUE(calls->calls().empty());
  EXPECT_EQ(line->slots[0].state, tdm::Signalling::SlotState::Idle) << "it is released";
  EXPECT_FALSE(listener().admits(peer_address));
  EXPECT_EQ(listener().trunk_of(peer_address), "");
  EXPECT_FALSE(listener().is_listed("pbx", peer_address));
  EXPECT_EQ(listener().options_status(peer_address), 503);
  EXPECT_FALSE(listener().is_emergency(help, peer_address));
}

class EmergencyCalls : public testing::SmallGateway {
 protected:
  EmergencyCalls()
      : SmallGateway(
            "[site]\nemergency = [\"112\"]\n[[route]]\nname = \"help\"\ncalled = \"112\"\nto = \"pstn\"\n"
            "emergency = true\n") {}
};

TEST_F(EmergencyCalls, AreKnownByThePlanOfTheTrunkThatCalls) {
  sip::SipAgent::Listener& listener = *incoming;
  call::Setup setup;
  setup.called.digits = "112";
  EXPECT_TRUE(listener.is_emergency(setup, address(peer())));
  EXPECT_FALSE(listener.is_emergency(setup, address("192.0.2.1:5060")));
  setup.called.digits = "300";
  EXPECT_FALSE(listener.is_emergency(setup, address(peer())));
}

}  // namespace
}  // namespace sg::app
