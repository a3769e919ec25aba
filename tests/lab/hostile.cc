#include "tests/lab/hostile.h"

#include <algorithm>
#include <array>

#include "t38/t30_frame.h"

namespace sg::lab {
namespace {

namespace fcf = t38::fcf;

constexpr size_t kRtpHeader = 12;
// Facsimile control fields; the end of facsimile data (T.30 annex A) beside them.
constexpr uint8_t kRcp = 0x61;
constexpr std::array<uint8_t, 42> kControls = {
    fcf::kDis, fcf::kCsi, fcf::kNsf,    fcf::kDtc,    fcf::kCig,    fcf::kPwd, fcf::kNsc, fcf::kSep, fcf::kDcs,
    fcf::kTsi, fcf::kSub, fcf::kNss,    fcf::kSid,    fcf::kCtc,    fcf::kCfr, fcf::kFtt, fcf::kCtr, fcf::kEom,
    fcf::kMps, fcf::kEor, fcf::kEop,    fcf::kRr,     fcf::kEos,    fcf::kPps, fcf::kMcf, fcf::kRtn, fcf::kRtp,
    fcf::kPin, fcf::kPip, fcf::kRnr,    fcf::kErr,    fcf::kPpr,    fcf::kDcn, fcf::kCrp, fcf::kFnv, fcf::kTnr,
    fcf::kTr,  fcf::kFcd, fcf::kPriEom, fcf::kPriMps, fcf::kPriEop, kRcp};

// T.38 table 4, as version 0 has it in the upper half of an octet; the highest bit says that octets follow.
constexpr uint8_t kHdlcData = 0x80, kHdlcSigEnd = 0x10, kFcsOk = 0x20, kFcsBad = 0x30, kFcsOkSigEnd = 0x40;
constexpr uint8_t kDataOfV21 = 0xC0;

void append(Bytes& to, ByteView more) {
  to.insert(to.end(), more.begin(), more.end());
}

// T.38 9.1: a length of 128 and more in two octets.
void append_with_length(Bytes& to, ByteView ifp) {
  if (ifp.size() > 0x7F) to.push_back(static_cast<uint8_t>(0x80 | ifp.size() >> 8));
  to.push_back(static_cast<uint8_t>(ifp.size()));
  append(to, ifp);
}

}  // namespace

std::optional<Hand> hand_named(std::string_view name) {
  if (name == "octets") return Hand::Octets;
  if (name == "udptl") return Hand::Udptl;
  if (name == "ifps") return Hand::Ifps;
  if (name == "t30") return Hand::T30;
  if (name == "rtp") return Hand::Rtp;
  return std::nullopt;
}

Bytes Hostile::octets(size_t count) {
  Bytes result(count);
  std::ranges::generate(result, [&] { return octet(); });
  return result;
}

void Hostile::change(Bytes& datagram) {
  if (hand_ == Hand::Rtp) return change_rtp(datagram);
  if (hand_ == Hand::Udptl && datagram.size() > 3) return change_udptl(datagram);
  if (hand_ == Hand::Octets || datagram.size() < 3) return change_octets(datagram);
  // In the place of the IFP that was there, without the others.
  Bytes ifp = hand_ == Hand::Ifps ? made_up_ifp() : ifp_with_frame();
  datagram.resize(2);
  append_with_length(datagram, ifp);
  append(datagram, Bytes{0, 0});
}

void Hostile::change_octets(Bytes& datagram) {
  switch (any(3)) {
    case 0:
      for (size_t i = 0; i < 1 + any(4) && !datagram.empty(); ++i) datagram[any(datagram.size())] = octet();
      break;
    case 1:
      datagram.resize(any(datagram.size() + 1));
      break;
    default:
      datagram = octets(1 + any(200));
      break;
  }
}

void Hostile::change_udptl(Bytes& datagram) {
  size_t ifp = datagram[2];
  bool is_plain = ifp < 0x80 && ifp + 3 < datagram.size();
  size_t tail = is_plain ? 3 + ifp : 3;  // redundancy or FEC
  switch (any(6)) {
    case 0:  // a number that is near, or anywhere
      datagram[0] = one_in(2) ? octet() : datagram[0];
      datagram[1] = octet();
      break;
    case 1:
      datagram[2] = octet();
      break;
    case 2:  // more or fewer IFPs than are there
      datagram[tail] = 0;
      append(datagram, octets(any(30)));
      if (tail + 1 < datagram.size()) datagram[tail + 1] = octet();
      break;
    case 3: {  // FEC of any span and count
      datagram.resize(tail);
      append(datagram, Bytes{0x80, 1, octet(), octet()});
      append(datagram, octets(any(100)));
      break;
    }
    case 4: {  // FEC that adds up, over nothing
      datagram.resize(tail);
      size_t entries = 1 + any(8);
      append(datagram, Bytes{0x80, 1, static_cast<uint8_t>(1 + any(12)), static_cast<uint8_t>(entries)});
      for (size_t i = 0; i < entries; ++i) append_with_length(datagram, octets(any(60)));
      break;
    }
    default: {  // redundancy that says something else
      datagram.resize(tail);
      size_t entries = 1 + any(8);
      append(datagram, Bytes{0, static_cast<uint8_t>(entries)});
      for (size_t i = 0; i < entries; ++i) append_with_length(datagram, made_up_ifp());
      break;
    }
  }
}

// The shape of one, with anything in it.
Bytes Hostile::made_up_ifp() {
  if (one_in(4)) return octets(any(40));
  if (one_in(4)) return {static_cast<uint8_t>(any(16) << 1)};
  size_t fields = any(4);
  Bytes ifp = {static_cast<uint8_t>(kDataOfV21 | any(9) << 1), static_cast<uint8_t>(fields)};
  for (size_t i = 0; i < fields; ++i) {
    size_t count = one_in(3) ? 1 + any(200) : 1 + any(6);
    append(ifp, Bytes{static_cast<uint8_t>(0x80 | any(8) << 4), 0, static_cast<uint8_t>(count - 1)});
    append(ifp, octets(count));
  }
  return ifp;
}

// Capabilities or commands of a good machine (T.30 table 2) with some bits the other way round, or any.
Bytes Hostile::capabilities() {
  if (one_in(3)) return octets(any(25));
  Bytes content = {0x00, 0x77, 0x1F, 0x23, 0x01, 0x01, 0x01, 0x01, 0x18};
  for (size_t i = 0; i < 1 + any(5); ++i) content[any(content.size())] ^= static_cast<uint8_t>(1 << any(8));
  if (one_in(4)) content.resize(any(content.size()));
  return content;
}

// Octets as T.30 writes them, which is how IFPs have them.
Bytes Hostile::made_up_frame() {
  uint8_t control = one_in(8) ? octet() : kControls[any(kControls.size())];
  if (one_in(2) && (control & 0x70) != 0) control |= 0x80;  // the X bit
  Bytes frame = {0xFF, static_cast<uint8_t>(one_in(2) ? 0xC8 : 0xC0), control};
  switch (control & 0x7F) {
    case fcf::kDis:
    case fcf::kDcs:
      append(frame, capabilities());
      break;
    case fcf::kCsi:
    case fcf::kTsi:
      append(frame, octets(one_in(2) ? 20 : any(60)));
      break;
    case fcf::kPps:
      append(frame, Bytes{kControls[any(kControls.size())], octet(), octet(), octet()});
      if (one_in(4)) frame.resize(3 + any(6));
      break;
    case fcf::kPpr:
      append(frame, octets(one_in(2) ? 32 : any(40)));
      break;
    case fcf::kFcd:
      append(frame, octets(one_in(2) ? 257 : any(300)));
      break;
    default:
      if (one_in(4)) append(frame, octets(any(260)));
      break;
  }
  if (one_in(16)) frame.resize(any(4));
  if (one_in(16) && !frame.empty()) frame[any(std::min<size_t>(frame.size(), 3))] = octet();
  return frame;
}

// One frame, whole, in one or more fields; its end good, bad or missing.
Bytes Hostile::ifp_with_frame() {
  if (one_in(16)) return {0x06};  // t30-indicator: V.21 preamble
  Bytes frame = made_up_frame();
  uint8_t data = one_in(4) ? static_cast<uint8_t>(kDataOfV21 | any(9) << 1) : kDataOfV21;
  Bytes ifp = {data, 0};
  for (size_t at = 0; at < frame.size();) {
    size_t count = one_in(2) ? frame.size() - at : 1 + any(frame.size() - at);
    append(ifp, Bytes{kHdlcData, static_cast<uint8_t>((count - 1) >> 8), static_cast<uint8_t>(count - 1)});
    append(ifp, ByteView(frame).subspan(at, count));
    at += count;
    ++ifp[1];
  }
  constexpr std::array kEnds = {kFcsOk, kFcsOkSigEnd, kFcsOkSigEnd, kFcsBad, kHdlcSigEnd};
  if (one_in(8)) return ifp;
  ifp.push_back(kEnds[any(kEnds.size())]);
  ++ifp[1];
  return ifp;
}

void Hostile::change_rtp(Bytes& datagram) {
  if (datagram.size() < kRtpHeader || one_in(8)) return change_octets(datagram);
  constexpr std::array<uint8_t, 8> kPayloadTypes = {0, 8, 13, 19, 72, 76, 101, 121};
  switch (any(7)) {
    case 0:  // version, padding, extension, sources
      datagram[0] = octet();
      break;
    case 1:
      datagram[1] = one_in(2) ? octet() : kPayloadTypes[any(kPayloadTypes.size())];
      break;
    case 2:  // sequence number
      datagram[2] = one_in(2) ? octet() : datagram[2];
      datagram[3] = octet();
      break;
    case 3:  // timestamp
      datagram[4 + any(4)] = octet();
      break;
    case 4:  // source: another stream
      std::ranges::copy(octets(4), datagram.begin() + 8);
      break;
    case 5:  // redundancy (RFC 2198) or events (RFC 4733) of any length
      datagram[1] = one_in(2) ? 121 : 101;
      datagram.resize(kRtpHeader);
      append(datagram, octets(any(40)));
      break;
    default:  // RTCP on the port of RTP (RFC 5761)
      datagram = octets(4 + any(80));
      datagram[0] = static_cast<uint8_t>(0x80 | any(32));
      datagram[1] = static_cast<uint8_t>(200 + any(8));
      datagram[2] = 0;
      datagram[3] = static_cast<uint8_t>(one_in(2) ? datagram.size() / 4 - 1 : any(40));
      break;
  }
  if (one_in(8)) datagram.resize(one_in(2) ? any(datagram.size() + 1) : datagram.size() + any(1300));
}

}  // namespace sg::lab
