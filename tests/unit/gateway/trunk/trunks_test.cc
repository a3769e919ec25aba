#include "gateway/trunk/trunks.h"

#include <gmock/gmock.h>

#include "base/manual_reactor.h"
#include "tests/unit/gateway/trunk/fake_signalling.h"

namespace sg::trunk {
namespace {

using ::testing::ElementsAre;
using testing::FakeSignalling;
using ::testing::IsEmpty;
using ::testing::Pair;

SocketAddress address(const char* text) {
  return SocketAddress::parse(text).value();
}

class TrunksTest : public ::testing::Test, public sip::SipAgent::Listener {
 protected:
  void on_invite(std::unique_ptr<call::Leg>, const call::Setup&, const sip::InviteInfo&) override {}

  static SipTrunk::Options peer(const char* name, const char* at, std::vector<const char*> allowed = {}) {
    SipTrunk::Options options;
    options.target.trunk = name;
    options.peer = address(at);
    options.target.host = options.peer.host();
    options.target.port = options.peer.port();
    for (const char* block : allowed) options.allow_from.push_back(conf::AddressRange::parse(block).value());
    return options;
  }
  FakeSignalling& add_tdm(const char* name, uint16_t span) {
    auto interface = std::make_unique<FakeSignalling>(reactor, span, uint8_t{2});
    FakeSignalling& kept = *interface;
    TdmTrunk::Options options;
    options.name = name;
    options.interfaces.push_back(std::move(interface));
    trunks.add(std::make_unique<TdmTrunk>(std::move(options), reactor, counters,
                                          [](TdmTrunk&, std::unique_ptr<call::Leg>, const call::Setup&) {}));
    return kept;
  }
  std::string found_at(const char* source) {
    auto* found = trunks.find_by_source(address(source));
    return found ? found->name() : "none";
  }

  ManualReactor reactor;
  sip::SuRoot root;
  Counters counters;
  std::unique_ptr<sip::SipAgent> agent = [this] {
    sip::AgentConfig config;
    config.listen = {{Transport::Udp, address("127.0.0.1:0")}};
    return sip::SipAgent::start(root, config, *this, counters).value();
  }();
  Trunks trunks;
};

TEST_F(TrunksTest, AreFoundByName) {
  trunks.add(peer("carrier", "127.0.0.2:5060"), *agent);
  add_tdm("pstn", 1);

  EXPECT_EQ(trunks.find("carrier"), trunks.sip()[0].get());
  EXPECT_EQ(trunks.find("pstn"), trunks.tdm()[0].get());
  EXPECT_EQ(trunks.find("nobody"), nullptr);
  EXPECT_EQ(trunks.find_tdm("pstn"), trunks.tdm()[0].get());
  EXPECT_EQ(trunks.find_tdm("carrier"), nullptr);
}

TEST_F(TrunksTest, APeerIsFoundByItsPortThenByTheClosestBlockThenByItsPlace) {
  trunks.add(peer("office", "10.1.1.1:5060", {"10.0.0.0/8"}), *agent);
  trunks.add(peer("branch", "10.1.1.1:5070", {"10.1.0.0/16"}), *agent);
  trunks.add(peer("other branch", "10.1.1.1:5080", {"10.1.0.0/16"}), *agent);

  EXPECT_EQ(found_at("10.1.1.1:5060"), "office");
  EXPECT_EQ(found_at("10.1.1.1:5080"), "other branch");
  EXPECT_EQ(found_at("10.1.1.1:4000"), "branch");
  EXPECT_EQ(found_at("10.2.2.2:4000"), "office");
  EXPECT_EQ(found_at("11.0.0.1:4000"), "none");
}

TEST_F(TrunksTest, ATrunkListsItsPeerAndItsBlocks) {
  trunks.add(peer("office", "10.1.1.1:5060", {"10.2.0.0/16"}), *agent);

  EXPECT_TRUE(trunks.is_listed("office", address("10.1.1.1:5060")));
  EXPECT_TRUE(trunks.is_listed("office", address("10.2.9.9:1")));
  EXPECT_FALSE(trunks.is_listed("office", address("10.3.9.9:1")));
  EXPECT_FALSE(trunks.is_listed("nobody", address("10.2.9.9:1")));
}

TEST_F(TrunksTest, AReloadChangesWhatStaysAndLetsOthersComeAndGo) {
  trunks.add(peer("stays", "10.1.1.1:5060", {"10.1.0.0/16"}), *agent);
  trunks.add(peer("goes", "10.2.1.1:5060"), *agent);
  auto* before = trunks.find("stays");

  auto cannot =
      trunks.change_sip({peer("comes", "10.3.1.1:5060"), peer("stays", "10.1.1.1:5060", {"10.4.0.0/16"})}, agent.get());

  EXPECT_THAT(cannot, IsEmpty());
  EXPECT_EQ(trunks.find("stays"), before);
  EXPECT_EQ(found_at("10.4.0.1:1"), "stays");
  EXPECT_EQ(found_at("10.1.0.1:1"), "none");
  EXPECT_EQ(found_at("10.3.1.1:5060"), "comes");
  EXPECT_EQ(trunks.find("goes"), nullptr);
  EXPECT_EQ(found_at("10.2.1.1:5060"), "none");
}

TEST_F(TrunksTest, AReloadTellsWhichCannotComeWhereNothingListens) {
  EXPECT_THAT(trunks.change_sip({peer("new", "10.1.1.1:5060")}, nullptr), ElementsAre("new"));
  EXPECT_EQ(trunks.find("new"), nullptr);
}

TEST_F(TrunksTest, ATrunkThatGoesAndReturnsHasItsCallsStill) {
  trunks.add(peer("office", "10.1.1.1:5060"), *agent);
  call::Trunk* office = trunks.find("office");
  call::CallsOnTrunk::Place call(office->calls(), CallId{1}, media::Side::A);

  trunks.change_sip({}, agent.get());
  EXPECT_EQ(trunks.find("office"), nullptr);
  trunks.change_sip({}, agent.get());
  EXPECT_EQ(office->calls().size(), 1u) << "kept as long as there are calls";
  trunks.change_sip({peer("office", "10.1.1.1:5060")}, agent.get());

  EXPECT_EQ(trunks.find("office"), office);
  EXPECT_EQ(office->calls().size(), 1u);
}

TEST_F(TrunksTest, ASipTrunkDoesNotTakeTheNameOfATdmTrunk) {
  add_tdm("pstn", 1);

  trunks.change_sip({peer("pstn", "10.1.1.1:5060")}, agent.get());

  EXPECT_EQ(trunks.find("pstn"), trunks.tdm()[0].get());
  EXPECT_THAT(trunks.sip(), IsEmpty());
}

TEST_F(TrunksTest, EveryInterfaceHearsOfAlarms) {
  FakeSignalling& first = add_tdm("first", 1);
  FakeSignalling& second = add_tdm("second", 2);

  trunks.on_alarms_changed(2, tdm::kAlarmRed);

  EXPECT_THAT(first.alarms_heard, ElementsAre(Pair(2, tdm::kAlarmRed)));
  EXPECT_THAT(second.alarms_heard, ElementsAre(Pair(2, tdm::kAlarmRed)));
}

}  // namespace
}  // namespace sg::trunk
