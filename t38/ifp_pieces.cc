#include "t38/ifp_pieces.h"

#include <algorithm>

namespace sg::t38 {

IfpPieces::IfpPieces(ByteView ifp, int version, size_t most)
    : ifp_(ifp), version_(version), most_(std::clamp(most, kLeast, IfpGuard::kMaxIfp)) {
  if (ifp.empty()) is_done_ = true;
  if (ifp.size() <= most_ || !may_be_cut(ifp, version)) return;
  fields_left_ = ifp[fields_at(ifp) - 1];
  walk_.emplace(ifp, fields_at(ifp), version);
  next_field();
}

bool IfpPieces::may_be_cut(ByteView ifp, int version) {
  const IfpResult packet = parse_ifp(ifp, version);
  if (!packet.ok() || packet.ifp.kind != Ifp::Kind::Data || packet.ifp.fields == 0) return false;
  FieldWalk walk(ifp, fields_at(ifp), version);
  for (int i = 0; i < packet.ifp.fields; ++i) {
    Field field;
    walk.next(field);
    if (field.type >= kFirstExtendedField) return false;
  }
  return true;
}

void IfpPieces::next_field() {
  walk_->next(field_);
  taken_ = 0;
}

ByteView IfpPieces::next() {
  if (is_done_) return {};
  if (fields_left_ == 0) {
    is_done_ = true;
    return ifp_;
  }
  const size_t header = fields_at(ifp_) - 1;
  const size_t room = most_ - header - 4;  // beside count, field type and length
  const size_t octets = std::min(field_.octets - taken_, room);
  const bool ends_field = taken_ + octets == field_.octets;
  // What comes before a report (of the FCS, of the signal's end) that has octets beside it is plain data.
  const uint8_t plain = field_.type < kNonEcmData ? kHdlcData : kNonEcmData;
  const unsigned type = ends_field ? field_.type : plain;

  ByteWriter out(piece_);
  out.bytes(ifp_.first(header));
  out.u8(1);
  out.u8(static_cast<uint8_t>((octets > 0 ? 0x80 : 0) | type << (version_ == 0 ? 4 : 3)));
  if (octets > 0) {
    out.u16(static_cast<uint16_t>(octets - 1));
    out.bytes(ifp_.subspan(field_.data_at + taken_, octets));
  }
  taken_ += octets;
  if (ends_field && --fields_left_ > 0) next_field();
  is_done_ = fields_left_ == 0;
  return out.written();
}

}  // namespace sg::t38
