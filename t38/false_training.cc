#include "t38/false_training.h"

#include <spandsp/expose.h>

#include <cstdlib>
#include <iterator>

namespace sg::t38 {
namespace {

// V.21 keeps to its tones, which turn by 45 degrees a symbol at most, seen from the carriers of V.29 and V.27ter.
// SpanDSP's angles: a turn has 2^32 parts.
bool are_apart(int32_t one, int32_t other) {
  constexpr int64_t kSixth = 0x2AAAAAAA;
  const uint32_t turn = static_cast<uint32_t>(one) - static_cast<uint32_t>(other);
  return std::abs(int64_t{static_cast<int32_t>(turn)}) > kSixth;
}

// Segment 2 of V.29's training (clause 8) is two symbols in turn, 135 degrees apart. The angles are of the latest
// symbols, in a ring.
bool alternates(const int32_t (&angles)[16]) {
  size_t turns = 0;
  for (size_t i = 0; i < std::size(angles); ++i) turns += are_apart(angles[i], angles[(i + 1) % std::size(angles)]);
  return turns >= std::size(angles) / 2;
}

void on_v29_status(void* of, int status) {
  constexpr int kParked = 7;  // of SpanDSP's stages of training
  auto& receiver = *static_cast<v29_rx_state_t*>(of);
  if (status == SIG_STATUS_TRAINING_IN_PROGRESS && !alternates(receiver.angles)) {
    receiver.agc_scaling_save = 0;
    receiver.training_stage = kParked;
    status = SIG_STATUS_TRAINING_FAILED;
  }
  receiver.put_bit(receiver.put_bit_user_data, status);
}

// Segment 3 of V.27ter's training (clause 2.5) turns by 180 degrees a symbol. SpanDSP's receiver looks for its end from
// the 13th symbol on, and keeps the angles of the last two.
void on_v27ter_symbol(void* of, const complexf_t*, const complexf_t*, int) {
  constexpr int kWaitForHop = 3, kParked = 6;
  auto& receiver = *static_cast<v27ter_rx_state_t*>(of);
  if (receiver.training_stage != kWaitForHop || receiver.training_count != 12) return;
  if (!are_apart(receiver.last_angles[0], receiver.last_angles[1])) receiver.training_stage = kParked;
}

}  // namespace

void mend_false_training(v29_rx_state_t& receiver) {
  v29_rx_set_modem_status_handler(&receiver, &on_v29_status, &receiver);
}

void mend_false_training(v27ter_rx_state_t& receiver) {
  v27ter_rx_set_qam_report_handler(&receiver, &on_v27ter_symbol, &receiver);
}

}  // namespace sg::t38
