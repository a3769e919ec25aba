// A fax across the bridge between two sides: machines, IFPs and blocks of audio, without sockets or a session.

#include "media/fax_bridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>

#include "media/codec/g711.h"
#include "t38/fax_machine.h"

namespace sg::media {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr size_t kBlock = 160;
constexpr auto kLaw = tdm::Law::A;

// T.38 table 2 and 3: a V.21 preamble, the first two octets of a frame, and one frame's end.
const Bytes kPreamble{0x06}, kFrameHead{0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x31}, kFrameEnd{0xC0, 1, 0x20},
    kCutShort{0xC0 | 8 << 1, 1, 0xE0, 0, 53, 1, 2, 3};

// Keeps the IFPs that the bridge sends to one side's far end.
class FarEnd final : public t38::IfpSink {
 public:
  void on_ifp(ByteView ifp, int copies) override {
    ifps.emplace_back(ifp.begin(), ifp.end());
    copies_of.push_back(copies);
  }
  std::vector<Bytes> ifps;
  std::vector<int> copies_of;
};

struct FaxBridgeTest : ::testing::Test, FaxBridge::Listener {
  struct Told {
    t38::FaxEvent event;
    Side from;
    bool in_audio;
  };
  void on_fax_event(const t38::FaxEvent& event, Side from, bool in_audio) override {
    told.push_back({event, from, in_audio});
  }
  ~FaxBridgeTest() override { std::filesystem::remove(received); }

  std::vector<std::string> frames(Side from) const {
    std::vector<std::string> all;
    for (const Told& one : told) {
      if (one.from == from && one.event.kind == t38::FaxEvent::Kind::Frame) all.push_back(t38::describe(one.event));
    }
    return all;
  }
  // An IFP of this side's far end.
  void say(Side from, const Bytes& ifp) { bridge.entry(from).on_udptl_ifp(next_[static_cast<size_t>(from)]++, ifp); }
  void lose(Side from) { ++next_[static_cast<size_t>(from)]; }

  const std::filesystem::path received =
      std::filesystem::temp_directory_path() /
      (std::string("bridge-") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".tif");
  const t38::FaxMachineOptions receiver{.receive_file = received},
      sender{.calling = true, .send_file = SG_TEST_DATA "/fax/itu1.tif"};
  Config config;
  Counters counters;
  Counter& refused = counters.get("refused");
  FaxBridge bridge{config, refused, *this};
  FarEnd far_end_of_a, far_end_of_b;
  std::vector<Told> told;

 private:
  std::array<uint16_t, 2> next_{};
};

TEST_F(FaxBridgeTest, AudioOnBothSidesHasNoBridge) {
  EXPECT_FALSE(bridge.has_t38());
  EXPECT_FALSE(bridge.t38_side());

  say(Side::A, kPreamble);

  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(bridge.refused(Side::A), 0u);
}

TEST_F(FaxBridgeTest, OneSideInT38HasAGatewayAndBothHaveARelay) {
  bridge.begin_t38(Side::B, far_end_of_b, {});
  EXPECT_EQ(bridge.t38_side(), Side::B);

  bridge.begin_t38(Side::A, far_end_of_a, {});
  EXPECT_TRUE(bridge.has_t38());
  EXPECT_FALSE(bridge.t38_side());

  bridge.end_t38(Side::B);
  EXPECT_EQ(bridge.t38_side(), Side::A);

  bridge.end_t38(Side::A);
  EXPECT_FALSE(bridge.has_t38());
}

// A machine that speaks T.38 behind side A, and one whose audio is on side B.
TEST_F(FaxBridgeTest, AFaxGoesThroughTheGatewayAndIsTold) {
  bridge.begin_t38(Side::A, far_end_of_a, {});
  struct ToBridge final : t38::IfpSink {
    void on_ifp(ByteView ifp, int) override { entry->on_udptl_ifp(next++, ifp); }
    t38::UdptlReceiver::Listener* entry = nullptr;
    uint16_t next = 0;
  } to_bridge;
  to_bridge.entry = &bridge.entry(Side::A);
  auto behind_t38 = t38::T38FaxMachine::make(sender, {}, to_bridge).value();
  auto on_line = t38::AudioFaxMachine::make(receiver).value();

  AudioBlock heard(kBlock), said(kBlock);
  uint16_t sequence = 0;
  for (int block = 0; block < 50 * 120 && !(behind_t38->is_finished() && on_line->is_finished()); ++block) {
    on_line->transmit(heard.begin_linear());
    bridge.pass(heard, said, kLaw);
    on_line->receive(said.linear());
    for (const Bytes& ifp : std::exchange(far_end_of_a.ifps, {})) behind_t38->receive_ifp(ifp, sequence++);
    behind_t38->advance(kBlock);
  }

  EXPECT_TRUE(behind_t38->result().success) << behind_t38->result().status_text;
  EXPECT_EQ(on_line->result().pages_received, 1);
  EXPECT_THAT(frames(Side::A), Contains(StartsWith("DCS")));
  EXPECT_THAT(frames(Side::B), Contains(StartsWith("DIS")));
  for (const Told& one : told) EXPECT_FALSE(one.in_audio);
  // Its figures stay when the side goes back to audio, or to T.38 anew.
  bridge.end_t38(Side::A);
  bridge.begin_t38(Side::A, far_end_of_a, {});
  EXPECT_EQ(bridge.stats().pages, 1);
  EXPECT_EQ(bridge.stats().bit_rate, 14400);
  EXPECT_TRUE(bridge.stats().ecm);
  EXPECT_TRUE(bridge.stats().ended_by_dcn);
}

TEST_F(FaxBridgeTest, TheGatewaySaysSilenceInTheLawOfTheAudio) {
  bridge.begin_t38(Side::A, far_end_of_a, {});
  AudioBlock heard(kBlock), said(kBlock);
  heard.set_silence(kLaw);

  bridge.pass(heard, said, kLaw);

  EXPECT_THAT(said.as(kLaw), ::testing::Each(tdm::idle_octet(kLaw)));
}

struct FaxBridgeRelay : FaxBridgeTest {
  FaxBridgeRelay() {
    bridge.begin_t38(Side::A, far_end_of_a, {});
    bridge.begin_t38(Side::B, far_end_of_b, {});
  }
};

TEST_F(FaxBridgeRelay, PassesEachIfpToTheOtherSideAndThriceWhatNothingFollows) {
  say(Side::A, kPreamble);
  say(Side::A, kFrameHead);
  say(Side::B, kPreamble);

  EXPECT_THAT(far_end_of_b.ifps, ElementsAre(kPreamble, kFrameHead));
  EXPECT_THAT(far_end_of_b.copies_of, ElementsAre(3, 1));
  EXPECT_THAT(far_end_of_a.ifps, ElementsAre(kPreamble));
}

TEST_F(FaxBridgeRelay, CountsWhatDoesNotAddUpByItsSideAndDropsIt) {
  say(Side::B, kCutShort);

  EXPECT_THAT(far_end_of_a.ifps, IsEmpty());
  EXPECT_EQ(bridge.refused(Side::A), 0u);
  EXPECT_EQ(bridge.refused(Side::B), 1u);
  EXPECT_EQ(refused.value(), 1u);
}

TEST_F(FaxBridgeRelay, AFrameThatLostItsMiddleGoesOnAsABadOne) {
  say(Side::A, kPreamble);
  say(Side::A, kFrameHead);
  lose(Side::A);
  say(Side::A, kFrameEnd);

  ASSERT_EQ(far_end_of_b.ifps.size(), 3u);
  EXPECT_EQ(far_end_of_b.ifps.back()[2], 0x30) << "FCS bad, T.38 table 4";
  EXPECT_THAT(told, IsEmpty());
}

// Two machines in G.711: nothing is bridged here, but heard.
TEST_F(FaxBridgeTest, AFaxInAudioIsListenedInOnFromWhenItIsOne) {
  auto a = t38::AudioFaxMachine::make(sender).value();
  auto b = t38::AudioFaxMachine::make(receiver).value();
  AudioBlock of_a(kBlock), of_b(kBlock);
  of_a.set_silence(kLaw);
  bridge.hear(Side::A, of_a);
  EXPECT_EQ(bridge.stats().pages, 0) << "it is no fax yet";

  bridge.begin_to_listen();
  for (int block = 0; block < 50 * 120 && !(a->is_finished() && b->is_finished()); ++block) {
    a->transmit(of_a.begin_linear());
    b->transmit(of_b.begin_linear());
    bridge.hear(Side::A, of_a);
    bridge.hear(Side::B, of_b);
    b->receive(of_a.linear());
    a->receive(of_b.linear());
  }

  EXPECT_EQ(b->result().pages_received, 1) << b->result().status_text;
  EXPECT_THAT(frames(Side::A), Contains(StartsWith("DCS")));
  EXPECT_THAT(frames(Side::B), Contains(StartsWith("DIS")));
  for (const Told& one : told) EXPECT_TRUE(one.in_audio);
  // What comes in T.38 later adds to it.
  bridge.begin_t38(Side::A, far_end_of_a, {});
  EXPECT_EQ(bridge.stats().pages, 1);
}

}  // namespace
}  // namespace sg::media
