#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "base/bytes.h"

// What a hostile peer sends in place of what it should. The more of it is valid, the deeper it gets.
namespace sg::lab {

enum class Hand {
  Octets,  // datagrams that are changed, cut or made up
  Udptl,   // odd sequence numbers, lengths, redundancy and FEC
  Ifps,    // made-up IFPs in valid UDPTL
  T30,     // T.30 frames with any facsimile control field, DIS, DCS and length in valid IFPs
  Rtp,     // odd headers, payload types, redundancy, events and RTCP
};
std::optional<Hand> hand_named(std::string_view name);

class Hostile {
 public:
  Hostile(Hand hand, uint64_t seed) : hand_(hand), random_(seed) {}

  void change(Bytes& datagram);

  // The parts, for other tests. An IFP is of T.38 version 0.
  Bytes made_up_frame();
  Bytes made_up_ifp();
  Bytes ifp_with_frame();

 private:
  size_t any(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }
  uint8_t octet() { return static_cast<uint8_t>(any(256)); }
  bool one_in(size_t times) { return any(times) == 0; }
  Bytes octets(size_t count);
  void change_octets(Bytes& datagram);
  void change_udptl(Bytes& datagram);
  void change_rtp(Bytes& datagram);
  Bytes capabilities();

  const Hand hand_;
  std::mt19937_64 random_;
};

}  // namespace sg::lab
