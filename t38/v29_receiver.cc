#include "t38/v29_receiver.h"

#include <spandsp/expose.h>

#include <cstdlib>
#include <iterator>

namespace sg::t38 {
namespace {

// Of SpanDSP's stages of training: it waits for the carrier to end.
constexpr int kParked = 7;
// SpanDSP's angles: a turn has 2^32 parts.
constexpr int64_t kQuarter = 0x40000000;

// Segment 2 of V.29's training (clause 8) is two symbols in turn, 135 degrees apart. V.21 keeps to its tones, which
// turn by 30 degrees a symbol at most. The angles are of the latest symbols, in a ring.
bool alternates(const int32_t (&angles)[16]) {
  size_t turns = 0;
  for (size_t i = 0; i < std::size(angles); ++i) {
    const uint32_t turn = static_cast<uint32_t>(angles[(i + 1) % std::size(angles)]) - static_cast<uint32_t>(angles[i]);
    turns += std::abs(int64_t{static_cast<int32_t>(turn)}) > kQuarter;
  }
  return turns >= std::size(angles) / 2;
}

void on_status(void* of, int status) {
  auto& receiver = *static_cast<v29_rx_state_t*>(of);
  if (status == SIG_STATUS_TRAINING_IN_PROGRESS && !alternates(receiver.angles)) {
    receiver.agc_scaling_save = 0;
    receiver.training_stage = kParked;
    status = SIG_STATUS_TRAINING_FAILED;
  }
  receiver.put_bit(receiver.put_bit_user_data, status);
}

}  // namespace

void mend_false_training(v29_rx_state_t& receiver) {
  v29_rx_set_modem_status_handler(&receiver, &on_status, &receiver);
}

}  // namespace sg::t38
