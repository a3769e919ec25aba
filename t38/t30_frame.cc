#include "t38/t30_frame.h"

#include <array>

namespace sg::t38 {
namespace {

struct Name {
  uint8_t kind;
  std::string_view text;
};

constexpr Name kNames[] = {
    {fcf::kDis, "DIS"},        {fcf::kCsi, "CSI"},        {fcf::kNsf, "NSF"}, {fcf::kDtc, "DTC"},
    {fcf::kCig, "CIG"},        {fcf::kPwd, "PWD"},        {fcf::kNsc, "NSC"}, {fcf::kSep, "SEP"},
    {fcf::kDcs, "DCS"},        {fcf::kTsi, "TSI"},        {fcf::kSub, "SUB"}, {fcf::kNss, "NSS"},
    {fcf::kSid, "SID"},        {fcf::kCtc, "CTC"},        {fcf::kCfr, "CFR"}, {fcf::kFtt, "FTT"},
    {fcf::kCtr, "CTR"},        {fcf::kEom, "EOM"},        {fcf::kMps, "MPS"}, {fcf::kEor, "EOR"},
    {fcf::kEop, "EOP"},        {fcf::kRr, "RR"},          {fcf::kEos, "EOS"}, {fcf::kPriEom, "PRI-EOM"},
    {fcf::kPriMps, "PRI-MPS"}, {fcf::kPriEop, "PRI-EOP"}, {fcf::kPps, "PPS"}, {fcf::kMcf, "MCF"},
    {fcf::kRtn, "RTN"},        {fcf::kRtp, "RTP"},        {fcf::kPin, "PIN"}, {fcf::kPip, "PIP"},
    {fcf::kRnr, "RNR"},        {fcf::kErr, "ERR"},        {fcf::kPpr, "PPR"}, {fcf::kDcn, "DCN"},
    {fcf::kCrp, "CRP"},        {fcf::kFnv, "FNV"},        {fcf::kTnr, "TNR"}, {fcf::kTr, "TR"},
};

constexpr Name kPpsNames[] = {
    {0, "PPS-NULL"},        {fcf::kEom, "PPS-EOM"},        {fcf::kMps, "PPS-MPS"},        {fcf::kEop, "PPS-EOP"},
    {fcf::kEos, "PPS-EOS"}, {fcf::kPriEom, "PPS-PRI-EOM"}, {fcf::kPriMps, "PPS-PRI-MPS"}, {fcf::kPriEop, "PPS-PRI-EOP"},
};

template <size_t N>
std::string_view look_up(const Name (&names)[N], uint8_t kind, std::string_view otherwise) {
  for (const Name& each : names) {
    if (each.kind == kind) return each.text;
  }
  return otherwise;
}

uint8_t reverse_bits(uint8_t octet) {
  octet = static_cast<uint8_t>((octet & 0xF0) >> 4 | (octet & 0x0F) << 4);
  octet = static_cast<uint8_t>((octet & 0xCC) >> 2 | (octet & 0x33) << 2);
  return static_cast<uint8_t>((octet & 0xAA) >> 1 | (octet & 0x55) << 1);
}

// Only the fields from DCS on have an X bit: in DIS and DTC and what goes with them the first bit tells the two apart.
uint8_t without_x(uint8_t control) {
  return (control & 0x70) == 0 ? control : control & 0x7F;
}

}  // namespace

std::optional<T30Frame> T30Frame::parse(ByteView frame) {
  if (frame.size() < 3 || frame[0] != 0xFF) return std::nullopt;
  T30Frame result;
  result.control = reverse_bits(frame[2]);
  result.kind = without_x(result.control);
  result.content = frame.subspan(3);
  if (result.kind == fcf::kPps && !result.content.empty()) result.second = without_x(reverse_bits(result.content[0]));
  return result;
}

std::string_view FrameCode::name() const {
  return kind == fcf::kPps ? look_up(kPpsNames, second, "PPS") : look_up(kNames, kind, "?");
}

Dcs parse_dcs(ByteView content) {
  auto bit = [&](size_t number) {
    return content.size() * 8 >= number && (content[(number - 1) / 8] >> (number - 1) % 8 & 1) != 0;
  };
  // Bits 11 to 14, the first on the left.
  const unsigned rate = bit(11) << 3 | bit(12) << 2 | bit(13) << 1 | static_cast<unsigned>(bit(14));
  static constexpr std::array<int, 16> kRates = {2400, 14400, 0, 0, 4800, 12000, 0, 0,
                                                 9600, 9600,  0, 0, 7200, 7200,  0, 0};
  Dcs dcs{.bit_rate = kRates[rate], .ecm = bit(27)};
  if (bit(15)) dcs.resolution = "fine";
  if (bit(41)) dcs.resolution = "superfine";
  if (bit(42)) dcs.resolution = "300 dpi";
  if (bit(43)) dcs.resolution = "400 dpi";
  if (bit(16)) dcs.compression = "MR";
  if (bit(31)) dcs.compression = "MMR";
  if (bit(78) || bit(79)) dcs.compression = "JBIG";
  return dcs;
}

}  // namespace sg::t38
