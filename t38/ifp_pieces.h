#pragma once

#include <array>
#include <optional>

#include "t38/ifp_fields.h"

namespace sg::t38 {

// Cuts a Data IFP that is longer than its receiver takes (T38FaxMaxIFP, T38FaxMaxDatagram) into several that say the
// same: one for each field, or for each part of its octets. What cannot be cut (indicators, V.34's and V.8's data, what
// is no IFP at all) stays whole, whatever its length.
class IfpPieces {
 public:
  // `most`: octets of a piece; not less than kLeast is heeded. `ifp` is kept by reference.
  static constexpr size_t kLeast = 16;

  IfpPieces(ByteView ifp, int version, size_t most);

  // The next piece, good until the one after it; empty when there is none any more.
  ByteView next();
  // After next(): that was the last.
  bool was_last() const { return is_done_; }

 private:
  static bool may_be_cut(ByteView ifp, int version);
  void next_field();

  ByteView ifp_;
  const int version_;
  const size_t most_;
  bool is_done_ = false;
  int fields_left_ = 0;  // 0: whole
  std::optional<FieldWalk> walk_;
  Field field_;
  size_t taken_ = 0;  // of the field's octets
  std::array<uint8_t, IfpGuard::kMaxIfp> piece_;
};

}  // namespace sg::t38
