#pragma once

#include <cstdint>
#include <span>

namespace sg::pstnsim {

// A tester of 64 kbit/s data: sends the pseudo-random bits of 2^15 - 1 (ITU-T O.150 clause 5.3), and holds what comes
// against the same. The exchange's thread only.
class DataTester {
 public:
  void transmit(std::span<uint8_t> octets) {
    for (uint8_t& octet : octets) octet = next(sent_);
  }
  void receive(std::span<const uint8_t> octets) {
    for (uint8_t octet : octets) check(octet);
  }

  // Compared, and different from the pattern where it was recognised.
  uint64_t octets() const { return octets_; }
  uint64_t errors() const { return errors_; }
  // In a row without any error, up to the last.
  uint64_t clean() const { return clean_; }
  // How often the pattern was lost, and found again elsewhere: octets that the line left out, or put in.
  uint64_t slips() const { return slips_; }

 private:
  // Octets in a row after which the pattern counts as recognised, or as lost.
  static constexpr int kRecognised = 16, kLost = 16;

  // x^15 + x^14 + 1, the first bit of an octet is its highest; a register of 15 bits, never all zeros.
  static uint8_t next(uint16_t& bits) {
    uint8_t octet = 0;
    for (int i = 0; i < 8; ++i) {
      unsigned bit = (bits >> 14 ^ bits >> 13) & 1U;
      bits = static_cast<uint16_t>((bits << 1U | bit) & 0x7fffU);
      octet = static_cast<uint8_t>(octet << 1U | bit);
    }
    return octet;
  }

  void check(uint8_t octet) {
    if (!is_in_step_) return look_for_pattern(octet);
    ++octets_;
    bool is_right = octet == next(expected_);
    errors_ += !is_right;
    clean_ = is_right ? clean_ + 1 : 0;
    row_ = is_right ? 0 : row_ + 1;
    if (row_ < kLost) return;
    ++slips_;
    row_ = 0;
    is_in_step_ = false;
  }

  // What the last 15 bits that came lead to: the pattern follows from any of its parts.
  void look_for_pattern(uint8_t octet) {
    bool follows = expected_ != 0 && octet == next(expected_);
    row_ = follows ? row_ + 1 : 0;
    if (!follows) expected_ = static_cast<uint16_t>((unsigned{before_} << 8U | octet) & 0x7fffU);
    before_ = octet;
    is_in_step_ = row_ == kRecognised;
    if (is_in_step_) row_ = 0;
  }

  uint16_t sent_ = 0x7fff;
  uint16_t expected_ = 0;
  uint8_t before_ = 0;
  int row_ = 0;
  bool is_in_step_ = false;
  uint64_t octets_ = 0, errors_ = 0, clean_ = 0, slips_ = 0;
};

}  // namespace sg::pstnsim
