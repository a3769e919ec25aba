// A fax that is relayed from T.38 to T.38: two machines, each with error correction of its own, and a session between.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/media/t38_machines.h"

namespace sg::media {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

struct FaxRelayTest : T38SessionTest {
  // A machine on each side, with what it takes.
  void start(const t38::Params& a_takes, const t38::Params& b_takes) {
    a = std::make_unique<Machine>(wire, address(4000),
                                  t38::FaxMachineOptions{.calling = true, .send_file = three_pages()}, a_takes);
    b = std::make_unique<Machine>(wire, address(5000), t38::FaxMachineOptions{.receive_file = received}, b_takes);
    give(Side::A, *a);
    give(Side::B, *b);
  }
  void run(Duration most) {
    for (Duration passed{}; passed < most && !(a->fax->is_finished() && b->fax->is_finished()); passed += 20ms) {
      clock.advance(20ms);
      wire.now = clock.now();
      session.tick_on_timer(clock.now(), 1);
      a->run(clock.now());
      b->run(clock.now());
    }
  }
  std::vector<std::string> frames(Side from) const {
    std::vector<std::string> all;
    for (const FaxSeen& seen : wire.seen) {
      if (seen.from == from && seen.event.kind == t38::FaxEvent::Kind::Frame) all.emplace_back(seen.event.code.name());
    }
    return all;
  }

  std::unique_ptr<Machine> a, b;
};

TEST_F(FaxRelayTest, IsToldFrameByFrameAndEachSideHasItsOwnCorrectionAndSize) {
  start({.max_datagram = 400, .error_correction = ErrorCorrection::Redundancy},
        {.max_datagram = 120, .error_correction = ErrorCorrection::Fec});
  run(300s);

  EXPECT_TRUE(a->fax->result().success) << a->fax->result().status_text;
  EXPECT_EQ(b->fax->result().pages_received, 3) << b->fax->result().status_text;
  const auto stats = session.stats();
  EXPECT_EQ(stats.fax.pages, 3);
  EXPECT_EQ(stats.fax.bit_rate, 14400);
  EXPECT_TRUE(stats.fax.ecm);
  EXPECT_TRUE(stats.fax.ended_by_dcn);
  EXPECT_THAT(frames(Side::A), Contains("DCS"));
  EXPECT_EQ(frames(Side::A).back(), "DCN");
  EXPECT_THAT(frames(Side::B), Contains("DIS"));
  EXPECT_EQ(frames(Side::B).back(), "MCF");
  EXPECT_LE(b->longest, 120u);
  for (const FaxSeen& seen : wire.seen) EXPECT_FALSE(seen.in_audio);
  for (size_t side : {0, 1}) {
    EXPECT_GT(wire.seen.back().received[side].udptl, wire.seen.front().received[side].udptl);
    EXPECT_LE(wire.seen.back().received[side].udptl, stats.side[side].udptl.packets_received);
  }
}

// Telephone adapters tell so, whatever they mean by it.
TEST_F(FaxRelayTest, APeerThatTells72IsTakenAtItsWordAndGetsItsPagesAtFullSpeed) {
  start({}, {.max_datagram = 72, .error_correction = ErrorCorrection::Redundancy});
  run(300s);

  EXPECT_EQ(b->fax->result().pages_received, 3) << b->fax->result().status_text;
  EXPECT_EQ(session.stats().fax.bit_rate, 14400);
  EXPECT_LE(b->longest, 72u);
  EXPECT_GT(b->counters().duplicate, b->counters().received / 4) << "what has no room for the one before goes twice";
}

TEST_F(FaxRelayTest, AnIfpThatWasCutIsDroppedAndCounted) {
  start({}, {});
  const Bytes ten_of_54_octets{0, 0, 15, 0xC0 | 8 << 1, 1, 0xE0, 0, 53, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0};
  wire.waiting[a->socket].emplace_back(a->address, ten_of_54_octets);

  clock.advance(20ms);
  session.tick_on_timer(clock.now(), 1);

  EXPECT_EQ(session.stats().side[0].udptl.refused, 1u);
  EXPECT_EQ(session.stats().side[1].udptl.refused, 0u);
  EXPECT_EQ(counters.get("media.udptl.ifp_refused").value(), 1u);
}

TEST_F(FaxRelayTest, WhatOneSideLosesIsRepairedBeforeItGoesOn) {
  start({.error_correction = ErrorCorrection::Fec}, {.error_correction = ErrorCorrection::Redundancy});
  a->lose_every = 7;
  run(300s);

  EXPECT_EQ(b->fax->result().pages_received, 3) << b->fax->result().status_text;
  EXPECT_EQ(session.stats().fax.pages, 3);
  EXPECT_GT(session.stats().side[0].udptl.recovered_fec, 0u);
  EXPECT_EQ(b->counters().recovered_redundancy, 0u) << "nothing is lost on the way to it";
}

TEST_F(FaxRelayTest, GoesOnWhenAPeerMovesAndDescribesItselfInOtherWords) {
  start({}, {});
  auto is_page = [](const FaxSeen& seen) { return seen.event.kind == t38::FaxEvent::Kind::PageStarted; };
  for (int i = 0; i < 100 && std::ranges::none_of(wire.seen, is_page); ++i) run(1s);
  ASSERT_TRUE(std::ranges::any_of(wire.seen, is_page));
  run(2s);

  b->address = address(5002);
  T38Settings settings = b->settings();
  settings.remote_params.version = settings.local.version = 3;
  settings.remote_params.max_datagram = 120;
  session.use_t38(Side::B, settings);
  run(300s);

  EXPECT_TRUE(a->fax->result().success) << a->fax->result().status_text;
  EXPECT_EQ(b->fax->result().pages_received, 3) << b->fax->result().status_text;
  EXPECT_EQ(session.stats().fax.pages, 3);
  EXPECT_EQ(b->counters().lost, 0u);
  EXPECT_EQ(session.stats().side[0].udptl.lost + session.stats().side[1].udptl.lost, 0u);
}

TEST_F(FaxRelayTest, ALongIfpGoesOnInPiecesThatTheOtherSideTakes) {
  start({}, {.max_datagram = 200, .error_correction = ErrorCorrection::None});
  Bytes datagram{0, 0, 0x82, 0x0D, 0xC0 | 8 << 1, 1, 0xE0, 0x02, 0x07};  // 520 octets of a page, V.17 14400
  datagram.resize(datagram.size() + 520, 0x55);
  datagram.insert(datagram.end(), {0, 0});
  wire.waiting[a->socket].emplace_back(a->address, datagram);

  clock.advance(20ms);
  session.tick_on_timer(clock.now(), 1);

  size_t octets = 0;
  for (const Bytes& piece : wire.sent[5000]) {
    EXPECT_LE(piece.size(), 200u);
    if (piece.size() > 20) octets += static_cast<size_t>(std::count(piece.begin() + 8, piece.end(), 0x55));
  }
  EXPECT_EQ(octets, 520u);
  EXPECT_EQ(counters.get("media.udptl.too_long").value(), 0u);
}

// The other side's numbers have no gap: it would take what is left for the whole frame.
TEST_F(FaxRelayTest, AFrameThatLostItsMiddleGoesOnAsABadOne) {
  start({.error_correction = ErrorCorrection::None}, {.error_correction = ErrorCorrection::None});
  const Bytes preamble{0, 0, 1, 0x06, 0, 0}, head{0, 1, 8, 0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x31, 0, 0},
      end{0, 3, 3, 0xC0, 1, 0x20, 0, 0};
  for (const Bytes& datagram : {preamble, head, end}) wire.waiting[a->socket].emplace_back(a->address, datagram);

  std::vector<uint8_t> endings;
  for (int i = 0; i < 20; ++i) {
    clock.advance(20ms);
    session.tick_on_timer(clock.now(), 1);
    for (const Bytes& datagram : std::exchange(wire.sent[5000], {})) {
      if (datagram.size() == 8) endings.push_back(datagram[5]);
    }
  }

  EXPECT_THAT(endings, ElementsAre(0x30)) << "FCS bad, T.38 table 4";
  EXPECT_TRUE(wire.seen.empty());
}

}  // namespace
}  // namespace sg::media
