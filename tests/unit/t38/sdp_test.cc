#include "t38/sdp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sg::t38 {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Quirk {
  const char* name;
  Attributes attributes;
  Params expected;
};

TEST(T38Sdp, UnderstandsEveryDialect) {
  const Quirk quirks[] = {
      {"nothing", {}, {}},
      {"a flag that is bare", {{"T38FaxFillBitRemoval", ""}}, {.fill_bit_removal = true}},
      {"a flag of :1", {{"T38FaxTranscodingMMR", "1"}}, {.transcoding_mmr = true}},
      {"flags of :0",
       {{"T38FaxFillBitRemoval", "0"}, {"T38FaxTranscodingMMR", "0"}, {"T38FaxTranscodingJBIG", "0"}},
       {}},
      {"a later :0 takes a flag back", {{"T38FaxTranscodingJBIG", ""}, {"T38FaxTranscodingJBIG", "0"}}, {}},
      {"any case", {{"t38faxVERSION", "3"}, {"T38MAXBITRATE", "9600"}}, {.version = 3, .max_bit_rate = 9600}},
      {"spaces around", {{" T38MaxBitRate ", " 9600 "}}, {.max_bit_rate = 9600}},
      {"T38FaxMaxRate", {{"T38FaxMaxRate", "7200"}}, {.max_bit_rate = 7200}},
      {"T38FaxMaxBitRate", {{"T38FaxMaxBitRate", "4800"}}, {.max_bit_rate = 4800}},
      {"T38maxdatagram", {{"T38maxdatagram", "200"}}, {.max_datagram = 200}},
      {"MaxDatagram of 72", {{"T38FaxMaxDatagram", "72"}}, {.max_datagram = 72}},
      {"MaxDatagram of 1", {{"T38FaxMaxDatagram", "1"}}, {.max_datagram = 1}},
      {"MaxDatagram of 0", {{"T38FaxMaxDatagram", "0"}}, {.max_datagram = 400}},
      {"MaxDatagram below 0", {{"T38FaxMaxDatagram", "-400"}}, {.max_datagram = 400}},
      {"MaxDatagram far below 0", {{"T38FaxMaxDatagram", "-99999999999"}}, {.max_datagram = 400}},
      {"MaxDatagram beyond UDP", {{"T38FaxMaxDatagram", "4294967296"}}, {.max_datagram = 65535}},
      {"a rate in words", {{"T38MaxBitRate", "fast"}}, {.max_bit_rate = 14400}},
      {"a rate of 0", {{"T38MaxBitRate", "0"}}, {.max_bit_rate = 14400}},
      {"MaxBuffer of 200", {{"T38FaxMaxBuffer", "200"}}, {.max_buffer = 200}},
      {"Cisco's small receiver",
       {{"T38FaxMaxBuffer", "200"}, {"T38FaxMaxDatagram", "180"}, {"T38FaxFillBitRemoval", "0"}},
       {.max_buffer = 200, .max_datagram = 180}},
      {"localTCF", {{"T38FaxRateManagement", "localTCF"}}, {.rate_management = RateManagement::LocalTcf}},
      {"localTFC", {{"T38FaxRateManagement", "localTFC"}}, {.rate_management = RateManagement::LocalTcf}},
      {"transferredTCF", {{"T38FaxRateManagement", "transferredTCF"}}, {}},
      {"no UdpEC", {{"T38FaxVersion", "0"}}, {.error_correction = ErrorCorrection::Redundancy}},
      {"FEC", {{"T38FaxUdpEC", "t38UDPFEC"}}, {.error_correction = ErrorCorrection::Fec}},
      {"FEC then redundancy",
       {{"T38FaxUdpEC", "t38UDPFEC"}, {"T38FaxUdpEC", "t38UDPRedundancy"}},
       {.error_correction = ErrorCorrection::Redundancy}},
      {"redundancy then FEC",
       {{"T38FaxUdpEC", "t38UDPRedundancy"}, {"T38FaxUdpEC", "t38UDPFEC"}},
       {.error_correction = ErrorCorrection::Redundancy}},
      {"t38UDPNoEC", {{"T38FaxUdpEC", "t38UDPNoEC"}}, {.error_correction = ErrorCorrection::None}},
      {"an UdpEC that nobody knows", {{"T38FaxUdpEC", "t38UDPMagic"}}, {}},
      {"MaxIFP", {{"T38FaxMaxIFP", "40"}}, {.max_ifp = 40}},
      {"ECDepth", {{"T38FaxUdpECDepth", "1 2"}}, {.min_redundancy = 1, .max_redundancy = 2}},
      {"ECDepth without a maximum", {{"T38FaxUdpECDepth", "1"}}, {.min_redundancy = 1}},
      {"ECDepth from 0", {{"T38FaxUdpECDepth", "0 2"}}, {.max_redundancy = 2}},
      {"FECMaxSpan", {{"T38FaxUdpFECMaxSpan", "4"}}, {.max_fec_span = 4}},
      {"a version from the future", {{"T38FaxVersion", "9"}}, {.version = 3}},
      {"others' attributes", {{"sendrecv", ""}, {"rtpmap", "8 PCMA/8000"}}, {}},
  };
  for (const Quirk& each : quirks) EXPECT_TRUE(read_attributes(each.attributes) == each.expected) << each.name;
}

TEST(T38Sdp, TellsItsOwnAttributesFromOthers) {
  Params params;

  EXPECT_TRUE(apply_attribute(params, "T38VendorInfo", "0 0 37"));
  EXPECT_TRUE(apply_attribute(params, "T38MaxBitRate", "nonsense"));
  EXPECT_FALSE(apply_attribute(params, "T38", ""));
  EXPECT_FALSE(apply_attribute(params, "", ""));
  EXPECT_TRUE(params == Params{});
}

TEST(T38Sdp, WritesAsTheStandardSays) {
  EXPECT_THAT(attributes({.fill_bit_removal = true}),
              ElementsAre(Pair("T38FaxVersion", "0"), Pair("T38MaxBitRate", "14400"), Pair("T38FaxFillBitRemoval", ""),
                          Pair("T38FaxRateManagement", "transferredTCF"), Pair("T38FaxMaxBuffer", "2000"),
                          Pair("T38FaxMaxDatagram", "400"), Pair("T38FaxUdpEC", "t38UDPRedundancy")));
}

TEST(T38Sdp, ReadsBackWhatItWrites) {
  for (auto correction : {ErrorCorrection::None, ErrorCorrection::Redundancy, ErrorCorrection::Fec}) {
    const Params params{.version = 2,
                        .max_bit_rate = 9600,
                        .transcoding_mmr = true,
                        .max_buffer = 1000,
                        .max_datagram = 300,
                        .error_correction = correction,
                        .max_ifp = 80,
                        .min_redundancy = correction == ErrorCorrection::None ? 0 : 1,
                        .max_redundancy = 4,
                        .max_fec_span = 3};
    EXPECT_TRUE(read_attributes(attributes(params)) == params);
  }
}

TEST(T38Answer, IsWhatBothSidesCanDo) {
  const Params ours{.version = 0, .max_bit_rate = 14400, .fill_bit_removal = true, .max_datagram = 400};

  const Params answered = answer({.version = 3,
                                  .max_bit_rate = 9600,
                                  .fill_bit_removal = true,
                                  .transcoding_mmr = true,
                                  .rate_management = RateManagement::LocalTcf,
                                  .max_datagram = 72,
                                  .error_correction = ErrorCorrection::Fec},
                                 ours);

  EXPECT_EQ(answered.version, 0);
  EXPECT_EQ(answered.max_bit_rate, 9600);
  EXPECT_TRUE(answered.fill_bit_removal);
  EXPECT_FALSE(answered.transcoding_mmr);
  EXPECT_EQ(answered.rate_management, RateManagement::TransferredTcf);
  EXPECT_EQ(answered.max_datagram, 400) << "a limit of our own receiver";
  EXPECT_EQ(answered.error_correction, ErrorCorrection::Fec);
}

TEST(T38Sdp, GivesUsableParamsForEverySeedFile) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SG_TEST_DATA "/sdp-t38")) {
    std::ifstream file(entry.path());
    Attributes all;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("a=")) continue;
      const size_t colon = line.find(':');
      all.emplace_back(line.substr(2, colon == std::string::npos ? colon : colon - 2),
                       colon == std::string::npos ? "" : line.substr(colon + 1));
    }
    const Params params = read_attributes(all);
    ++files;
    EXPECT_GT(params.max_bit_rate, 0) << entry.path();
    EXPECT_GT(params.max_datagram, 0) << entry.path();
    EXPECT_GT(params.max_buffer, 0) << entry.path();
    EXPECT_TRUE(params.version >= 0 && params.version <= 3) << entry.path();
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace sg::t38
