#pragma once

#include "t38/ifp.h"

// The data fields of an IFP, for those in this room who look into them.
namespace sg::t38 {

// T.38 table 4.
inline constexpr uint8_t kHdlcData = 0, kHdlcSigEnd = 1, kHdlcFcsOk = 2, kHdlcFcsOkSigEnd = 4, kHdlcFcsBadSigEnd = 5,
                         kNonEcmSigEnd = 7, kNonEcmData = 6, kFirstExtendedField = 8, kLastField = 11;

struct Field {
  uint8_t type = 0;
  size_t header_at = 0;     // octet that holds the type
  unsigned type_shift = 0;  // where in it
  size_t data_at = 0;
  size_t octets = 0;
};

// Walks the data fields of an IFP. Version 0 packs presence and type into four bits, two of them to an octet when no
// data comes between; later versions into five, with an extension bit, and each field begins on an octet.
class FieldWalk {
 public:
  FieldWalk(ByteView ifp, size_t at, int version) : ifp_(ifp), at_(at), version_(version) {}

  IfpFault next(Field& field) {
    if (at_ >= ifp_.size()) return IfpFault::Truncated;
    field.header_at = at_;
    bool has_data;
    if (version_ == 0) {
      field.type_shift = in_second_half_ ? 0 : 4;
      uint8_t half = (ifp_[at_] >> field.type_shift) & 0x0F;
      has_data = (half & 0x08) != 0;
      field.type = half & 0x07;
      bool octet_is_done = in_second_half_ || has_data;
      in_second_half_ = !octet_is_done;
      if (octet_is_done) ++at_;
    } else if ((ifp_[at_] & 0x40) == 0) {
      field.type_shift = 3;
      has_data = (ifp_[at_] & 0x80) != 0;
      field.type = (ifp_[at_] >> 3) & 0x07;
      ++at_;
    } else {
      if (at_ + 2 > ifp_.size()) return IfpFault::Truncated;
      has_data = (ifp_[at_] & 0x80) != 0;
      field.type = static_cast<uint8_t>(kFirstExtendedField + (((ifp_[at_] << 2) & 0x3C) | (ifp_[at_ + 1] >> 6)));
      if (field.type > kLastField) return IfpFault::UnknownType;
      at_ += 2;
    }
    field.data_at = at_;
    field.octets = 0;
    if (!has_data) return IfpFault::None;

    if (at_ + 2 > ifp_.size()) return IfpFault::Truncated;
    field.octets = static_cast<size_t>(ifp_[at_] << 8 | ifp_[at_ + 1]) + 1;
    field.data_at = at_ + 2;
    if (field.octets > ifp_.size() - field.data_at) return IfpFault::Truncated;
    at_ = field.data_at + field.octets;
    return IfpFault::None;
  }

  size_t end() const { return at_ + (in_second_half_ ? 1 : 0); }

 private:
  ByteView ifp_;
  size_t at_;
  int version_;
  bool in_second_half_ = false;
};

// Where the data fields begin, after type and count.
inline size_t fields_at(ByteView ifp) {
  return ((ifp[0] & 0x20) != 0 ? 2 : 1) + 1;
}

}  // namespace sg::t38
