#include "t38/v17_receiver.h"

#include <spandsp/expose.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace sg::t38 {
namespace {

// Of SpanDSP's stages of training: it has just told A from B, and waits for the end of them.
constexpr int kShortWaitForCdba = 3;
constexpr int kNormalOperation = 0;  // past training
// Its angles: a turn has 2^32 parts.
constexpr uint32_t kQuarter = 0x40000000, kHalf = 0x80000000;
// Between A, at 198.4 degrees of V.17's figure 2, and B, at 288.4.
constexpr uint32_t kBetweenAAndB = 0xAD000000;

uint32_t angle_of(const complexf_t& point) {
  const double turns = std::atan2(point.im, point.re) / (2 * std::numbers::pi);
  return static_cast<uint32_t>(static_cast<int64_t>(turns * 4294967296.0));
}

// Segment 1 is A and B in turn, B a quarter ahead of A. SpanDSP tells which is which by comparing the angles of two
// symbols, but loses the sign of the difference where it leaves the range of 32 bits. It then turns the carrier so that
// B lies where A should, and all that follows is a quarter ahead.
void on_symbol(void* of, const complexf_t* point, const complexf_t*, int) {
  auto& receiver = *static_cast<v17_rx_state_t*>(of);
  if (receiver.training_stage != kShortWaitForCdba || receiver.training_count != 1 || point == nullptr) return;
  const uint32_t step = angle_of(*point) - static_cast<uint32_t>(receiver.start_angles[0]);
  const bool is_b = step < kHalf;
  const bool next_should_be_a = static_cast<uint32_t>(receiver.angles[1]) < kBetweenAAndB;
  if (is_b == next_should_be_a) return;
  std::swap(receiver.angles[0], receiver.angles[1]);
  receiver.carrier_phase -= kQuarter;
  for (complexf_t& one : receiver.eq_buf) one = {-one.im, one.re};
}

}  // namespace

void mend_short_training(v17_rx_state_t& receiver) {
  // A page has 2400 symbols a second: they are looked at in training only. Its first stage, before the one that is
  // mended, lasts 100 of them (42 ms): this is called within it.
  const bool is_trained = receiver.training_stage == kNormalOperation;
  v17_rx_set_qam_report_handler(&receiver, is_trained ? nullptr : &on_symbol, &receiver);
}

}  // namespace sg::t38
