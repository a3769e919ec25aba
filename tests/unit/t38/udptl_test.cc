#include "t38/udptl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sg::t38 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Bytes ifp(uint8_t tag, size_t octets = 3) {
  Bytes result(octets, tag);
  result[0] = static_cast<uint8_t>(0xC0 + tag % 16);
  return result;
}

// Writes datagrams by hand, so that sender and receiver do not agree on a mistake.
Bytes with_secondaries(uint16_t sequence, const Bytes& primary, const std::vector<Bytes>& earlier) {
  Bytes out = {static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence),
               static_cast<uint8_t>(primary.size())};
  out.insert(out.end(), primary.begin(), primary.end());
  out.push_back(0x00);
  out.push_back(static_cast<uint8_t>(earlier.size()));
  for (const Bytes& each : earlier) {
    out.push_back(static_cast<uint8_t>(each.size()));
    out.insert(out.end(), each.begin(), each.end());
  }
  return out;
}

class UdptlReception : public ::testing::Test, public UdptlReceiver::Listener {
 protected:
  void on_udptl_ifp(uint16_t sequence, ByteView octets) override {
    sequences.push_back(sequence);
    ifps.emplace_back(octets.begin(), octets.end());
  }
  void gets(uint16_t sequence, const std::vector<Bytes>& earlier = {}) {
    EXPECT_TRUE(receiver.receive(with_secondaries(sequence, ifp(static_cast<uint8_t>(sequence)), earlier), now));
  }

  TimePoint now{1h};
  UdptlReceiver receiver{*this};
  std::vector<uint16_t> sequences;
  std::vector<Bytes> ifps;
};

TEST_F(UdptlReception, DeliversInOrderFromAnyFirstNumber) {
  gets(65535);
  gets(0);
  gets(1);

  EXPECT_THAT(sequences, ElementsAre(65535, 0, 1));
  EXPECT_THAT(ifps, ElementsAre(ifp(255), ifp(0), ifp(1)));
  EXPECT_EQ(receiver.deadline(), std::nullopt);
}

TEST_F(UdptlReception, TakesWhatCameBeforeTheFirstFromItsSecondaries) {
  gets(2, {ifp(1), ifp(0)});

  EXPECT_THAT(sequences, ElementsAre(0, 1, 2));
  EXPECT_EQ(receiver.counters().recovered_redundancy, 2U);
}

TEST_F(UdptlReception, WaitsForAReorderedPacketButNotForLong) {
  gets(1);
  gets(3);
  EXPECT_THAT(sequences, ElementsAre(1));
  EXPECT_EQ(receiver.deadline(), now + 60ms);

  now += 59ms;
  receiver.poll(now);
  EXPECT_THAT(sequences, ElementsAre(1));
  gets(2);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3));
  EXPECT_EQ(receiver.counters().lost, 0U);

  gets(5);
  now += 60ms;
  receiver.poll(now);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3, 5));
  EXPECT_EQ(receiver.counters().lost, 1U);
}

TEST_F(UdptlReception, DoesNotWaitWhereRedundancyFillsTheGap) {
  gets(1);
  gets(4, {ifp(3), ifp(2)});

  EXPECT_THAT(ifps, ElementsAre(ifp(1), ifp(2), ifp(3), ifp(4)));
  EXPECT_EQ(receiver.counters().recovered_redundancy, 2U);
}

TEST_F(UdptlReception, LatePacketsNeverMoveTheExpectedNumberBack) {
  gets(1);
  gets(4, {ifp(3), ifp(2)});
  gets(2);
  gets(5);
  gets(3);
  gets(6);

  EXPECT_THAT(sequences, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(receiver.counters().late, 2U);
  EXPECT_EQ(receiver.counters().duplicate, 0U);
}

TEST_F(UdptlReception, DropsDuplicates) {
  gets(1);
  gets(1);
  gets(2);
  gets(1);

  EXPECT_THAT(sequences, ElementsAre(1, 2));
  EXPECT_EQ(receiver.counters().duplicate, 2U);
}

TEST_F(UdptlReception, IgnoresSecondariesWithoutLength) {
  gets(1);
  gets(3, {{}, {}});
  EXPECT_THAT(sequences, ElementsAre(1));

  now += 60ms;
  receiver.poll(now);
  EXPECT_THAT(sequences, ElementsAre(1, 3));
  EXPECT_EQ(receiver.counters().recovered_redundancy, 0U);
}

TEST_F(UdptlReception, TakesAStepFrom65535To1AsNoLoss) {
  gets(65534);
  gets(65535, {ifp(254)});
  gets(1, {ifp(255), ifp(254)});
  gets(2, {ifp(1), ifp(255)});

  EXPECT_THAT(ifps, ElementsAre(ifp(254), ifp(255), ifp(1), ifp(2)));
  EXPECT_THAT(sequences, ElementsAre(65534, 65535, 0, 1));
  EXPECT_EQ(receiver.counters().lost, 0U);
}

TEST_F(UdptlReception, FillsALostPacket0AtTheWrapLikeAnyOther) {
  gets(65534);
  gets(65535, {ifp(254)});
  gets(1, {ifp(0), ifp(255)});

  EXPECT_THAT(ifps, ElementsAre(ifp(254), ifp(255), ifp(0), ifp(1)));
  EXPECT_THAT(sequences, ElementsAre(65534, 65535, 0, 1));
}

TEST_F(UdptlReception, GivesUpWhatFallsOutOfTheWindow) {
  gets(1);
  for (uint16_t sequence = 3; sequence < 66; ++sequence) gets(sequence);
  EXPECT_THAT(sequences, ElementsAre(1));

  gets(66);
  EXPECT_EQ(sequences.size(), 65U);
  EXPECT_EQ(receiver.counters().lost, 1U);
}

TEST_F(UdptlReception, FollowsAPeerThatBeginsAnew) {
  gets(30000);
  for (uint16_t sequence = 0; sequence < 6; ++sequence) gets(sequence);

  EXPECT_EQ(receiver.counters().late, 3U);
  EXPECT_THAT(ifps, ElementsAre(ifp(static_cast<uint8_t>(30000)), ifp(3), ifp(4), ifp(5)));
  EXPECT_THAT(sequences, ElementsAre(30000, 30002, 30003, 30004));
}

// A peer that began anew behind the window: its IFPs are those of other numbers in the first stream.
class UdptlRestart : public UdptlReception {
 protected:
  void first_stream(uint16_t packets) {
    for (uint16_t sequence = 0; sequence < packets; ++sequence) gets(sequence);
    sequences.clear();
    ifps.clear();
  }
  static Bytes anew(int sequence) { return ifp(static_cast<uint8_t>(sequence + 7)); }
  void gets_anew(uint16_t sequence, const std::vector<Bytes>& earlier = {}) {
    EXPECT_TRUE(receiver.receive(with_secondaries(sequence, anew(sequence), earlier), now));
  }
};

TEST_F(UdptlRestart, ALittleBehindIsFollowedAfterFourPackets) {
  for (uint16_t behind : {8, 40, 100}) {
    UdptlReceiver each(*this);
    auto get = [&](uint16_t sequence, const Bytes& primary) {
      each.receive(with_secondaries(sequence, primary, {}), now);
    };
    for (uint16_t sequence = 0; sequence < behind; ++sequence) get(sequence, ifp(static_cast<uint8_t>(sequence)));
    ifps.clear();
    for (uint16_t sequence = 0; sequence < 6; ++sequence) get(sequence, anew(sequence));
    EXPECT_THAT(ifps, ElementsAre(anew(3), anew(4), anew(5))) << behind;
  }
}

TEST_F(UdptlRestart, NothingIsLostWhereThePeerRepeats) {
  first_stream(50);
  gets_anew(0);
  gets_anew(1, {anew(0)});
  gets_anew(2, {anew(1), anew(0)});
  gets_anew(3, {anew(2), anew(1), anew(0)});
  gets_anew(4, {anew(3), anew(2), anew(1)});

  EXPECT_THAT(ifps, ElementsAre(anew(0), anew(1), anew(2), anew(3), anew(4)));
}

TEST_F(UdptlRestart, IsNoticedThoughItsFirstIfpsAreThoseOfTheFirstStart) {
  first_stream(50);
  for (uint16_t sequence = 0; sequence < 3; ++sequence) gets(sequence);
  for (uint16_t sequence = 3; sequence < 8; ++sequence) gets_anew(sequence);

  EXPECT_THAT(ifps, ElementsAre(anew(6), anew(7)));
}

TEST_F(UdptlRestart, ALateBurstIsNone) {
  first_stream(50);
  for (uint16_t sequence = 10; sequence < 40; ++sequence) gets(sequence);
  gets(50);

  EXPECT_THAT(sequences, ElementsAre(50));
  EXPECT_EQ(receiver.counters().duplicate, 30U);
}

TEST_F(UdptlRestart, ALateBurstOfWhatWasGivenUpIsNone) {
  for (uint16_t sequence = 0; sequence < 10; ++sequence) gets(sequence);
  gets(30);
  now += 1s;
  receiver.poll(now);
  ifps.clear();
  for (uint16_t sequence = 10; sequence < 30; ++sequence) gets(sequence);
  gets(31);

  EXPECT_THAT(ifps, ElementsAre(ifp(31)));
  EXPECT_EQ(receiver.counters().late, 20U);
}

TEST_F(UdptlRestart, ALateBurstOfWhatFecRestoredIsNone) {
  // The IFPs of an even stream are longer: what is restored of the others is padded.
  UdptlSender sender({.error_correction = ErrorCorrection::Fec, .fec_span = 2, .fec_entries = 1});
  std::vector<Bytes> sent;
  for (int i = 0; i < 40; ++i) {
    std::array<uint8_t, 1400> buffer;
    ByteView datagram = sender.send(ifp(static_cast<uint8_t>(i), i % 2 == 0 ? 9 : 3), buffer);
    sent.emplace_back(datagram.begin(), datagram.end());
  }
  for (size_t i = 0; i < sent.size(); ++i) {
    if (i % 4 != 1 || i < 4) receiver.receive(sent[i], now);
  }
  ASSERT_GT(receiver.counters().recovered_fec, 5U);
  ifps.clear();
  for (size_t i = 5; i < 38; i += 4) receiver.receive(sent[i], now);

  EXPECT_THAT(ifps, IsEmpty());
}

TEST_F(UdptlRestart, OneNumberThatSaysManyThingsIsNone) {
  first_stream(50);
  for (uint8_t i = 0; i < 20; ++i) receiver.receive(with_secondaries(20, ifp(static_cast<uint8_t>(100 + i)), {}), now);
  gets(50);

  EXPECT_THAT(sequences, ElementsAre(50));
}

TEST_F(UdptlReception, IsNotMovedByOneStray) {
  gets(30000);
  gets(5);
  gets(30001);

  EXPECT_THAT(sequences, ElementsAre(30000, 30001));
}

struct FecCase {
  const char* name;
  int span, entries, count;
  std::vector<int> lost;
  size_t delivered;
  uint64_t by_fec;
};

TEST(UdptlFec, RepairsAllThatCanBeRepaired) {
  const FecCase cases[] = {
      {"one", 3, 1, 20, {10}, 20, 1},
      {"a burst as long as the entries", 3, 3, 24, {10, 11, 12}, 24, 3},
      {"two apart", 2, 1, 20, {10, 12}, 20, 2},
      {"a chain", 2, 1, 24, {10, 12, 14, 16}, 24, 4},
      {"two of one entry: first the later, then through it the earlier", 2, 1, 20, {10, 11}, 20, 2},
      {"one whose entries were lost with it", 2, 1, 20, {10, 11, 12}, 19, 2},
      {"every fourth", 3, 3, 40, {12, 16, 20, 24, 28}, 40, 5},
      {"the first packets have none", 3, 3, 20, {1}, 20, 1},
  };
  for (const FecCase& each : cases) {
    struct Collector : UdptlReceiver::Listener {
      void on_udptl_ifp(uint16_t sequence, ByteView octets) override {
        sequences.push_back(sequence);
        ifps.emplace_back(octets.begin(), octets.end());
      }
      std::vector<uint16_t> sequences;
      std::vector<Bytes> ifps;
    } collector;
    UdptlReceiver receiver(collector);
    UdptlSender::Options options;
    options.error_correction = ErrorCorrection::Fec;
    options.fec_span = each.span;
    options.fec_entries = each.entries;
    UdptlSender sender(options);
    TimePoint now{1h};

    std::vector<Bytes> sent;
    for (int i = 0; i < each.count; ++i, now += 20ms) {
      std::array<uint8_t, 1400> buffer;
      sent.push_back(ifp(static_cast<uint8_t>(i), 3 + static_cast<size_t>(i % 5)));
      ByteView datagram = sender.send(sent.back(), buffer);
      // All at one time, so that the fixpoint is what repairs and not the order of waiting.
      if (std::find(each.lost.begin(), each.lost.end(), i) == each.lost.end())
        receiver.receive(datagram, TimePoint{1h});
    }
    receiver.poll(now);

    EXPECT_EQ(collector.sequences.size(), each.delivered) << each.name;
    EXPECT_EQ(receiver.counters().recovered_fec, each.by_fec) << each.name;
    for (size_t i = 0; i < collector.sequences.size(); ++i) {
      // What FEC restores may be padded with zeroes to the longest of its span.
      const Bytes& got = collector.ifps[i];
      const Bytes& was = sent[collector.sequences[i]];
      ASSERT_GE(got.size(), was.size()) << each.name;
      EXPECT_TRUE(std::equal(was.begin(), was.end(), got.begin())) << each.name << " packet " << collector.sequences[i];
      EXPECT_TRUE(std::all_of(got.begin() + static_cast<std::ptrdiff_t>(was.size()), got.end(), [](uint8_t o) {
        return o == 0;
      })) << each.name;
    }
  }
}

TEST(UdptlSending, WritesWhatTheStandardSays) {
  UdptlSender sender({.redundancy = 1});
  std::array<uint8_t, 1400> buffer;
  sender.send(Bytes{0x06}, buffer);

  ByteView second = sender.send(Bytes{0x00}, buffer);

  EXPECT_THAT(Bytes(second.begin(), second.end()), ElementsAre(0, 1, 1, 0x00, 0x00, 1, 1, 0x06));
}

TEST(UdptlSending, DropsDepthFirstAndNeverCutsAnIfp) {
  UdptlSender sender({.redundancy = 3, .max_datagram = 72});
  std::array<uint8_t, 1400> buffer;

  EXPECT_EQ(sender.send(Bytes(20, 1), buffer).size(), 2U + 21 + 2);
  EXPECT_EQ(sender.send(Bytes(20, 2), buffer).size(), 2U + 21 + 2 + 21);
  EXPECT_EQ(sender.send(Bytes(20, 3), buffer).size(), 2U + 21 + 2 + 42);
  EXPECT_EQ(sender.send(Bytes(20, 4), buffer).size(), 2U + 21 + 2 + 42);
  EXPECT_EQ(sender.send(Bytes(60, 5), buffer).size(), 2U + 61 + 2);
  EXPECT_EQ(sender.oversize(), 0U);
  EXPECT_EQ(sender.send(Bytes(100, 6), buffer).size(), 2U + 101 + 2);
  EXPECT_EQ(sender.oversize(), 1U);
}

TEST(UdptlSending, KnowsWhenThereWasNoRoomForAnEarlierIfp) {
  UdptlSender sender({.redundancy = 1, .max_datagram = 72});
  std::array<uint8_t, 1400> buffer;

  sender.send(Bytes(59, 1), buffer);
  EXPECT_FALSE(sender.is_bare()) << "there is none";
  sender.send(Bytes(59, 2), buffer);
  EXPECT_TRUE(sender.is_bare());
  sender.send(Bytes(5, 3), buffer);
  sender.send(Bytes(59, 4), buffer);
  EXPECT_FALSE(sender.is_bare());
  sender.set_redundancy(0);
  sender.send(Bytes(59, 5), buffer);
  EXPECT_FALSE(sender.is_bare()) << "none is wanted";
}

TEST(UdptlSending, KeepsFecWithinThePeersDatagram) {
  for (size_t limit : {60U, 100U, 150U, 400U}) {
    UdptlSender sender(
        {.error_correction = ErrorCorrection::Fec, .fec_span = 3, .fec_entries = 5, .max_datagram = limit});
    for (int i = 0; i < 40; ++i) {
      std::array<uint8_t, 1400> buffer;
      EXPECT_LE(sender.send(Bytes(40, 1), buffer).size(), limit);
    }
    EXPECT_EQ(sender.oversize(), 0U);
  }
}

TEST(UdptlSending, RefusesWhatNoDatagramHolds) {
  UdptlSender sender({});
  std::array<uint8_t, 1400> buffer;
  std::array<uint8_t, 10> small;

  EXPECT_THAT(sender.send(Bytes(UdptlSender::kMaxIfp + 1, 1), buffer), IsEmpty());
  EXPECT_THAT(sender.send({}, buffer), IsEmpty());
  EXPECT_THAT(sender.send(Bytes(20, 1), small), IsEmpty());
  EXPECT_EQ(sender.refused(), 3U);
  EXPECT_EQ(sender.send(Bytes(1, 1), buffer)[1], 0) << "a refused IFP takes no number";
}

TEST(UdptlSending, ChangesDepthAtRunTime) {
  UdptlSender sender({.redundancy = 0});
  std::array<uint8_t, 1400> buffer;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sender.send(Bytes(4, 1), buffer).size(), 9U);

  sender.set_redundancy(2);

  EXPECT_EQ(sender.send(Bytes(4, 1), buffer).size(), 9U + 10);
}

TEST(UdptlSending, RepeatsShortIfpsDeeper) {
  std::array<uint8_t, UdptlSender::kMaxDatagram> buffer;
  UdptlSender sender(UdptlSender::options_for(Params{}, 3));

  for (int i = 0; i < 20; ++i) sender.send(Bytes(50, 1), buffer);
  EXPECT_EQ(sender.send(Bytes(50, 1), buffer).size(), 2U + 4 * 51 + 2);

  for (int i = 0; i < 20; ++i) sender.send(Bytes(5, 1), buffer);
  EXPECT_EQ(sender.send(Bytes(5, 1), buffer).size(), 2U + 9 * 6 + 2);
  UdptlSender limited(UdptlSender::options_for({.max_redundancy = 2}, 3));
  for (int i = 0; i < 20; ++i) limited.send(Bytes(5, 1), buffer);
  EXPECT_EQ(limited.send(Bytes(5, 1), buffer).size(), 2U + 3 * 6 + 2);
}

TEST(UdptlSending, ReadsThePeersParams) {
  EXPECT_EQ(UdptlSender::options_for({.max_datagram = 200}, 3).max_datagram, 200U);
  EXPECT_EQ(UdptlSender::options_for({.max_datagram = 72}, 3).max_datagram, 72U);
  EXPECT_EQ(UdptlSender::options_for({.max_datagram = 0}, 3).max_datagram, 400U);
  EXPECT_EQ(UdptlSender::options_for({.max_redundancy = 2}, 3).redundancy, 2);
  EXPECT_EQ(UdptlSender::options_for({.max_fec_span = 2}, 3).fec_span, 2);
  EXPECT_EQ(UdptlSender::options_for({.min_redundancy = 5}, 3).redundancy, 5);
  EXPECT_EQ(UdptlSender::options_for({.min_redundancy = 1}, 0).redundancy, 1);
  EXPECT_EQ(UdptlSender::options_for({.min_redundancy = 1}, 3).redundancy, 3);
  EXPECT_EQ(UdptlSender::options_for({.min_redundancy = 5, .max_redundancy = 2}, 3).redundancy, 2);
  EXPECT_EQ(UdptlSender::options_for({.min_redundancy = 5}, 3).fec_entries, 5);
  EXPECT_EQ(UdptlSender::options_for({.max_redundancy = 1}, 3).fec_entries, 1);
  EXPECT_EQ(UdptlSender::options_for({.error_correction = ErrorCorrection::None}, 3).error_correction,
            ErrorCorrection::None);
}

TEST_F(UdptlReception, SurvivesAnyLossThatTheDepthCovers) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<int> lost;
    for (int i = 5; i < 190; i += 4 + static_cast<int>(random() % 4)) {
      for (int burst = static_cast<int>(random() % 4); burst > 0; --burst) lost.push_back(i + burst - 1);
    }
    struct Collector : UdptlReceiver::Listener {
      void on_udptl_ifp(uint16_t, ByteView octets) override { ifps.emplace_back(octets.begin(), octets.end()); }
      std::vector<Bytes> ifps;
    } collector;
    UdptlReceiver each(collector);
    UdptlSender sender({.redundancy = 3});
    std::vector<Bytes> all;
    for (int i = 0; i < 200; ++i) {
      std::array<uint8_t, 1400> buffer;
      all.push_back(ifp(static_cast<uint8_t>(i)));
      ByteView datagram = sender.send(all.back(), buffer);
      if (std::find(lost.begin(), lost.end(), i) == lost.end()) each.receive(datagram, now);
    }
    EXPECT_EQ(collector.ifps, all) << "seed " << seed;
    EXPECT_EQ(each.counters().recovered_redundancy, lost.size());
  }
}

}  // namespace
}  // namespace sg::t38
