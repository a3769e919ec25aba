#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sg::media::rtp {

// Cuts a stream of TDM blocks into packets of one ptime, whatever the block length. Media-worker thread only.
class Packetiser {
 public:
  static constexpr size_t kMaxOctets = 1600;  // 200 ms

  // `packet_octets`: 8 for each millisecond of ptime; brought into 1 … kMaxOctets.
  explicit Packetiser(size_t packet_octets) { set_packet_octets(packet_octets); }

  // Octets that wait stay, unless they are a packet or more by the new measure: then they go with the next push.
  void set_packet_octets(size_t octets) { packet_octets_ = std::clamp<size_t>(octets, 1, kMaxOctets); }
  size_t packet_octets() const { return packet_octets_; }

  // Calls `emit(ByteView packet)` for every packet that these octets complete.
  template <class Emit>
  void push(ByteView octets, Emit&& emit) {
    while (filled_ >= packet_octets_ || !octets.empty()) {
      if (filled_ == 0 && octets.size() >= packet_octets_) {  // the usual case: a block is a packet, nothing is copied
        emit(octets.first(packet_octets_));
        octets = octets.subspan(packet_octets_);
        continue;
      }
      size_t taken = filled_ < packet_octets_ ? std::min(packet_octets_ - filled_, octets.size()) : 0;
      std::copy_n(octets.begin(), taken, waiting_.begin() + static_cast<std::ptrdiff_t>(filled_));
      octets = octets.subspan(taken);
      filled_ += taken;
      if (filled_ < packet_octets_) return;
      emit(ByteView(waiting_).first(packet_octets_));
      filled_ -= packet_octets_;
      std::copy_n(waiting_.begin() + static_cast<std::ptrdiff_t>(packet_octets_), filled_, waiting_.begin());
    }
  }

 private:
  size_t packet_octets_ = 0;
  size_t filled_ = 0;
  std::array<uint8_t, kMaxOctets> waiting_;
};

}  // namespace sg::media::rtp
