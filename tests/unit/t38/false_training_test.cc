#include "t38/false_training.h"

#include <gtest/gtest.h>
#include <spandsp/expose.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace sg::t38 {
namespace {

constexpr size_t kSecond = 8000;  // samples

int send_ones(void*) {
  return 1;
}

struct Heard {
  int trainings = 0, successes = 0;
};

void hear_bit(void* to, int bit) {
  auto& heard = *static_cast<Heard*>(to);
  heard.trainings += bit == SIG_STATUS_TRAINING_IN_PROGRESS;
  heard.successes += bit == SIG_STATUS_TRAINING_SUCCEEDED;
}

// The receivers as the gateway has them, V.29 with its cutoff.
struct V29 {
  static Heard hear(int bit_rate, std::span<const int16_t> line) {
    Heard heard;
    std::unique_ptr<v29_rx_state_t, decltype(&v29_rx_free)> rx(v29_rx_init(nullptr, bit_rate, &hear_bit, &heard),
                                                               &v29_rx_free);
    v29_rx_signal_cutoff(rx.get(), -45.5F);
    mend_false_training(*rx);
    v29_rx(rx.get(), line.data(), static_cast<int>(line.size()));
    return heard;
  }
  static std::vector<int16_t> training(int bit_rate, uint32_t phase) {
    std::unique_ptr<v29_tx_state_t, decltype(&v29_tx_free)> tx(
        v29_tx_init(nullptr, bit_rate, FALSE, &send_ones, nullptr), &v29_tx_free);
    tx->carrier_phase = phase;
    std::vector<int16_t> line(2 * kSecond);
    v29_tx(tx.get(), line.data(), static_cast<int>(line.size()));
    return line;
  }
};
struct V27ter {
  static Heard hear(int bit_rate, std::span<const int16_t> line) {
    Heard heard;
    std::unique_ptr<v27ter_rx_state_t, decltype(&v27ter_rx_free)> rx(
        v27ter_rx_init(nullptr, bit_rate, &hear_bit, &heard), &v27ter_rx_free);
    mend_false_training(*rx);
    v27ter_rx(rx.get(), line.data(), static_cast<int>(line.size()));
    return heard;
  }
  static std::vector<int16_t> training(int bit_rate, uint32_t phase) {
    std::unique_ptr<v27ter_tx_state_t, decltype(&v27ter_tx_free)> tx(
        v27ter_tx_init(nullptr, bit_rate, FALSE, &send_ones, nullptr), &v27ter_tx_free);
    tx->carrier_phase = phase;
    std::vector<int16_t> line(2 * kSecond);
    v27ter_tx(tx.get(), line.data(), static_cast<int>(line.size()));
    return line;
  }
};

// Flags, as T.30 begins each V.21 message with them.
int send_flags(void* position) {
  return 0x7E >> (*static_cast<unsigned*>(position))++ % 8 & 1;
}

std::vector<int16_t> v21_preamble() {
  unsigned position = 0;
  std::unique_ptr<fsk_tx_state_t, decltype(&fsk_tx_free)> tx(
      fsk_tx_init(nullptr, &preset_fsk_specs[FSK_V21CH2], &send_flags, &position), &fsk_tx_free);
  std::vector<int16_t> line(kSecond);
  fsk_tx(tx.get(), line.data(), static_cast<int>(line.size()));
  return line;
}

// A long cable: 19 dB more at 2900 Hz than at 500, between which V.29 trains.
void dull(std::span<int16_t> line) {
  constexpr double kPole = 0.6;
  double once = 0, twice = 0;
  for (int16_t& sample : line) {
    once = kPole * once + (1 - kPole) * sample;
    twice = kPole * twice + (1 - kPole) * once;
    sample = static_cast<int16_t>(std::round(twice));
  }
}

struct Modem {
  int bit_rate;
  Heard (*hear)(int bit_rate, std::span<const int16_t> line);
  std::vector<int16_t> (*training)(int bit_rate, uint32_t phase);
};
void PrintTo(const Modem& modem, std::ostream* out) {
  *out << modem.bit_rate << " bit/s";
}

class FalseTraining : public ::testing::TestWithParam<Modem> {};

// Without mending V.29 trains from one in three of these places, V.27ter from one in seventy.
TEST_P(FalseTraining, IsNotSeenInV21) {
  const std::vector<int16_t> line = v21_preamble();
  // Over two flags, which are 213 samples each.
  for (size_t begin = 0; begin < 426; ++begin) {
    const Heard heard = GetParam().hear(GetParam().bit_rate, std::span(line).subspan(begin));
    EXPECT_EQ(heard.trainings, 0) << "from sample " << begin;
    EXPECT_EQ(heard.successes, 0) << "from sample " << begin;
  }
}

TEST_P(FalseTraining, IsNotSeenInTraining) {
  for (uint32_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    std::vector<int16_t> line = GetParam().training(GetParam().bit_rate, sixteenth << 28);
    EXPECT_EQ(GetParam().hear(GetParam().bit_rate, line).successes, 1) << sixteenth << "/16 of a turn";
    dull(line);
    EXPECT_EQ(GetParam().hear(GetParam().bit_rate, line).successes, 1) << sixteenth << "/16 of a turn, a long cable";
  }
}

INSTANTIATE_TEST_SUITE_P(Modems, FalseTraining,
                         ::testing::Values(Modem{9600, &V29::hear, &V29::training},
                                           Modem{7200, &V29::hear, &V29::training},
                                           Modem{4800, &V27ter::hear, &V27ter::training},
                                           Modem{2400, &V27ter::hear, &V27ter::training}),
                         [](const auto& test) { return std::to_string(test.param.bit_rate); });

}  // namespace
}  // namespace sg::t38
