#pragma once

#include <cstdint>

#include "base/bytes.h"

// IFP packets (ITU-T T.38 clause 7, Annex A: ASN.1, aligned PER).
namespace sg::t38 {

// Where IFP packets to send go to. `copies`: how many times to send the datagram of this one.
class IfpSink {
 public:
  virtual ~IfpSink() = default;
  virtual void on_ifp(ByteView ifp, int copies) = 0;
};

// A checked IFP: all lengths add up.
struct Ifp {
  enum class Kind : uint8_t { Indicator, Data };
  Kind kind = Kind::Indicator;
  // T.38 table 2 (0 no-signal, 1 CNG, 2 CED, 3 V.21 preamble, ...) or table 3 (0 V.21, 1 V.27ter 2400, ...).
  uint8_t type = 0;
  uint8_t fields = 0;  // data fields
};

enum class IfpFault : uint8_t {
  None,
  Truncated,    // a length or count points past the end
  Trailing,     // octets after the end
  UnknownType,  // an extension that this version of T.38 does not know: to be ignored, no fault of the peer's
  BadField,     // a reserved field type, or a data field that its kind forbids
};

struct IfpResult {
  IfpFault fault = IfpFault::None;
  Ifp ifp;

  bool ok() const { return fault == IfpFault::None; }
};

IfpResult parse_ifp(ByteView octets);

// Parses each IFP of one stream before SpanDSP sees it, and follows its HDLC frames, as SpanDSP's faults lie in frames
// that are too short or too long (see refuses()). Owned by who feeds SpanDSP.
class IfpGuard {
 public:
  // Whether SpanDSP may have this IFP. Keeps count of octets of HDLC frames that spread over several IFPs.
  IfpResult check(ByteView ifp);

  uint64_t refused() const { return refused_; }

 private:
  bool follow_hdlc(ByteView ifp);

  size_t frame_octets_ = 0;
  bool frame_is_bad_ = false;
  uint64_t refused_ = 0;
};

}  // namespace sg::t38
