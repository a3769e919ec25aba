#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

// IFP packets (ITU-T T.38 clause 7, Annex A: ASN.1, aligned PER).
namespace sg::t38 {

// Where IFP packets to send go to. `copies`: how many times to send the datagram of this one.
class IfpSink {
 public:
  virtual ~IfpSink() = default;
  virtual void on_ifp(ByteView ifp, int copies) = 0;
};

// What a well-formed IFP says, in the numbers of T.38's tables.
struct Ifp {
  enum class Kind : uint8_t { Indicator, Data };
  Kind kind = Kind::Indicator;
  // Indicator, T.38 table 2: 0 no-signal, 1 CNG, 2 CED, 3 V.21 preamble, 4 V.27ter 2400 training, ...
  // Data, T.38 table 3: 0 V.21, 1 V.27ter 2400, 2 V.27ter 4800, 3 V.29 7200, ... 8 V.17 14400, 9 V.8, ...
  uint8_t type = 0;          // see kV21Preamble, kV21 and those beside them
  uint8_t fields = 0;        // data fields
  bool is_hdlc = false;      // the last field is of HDLC frames
  bool breaks_off = false;   // the last field leaves an HDLC frame unfinished
  bool ends_frame = false;   // a field says whether the FCS was good
  bool ends_signal = false;  // the last field says that the carrier stops (T.38 table 4)
};

constexpr uint8_t kCng = 1, kCed = 2, kV21Preamble = 3;  // of indicators
constexpr uint8_t kV21 = 0, kLastModem = 8;              // of data

enum class IfpFault : uint8_t {
  None,
  Truncated,    // a length or a count points past the end
  TooLong,      // more than any IFP may have
  UnknownType,  // an extension that no version of T.38 known here has: skipped, as clause 7 has it
  BadField,     // an indicator with data
};

struct IfpResult {
  IfpFault fault = IfpFault::None;
  Ifp ifp;
  ByteView octets;  // the IFP without what trails it: an IFP that FEC restored may be padded with zeroes

  bool ok() const { return fault == IfpFault::None; }
};

// `version` is the T38FaxVersion in use: version 0 packs data fields otherwise than later ones (their ASN.1 was
// corrected).
IfpResult parse_ifp(ByteView octets, int version);

// Speed in bit/s that a training indicator trains at (indicators 4 to 15 of T.38 table 2); nothing for others.
std::optional<int> trained_rate(const Ifp& ifp);

// T.38 table 4, those that are of use without octets.
enum class FieldType : uint8_t { HdlcData = 0, HdlcSigEnd = 1, HdlcFcsBad = 3, NonEcmSigEnd = 7 };

// A Data IFP of this type (T.38 table 3, 0 to 8) with one field that has no octets.
std::array<uint8_t, 3> bare_field(uint8_t type, FieldType field, int version);

// Stands between SpanDSP and the network in one direction: refuses IFPs that do not add up, and edits the T.30 frames
// that would hurt. Follows HDLC frames over several IFPs. Owned by who feeds SpanDSP; allocates nothing.
class IfpGuard {
 public:
  static constexpr size_t kMaxIfp = 1400;  // octets

  explicit IfpGuard(int version) : version_(version) {}

  // The IFP to go on with, in result.octets: `ifp` itself, or an edited copy that is good until the next call.
  // - A frame that ends "FCS OK" but is too short to be a T.30 frame, or too long, or an FCD frame without its number,
  // ends
  //   "FCS bad" instead: SpanDSP's terminal copies len - 4 octets of it.
  // - NSF, NSC and NSS lose country and manufacturer: two machines of one make must not agree on what no gateway
  // follows.
  IfpResult check(ByteView ifp);

  // What a DTC may ask for. SpanDSP's gateway edits DIS only, though after a poll it is DTC that the sender follows.
  struct Limits {
    bool v8 = true, ecm = true, v17 = true, v29 = true;
  };
  void set_limits(const Limits& limits) { limits_ = limits; }

  // IFPs before the next one are lost. A frame that they may have been part of ends "FCS bad", whatever its end says:
  // SpanDSP would make a good frame of what is left.
  void note_gap();

  uint64_t refused() const { return refused_; }

 private:
  void follow(ByteView ifp, const Ifp& header);
  void limit_dtc(uint8_t& octet) const;

  int version_;
  Limits limits_;
  int frame_type_ = -1;  // data type of the HDLC frame in progress
  size_t frame_octets_ = 0;
  uint8_t frame_control_ = 0;     // its facsimile control field
  bool may_be_start_ = false;     // it has the address of a frame, and no gap before that
  bool frame_is_broken_ = false;  // octets of it are lost, or may be
  uint64_t refused_ = 0;
  std::array<uint8_t, kMaxIfp> edited_;
};

}  // namespace sg::t38
