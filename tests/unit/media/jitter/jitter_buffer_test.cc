#include "media/jitter/jitter_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "media/codec/g711.h"

namespace sg::media {
namespace {

using std::chrono::milliseconds;
using tdm::Law;

constexpr uint8_t kIdle = 0xd5;

// Octet n of a stream: never idle, and different from its neighbours near and far.
uint8_t octet_at(int64_t n) {
  auto value = static_cast<uint8_t>((n * 7 + n / 251) % 251);
  return value == kIdle ? 0xfe : value;
}

// Sends a stream through a network in virtual time and pulls 20 ms at each 20 ms.
struct VirtualStream {
  JitterBuffer buffer;
  TimePoint start = TimePoint{} + 1h;
  std::multimap<Duration, std::pair<uint16_t, int64_t>> network;  // arrival: sequence, first octet
  size_t packet_octets = 160;
  uint32_t first_timestamp = 0xfffff000;
  uint16_t first_sequence = 65500;
  Bytes played;

  explicit VirtualStream(const JitterOptions& options) : buffer(options) {}

  void send(int packet, Duration delay) {
    auto octets = static_cast<int64_t>(packet_octets);
    Duration sent = packet * octets * Duration(125us);
    network.emplace(sent + delay, std::pair{static_cast<uint16_t>(first_sequence + packet), packet * octets});
  }
  void put(uint16_t sequence, int64_t first_octet, Duration at) {
    Bytes payload(packet_octets);
    for (size_t i = 0; i < payload.size(); ++i) payload[i] = octet_at(first_octet + static_cast<int64_t>(i));
    buffer.put(first_timestamp + static_cast<uint32_t>(first_octet), sequence, payload, Law::A, start + at);
  }
  void play(Duration until) { play(0ms, until); }
  void play(Duration from, Duration until) {
    for (Duration tick = from; tick < until; tick += 20ms) {
      for (auto due = network.begin(); due != network.end() && due->first <= tick; due = network.erase(due)) {
        put(due->second.first, due->second.second, due->first);
      }
      std::array<uint8_t, 160> block;
      buffer.get(block, start + static_cast<int64_t>(played.size()) * Duration(125us));
      played.insert(played.end(), block.begin(), block.end());
    }
  }
  // Where the stream's first octet was played, seen from octet `n`, which must have been played.
  size_t offset() const {
    size_t at = 0;
    while (at < played.size() && played[at] == kIdle) ++at;
    return at;
  }
};

JitterOptions fax() {
  return {.profile = Profile::Fax};
}

TEST(FaxJitterBuffer, EveryOctetIsPlayedOnceInOrderThroughDelayReorderingAndDuplication) {
  // A block is pulled as a whole, so of the 60 ms of depth 40 are there for every octet of it.
  for (size_t octets : {80u, 160u, 240u}) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
      VirtualStream run(fax());
      run.packet_octets = octets;
      std::mt19937 random(seed);
      int packets = static_cast<int>(80000 / octets);
      for (int i = 0; i < packets; ++i) {
        run.send(i, i == 0 ? Duration{} : milliseconds(random() % 41));
        if (random() % 10 == 0) run.send(i, milliseconds(random() % 41));
      }
      run.play(11s);

      const size_t offset = run.offset();
      ASSERT_LE(offset, 480u + 160u);
      for (int64_t n = 0; n < packets * static_cast<int64_t>(octets); ++n) {
        ASSERT_EQ(run.played[offset + static_cast<size_t>(n)], octet_at(n)) << "octet " << n << " seed " << seed;
      }
      EXPECT_EQ(run.buffer.stats().lost, 0u);
      EXPECT_EQ(run.buffer.stats().late, 0u);
      EXPECT_GT(run.buffer.stats().duplicates, 0u);
    }
  }
}

// What is played in place of octet `n`, which did not come: the stream 20 ms before, as it was played.
TEST(FaxJitterBuffer, ALossRepeatsTheSignalBeforeItAndMovesNothing) {
  VirtualStream run(fax());
  std::mt19937 random(3);
  std::vector<bool> lost(500);
  for (int i = 0; i < 500; ++i) {
    lost[static_cast<size_t>(i)] = i > 0 && i < 499 && random() % 5 == 0;
    if (!lost[static_cast<size_t>(i)]) run.send(i, 5ms);
  }
  run.play(11s);

  const size_t offset = run.offset();
  for (size_t n = 0; n < 500 * 160; ++n) {
    const uint8_t expected = lost[n / 160] ? run.played[offset + n - 160] : octet_at(static_cast<int64_t>(n));
    ASSERT_EQ(run.played[offset + n], expected) << n;
  }
  const auto all_lost = static_cast<uint64_t>(std::count(lost.begin(), lost.end(), true));
  EXPECT_EQ(run.buffer.stats().lost, all_lost);
  EXPECT_GE(run.buffer.stats().concealed_samples, all_lost * 160);
}

TEST(FaxJitterBuffer, ASignalThatStaysAwayIsOverAfter300Milliseconds) {
  VirtualStream run(fax());
  for (int i = 0; i < 50; ++i) run.send(i, 0ms);
  run.play(2s);

  const size_t end = run.offset() + 50 * 160;
  for (size_t n = end; n < end + 2400; ++n) ASSERT_EQ(run.played[n], run.played[n - 160]) << n - end;
  for (size_t n = end + 2400; n < run.played.size(); ++n) ASSERT_EQ(run.played[n], kIdle) << n - end;
}

TEST(FaxJitterBuffer, ALatePacketIsDroppedAndCounted) {
  VirtualStream run(fax());
  for (int i = 0; i < 100; ++i) run.send(i, i == 50 ? 200ms : 0ms);
  run.play(3s);

  for (int64_t n = 0; n < 16000; ++n) {
    ASSERT_EQ(run.played[run.offset() + static_cast<size_t>(n)], octet_at(n / 160 == 50 ? n - 160 : n)) << n;
  }
  EXPECT_EQ(run.buffer.stats().late, 1u);
  EXPECT_EQ(run.buffer.stats().lost, 0u);
}

TEST(FaxJitterBuffer, AnotherLawLeavesEveryOctetInItsPlace) {
  VirtualStream run(fax());
  for (int i = 0; i < 100; ++i) run.send(i, 5ms);
  run.play(1s);
  const size_t before = run.played.size();

  run.buffer.set_law(Law::Mu);
  run.play(1s, 3s);

  for (int64_t n = 0; n < 100 * 160; ++n) {
    const size_t at = run.offset() + static_cast<size_t>(n);
    uint8_t expected = octet_at(n);
    if (at >= before) g711::convert(Law::A, ByteView(&expected, 1), Law::Mu, std::span(&expected, 1));
    ASSERT_EQ(run.played[at], expected) << n;
  }
  EXPECT_EQ(run.buffer.stats().restarts, 0u);
  const auto stats = run.buffer.stats();
  EXPECT_EQ(stats.concealed_samples + stats.silence_samples, run.played.size() - run.offset() - 16000)
      << "after the end only";
}

// One sender falls behind once, and goes on at its pace: nothing was lost on the way, so nothing is lost here.
struct LateStep {
  const char* name;
  Profile profile;
  Duration step;
  Duration jitter{};
  Duration catches_up{};  // after so long what waited comes at once; zero: never
};
struct EachLateStep : testing::TestWithParam<LateStep> {
  static constexpr int kPackets = 3000, kFirstLate = 500;

  // How many packets were played whole, in order. The first after a hole is blended with what was made up in it.
  static int count_played(const VirtualStream& run) {
    int found = 0;
    auto from = run.played.begin();
    for (int packet = 0; packet < kPackets; ++packet) {
      Bytes octets(160);
      for (size_t i = 0; i < octets.size(); ++i) octets[i] = octet_at(packet * 160 + static_cast<int64_t>(i));
      // The stream repeats after some 8 s.
      auto until = from + std::min<std::ptrdiff_t>(8000, run.played.end() - from);
      auto at = std::search(from, until, octets.begin(), octets.end());
      if (at == until) continue;
      from = at + 160;
      ++found;
    }
    return found;
  }
};

TEST_P(EachLateStep, LosesNothingThatArrives) {
  const auto [name, profile, step, jitter, catches_up] = GetParam();
  VirtualStream run({.profile = profile});
  std::mt19937 random(1);
  for (int i = 0; i < kPackets; ++i) {
    const Duration sent = i * Duration(20ms), behind = kFirstLate * Duration(20ms);
    Duration late = i < kFirstLate ? 0ms : step;
    if (catches_up > 0s && i >= kFirstLate) late = std::max<Duration>(0ms, behind + step - sent);
    const auto chance = std::uniform_int_distribution<int64_t>(0, jitter.count())(random);
    run.send(i, late + Duration(chance));
  }
  run.play(61s);

  const auto stats = run.buffer.stats();
  EXPECT_EQ(stats.late + stats.overflow + stats.lost, 0u);
  EXPECT_EQ(stats.restarts, 0u);
  EXPECT_NEAR(stats.drift_ppm, 0, 5) << "no clock was off";
  EXPECT_GE(count_played(run), profile == Profile::Voice ? kPackets - 3 : kPackets);
  if (profile == Profile::Fax && jitter == 0s) {
    EXPECT_LE(stats.inserted_samples, static_cast<uint64_t>((step + 60ms) / 125us)) << "it grows once";
  }
}

INSTANTIATE_TEST_SUITE_P(
    JitterBuffer, EachLateStep,
    testing::Values(LateStep{"OfAFaxBy100", Profile::Fax, 100ms}, LateStep{"OfAFaxBy150", Profile::Fax, 150ms},
                    LateStep{"OfAFaxBy300", Profile::Fax, 300ms}, LateStep{"OfAFaxWithinItsDelay", Profile::Fax, 35ms},
                    LateStep{"OfAFaxWithJitter", Profile::Fax, 150ms, 15ms},
                    LateStep{"OfAFaxThatCatchesUp", Profile::Fax, 150ms, 0ms, 150ms},
                    LateStep{"OfVoiceBy100", Profile::Voice, 100ms}, LateStep{"OfVoiceBy150", Profile::Voice, 150ms},
                    LateStep{"OfVoiceBy300", Profile::Voice, 300ms}, LateStep{"OfDataBy150", Profile::Data, 150ms},
                    LateStep{"OfDataBy300", Profile::Data, 300ms}),
    [](const auto& one) { return std::string(one.param.name); });

// What was late within the delay leaves less of it for the next time: it is taken anew where nobody hears it.
TEST(FaxJitterBuffer, TakesItsDelayAnewInTheNextSilence) {
  JitterBuffer buffer(fax());
  Bytes played;
  for (int i = 0; i < 1000; ++i) {
    const bool is_behind = i >= 300, is_silent = i >= 800 && i < 830;
    const TimePoint now = TimePoint{} + 1h + i * Duration(20ms);
    // One less is there from then on: 20 ms.
    const int packet = is_behind ? i - 2 : i;
    Bytes octets(160, kIdle);
    if (!is_silent) std::ranges::generate(octets, [n = packet * 160]() mutable { return octet_at(n++); });
    if (i != 300 && i != 301) {
      buffer.put(static_cast<uint32_t>(packet * 160), static_cast<uint16_t>(packet), octets, Law::A, now);
    }
    std::array<uint8_t, 160> block;
    buffer.get(block, now);
    if (is_silent) continue;
    EXPECT_EQ(buffer.stats().inserted_samples, i < 800 ? 0u : 320u) << "a signal is not touched";
  }

  EXPECT_EQ(buffer.stats().inserted_samples, 320u);
  EXPECT_EQ(buffer.stats().late, 0u);
}

// Every tone and symbol of T.30's modems has a whole number of periods in what is put into its signal.
TEST(FaxJitterBuffer, AStepBeyondItsDelayKeepsTheCarriersPhase) {
  for (const double hz : {1100.0, 1650.0, 1700.0, 1800.0, 1850.0, 2100.0, 2400.0}) {
    for (const int step : {4, 5, 8, 15}) {
      JitterBuffer buffer(fax());
      Bytes played;
      for (int i = 0; i < 200; ++i) {
        const TimePoint now = TimePoint{} + 1h + i * Duration(20ms);
        const int packet = i < 100 ? i : i - step;
        Bytes octets(160);
        for (int n = 0; n < 160; ++n) {
          const double phase = 2 * M_PI * hz / 8000 * (packet * 160 + n);
          octets[static_cast<size_t>(n)] =
              g711::encode(Law::A, static_cast<int16_t>(std::lround(8000 * std::sin(phase))));
        }
        if (packet >= 100 || i < 100) {
          buffer.put(static_cast<uint32_t>(packet * 160), static_cast<uint16_t>(packet), octets, Law::A, now);
        }
        std::array<uint8_t, 160> block;
        buffer.get(block, now);
        played.insert(played.end(), block.begin(), block.end());
      }
      for (size_t n = 10 * 160; n < played.size(); ++n) {
        const double phase = 2 * M_PI * hz / 8000 * static_cast<double>(n);
        ASSERT_NEAR(g711::decode(Law::A, played[n]), 8000 * std::sin(phase), 300) << hz << " Hz, octet " << n;
      }
      EXPECT_GT(buffer.stats().inserted_samples, 0u);
    }
  }
}

// A tone of 1800 Hz, the carrier of V.17, at 8 kHz of the sender's clock.
Bytes carrier(int64_t from, size_t octets) {
  Bytes result(octets);
  for (size_t i = 0; i < octets; ++i) {
    double phase = 2 * M_PI * 1800 / 8000 * static_cast<double>(from + static_cast<int64_t>(i));
    result[i] = g711::encode(Law::A, static_cast<int16_t>(std::lround(10000 * std::sin(phase))));
  }
  return result;
}

// What is left of a second of a tone when a sine of free frequency, level and phase close to it is taken away, in dB.
double residue_db(const std::vector<double>& samples, double near_hz) {
  double best = 0;
  for (double hz = near_hz - 1; hz <= near_hz + 1; hz += 0.01) {
    double sine = 0, cosine = 0, total = 0;
    for (size_t n = 0; n < samples.size(); ++n) {
      double phase = 2 * M_PI * hz / 8000 * static_cast<double>(n);
      sine += samples[n] * std::sin(phase);
      cosine += samples[n] * std::cos(phase);
      total += samples[n] * samples[n];
    }
    double found = (sine * sine + cosine * cosine) * 2 / static_cast<double>(samples.size());
    best = std::max(best, found / total);
  }
  return 10 * std::log10(1 - best);
}

// A sender whose clock is `ppm` fast, through up to 20 ms of jitter. `octets` makes its stream.
template <class Octets>
Bytes play_with_drift(JitterBuffer& buffer, double ppm, std::chrono::seconds length, Octets octets) {
  std::mt19937 random(1);
  std::multimap<Duration, int64_t> network;
  auto packet_time = std::chrono::duration_cast<Duration>(20ms / (1 + ppm * 1e-6));
  for (int64_t i = 0; i * packet_time < length; ++i) network.emplace(i * packet_time + milliseconds(random() % 20), i);
  Bytes played;
  for (Duration now{}; now < length; now += 20ms) {
    for (auto due = network.begin(); due != network.end() && due->first <= now; due = network.erase(due)) {
      buffer.put(static_cast<uint32_t>(due->second * 160), static_cast<uint16_t>(due->second),
                 octets(due->second * 160), Law::A, TimePoint{} + due->first);
    }
    std::array<uint8_t, 160> block;
    buffer.get(block, TimePoint{} + now);
    played.insert(played.end(), block.begin(), block.end());
  }
  return played;
}

TEST(FaxJitterBuffer, ASignalWithoutEndIsFollowedBetweenItsSamples) {
  for (double ppm : {-100.0, 50.0, 100.0}) {
    JitterBuffer buffer(fax());

    auto played = play_with_drift(buffer, ppm, 1200s, [](int64_t from) { return carrier(from, 160); });

    std::vector<double> last_second;
    for (size_t n = played.size() - 8000; n < played.size(); ++n) {
      last_second.push_back(g711::decode(Law::A, played[n]));
    }
    auto stats = buffer.stats();
    EXPECT_NEAR(stats.drift_ppm, ppm, 3);
    EXPECT_EQ(stats.silence_samples, 0u) << ppm;
    EXPECT_EQ(stats.restarts + stats.late + stats.overflow + stats.removed_samples + stats.inserted_samples, 0u) << ppm;
    EXPECT_LT(residue_db(last_second, 1800), -33) << "twice through G.711 leaves about -35 dB";
  }
}

TEST(FaxJitterBuffer, TheDriftThatWasMeasuredOutlivesItsTimeLine) {
  JitterBuffer buffer(fax());
  play_with_drift(buffer, 50, 300s, [](int64_t from) { return carrier(from, 160); });
  ASSERT_NEAR(buffer.stats().drift_ppm, 50, 5);

  buffer.put(0x40000000, 15001, carrier(0, 160), Law::A, TimePoint{} + 300s);

  ASSERT_EQ(buffer.stats().restarts, 1u);
  EXPECT_NEAR(buffer.stats().drift_ppm, 50, 5);
}

TEST(FaxJitterBuffer, ADriftIsMadeUpForInSilenceAndEverySignalPassesAsItCame) {
  // 30 s of signal, each octet telling its place, and half a second of silence.
  constexpr int64_t kPage = 30 * 8000, kPause = 4000;
  auto stream = [](int64_t from) {
    Bytes octets(160, kIdle);
    for (int64_t i = 0; i < 160; ++i) {
      int64_t at = (from + i) % (kPage + kPause);
      if (at < kPage) octets[static_cast<size_t>(i)] = octet_at(at);
    }
    return octets;
  };
  Bytes page;
  for (int64_t n = 0; n < kPage; ++n) page.push_back(octet_at(n));
  for (double ppm : {-100.0, 100.0}) {
    JitterBuffer buffer(fax());

    auto played = play_with_drift(buffer, ppm, 1200s, stream);

    int pages = 0;
    for (auto at = played.begin(); (at = std::search(at, played.end(), page.begin(), page.end())) != played.end();
         ++at) {
      ++pages;
    }
    EXPECT_GE(pages, 38) << "of 39 whole ones, " << ppm << " ppm";
    auto stats = buffer.stats();
    auto moved = static_cast<double>(stats.removed_samples) - static_cast<double>(stats.inserted_samples);
    EXPECT_NEAR(moved, 1200 * 8000 * ppm * 1e-6, 80);
    EXPECT_EQ(stats.restarts + stats.late + stats.overflow, 0u) << ppm;
  }
}

TEST(FaxJitterBuffer, JitterAloneIsNoDriftAndLeavesEveryOctetAsItCame) {
  VirtualStream run(fax());
  std::mt19937 random(2);
  for (int i = 0; i < 6000; ++i) run.send(i, i == 0 ? Duration{} : milliseconds(random() % 30));
  run.play(121s);

  size_t offset = run.offset();
  for (size_t n = 0; n < 5990 * 160; ++n) ASSERT_EQ(run.played[offset + n], octet_at(static_cast<int64_t>(n))) << n;
}

TEST(JitterBuffer, AJumpOfTheTimestampLosesNothing) {
  for (uint32_t jump : {0x40000000u, 0xc0000000u, 100'000u}) {
    JitterBuffer buffer(fax());
    TimePoint now = TimePoint{} + 1h;
    Bytes played;
    for (uint16_t i = 0; i < 100; ++i) {
      uint32_t timestamp = 160u * i + (i >= 50 ? jump : 0);
      Bytes payload(160, static_cast<uint8_t>(i));
      buffer.put(timestamp, i, payload, Law::A, now);
      std::array<uint8_t, 160> block;
      buffer.get(block, now);
      played.insert(played.end(), block.begin(), block.end());
      now += 20ms;
    }
    for (int i = 0; i < 90; ++i)
      EXPECT_EQ(std::count(played.begin(), played.end(), static_cast<uint8_t>(i)), 160) << i << " jump " << jump;
    EXPECT_EQ(buffer.stats().restarts, 1u);
  }
}

TEST(JitterBuffer, PtimeMayChangeInTheMiddle) {
  JitterBuffer buffer(fax());
  TimePoint now = TimePoint{} + 1h;
  Bytes played;
  int64_t sent = 0;
  uint16_t sequence = 0;
  for (int tick = 0; tick < 200; ++tick, now += 20ms) {
    size_t octets = tick < 60 ? 160 : tick < 120 ? 80 : 320;
    while (sent < (tick + 1) * 160) {
      Bytes payload(octets);
      for (auto& octet : payload) octet = octet_at(sent++);
      buffer.put(static_cast<uint32_t>(sent - static_cast<int64_t>(octets)), sequence++, payload, Law::A, now);
    }
    std::array<uint8_t, 160> block;
    buffer.get(block, now);
    played.insert(played.end(), block.begin(), block.end());
  }
  for (size_t n = 480; n < played.size(); ++n) ASSERT_EQ(played[n], octet_at(static_cast<int64_t>(n) - 480)) << n;
}

TEST(JitterBuffer, ConvertsToTheLawOfItsOutput) {
  JitterBuffer buffer({.law = Law::Mu, .profile = Profile::Fax, .fax_depth = milliseconds(0)});
  Bytes payload(160, 0x2a);
  buffer.put(0, 0, payload, Law::A, TimePoint{});
  std::array<uint8_t, 160> block;
  buffer.get(block, TimePoint{});
  uint8_t expected = 0;
  g711::convert(Law::A, ByteView(payload).first(1), Law::Mu, {&expected, 1});
  EXPECT_EQ(block[0], expected);
  // What is made up in its place is over by then.
  for (Duration now = 20ms; now <= 320ms; now += 20ms) buffer.get(block, TimePoint{} + now);
  EXPECT_EQ(block[0], 0xff);
}

TEST(JitterBuffer, ASwitchFromVoiceToFaxKeepsWhatWaits) {
  VirtualStream run({.profile = Profile::Voice});
  for (int i = 0; i < 50; ++i)
    run.put(static_cast<uint16_t>(run.first_sequence + i), i * 160, i * Duration(20ms)), run.play(20ms);
  run.put(static_cast<uint16_t>(run.first_sequence + 50), 50 * 160, 1s);
  auto waiting = run.buffer.stats().depth_ms;
  run.buffer.set_profile(Profile::Fax);
  EXPECT_GE(run.buffer.stats().depth_ms, waiting);
  for (int i = 51; i < 100; ++i)
    run.put(static_cast<uint16_t>(run.first_sequence + i), i * 160, i * Duration(20ms)), run.play(20ms);

  Bytes stream;
  std::copy_if(run.played.begin(), run.played.end(), std::back_inserter(stream), [](uint8_t o) { return o != kIdle; });
  ASSERT_GT(stream.size(), 90u * 160);
  for (size_t n = 0; n < stream.size(); ++n) ASSERT_EQ(stream[n], octet_at(static_cast<int64_t>(n))) << n;
}

// A packet each 20 ms, `late` of them after its time; all that is no silence.
struct Deepening : testing::Test {
  void run(int packets, bool is_signal, int late = 0) {
    for (const int end = tick + packets; tick < end; ++tick) {
      Bytes payload(160, kIdle);
      if (is_signal) std::ranges::generate(payload, [&] { return octet_at(sent++); });
      waiting.push_back(std::move(payload));
      for (; static_cast<int>(waiting.size()) > late; waiting.pop_front(), ++next) {
        buffer.put(static_cast<uint32_t>(next * 160), static_cast<uint16_t>(next), waiting.front(), Law::A, now());
      }
      std::array<uint8_t, 160> block;
      const auto made_up = buffer.stats().concealed_samples;
      buffer.get(block, now());
      if (buffer.stats().concealed_samples > made_up) continue;  // in place of what was late
      std::ranges::copy_if(block, std::back_inserter(played), [](uint8_t octet) { return octet != kIdle; });
    }
  }
  TimePoint now() const { return TimePoint{} + 1h + tick * Duration(20ms); }
  void expect_all_played() const {
    ASSERT_EQ(static_cast<int64_t>(played.size()), sent);
    for (int64_t n = 0; n < sent; ++n) ASSERT_EQ(played[static_cast<size_t>(n)], octet_at(n)) << n;
  }

  JitterBuffer buffer{{.profile = Profile::Voice}};
  std::deque<Bytes> waiting;
  int tick = 0, next = 0;
  int64_t sent = 0;
  Bytes played;
};

// V.21 frames, DCS or not, come and go while it is one and the same signal.
TEST_F(Deepening, InSilenceTouchesNoSignalHoweverLongItLasts) {
  run(50, true);
  buffer.set_profile(Profile::Fax, DepthChange::InSilence);
  run(500, true);
  EXPECT_EQ(buffer.stats().inserted_samples, 0u);
  EXPECT_EQ(buffer.stats().depth_ms, 20);

  run(20, false);
  EXPECT_EQ(buffer.stats().inserted_samples, 320u);
  run(500, true);
  EXPECT_EQ(buffer.stats().depth_ms, 60);
  EXPECT_EQ(buffer.stats().inserted_samples, 320u) << "once";
  run(10, false);

  expect_all_played();
}

TEST_F(Deepening, InSilenceLosesNoPacketThatComesLateUntilThen) {
  run(50, true);
  buffer.set_profile(Profile::Fax, DepthChange::InSilence);
  run(100, true, 2);
  EXPECT_EQ(buffer.stats().inserted_samples, 160u) << "by what it was late";
  run(20, false, 2);
  EXPECT_EQ(buffer.stats().inserted_samples, 160u + 480u);
  run(100, true, 2);
  run(10, false, 2);

  EXPECT_EQ(buffer.stats().late, 0u);
  expect_all_played();
}

TEST_F(Deepening, AtOnceDelaysWhatWaitsAndKeepsIt) {
  run(50, true);
  buffer.set_profile(Profile::Fax);
  EXPECT_EQ(buffer.stats().inserted_samples, 320u);
  run(50, true);
  run(10, false);

  expect_all_played();
}

// The full depth comes where nobody hears it, and once. From then on a sender may fall behind in a signal.
TEST_F(Deepening, FullyTouchesNoSignalAndLetsTheSenderFallBehindInTheNext) {
  buffer = JitterBuffer({.profile = Profile::Voice, .fax_full_depth = milliseconds(360)});
  run(50, true);
  buffer.set_profile(Profile::Fax, DepthChange::AtOnce);
  run(50, false);
  EXPECT_EQ(buffer.stats().depth_ms, 60) << "what sounds like a fax need not be one";

  run(50, true);
  buffer.set_profile(Profile::Fax);
  run(50, true);
  EXPECT_EQ(buffer.stats().depth_ms, 60);
  run(50, false);
  EXPECT_EQ(buffer.stats().depth_ms, 360);
  const auto inserted = buffer.stats().inserted_samples;
  run(50, true);
  run(200, true, 15);
  EXPECT_EQ(buffer.stats().inserted_samples, inserted) << "no signal is touched";
  run(50, false, 15);
  EXPECT_EQ(buffer.stats().inserted_samples, inserted + 300 * 8) << "made up for in the next silence";
  run(50, true, 15);
  run(50, false, 0);

  expect_all_played();
}

// A tone of 400 Hz: 20 samples a period.
Bytes tone(int64_t from, size_t octets) {
  Bytes result(octets);
  for (size_t i = 0; i < octets; ++i) {
    auto phase = static_cast<double>((from + static_cast<int64_t>(i)) % 20) / 20 * 2 * 3.14159265;
    result[i] = g711::encode(Law::A, static_cast<int16_t>(8000 * std::sin(phase)));
  }
  return result;
}

TEST(VoiceJitterBuffer, ALostPacketOfAToneIsMadeUpFromWhatWasBefore) {
  JitterBuffer buffer({});
  double energy = 0;
  for (uint16_t i = 0; i < 30; ++i) {
    if (i != 20) buffer.put(160u * i, i, tone(160 * i, 160), Law::A, TimePoint{} + i * Duration(20ms));
    std::array<uint8_t, 160> block;
    buffer.get(block, TimePoint{} + i * Duration(20ms));
    if (i != 21) continue;  // a packet waits for 20 ms
    for (uint8_t octet : block) energy += std::pow(g711::decode(Law::A, octet), 2);
  }
  EXPECT_GT(std::sqrt(energy / 160), 3000);
  EXPECT_EQ(buffer.stats().concealed_samples, 160u);
}

TEST(VoiceJitterBuffer, GrowsWhenPacketsComeLateAndShrinksInSilenceWhenTheyNoLongerDo) {
  JitterBuffer buffer({});
  std::multimap<Duration, uint16_t> network;
  for (uint16_t i = 0; i < 2000; ++i) {
    network.emplace(i * Duration(20ms) + (i > 100 && i < 200 && i % 10 < 5 ? 100ms - i % 10 * 20ms : 0ms), i);
  }
  double deepest = 0;
  for (Duration now{}; now < 40s; now += 20ms) {
    for (auto due = network.begin(); due != network.end() && due->first <= now; due = network.erase(due)) {
      buffer.put(160u * due->second, due->second, Bytes(160, kIdle), Law::A, TimePoint{} + now);
    }
    std::array<uint8_t, 160> block;
    buffer.get(block, TimePoint{} + now);
    deepest = std::max(deepest, buffer.stats().depth_ms);
  }
  EXPECT_GE(deepest, 60);
  EXPECT_LE(buffer.stats().depth_ms, 30);
  EXPECT_GT(buffer.stats().inserted_samples, 0u);
  EXPECT_GT(buffer.stats().removed_samples, 0u);
}

TEST(VoiceJitterBuffer, APauseOfTheSenderIsNoLossAndMovesNothing) {
  JitterBuffer buffer({});
  int heard = 0;
  for (int tick = 0; tick < 500; ++tick) {
    bool is_pause = tick >= 100 && tick < 400;
    auto sequence = static_cast<uint16_t>(tick < 100 ? tick : tick - 300);
    if (!is_pause)
      buffer.put(160u * static_cast<uint32_t>(tick), sequence, Bytes(160, 0x01), Law::A,
                 TimePoint{} + tick * Duration(20ms));
    std::array<uint8_t, 160> block;
    buffer.get(block, TimePoint{} + tick * Duration(20ms));
    if (tick >= 402) heard += static_cast<int>(std::count(block.begin(), block.end(), 0x01));
  }
  EXPECT_EQ(heard, 98 * 160);
  EXPECT_EQ(buffer.stats().lost, 0u);
  EXPECT_EQ(buffer.stats().restarts, 0u);
}

TEST(JitterBuffer, BearsAnythingAPeerSends) {
  for (Profile profile : {Profile::Voice, Profile::Fax}) {
    std::mt19937 random(5);
    JitterBuffer buffer({.profile = profile});
    for (int i = 0; i < 50000; ++i) {
      Bytes payload(random() % 50 == 0 ? random() % 5000 : random() % 330, static_cast<uint8_t>(random()));
      uint32_t timestamp =
          random() % 3 == 0 ? static_cast<uint32_t>(random()) : static_cast<uint32_t>(i) * 160 + random() % 4000;
      buffer.put(timestamp, static_cast<uint16_t>(random() % 3 == 0 ? random() : static_cast<unsigned>(i)), payload,
                 random() % 2 ? Law::A : Law::Mu, TimePoint{} + i * Duration(20ms));
      std::array<uint8_t, 400> block;
      buffer.get(std::span(block).first(random() % 400), TimePoint{} + i * Duration(20ms));
      if (random() % 100 == 0) buffer.restart();
      if (random() % 100 == 0) buffer.set_profile(random() % 2 ? Profile::Voice : Profile::Fax);
      ASSERT_LE(buffer.stats().depth_ms, 1024);
    }
  }
}

}  // namespace
}  // namespace sg::media
