#include "t38/ifp.h"

#include <algorithm>

#include "t38/ifp_fields.h"

namespace sg::t38 {
namespace {

// T.38 table 2 and 3, with the extensions of 2002 (V.8, V.34, V.33).
constexpr uint8_t kFirstExtendedIndicator = 16, kLastIndicator = 22;
constexpr uint8_t kFirstExtendedData = 9, kLastBaseData = 8, kLastData = 14;
constexpr uint8_t kV8Data = 9, kV34RateData = 10;

// Facsimile control fields as T.30 clause 5.3.6.1 writes them, without the X bit.
constexpr uint8_t kNsf = 0x04, kNsc = 0x84, kNss = 0x44, kDtc = 0x81, kFcd = 0x60;

// The first two octets of every frame (T.30 clauses 5.3.4 and 5.3.5), as IFPs have them.
constexpr uint8_t kAddress = 0xFF, kControl = 0xC0, kFinalControl = 0xC8;

constexpr size_t kMaxFrame = 260;  // octets: T38_MAX_HDLC_LEN. SpanDSP drops what is beyond, but not the frame

uint8_t extended_type(ByteView ifp, uint8_t first) {
  return static_cast<uint8_t>(first + (((ifp[0] << 2) & 0x3C) | (ifp[1] >> 6)));
}

}  // namespace

IfpResult parse_ifp(ByteView octets, int version) {
  auto fault = [](IfpFault what) { return IfpResult{what, {}, {}}; };
  if (octets.empty()) return fault(IfpFault::Truncated);
  const bool has_data = (octets[0] & 0x80) != 0;
  const bool is_data = (octets[0] & 0x40) != 0;
  const bool is_extended = (octets[0] & 0x20) != 0;
  size_t at = is_extended ? 2 : 1;
  if (octets.size() < at) return fault(IfpFault::Truncated);

  IfpResult result;
  Ifp& ifp = result.ifp;
  ifp.kind = is_data ? Ifp::Kind::Data : Ifp::Kind::Indicator;
  ifp.type = (octets[0] >> 1) & 0x0F;
  if (!is_data) {
    if (is_extended) ifp.type = extended_type(octets, kFirstExtendedIndicator);
    if (ifp.type > kLastIndicator) return fault(IfpFault::UnknownType);
    if (has_data) return fault(IfpFault::BadField);
    result.octets = octets.first(at);
    return result;
  }

  if (is_extended) ifp.type = extended_type(octets, kFirstExtendedData);
  if (ifp.type > (is_extended ? kLastData : kLastBaseData)) return fault(IfpFault::UnknownType);
  if (!has_data) {
    result.octets = octets.first(at);
    return result;
  }
  if (octets.size() < at + 1) return fault(IfpFault::Truncated);
  ifp.fields = octets[at++];
  FieldWalk walk(octets, at, version);
  for (int i = 0; i < ifp.fields; ++i) {
    Field field;
    if (IfpFault what = walk.next(field); what != IfpFault::None) return fault(what);
    ifp.ends_frame |= field.type >= kHdlcFcsOk && field.type <= kHdlcFcsBadSigEnd;
    ifp.breaks_off = field.type == kHdlcData;
    ifp.is_hdlc = field.type < kNonEcmData;
    ifp.ends_signal = field.type == kHdlcSigEnd || field.type == kHdlcFcsOkSigEnd || field.type == kHdlcFcsBadSigEnd ||
                      field.type == kNonEcmSigEnd;
  }
  result.octets = octets.first(walk.end());
  return result;
}

std::optional<int> trained_rate(const Ifp& ifp) {
  static constexpr std::array<int, 12> kRates = {2400, 4800, 7200,  9600,  7200,  7200,
                                                 9600, 9600, 12000, 12000, 14400, 14400};
  constexpr uint8_t kFirst = 4;
  if (ifp.kind != Ifp::Kind::Indicator || ifp.type < kFirst || ifp.type - kFirst >= static_cast<int>(kRates.size())) {
    return std::nullopt;
  }
  return kRates[static_cast<size_t>(ifp.type - kFirst)];
}

std::array<uint8_t, 3> bare_field(uint8_t type, FieldType field, int version) {
  const unsigned type_shift = version == 0 ? 4 : 3;
  return {static_cast<uint8_t>(0xC0 | type << 1), 1, static_cast<uint8_t>(static_cast<unsigned>(field) << type_shift)};
}

IfpResult IfpGuard::check(ByteView ifp) {
  IfpResult result = ifp.size() > kMaxIfp ? IfpResult{IfpFault::TooLong, {}, {}} : parse_ifp(ifp, version_);
  if (!result.ok()) {
    if (result.fault != IfpFault::UnknownType) ++refused_;
    return result;
  }
  if (result.ifp.kind == Ifp::Kind::Indicator) {
    frame_type_ = -1;
    frame_octets_ = 0;
    frame_is_broken_ = false;
    return result;
  }
  if (result.ifp.type == kV8Data || result.ifp.type == kV34RateData || result.ifp.fields == 0) return result;
  std::copy(result.octets.begin(), result.octets.end(), edited_.begin());
  result.octets = ByteView(edited_).first(result.octets.size());
  follow(result.octets, result.ifp);
  return result;
}

void IfpGuard::note_gap() {
  may_be_start_ = false;
  frame_is_broken_ = true;
}

// The latest octet of one, by T.30 table 2; IFPs have the first bit on the line highest.
void IfpGuard::limit_dtc(uint8_t& octet) const {
  constexpr uint8_t kBit6 = 0x04, kBit11 = 0x20, kBit14 = 0x04, kBit27 = 0x20, kBit31 = 0x02;
  auto forbid = [&](uint8_t bits) { octet &= static_cast<uint8_t>(~bits); };
  switch (frame_octets_) {
    case 4:
      if (!limits_.v8) forbid(kBit6);
      break;
    case 5:  // 0100: V.27ter, 1100: V.29 as well, 1101: V.17 as well
      if (!limits_.v17) forbid(kBit14);
      if (!limits_.v29) forbid(kBit11);
      break;
    case 7:  // T.6 needs error correction
      if (!limits_.ecm) forbid(kBit27 | kBit31);
      break;
    default:
      break;
  }
}

void IfpGuard::follow(ByteView ifp, const Ifp& header) {
  FieldWalk walk(ifp, fields_at(ifp), version_);
  for (int i = 0; i < header.fields; ++i) {
    Field field;
    walk.next(field);
    if (field.type >= kNonEcmData || frame_type_ != header.type) {
      frame_octets_ = 0;
      frame_type_ = field.type >= kNonEcmData ? -1 : header.type;
      if (frame_type_ < 0) continue;
    }
    if (field.type == kHdlcSigEnd) {
      frame_octets_ = 0;
      continue;
    }
    // Some senders put data beside the FCS report as well.
    for (size_t k = 0; k < field.octets; ++k) {
      uint8_t& octet = edited_[field.data_at + k];
      ++frame_octets_;
      if (frame_octets_ == 1) may_be_start_ = octet == kAddress;
      // Nothing of it is missing when it began after the gap.
      if (frame_octets_ == 2 && may_be_start_ && (octet == kControl || octet == kFinalControl))
        frame_is_broken_ = false;
      if (frame_octets_ == 3) frame_control_ = octet;
      bool is_maker_s = frame_control_ == kNsf || frame_control_ == kNsc || (frame_control_ & 0x7F) == kNss;
      // Country code and provider code, T.30 clause 5.3.6.2.7.
      if (header.type == 0 && is_maker_s && frame_octets_ >= 4 && frame_octets_ <= 6) octet = 0;
      if (header.type == 0 && frame_control_ == kDtc) limit_dtc(octet);
    }
    if (field.type == kHdlcData) continue;

    const bool is_short = frame_octets_ < 3 || (frame_octets_ == 3 && (frame_control_ & 0x7F) == kFcd);
    const bool is_bad = frame_octets_ > 0 && (is_short || frame_is_broken_ || frame_octets_ > kMaxFrame);
    frame_is_broken_ = false;
    if (is_bad && (field.type == kHdlcFcsOk || field.type == kHdlcFcsOkSigEnd)) {
      edited_[field.header_at] = static_cast<uint8_t>(edited_[field.header_at] + (1U << field.type_shift));
    }
    frame_octets_ = 0;
  }
}

}  // namespace sg::t38
