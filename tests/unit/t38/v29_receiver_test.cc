#include "t38/v29_receiver.h"

#include <gtest/gtest.h>
#include <spandsp/expose.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace sg::t38 {
namespace {

constexpr size_t kSecond = 8000;  // samples

struct Heard {
  int trainings = 0, failures = 0, successes = 0;
};

void hear_bit(void* to, int bit) {
  auto& heard = *static_cast<Heard*>(to);
  heard.trainings += bit == SIG_STATUS_TRAINING_IN_PROGRESS;
  heard.failures += bit == SIG_STATUS_TRAINING_FAILED;
  heard.successes += bit == SIG_STATUS_TRAINING_SUCCEEDED;
}

Heard hear(int bit_rate, std::span<const int16_t> line) {
  Heard heard;
  std::unique_ptr<v29_rx_state_t, decltype(&v29_rx_free)> rx(v29_rx_init(nullptr, bit_rate, &hear_bit, &heard),
                                                             &v29_rx_free);
  v29_rx_signal_cutoff(rx.get(), -45.5F);
  mend_false_training(*rx);
  v29_rx(rx.get(), line.data(), static_cast<int>(line.size()));
  return heard;
}

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

int send_ones(void*) {
  return 1;
}

std::vector<int16_t> v29_training(int bit_rate, uint32_t phase) {
  std::unique_ptr<v29_tx_state_t, decltype(&v29_tx_free)> tx(v29_tx_init(nullptr, bit_rate, FALSE, &send_ones, nullptr),
                                                             &v29_tx_free);
  tx->carrier_phase = phase;
  std::vector<int16_t> line(kSecond);
  v29_tx(tx.get(), line.data(), static_cast<int>(line.size()));
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

class V29Receiver : public ::testing::TestWithParam<int> {};

// Without mending it trains from one in three of these places.
TEST_P(V29Receiver, TakesNoV21ForTraining) {
  const std::vector<int16_t> line = v21_preamble();
  int refused = 0;
  // Over two flags, which are 213 samples each.
  for (size_t begin = 0; begin < 426; begin += 3) {
    const Heard heard = hear(GetParam(), std::span(line).subspan(begin));
    EXPECT_EQ(heard.trainings, 0) << "from sample " << begin;
    refused += heard.failures;
  }
  EXPECT_GT(refused, 0);
}

TEST_P(V29Receiver, TrainsAsBefore) {
  for (uint32_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    std::vector<int16_t> line = v29_training(GetParam(), sixteenth << 28);
    EXPECT_EQ(hear(GetParam(), line).successes, 1) << sixteenth << "/16 of a turn";
    dull(line);
    EXPECT_EQ(hear(GetParam(), line).successes, 1) << sixteenth << "/16 of a turn, a long cable";
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, V29Receiver, ::testing::Values(9600, 7200),
                         [](const auto& test) { return std::to_string(test.param); });

}  // namespace
}  // namespace sg::t38
