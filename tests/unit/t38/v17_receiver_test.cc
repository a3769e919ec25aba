#include "t38/v17_receiver.h"

#include <gtest/gtest.h>
#include <spandsp/expose.h>

#include <array>
#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

namespace sg::t38 {
namespace {

constexpr size_t kBlock = 160;  // samples

int send_ones(void*) {
  return 1;
}

struct Heard {
  bool trained = false;
  int zeroes = 0;  // of the line's ones, once trained
};

void hear_bit(void* to, int bit) {
  auto& heard = *static_cast<Heard*>(to);
  if (bit == SIG_STATUS_TRAINING_SUCCEEDED) heard.trained = true;
  if (bit == 0) ++heard.zeroes;
}

// A transmitter and a receiver with a wire between them.
class V17Line {
 public:
  explicit V17Line(int bit_rate)
      : bit_rate_(bit_rate),
        tx_(v17_tx_init(nullptr, bit_rate, FALSE, &send_ones, nullptr), &v17_tx_free),
        rx_(v17_rx_init(nullptr, bit_rate, &hear_bit, &heard_), &v17_rx_free) {
    be_trained(false, 0, 0);
  }

  // Late: samples until the signal begins; phase: of its carrier then, in parts of 2^32 of a turn.
  Heard be_trained(bool is_short, size_t late, uint32_t phase) {
    v17_tx_restart(tx_.get(), bit_rate_, FALSE, is_short ? TRUE : FALSE);
    v17_rx_restart(rx_.get(), bit_rate_, is_short ? TRUE : FALSE);
    tx_->carrier_phase = phase;
    heard_ = {};
    std::vector<int16_t> line(is_short ? 30 * kBlock : 90 * kBlock, 0);
    v17_tx(tx_.get(), line.data() + late, static_cast<int>(line.size() - late));
    for (size_t i = 0; i < line.size(); i += kBlock) {
      mend_short_training(*rx_);
      v17_rx(rx_.get(), line.data() + i, kBlock);
    }
    return heard_;
  }

 private:
  const int bit_rate_;
  Heard heard_;
  std::unique_ptr<v17_tx_state_t, decltype(&v17_tx_free)> tx_;
  std::unique_ptr<v17_rx_state_t, decltype(&v17_rx_free)> rx_;
};

struct Start {
  int bit_rate;
  size_t late;
};
void PrintTo(const Start& start, std::ostream* out) {
  *out << start.bit_rate << " bit/s, " << start.late << " samples late";
}

class ShortTraining : public ::testing::TestWithParam<Start> {};

// Without mending, each of these fails in some of the phases.
TEST_P(ShortTraining, SucceedsInWhateverPhaseTheCarrierComes) {
  V17Line line(GetParam().bit_rate);
  for (uint32_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    const Heard heard = line.be_trained(true, GetParam().late, sixteenth << 28);
    EXPECT_TRUE(heard.trained) << sixteenth << "/16 of a turn";
    // The last bits of the training itself, while the descrambler fills.
    EXPECT_LT(heard.zeroes, 60) << sixteenth << "/16 of a turn";
  }
}

INSTANTIATE_TEST_SUITE_P(Starts, ShortTraining,
                         ::testing::Values(Start{14400, 0}, Start{14400, 1}, Start{14400, 7}, Start{12000, 3},
                                           Start{9600, 5}, Start{7200, 0}));

}  // namespace
}  // namespace sg::t38
