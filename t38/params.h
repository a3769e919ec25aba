#pragma once

#include <cstdint>
#include <optional>

#include "base/kinds/fax.h"

namespace sg::t38 {

enum class RateManagement : uint8_t { LocalTcf = 1, TransferredTcf = 2 };

// What a T.38 endpoint says of its receiver in SDP (T.38 Annex D.2.3). Limits bind the other side's sender.
struct Params {
  int version = 0;
  int max_bit_rate = 14400;  // bit/s
  bool fill_bit_removal = false;
  bool transcoding_mmr = false;
  bool transcoding_jbig = false;
  RateManagement rate_management = RateManagement::TransferredTcf;
  int max_buffer = 2000;   // octets
  int max_datagram = 400;  // octets of UDPTL datagram that it takes
  ErrorCorrection error_correction = ErrorCorrection::Redundancy;

  // Limits of T.38 Annex D (2010 and later); zero: the peer did not say.
  int max_ifp = 0;         // octets of one IFP
  int min_redundancy = 0;  // earlier IFPs in a datagram, or FEC entries
  int max_redundancy = 0;
  int max_fec_span = 0;  // IFPs that one FEC entry covers

  bool operator==(const Params&) const = default;
};

// What a peer is known to tell wrongly of its receiver.
struct PeerFaults {
  int max_datagram = 0;                                            // octets that it really takes; 0: as it tells
  std::optional<ErrorCorrection> error_correction = std::nullopt;  // that it really understands
};
// What binds our sender: what the peer told, but for its faults.
Params corrected(Params told, const PeerFaults& faults);

// Our answer to an offer: what both sides can do, and our own receiver's limits.
Params answer(const Params& offer, const Params& ours);

}  // namespace sg::t38
