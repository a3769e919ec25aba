#include "media/rtp/telephone_event.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sg::media::rtp {
namespace {

using std::chrono::milliseconds;

struct Sent {
  uint32_t timestamp;
  bool marker;
  TelephoneEvent event;
};

// All event packets that come, until audio has been sent for 200 ms.
std::vector<Sent> run(EventSender& sender, uint32_t timestamp = 1000, size_t octets = 160) {
  std::vector<Sent> sent;
  for (size_t audio = 0; audio < 1600; timestamp += static_cast<uint32_t>(octets)) {
    auto packet = sender.next(timestamp, octets);
    audio = packet ? 0 : audio + octets;
    if (packet) sent.push_back({packet->timestamp, packet->marker, *TelephoneEvent::parse(packet->payload)});
  }
  return sent;
}

std::string hear(EventReceiver& receiver, const std::vector<Sent>& packets) {
  std::string digits;
  for (const auto& p : packets) {
    if (auto digit = receiver.on_packet(p.event, p.timestamp, TimePoint{})) digits += *digit;
  }
  return digits;
}

TEST(EventSender, SendsADigitAsRfc4733Says) {
  EventSender sender;
  ASSERT_TRUE(sender.send('5', milliseconds(100)));
  auto sent = run(sender);

  ASSERT_EQ(sent.size(), 7u);
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].timestamp, 1000u);
    EXPECT_EQ(sent[i].marker, i == 0);
    EXPECT_EQ(sent[i].event.event, 5);
    EXPECT_EQ(sent[i].event.end, i >= 4);
    EXPECT_EQ(sent[i].event.duration, std::min<size_t>((i + 1) * 160, 800));
  }
}

TEST(EventSender, SplitsALongEventIntoSegmentsThatJoin) {
  EventSender sender;
  ASSERT_TRUE(sender.send('#', milliseconds(20'000)));
  auto sent = run(sender, 0xffff0000);

  uint32_t full_segments = 0;
  for (const auto& p : sent) {
    full_segments += p.event.duration == 0xffff;
    EXPECT_EQ((p.timestamp - 0xffff0000u) % 0xffff, 0u);
  }
  EXPECT_EQ(full_segments, 2u);
  EXPECT_EQ(sent.back().timestamp - 0xffff0000u + sent.back().event.duration, 160'000u);
  EXPECT_TRUE(sent.back().event.end);
  EventReceiver receiver;
  EXPECT_EQ(hear(receiver, sent), "#");
}

TEST(EventSender, EveryDigitOfAStringArrivesOnce) {
  const std::string digits = "0123456789*#ABCD!11";
  EventSender sender;
  for (char digit : digits) ASSERT_TRUE(sender.send(digit, milliseconds(80)));
  EventReceiver receiver;
  EXPECT_EQ(hear(receiver, run(sender, 0xfffff000)), digits);
}

TEST(EventSender, StopEndsTheEventAndForgetsTheRest) {
  EventSender sender;
  sender.send('1', milliseconds(10'000));
  sender.send('2', milliseconds(100));
  sender.next(0, 160);
  sender.next(160, 160);
  sender.stop();
  auto sent = run(sender, 320);

  ASSERT_EQ(sent.size(), 3u);
  for (const auto& p : sent) EXPECT_TRUE(p.event.end);
  EXPECT_EQ(sent[0].event.duration, 320);
}

TEST(EventSender, RefusesWhatIsNoDigitAndMoreThanItCanQueue) {
  EventSender sender;
  EXPECT_FALSE(sender.send('x', milliseconds(80)));
  for (size_t i = 0; i < EventSender::kMaxQueued; ++i) EXPECT_TRUE(sender.send('1', milliseconds(80)));
  EXPECT_FALSE(sender.send('1', milliseconds(80)));
}

TEST(EventReceiver, ADigitIsToldOnceWhicheverPacketsAreLost) {
  EventSender sender;
  sender.send('1', milliseconds(60));
  sender.send('1', milliseconds(60));
  auto sent = run(sender);
  ASSERT_EQ(sent.size(), 10u);

  for (unsigned lost = 0; lost < 1u << 10; ++lost) {
    std::vector<Sent> arrived;
    bool some_of[2] = {};
    for (size_t i = 0; i < sent.size(); ++i) {
      if (lost >> i & 1) continue;
      arrived.push_back(sent[i]);
      some_of[i / 5] = true;
    }
    EventReceiver receiver;
    EXPECT_EQ(hear(receiver, arrived).size(), size_t{some_of[0]} + size_t{some_of[1]}) << lost;
  }
}

TEST(EventReceiver, ALatePacketOfAnEarlierDigitTellsNothing) {
  EventReceiver receiver;
  TelephoneEvent one{.event = 1, .duration = 160};
  TelephoneEvent two{.event = 2, .duration = 160};
  EXPECT_EQ(receiver.on_packet(one, 1000, TimePoint{}), '1');
  EXPECT_EQ(receiver.on_packet(two, 3000, TimePoint{}), '2');
  EXPECT_EQ(receiver.on_packet(one, 1000, TimePoint{}), std::nullopt);
  EXPECT_EQ(receiver.on_packet(two, 3000, TimePoint{}), std::nullopt);
}

TEST(EventReceiver, AKeyIsPressedUntilItsEndOrUntilNothingCame) {
  TimePoint start = TimePoint{} + 1h;
  EventReceiver receiver;
  receiver.on_packet({.event = 1, .duration = 160}, 1000, start);
  EXPECT_TRUE(receiver.is_pressed(start + 100ms));
  EXPECT_FALSE(receiver.is_pressed(start + 200ms));
  receiver.on_packet({.event = 1, .end = true, .duration = 320}, 1000, start + 20ms);
  EXPECT_FALSE(receiver.is_pressed(start + 20ms));
}

TEST(TelephoneEvent, RefusesShortPayloadsAndUnknownEvents) {
  EXPECT_FALSE(TelephoneEvent::parse(Bytes{1, 0, 0}));
  EXPECT_FALSE(TelephoneEvent::parse(Bytes{255, 0, 0, 160}));
  EXPECT_FALSE(TelephoneEvent::parse(Bytes{17, 0, 0, 160}));
  EXPECT_TRUE(TelephoneEvent::parse(Bytes{16, 0x8a, 0, 160, 9}));
}

}  // namespace
}  // namespace sg::media::rtp
