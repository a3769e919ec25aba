#include "tdm/cesop/span.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "tests/unit/tdm/conformance.h"

namespace sg::tdm::cesop {
namespace {

constexpr TimePoint kStart = TimePoint{} + 1h;
constexpr uint8_t kSlot = 5;
constexpr size_t kPattern = 251;

// How a loaded machine and a bad network treat a line.
struct Treatment {
  double late_part = 0;         // of all wake-ups of a thread
  Duration pump_late = 0ms;     // by which such a one comes late, at most
  Duration worker_late = 0ms;   // the same for the threads that read and write blocks
  Duration machine_late = 0ms;  // every second or so no thread at all runs for so long, at most
  double lost = 0;              // part of the packets
  double swapped = 0;           // part of the packets that are overtaken by the next
};

// Follows a stream of octets that count up to kPattern: what is missing or added, and what is only wrong.
class PatternListener {
 public:
  uint64_t heard = 0, wrong = 0, slips = 0;

  void hear(uint8_t octet) {
    run_ = octet == (last_ + 1) % kPattern ? run_ + 1 : 0;
    last_ = octet;
    ++place_;
    if (!heard && run_ < 16) return;
    ++heard;
    size_t shift = (octet + kPattern - place_ % kPattern) % kPattern;
    if (heard == 1) shift_ = shift;
    if (shift == shift_) return;
    ++wrong;
    if (run_ < 16) return;
    // In order, but elsewhere than before.
    ++slips;
    shift_ = shift;
  }

 private:
  size_t last_ = 0, run_ = 0, place_ = 0, shift_ = 0;
};

uint64_t count(const Span& span, std::string_view name) {
  auto status = span.status();
  for (auto& [counter, value] : status.counters) {
    if (counter == name) return value;
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

// A span, served as the backend's pump does, and a worker with one bearer on it. In virtual time.
class End {
 public:
  End(const SpanConfig& config, const Treatment& treatment, uint32_t seed)
      : span_(config, kStart),
        port_(span_.open_bearer({config.number, kSlot}, {}).value()),
        is_woken_by_arrivals_(config.clock == ClockSource::Recovered),
        treatment_(treatment),
        random_(seed) {}

  void connect(End& peer) { peer_ = &peer; }
  TimePoint next() const { return std::min(pump_at_, worker_at_); }
  void stall_until(TimePoint time) {
    pump_at_ = std::max(pump_at_, time);
    worker_at_ = std::max(worker_at_, time);
  }
  void run(TimePoint now) {
    if (pump_at_ <= now) pump(now);
    if (worker_at_ <= now) work();
  }
  uint64_t count(std::string_view name) const { return sg::tdm::cesop::count(span_, name); }
  const PatternListener& listener() const { return listener_; }

 private:
  struct Datagram {
    TimePoint at;
    Bytes octets;
  };

  bool chance(double part) { return std::uniform_real_distribution<>(0, 1)(random_) < part; }
  Duration up_to(Duration most) { return Duration(std::uniform_int_distribution<int64_t>(0, most.count())(random_)); }
  Duration lateness(Duration most) { return up_to(chance(treatment_.late_part) ? most : 200us); }

  void pump(TimePoint now) {
    for (int i = 0; i < 16 && !arrived_.empty() && arrived_.front().at <= now; ++i) {
      span_.receive(arrived_.front().octets, now);
      arrived_.pop_front();
    }
    while (span_.is_due(now)) peer_->post(span_.tick(now), now);
    span_.signal_blocks();
    if (worker_at_ == TimePoint::max() && conformance::is_readable(port_->ticks().fd())) {
      worker_at_ = now + lateness(treatment_.worker_late);
    }
    due_at_ = TimePoint::max();
    wake_at(span_.next_wake(now));
    if (is_woken_by_arrivals_ && !arrived_.empty()) wake_at(std::max(now, arrived_.front().at));
  }

  void post(ByteView datagram, TimePoint now) {
    if (datagram.empty() || chance(treatment_.lost)) return;
    TimePoint at = now + 50us + up_to(100us);
    at = in_order_at_ = std::max(at, in_order_at_);
    if (chance(treatment_.swapped)) at += 6ms;
    auto after = std::find_if(arrived_.begin(), arrived_.end(), [at](const Datagram& other) { return other.at > at; });
    arrived_.insert(after, {at, Bytes(datagram.begin(), datagram.end())});
    if (is_woken_by_arrivals_) wake_at(at);
  }

  // What comes once the thread was to run already wakes it no sooner.
  void wake_at(TimePoint when) {
    if (when >= due_at_) return;
    due_at_ = when;
    pump_at_ = when + lateness(treatment_.pump_late);
  }

  void work() {
    worker_at_ = TimePoint::max();
    port_->ticks().acknowledge();
    Bytes block(port_->block_octets());
    while (port_->read(block)) {
      for (uint8_t octet : block) listener_.hear(octet);
      for (uint8_t& octet : block) octet = static_cast<uint8_t>(sent_++ % kPattern);
      port_->write(block);
    }
  }

  Span span_;
  std::shared_ptr<BearerPort> port_;
  const bool is_woken_by_arrivals_;
  const Treatment treatment_;
  std::mt19937 random_;
  End* peer_ = nullptr;
  std::deque<Datagram> arrived_;  // by time
  TimePoint in_order_at_;
  TimePoint due_at_ = kStart, pump_at_ = kStart;  // when the thread is to run, and when it does
  TimePoint worker_at_ = TimePoint::max();
  PatternListener listener_;
  size_t sent_ = 0;
};

// An exchange with a clock of its own, and a subscriber that follows it.
struct Line {
  Line(double ppm, const Treatment& treatment_)
      : treatment(treatment_),
        exchange({.number = 1, .clock = ClockSource::Given, .ppm = ppm}, treatment, 1),
        subscriber({.number = 2, .clock = ClockSource::Recovered}, treatment, 2) {
    exchange.connect(subscriber);
    subscriber.connect(exchange);
  }

  // Until this long after the start.
  void run(Duration time) {
    for (TimePoint now; (now = std::min(exchange.next(), subscriber.next())) < kStart + time;) {
      if (now >= stall) {
        Duration late(std::uniform_int_distribution<int64_t>(0, treatment.machine_late.count())(random));
        exchange.stall_until(now + late);
        subscriber.stall_until(now + late);
        stall = now + late + std::chrono::milliseconds(500 + random() % 1000);
        continue;
      }
      exchange.run(now);
      subscriber.run(now);
    }
  }
  uint64_t slips() const {
    return exchange.listener().slips + subscriber.listener().slips + exchange.count("slips") +
           subscriber.count("slips");
  }
  std::string report() const {
    std::string text;
    for (const End* end : {&exchange, &subscriber}) {
      text += fmt::format("\nheard={} wrong={} shifts={}", end->listener().heard, end->listener().wrong,
                          end->listener().slips);
      for (const char* name : {"slips", "lost", "late", "reordered", "stalls", "read_overruns", "write_underruns"}) {
        text += fmt::format(" {}={}", name, end->count(name));
      }
    }
    return text;
  }

  Treatment treatment;
  std::mt19937 random{3};
  TimePoint stall = kStart + 2s;
  End exchange, subscriber;
};

constexpr Duration kLong = 10min;
// What a call of ten minutes carries, less what is needed to begin.
constexpr uint64_t kNearlyAll = 10 * 60 * 8000 - 10 * 8000;
constexpr Treatment kLoadedMachine{.late_part = 0.01, .pump_late = 60ms, .worker_late = 60ms, .machine_late = 60ms};

TEST(CesopLine, NoOctetIsLostOrAddedHoweverLateThreadsWakeAndWhateverTheClocksOffset) {
  for (double ppm : {-100.0, 0.0, 100.0}) {
    Line line(ppm, kLoadedMachine);

    line.run(kLong);

    for (const End* end : {&line.exchange, &line.subscriber}) {
      EXPECT_GE(end->listener().heard, kNearlyAll) << ppm << line.report();
      EXPECT_EQ(end->listener().wrong, 0u) << ppm << line.report();
    }
    EXPECT_EQ(line.slips(), 0u) << ppm << line.report();
  }
}

// The peer is stopped for longer than a given clock waits for it: no call survives that, but the line does.
TEST(CesopLine, AGivenClockGoesOnWithoutAPeerThatIsGone) {
  Line line(0, {});
  line.run(10s);
  uint64_t sent = line.exchange.count("sent");

  line.subscriber.stall_until(kStart + 20s);
  line.run(20s);

  EXPECT_NEAR(line.exchange.count("sent"), sent + 2000, 2);
  line.run(30s);
  EXPECT_NEAR(line.subscriber.count("received"), line.exchange.count("sent"), 3) << line.report();
}

TEST(CesopLine, ALostPacketIsIdleInItsPlaceAndNoSlip) {
  Treatment treatment = kLoadedMachine;
  treatment.lost = 0.01;
  Line line(50, treatment);

  line.run(kLong);

  EXPECT_EQ(line.slips(), 0u) << line.report();
  for (const End* end : {&line.exchange, &line.subscriber}) {
    // 1 % of 120 000 packets; 40 octets each in every timeslot.
    EXPECT_NEAR(end->count("lost"), 1200, 200) << line.report();
    EXPECT_LE(end->listener().wrong, end->count("lost") * 40) << line.report();
  }
}

TEST(CesopLine, PacketsThatSwapPlacesLoseNothing) {
  Line line(-50, {.swapped = 0.05});

  line.run(kLong);

  EXPECT_EQ(line.slips(), 0u) << line.report();
  for (const End* end : {&line.exchange, &line.subscriber}) {
    EXPECT_GT(end->count("reordered"), 1000u) << line.report();
    EXPECT_EQ(end->listener().wrong, 0u) << line.report();
  }
}

TEST(CesopSpan, ADChannelDoesNotWaitInTheBuffersOfTheBearers) {
  Span exchange({.clock = ClockSource::Given}, kStart);
  Span subscriber({}, kStart);
  auto from_exchange = exchange.open_dchannel({1, 16}).value();
  auto from_subscriber = subscriber.open_dchannel({1, 16}).value();
  TimePoint now = kStart;
  auto pass_a_packet_time = [&] {
    now += 5ms;
    while (exchange.is_due(now)) subscriber.receive(exchange.tick(now), now);
    while (subscriber.is_due(now)) exchange.receive(subscriber.tick(now), now);
  };
  for (int i = 0; i < 200; ++i) pass_a_packet_time();
  const Bytes frame(60, 0x2a);

  for (auto [sender, receiver] : {std::pair{from_exchange, from_subscriber}, {from_subscriber, from_exchange}}) {
    ASSERT_TRUE(sender->framer.queue(frame));
    int packets = 0;
    while (receiver->received.empty() && packets < 100) pass_a_packet_time(), ++packets;

    // 60 octets take 8 ms by themselves.
    EXPECT_LE(packets, 2);
    ASSERT_EQ(receiver->received.size(), 1u);
    EXPECT_EQ(receiver->received.front(), frame);
  }
}

TEST(CesopSpan, SurvivesEveryPrefixAndAnyMutationOfItsPeersPackets) {
  for (bool with_rtp : {false, true}) {
    Span span({.rtp_header = with_rtp}, kStart);
    Span peer({.clock = ClockSource::Given, .rtp_header = with_rtp}, kStart);
    auto channel = span.open_dchannel({1, 16}).value();
    auto bearer = span.open_bearer({1, 1}, {}).value();
    std::mt19937 random(9);
    uint64_t dropped = 0;
    TimePoint now = kStart;
    auto receive = [&](ByteView datagram) {
      span.receive(datagram, now);
      while (span.is_due(now)) span.tick(now);
      now += 50us;
    };

    ByteView sent = peer.tick(now);
    Bytes packet(sent.begin(), sent.end());
    for (size_t length = 0; length < packet.size(); ++length, ++dropped) receive(ByteView(packet).first(length));
    EXPECT_EQ(count(span, "malformed"), dropped);
    for (int i = 0; i < 50000; ++i) {
      sent = peer.tick(now);
      packet.assign(sent.begin(), sent.end());
      for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
        // Mostly in the headers.
        size_t range = random() % 4 ? 16 : packet.size();
        packet[random() % range] = static_cast<uint8_t>(random());
      }
      if (random() % 8 == 0) packet.resize(random() % packet.size());
      receive(packet);
    }

    // And it is as good as new, but for a peer that says it hears nothing: nobody carries our packets to it.
    for (int i = 0; i < 200; ++i, now += 5ms) receive(peer.tick(now));
    EXPECT_EQ(span.alarms(), kAlarmYellow);
  }
}

}  // namespace
}  // namespace sg::tdm::cesop
