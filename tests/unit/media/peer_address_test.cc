#include "media/peer_address.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace sg::media {
namespace {

using Verdict = PeerAddress::Verdict;
using Lock = PeerAddress::Lock;

SocketAddress address(std::string_view text) {
  return SocketAddress::parse(text).value();
}

// One thing that happens: packets in sequence from somewhere, 20 ms apart, or what signalling tells.
struct Step {
  enum class What : uint8_t { Packets, Told, Silence } what = What::Packets;
  std::string_view where = {};
  int packets = 1;
  Verdict last = Verdict::Known;  // of the last of them
  std::string_view goes_to = {};  // afterwards
  Duration time{};                // of silence
};
Step told(std::string_view where) {
  return {.what = Step::What::Told, .where = where, .goes_to = where};
}
Step silence(Duration time) {
  return {.what = Step::What::Silence, .time = time};
}
Step known(std::string_view where, int packets, std::string_view goes_to = {}) {
  return {.where = where, .packets = packets, .last = Verdict::Known, .goes_to = goes_to.empty() ? where : goes_to};
}
// Those before the last are foreign, where there are any.
Step latches(std::string_view where, int packets = 1) {
  return {.where = where, .packets = packets, .last = Verdict::Latched, .goes_to = where};
}
Step foreign(std::string_view where, int packets, std::string_view goes_to) {
  return {.where = where, .packets = packets, .last = Verdict::Foreign, .goes_to = goes_to};
}

constexpr std::string_view kPublic = "203.0.113.10:4000", kItsOtherPort = "203.0.113.10:61000",
                           kItsThirdPort = "203.0.113.10:62000", kNeighbour = "203.0.113.11:4000",
                           kMoved = "198.51.100.20:7000", kStranger = "198.51.100.66:9";
constexpr std::string_view kPrivate = "192.168.1.5:4000", kItsPort = "192.168.1.5:4444",
                           kItsNetwork = "192.168.1.6:4000", kNat = "203.0.113.10:61000",
                           kNatsOtherPort = "203.0.113.10:61002", kOtherNat = "203.0.113.99:61000";
constexpr std::string_view kLoopback = "127.0.0.1:4000", kOnSameMachine = "127.0.0.9:4000";
constexpr int kMany = 500;

struct Scenario {
  const char* name;
  std::vector<Step> steps;
  Latch latch = Latch::Careful;
  std::string_view signalling = {};
  std::vector<Lock> locks = {Lock::UntilToldComes, Lock::Firm};  // RTP, UDPTL
};

struct EachPeer : testing::TestWithParam<Scenario> {
  void run(Lock lock) {
    PeerAddress peer(lock);
    peer.set_latch(GetParam().latch, GetParam().signalling.empty() ? SocketAddress{} : address(GetParam().signalling));
    std::map<std::string_view, uint16_t> sequences;
    TimePoint now = TimePoint{} + 1h;
    size_t number = 0;
    for (const Step& step : GetParam().steps) {
      SCOPED_TRACE(testing::Message() << "step " << number++ << " " << step.where);
      if (step.what == Step::What::Told) peer.tell(address(step.where), now);
      if (step.what == Step::What::Silence) now += step.time;
      for (int i = 1; step.what == Step::What::Packets && i <= step.packets; ++i) {
        now += 20ms;
        const PeerAddress::Place place{7, ++sequences[step.where]};
        const Verdict checked = peer.check(address(step.where), place, now);
        const Verdict verdict = peer.on_valid(address(step.where), place, now);
        EXPECT_EQ(checked, verdict);
        const bool is_earlier_one = i < step.packets && step.last == Verdict::Latched;
        EXPECT_EQ(verdict, is_earlier_one ? Verdict::Foreign : step.last) << "packet " << i;
      }
      if (!step.goes_to.empty()) {
        EXPECT_EQ(peer.current().to_string(), step.goes_to);
      }
    }
  }
};

TEST_P(EachPeer, IsFollowedWhereItIsAndStrangersAreNot) {
  for (Lock lock : GetParam().locks) {
    SCOPED_TRACE(lock == Lock::Firm ? "UDPTL" : "RTP");
    run(lock);
  }
}

constexpr int kRun = PeerAddress::kRun;

INSTANTIATE_TEST_SUITE_P(
    PeerAddress, EachPeer,
    testing::Values(
        // What strangers want.
        Scenario{"AListenerOfAPublicAddressIsNobodyElse", {told(kPublic), foreign(kStranger, kMany, kPublic)}},
        Scenario{"NorIsItsNeighbour", {told(kPublic), foreign(kNeighbour, kMany, kPublic)}},
        Scenario{"NorAnotherHostOfThisMachine", {told(kLoopback), foreign(kOnSameMachine, kMany, kLoopback)}},
        Scenario{
            "APublicOneThatFellSilentIsNobodyElse",
            {told(kPublic), known(kPublic, 10), silence(1min), foreign(kStranger, kMany, kPublic), known(kPublic, 1)}},
        Scenario{"APrivateOneThatSpeaksIsNobodyElse",
                 {told(kPrivate), known(kPrivate, 10), foreign(kStranger, 20, kPrivate), known(kPrivate, 10),
                  foreign(kStranger, 20, kPrivate), known(kPrivate, 1)}},
        Scenario{"OneBehindNatThatSpeaksIsNobodyElse",
                 {told(kPrivate), silence(2s), latches(kNat, kRun), foreign(kStranger, 20, kNat), known(kNat, 10)}},
        Scenario{"AHeldOneIsNobody", {told("0.0.0.0:4000"), foreign(kStranger, kMany, "0.0.0.0:4000")}},
        // The ways of NATs.
        Scenario{"OneBehindNatIsFoundWhereItSendsFromOnceTheToldAddressWasSilent",
                 {told(kPrivate), foreign(kNat, kRun, kPrivate), silence(1s), latches(kNat, 1), known(kNat, 10)}},
        Scenario{"OneBehindTheNatOfItsSignallingIsFoundAtOnce",
                 {told(kPrivate), latches(kNat), known(kNat, 10)},
                 Latch::Careful,
                 "203.0.113.10:5060"},
        Scenario{"ThatSignallingIsNoReasonWhereAPublicAddressWasTold",
                 {told(kMoved), foreign(kNat, kMany, kMoved)},
                 Latch::Careful,
                 "203.0.113.10:5060"},
        Scenario{"ANatThatChangesThePortIsFollowed",
                 {told(kPublic), latches(kItsOtherPort), known(kItsOtherPort, 50), latches(kItsThirdPort, kRun),
                  known(kItsThirdPort, 50)}},
        Scenario{"ANatThatForgotThePrivateOnesPortIsFollowed",
                 {told(kPrivate), silence(2s), latches(kNat, kRun), known(kNat, 50), latches(kNatsOtherPort, kRun),
                  known(kNatsOtherPort, 50)}},
        Scenario{"OneOfTwoPortsIsHeardWhileBothSpeak",
                 {told(kPublic), known(kPublic, 10), foreign(kItsOtherPort, 2, kPublic), known(kPublic, 2),
                  foreign(kItsOtherPort, 2, kPublic), known(kPublic, 2)}},
        Scenario{"ComediaOnAnotherPortOfAPrivateHost", {told(kPrivate), latches(kItsPort), known(kItsPort, 10)}},
        Scenario{"ComediaOnAnotherHostOfItsNetwork", {told(kPrivate), latches(kItsNetwork), known(kItsNetwork, 10)}},
        Scenario{"ComediaThatTellsPortNine", {told("203.0.113.10:9"), latches(kItsOtherPort), known(kItsOtherPort, 9)}},
        Scenario{"ASecondCandidateAfterSilence",
                 {told(kPrivate), silence(2s), latches(kNat, kRun), known(kNat, 10), silence(1s),
                  latches(kOtherNat, kRun), known(kOtherNat, 10), foreign(kNat, 20, kOtherNat)}},
        Scenario{
            "OneThatRestartsOnAnotherPortIsFollowed",
            {told(kPublic), known(kPublic, 50), silence(3s), latches(kItsOtherPort, kRun), known(kItsOtherPort, 10)}},
        // What signalling tells.
        Scenario{"AMoveIsFollowedAndWhatIsUnderWayIsHeard",
                 {told(kPublic), known(kPublic, 10), told(kMoved), known(kPublic, 20, kMoved), known(kMoved, 5),
                  foreign(kPublic, kMany, kMoved)}},
        Scenario{"AMoveOnTheSameHostIsFollowed",
                 {told(kPublic), known(kPublic, 10), told(kItsOtherPort), known(kPublic, 20, kItsOtherPort),
                  known(kItsOtherPort, 5)}},
        Scenario{"WhoLeftIsNotHeardForEver",
                 {told(kPublic), known(kPublic, 10), told(kMoved), known(kPublic, 100, kMoved), silence(4s),
                  foreign(kPublic, kMany, kMoved)}},
        // Its session is refreshed with another port, and its audio stays.
        Scenario{"OneThatStaysWhereItWasIsFoundThere",
                 {told(kPublic), known(kPublic, 10), told(kItsOtherPort), silence(1s),
                  known(kPublic, kRun - 1, kItsOtherPort), latches(kPublic), known(kPublic, 10)}},
        Scenario{"OneThatMovesLateIsFollowedAllTheSame",
                 {told(kPublic), known(kPublic, 10), told(kItsOtherPort), silence(1s),
                  known(kPublic, kRun - 1, kItsOtherPort), latches(kPublic), known(kPublic, 50), latches(kItsOtherPort),
                  known(kItsOtherPort, 10)}},
        Scenario{"AMoveWithinTheNatIsFoundAtOnce",
                 {told(kPrivate), silence(2s), latches(kNat, kRun), told(kItsPort), latches(kNatsOtherPort)}},
        Scenario{"ThePlaceThatWasLearntMayBeTold",
                 {told(kPublic), latches(kItsOtherPort), told(kItsOtherPort), known(kItsOtherPort, 5)}},
        Scenario{"TheSameToldAgainChangesNothing",
                 {told(kPublic), latches(kItsOtherPort), Step{.what = Step::What::Told, .where = kPublic},
                  known(kItsOtherPort, 5)}},
        // RTP: the told address ends the matter, whoever was first.
        Scenario{"TheToldAddressWinsWithItsFirstPacket",
                 {told(kPrivate), silence(2s), latches(kStranger, kRun), known(kStranger, 50), latches(kPrivate),
                  foreign(kStranger, 20, kPrivate)},
                 Latch::Careful,
                 {},
                 {Lock::UntilToldComes}},
        // One late packet from the told port must not make a stranger of who sends from another.
        Scenario{"WhoLostToAStrayPacketHasItBackAfterARun",
                 {told(kPublic), latches(kItsOtherPort), latches(kPublic), latches(kItsOtherPort, kRun)},
                 Latch::Careful,
                 {},
                 {Lock::UntilToldComes}},
        // UDPTL: RTP that is still under way from there does not.
        Scenario{"AFirmLockHoldsAgainstStrayPacketsOfTheToldAddress",
                 {told(kPublic), latches(kItsOtherPort), foreign(kPublic, kRun - 1, kItsOtherPort),
                  known(kItsOtherPort, 1), foreign(kPublic, kRun - 1, kItsOtherPort), known(kItsOtherPort, 1)},
                 Latch::Careful,
                 {},
                 {Lock::Firm}},
        // What a trunk may say.
        Scenario{"AlwaysIsWhoeverComesFirst",
                 {told(kPublic), latches(kStranger), known(kStranger, 10), foreign(kMoved, 1, kStranger)},
                 Latch::Always},
        Scenario{
            "NeverIsTheToldAddressOnly",
            {told(kPrivate), foreign(kItsPort, kMany, kPrivate), foreign(kNat, kMany, kPrivate), known(kPrivate, 5)},
            Latch::Never}),
    [](const auto& one) { return std::string(one.param.name); });

struct PeerAddressTest : testing::Test {
  Verdict hear(std::string_view source, uint32_t stream, uint16_t sequence) {
    now += 20ms;
    return peer.on_valid(address(source), {stream, sequence}, now);
  }
  TimePoint now = TimePoint{} + 1h;
  PeerAddress peer{Lock::Firm};
};

TEST_F(PeerAddressTest, PacketsOutOfSequenceOrOfManyStreamsProveNothing) {
  peer.tell(address(kPrivate), now);
  now += 5s;

  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(hear(kNat, 1, static_cast<uint16_t>(i * 7919)), Verdict::Foreign) << "guessed numbers";
    EXPECT_EQ(hear(kNat, 1, 5), Verdict::Foreign) << "one packet over and over";
  }
  for (uint16_t i = 0; i < 200; ++i) EXPECT_EQ(hear(kNat, i, i), Verdict::Foreign) << "another SSRC each";
}

TEST_F(PeerAddressTest, ACopyOfAPacketOrALossBreaksNoRun) {
  peer.tell(address(kPrivate), now);
  now += 5s;

  for (uint16_t sequence : {65533, 65534, 65534, 65534}) EXPECT_EQ(hear(kNat, 0, sequence), Verdict::Foreign);
  EXPECT_EQ(hear(kNat, 0, 0), Verdict::Foreign);
  EXPECT_EQ(hear(kNat, 0, 3), Verdict::Latched);
}

// Else a stranger's packets between the peer's would keep it from ever being found.
TEST_F(PeerAddressTest, AStrangerDoesNotBreakTheRunOfTheOneWhoProvesHimself) {
  peer.tell(address(kPrivate), now);
  now += 5s;

  EXPECT_EQ(hear(kNat, 0, 1), Verdict::Foreign);
  EXPECT_EQ(hear(kNat, 0, 2), Verdict::Foreign);
  EXPECT_EQ(hear(kStranger, 0, 900), Verdict::Foreign);
  EXPECT_EQ(hear(kNat, 0, 3), Verdict::Foreign);
  EXPECT_EQ(hear(kStranger, 0, 901), Verdict::Foreign);
  EXPECT_EQ(hear(kNat, 0, 4), Verdict::Latched);
}

TEST_F(PeerAddressTest, WhereAudioWasFoundT38IsSoughtFirst) {
  PeerAddress audio{Lock::UntilToldComes};
  audio.tell(address(kPrivate), now);
  now += 2s;
  for (uint16_t i = 0; i < kRun; ++i) audio.on_valid(address(kNat), {7, i}, now);

  peer.tell(address(kPrivate), now);
  peer.take_over(audio);
  EXPECT_EQ(peer.current(), address(kNat)) << "the same port was told";
  EXPECT_EQ(hear(kNatsOtherPort, 0, 0), Verdict::Latched) << "the NAT has another one for T.38";

  PeerAddress elsewhere{Lock::Firm};
  elsewhere.tell(address(kItsPort), now);
  elsewhere.take_over(audio);
  EXPECT_EQ(elsewhere.current(), address(kItsPort)) << "another port was told";
  EXPECT_EQ(elsewhere.on_valid(address(kNatsOtherPort), {0, 0}, now), Verdict::Latched);
}

TEST_F(PeerAddressTest, ControlPacketsAreOfItsHosts) {
  peer.tell(address(kPrivate), now);
  now += 2s;
  for (uint16_t i = 0; i < kRun; ++i) hear(kNat, 0, i);

  EXPECT_TRUE(peer.is_host(address(kNatsOtherPort)));
  EXPECT_TRUE(peer.is_host(address(kItsPort)));
  EXPECT_FALSE(peer.is_host(address(kStranger)));
}

TEST_F(PeerAddressTest, ZeroAddressAndPortZeroMeanHold) {
  peer.tell(address(kPublic), now);
  EXPECT_TRUE(peer.can_be_sent_to());
  peer.tell(address("0.0.0.0:4000"), now);
  EXPECT_FALSE(peer.can_be_sent_to());
  peer.tell(address("192.0.2.1:0"), now);
  EXPECT_FALSE(peer.can_be_sent_to());
  peer.tell(SocketAddress{}, now);
  EXPECT_FALSE(peer.can_be_sent_to());
}

}  // namespace
}  // namespace sg::media
