#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

// T.30 control frames, as far as one who listens in needs them (ITU-T T.30 clause 5.3). Octets are as SpanDSP has them:
// the first bit on the line is the lowest.
namespace sg::t38 {

// Facsimile control fields as T.30 clause 5.3.6.1 writes them, first bit on the left, the X bit cleared.
namespace fcf {
inline constexpr uint8_t kDis = 0x01, kCsi = 0x02, kNsf = 0x04, kDtc = 0x81, kCig = 0x82, kPwd = 0x83, kNsc = 0x84,
                         kSep = 0x85, kDcs = 0x41, kTsi = 0x42, kSub = 0x43, kNss = 0x44, kSid = 0x45, kCtc = 0x48,
                         kCfr = 0x21, kFtt = 0x22, kCtr = 0x23, kEom = 0x71, kMps = 0x72, kEor = 0x73, kEop = 0x74,
                         kRr = 0x76, kEos = 0x78, kPriEom = 0x79, kPriMps = 0x7A, kPriEop = 0x7C, kPps = 0x7D,
                         kMcf = 0x31, kRtn = 0x32, kRtp = 0x33, kPin = 0x34, kPip = 0x35, kRnr = 0x37, kErr = 0x38,
                         kPpr = 0x3D, kDcn = 0x5F, kCrp = 0x58, kFnv = 0x53, kTnr = 0x57, kTr = 0x56, kFcd = 0x60;
}  // namespace fcf

// Which frame it is.
struct FrameCode {
  uint8_t kind = 0;    // facsimile control field without its X bit: one of fcf::
  uint8_t second = 0;  // of a PPS: its post-message command, zero for a partial page

  bool operator==(const FrameCode&) const = default;
  // Post-message commands, alone or within a PPS, and those that ask for an operator (PRI-) too.
  bool is_mps() const { return command() == fcf::kMps || command() == fcf::kPriMps; }
  bool is_eom() const { return command() == fcf::kEom || command() == fcf::kPriEom; }
  bool is_eop() const { return command() == fcf::kEop || command() == fcf::kPriEop; }
  // "DIS", "PPS-EOP", "?": static text.
  std::string_view name() const;

 private:
  uint8_t command() const { return kind == fcf::kPps ? second : kind; }
};

struct T30Frame : FrameCode {
  uint8_t control = 0;  // facsimile control field with its X bit
  ByteView content;     // what follows

  // Nothing for a frame that is none of T.30's: shorter than address, control and facsimile control field.
  static std::optional<T30Frame> parse(ByteView frame);
};

// What DCS sets (T.30 table 2).
struct Dcs {
  int bit_rate = 0;  // bit/s
  bool ecm = false;
  std::string_view resolution = "standard";  // "fine", "superfine", "300 dpi", "400 dpi": static text
  std::string_view compression = "MH";       // "MR", "MMR", "JBIG"
};
Dcs parse_dcs(ByteView content);

}  // namespace sg::t38
