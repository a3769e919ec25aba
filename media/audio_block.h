#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "media/codec/g711.h"

namespace sg::media {

// One block of one side's audio on its way through a session, as G.711 octets or linear samples: each form is made from
// the other when first asked for. Octets of the wanted law are never touched. Allocates at construction only.
class AudioBlock {
 public:
  explicit AudioBlock(size_t octets) : octets_(octets), converted_(octets), linear_(octets) {}

  size_t size() const { return octets_.size(); }

  // Begin a new block: the caller fills what it gets.
  std::span<uint8_t> begin_octets(tdm::Law law) {
    law_ = law;
    has_octets_ = true;
    has_linear_ = has_converted_ = false;
    return octets_;
  }
  std::span<int16_t> begin_linear() {
    has_linear_ = true;
    has_octets_ = has_converted_ = false;
    return linear_;
  }
  void set_silence(tdm::Law law) { std::ranges::fill(begin_octets(law), tdm::idle_octet(law)); }

  ByteView as(tdm::Law law) {
    if (!has_octets_) g711::encode(law, linear_, begin_octets_from_linear(law));
    if (law == law_) return octets_;
    if (!has_converted_) g711::convert(law_, octets_, law, converted_);
    has_converted_ = true;
    return converted_;
  }
  std::span<const int16_t> linear() {
    if (!has_linear_) g711::decode(law_, octets_, linear_);
    has_linear_ = true;
    return linear_;
  }
  // For the last one who looks at this block: it may spoil the samples.
  std::span<int16_t> take_linear() {
    linear();
    has_linear_ = false;
    return linear_;
  }

 private:
  std::span<uint8_t> begin_octets_from_linear(tdm::Law law) {
    law_ = law;
    has_octets_ = true;
    return octets_;
  }

  tdm::Law law_ = tdm::Law::A;
  bool has_octets_ = false;
  bool has_converted_ = false;  // to the other law
  bool has_linear_ = false;
  std::vector<uint8_t> octets_;
  std::vector<uint8_t> converted_;
  std::vector<int16_t> linear_;
};

}  // namespace sg::media
