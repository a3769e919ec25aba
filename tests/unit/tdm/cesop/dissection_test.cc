// What a packet analyser that knows nothing of us makes of a span's packets.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tdm/cesop/span.h"

namespace sg::tdm::cesop {
namespace {

constexpr uint16_t kPort = 49152;
constexpr Duration kPacketTime = 5ms;
constexpr TimePoint kStart = TimePoint{} + 1h;

// A capture of UDP datagrams in libpcap's format, raw IPv4.
class Capture {
 public:
  Capture() {
    char name[] = "/tmp/cesop_test_XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
    file_.open(path_, std::ios::binary);
    for (uint32_t word : {0xA1B2C3D4u, 0x00040002u, 0u, 0u, 65535u, 101u}) put(word);
  }
  ~Capture() { ::unlink(path_.c_str()); }

  void add(ByteView payload) {
    std::array<uint8_t, 28> headers;
    ByteWriter out(headers);
    auto length = static_cast<uint16_t>(headers.size() + payload.size());
    out.u16(0x4500), out.u16(length), out.u32(0), out.u16(0x4011), out.u16(0);  // 64 hops, UDP, no checksum
    out.u32(0x7F000001), out.u32(0x7F000001);
    out.u16(kPort), out.u16(kPort), out.u16(static_cast<uint16_t>(length - 20)), out.u16(0);

    for (uint32_t word : {0u, 5000 * packets_++, uint32_t{length}, uint32_t{length}}) put(word);
    write(headers);
    write(payload);
  }

  // What the fields of each packet are, line by line.
  std::vector<std::string> dissect(const std::string& options) {
    file_.flush();
    std::string command = "tshark -n -r " + path_ + " " + options + " 2>/dev/null";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> buffer;
    while (size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), count);
    EXPECT_EQ(::pclose(pipe), 0) << command;
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

 private:
  void put(uint32_t word) { file_.write(reinterpret_cast<const char*>(&word), sizeof word); }
  void write(ByteView octets) {
    file_.write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  }

  std::string path_;
  std::ofstream file_;
  uint32_t packets_ = 0;
};

// Q.921 SABME to TEI 0, and a Q.931 SETUP for call reference 1 in an I-frame (bearer capability and channel only).
const Bytes kSabme{0x00, 0x01, 0x7F};
const Bytes kSetup{0x02, 0x01, 0x00, 0x00, 0x08, 0x02, 0x00, 0x01, 0x05, 0x04, 0x03, 0x80, 0x90,
                   0xA3, 0x18, 0x03, 0xA1, 0x83, 0x81, 0x70, 0x04, 0x81, '1',  '2',  '3'};

struct CesopDissection : testing::Test {
  void SetUp() override {
    if (::system("tshark --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "tshark is not installed";
  }
  // Packets of an E1 with both frames in its D-channel.
  static std::vector<Bytes> packets(bool with_rtp, size_t count) {
    Span span({.clock = ClockSource::Given, .rtp_header = with_rtp}, kStart);
    auto channel = span.open_dchannel({1, 16}).value();
    EXPECT_TRUE(channel->framer.queue(kSabme));
    EXPECT_TRUE(channel->framer.queue(kSetup));
    std::vector<Bytes> all;
    TimePoint now = kStart;
    while (all.size() < count) {
      now += kPacketTime;
      while (span.is_due(now)) {
        ByteView packet = span.tick(now);
        all.emplace_back(packet.begin(), packet.end());
      }
    }
    return all;
  }
};

TEST_F(CesopDissection, ShowsSequenceNumbersAndNothingMalformed) {
  Capture capture;
  auto sent = packets(false, 50);
  for (const Bytes& packet : sent) capture.add(packet);

  auto lines = capture.dissect("-d udp.port==" + std::to_string(kPort) +
                               ",pwcesopsn -T fields -E separator=/s -e pwcesopsn.cw.seqno -e pwcesopsn.cw.length "
                               "-e pwcesopsn.payload.len -e pwcesopsn.cw.rbit -e _ws.expert.message");

  ASSERT_EQ(lines.size(), sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    int sequence = sent[i][2] << 8 | sent[i][3];
    EXPECT_EQ(sequence, ((sent[0][2] << 8 | sent[0][3]) + static_cast<int>(i)) & 0xFFFF);
    // No peer: the R bit is set. Nothing else to remark.
    EXPECT_EQ(lines[i], fmt::format("{} 0 1240 1 ", sequence));
  }
}

TEST_F(CesopDissection, ShowsTheRtpHeaderInFrontOverUdp) {
  Capture capture;
  auto sent = packets(true, 20);
  for (const Bytes& packet : sent) capture.add(packet);

  auto lines = capture.dissect("-d udp.port==" + std::to_string(kPort) +
                               ",rtp -T fields -E separator=/s -e rtp.seq -e rtp.timestamp -e rtp.p_type "
                               "-e _ws.malformed");

  ASSERT_EQ(lines.size(), sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(lines[i], fmt::format("{} {} 97 ", sent[i][2] << 8 | sent[i][3], 40 * i));
  }
}

// The dissector of CESoPSN shows a payload as octets. But that of LAPD takes the bits of one timeslot, if they come in
// RTP packets: another's HDLC receiver for our transmitter. The checksums are held against Q.921's polynomial worked
// out elsewhere, since tshark 4.0 compares the octets of a bit stream's FCS in the wrong order.
TEST_F(CesopDissection, HasFramesOfQ921AndQ931InTheBitsOfTheDChannel) {
  Capture capture;
  for (const Bytes& packet : packets(true, 20)) {
    Bytes timeslot(packet.begin(), packet.begin() + kRtpHeaderOctets);
    for (size_t at = kRtpHeaderOctets + kControlWordOctets + 15; at < packet.size(); at += 31)
      timeslot.push_back(packet[at]);
    capture.add(timeslot);
  }

  auto lines = capture.dissect("-d udp.port==" + std::to_string(kPort) +
                               ",rtp -d rtp.pt==97,lapd -Y lapd -T fields -E separator=/s -e lapd.sapi -e lapd.tei "
                               "-e lapd.checksum -e q931.message_type -e _ws.malformed");

  EXPECT_EQ(lines, (std::vector<std::string>{"0,0 0,0 0x6454,0xc976 0x05 "}));
}

}  // namespace
}  // namespace sg::tdm::cesop
