#include "t38/terminal_guard.h"

#include "t38/t30_frame.h"

namespace sg::t38 {
namespace {

constexpr size_t kMostCapabilities = 19;           // octets after the facsimile control field
constexpr size_t kWidthAt = 5;                     // octet of bits 17 to 24
constexpr uint8_t kBit17 = 0x01, kBit18 = 0x02;    // 255 mm, 303 mm; neither: 215 mm
constexpr uint8_t kNonFinal = 0x03, kNone = 0xFF;  // T.30 5.3.5; a facsimile control field that there is not

bool is_impossible(const T30Frame& frame) {
  if (frame.kind == fcf::kFcd) return frame.content.empty();
  if (frame.kind != fcf::kDcs) return false;
  return frame.content.size() > kMostCapabilities || parse_dcs(frame.content).bit_rate == 0;
}

}  // namespace

void make_harmless(std::span<uint8_t> frame) {
  const auto said = T30Frame::parse(frame);
  if (!said) return;
  if (is_impossible(*said)) {
    frame[1] = kNonFinal;
    frame[2] = kNone;
    return;
  }
  const bool has_width = said->kind == fcf::kDcs && frame.size() > kWidthAt;
  const uint8_t both = kBit17 | kBit18;
  if (has_width && (frame[kWidthAt] & both) == both) frame[kWidthAt] &= static_cast<uint8_t>(~kBit17);
}

}  // namespace sg::t38
