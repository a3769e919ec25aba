#include "gateway/trunk/sip_trunk.h"

#include <gtest/gtest.h>

#include "gateway/trunk/sip_options.h"

namespace sg::trunk {
namespace {

SocketAddress address(const char* text) {
  return SocketAddress::parse(text).value();
}

// A trunk of a gateway that has an agent of its own, on loopback.
class SipTrunkTest : public ::testing::Test, public sip::SipAgent::Listener {
 protected:
  void on_invite(std::unique_ptr<call::Leg>, const call::Setup&, const sip::InviteInfo&) override {}

  static conf::SipTrunk settings() {
    conf::SipTrunk trunk;
    trunk.name = "carrier";
    trunk.peer.address = address("127.0.0.2:5060");
    trunk.probe = 0ms;
    return trunk;
  }
  SipTrunk make(const conf::SipTrunk& trunk) { return SipTrunk(sip_options(trunk, all), *agent); }

  sip::SuRoot root;
  Counters counters;
  conf::Settings all;
  std::unique_ptr<sip::SipAgent> agent = [this] {
    sip::AgentConfig config;
    config.listen = {{Transport::Udp, address("127.0.0.1:0")}};
    return sip::SipAgent::start(root, config, *this, counters).value();
  }();
};

TEST_F(SipTrunkTest, AsksForT38AsTheDirectionOfTheCallWants) {
  auto sip = settings();
  sip.fax.t38_from = T38Ask::Peer;
  sip.fax.t38_to = T38Ask::Ced;
  SipTrunk trunk = make(sip);

  auto out = trunk.make_leg();

  ASSERT_TRUE(out);
  EXPECT_EQ(out->policy.t38, T38Ask::Ced);
  EXPECT_EQ(trunk.policy_at(address("127.0.0.1:5060")).t38, T38Ask::Peer);
}

TEST_F(SipTrunkTest, MediaGoesByTheAddressOfTheSignallingWhereNoOtherIsSet) {
  SipTrunk near = make(settings());
  all.media.address = "127.0.0.9";
  SipTrunk far = make(settings());

  EXPECT_EQ(near.make_leg()->policy.local_host, "127.0.0.1");
  EXPECT_EQ(near.policy_at(address("127.0.0.3:5060")).local_host, "127.0.0.3");
  EXPECT_EQ(far.make_leg()->policy.local_host, "127.0.0.9");
  EXPECT_EQ(far.policy_at(address("127.0.0.3:5060")).local_host, "127.0.0.9");
}

TEST_F(SipTrunkTest, ACallThatGoesThereChangesNothingOfThoseThatComeFromThere) {
  auto sip = settings();
  sip.fax.t38_to = T38Ask::Never;
  SipTrunk trunk = make(sip);

  auto out = trunk.make_leg();

  EXPECT_EQ(out->policy.t38, T38Ask::Never);
  EXPECT_EQ(trunk.policy_at(address("127.0.0.3:5060")).t38, T38Ask::Preamble);
  EXPECT_EQ(trunk.policy_at(address("127.0.0.3:5060")).local_host, "127.0.0.3");
}

TEST_F(SipTrunkTest, GoesByWhatAReloadSays) {
  auto sip = settings();
  sip.allow_from = {conf::AddressRange::parse("10.0.0.0/8").value()};
  SipTrunk trunk = make(sip);
  trunk.on_called(call::Obstacle::PasswordWanted);
  EXPECT_EQ(trunk.words(), "not probed: the peer asks for a password; this trunk has none");

  sip.allow_from = {conf::AddressRange::parse("192.0.2.0/24").value()};
  sip.first_response = 1s;
  trunk.change(sip_options(sip, all));

  EXPECT_EQ(trunk.prefix_for(address("10.1.1.1:5060")), -1);
  EXPECT_EQ(trunk.prefix_for(address("192.0.2.1:5060")), 24);
  EXPECT_EQ(trunk.patience().first_response, Duration(1s));
  EXPECT_EQ(trunk.words(), "not probed");  // it may have been mended
}

TEST_F(SipTrunkTest, APeerThatIsKnownToBeDeadIsNotCalled) {
  auto sip = settings();
  sip.peer.address = address("127.0.0.1:9");  // nobody listens
  sip.probe = 20ms;
  SipTrunk trunk = make(sip);
  ASSERT_TRUE(trunk.make_leg());

  const auto deadline = root.now() + 60s;
  while (trunk.is_up() && root.now() < deadline) root.step(10ms);

  ASSERT_FALSE(trunk.is_up()) << "its questions are not answered";
  EXPECT_EQ(trunk.make_leg().error(), call::kDestinationOutOfOrder);
  EXPECT_NE(trunk.state().note, "");
}

}  // namespace
}  // namespace sg::trunk
