#include "t38/ifp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sg::t38 {
namespace {

struct Case {
  const char* name;
  int version;
  Bytes octets;
  IfpFault fault;
  Ifp::Kind kind;
  int type;
  int fields;
  size_t used;
};

constexpr auto kIndicator = Ifp::Kind::Indicator;
constexpr auto kData = Ifp::Kind::Data;

TEST(Ifp, IsParsedToTheLetter) {
  const Case cases[] = {
      {"no-signal", 0, {0x00}, IfpFault::None, kIndicator, 0, 0, 1},
      {"CED", 0, {0x04}, IfpFault::None, kIndicator, 2, 0, 1},
      {"V.17 14400 long training", 0, {0x1E}, IfpFault::None, kIndicator, 15, 0, 1},
      {"V.8 ANSam", 3, {0x20, 0x00}, IfpFault::None, kIndicator, 16, 0, 2},
      {"V.33 14400 training", 3, {0x21, 0x80}, IfpFault::None, kIndicator, 22, 0, 2},
      {"an indicator from the future", 3, {0x21, 0xC0}, IfpFault::UnknownType, kIndicator, 0, 0, 0},
      {"half an extended indicator", 3, {0x20}, IfpFault::Truncated, kIndicator, 0, 0, 0},
      {"an indicator with data", 0, {0x80}, IfpFault::BadField, kIndicator, 0, 0, 0},
      {"nothing", 0, {}, IfpFault::Truncated, kIndicator, 0, 0, 0},
      {"V.21 HDLC data", 0, {0xC0, 1, 0x80, 0, 1, 0xFF, 0xC8}, IfpFault::None, kData, 0, 1, 7},
      {"the same in version 3", 3, {0xC0, 1, 0x80, 0, 1, 0xFF, 0xC8}, IfpFault::None, kData, 0, 1, 7},
      {"V.17 14400 non-ECM data", 0, {0xD0, 1, 0xE0, 0, 0, 0x55}, IfpFault::None, kData, 8, 1, 6},
      {"the same in version 3", 3, {0xD0, 1, 0xB0, 0, 0, 0x55}, IfpFault::None, kData, 8, 1, 6},
      {"two fields without data share an octet", 0, {0xC0, 2, 0x24}, IfpFault::None, kData, 0, 2, 3},
      {"data, then a field without", 0, {0xC0, 2, 0x80, 0, 0, 0xFF, 0x40}, IfpFault::None, kData, 0, 2, 7},
      {"two fields without data, version 3", 3, {0xC0, 2, 0x10, 0x20}, IfpFault::None, kData, 0, 2, 4},
      {"a CM message", 3, {0xE0, 0x00, 1, 0xC0, 0x00, 0, 0, '1'}, IfpFault::None, kData, 9, 1, 8},
      {"a field type from the future", 3, {0xC0, 1, 0x41, 0x00}, IfpFault::UnknownType, kData, 0, 0, 0},
      {"a data type that is reserved", 0, {0xD2, 0}, IfpFault::UnknownType, kData, 0, 0, 0},
      {"data without a field", 0, {0x40}, IfpFault::None, kData, 0, 0, 1},
      {"zero fields", 0, {0xC0, 0}, IfpFault::None, kData, 0, 0, 2},
      {"no count", 0, {0xC0}, IfpFault::Truncated, kData, 0, 0, 0},
      {"255 fields in none", 0, {0xC0, 255}, IfpFault::Truncated, kData, 0, 0, 0},
      {"half a length", 0, {0xC0, 1, 0x80, 0}, IfpFault::Truncated, kData, 0, 0, 0},
      {"a length beyond the end", 0, {0xC0, 1, 0x80, 0xFF, 0xFF, 1, 2}, IfpFault::Truncated, kData, 0, 0, 0},
      {"zeroes that FEC left behind", 0, {0x06, 0, 0, 0}, IfpFault::None, kIndicator, 3, 0, 1},
  };
  for (const Case& each : cases) {
    const IfpResult result = parse_ifp(each.octets, each.version);
    EXPECT_EQ(result.fault, each.fault) << each.name;
    if (!result.ok()) continue;
    EXPECT_EQ(result.ifp.kind, each.kind) << each.name;
    EXPECT_EQ(result.ifp.type, each.type) << each.name;
    EXPECT_EQ(result.ifp.fields, each.fields) << each.name;
    EXPECT_EQ(result.octets.size(), each.used) << each.name;
  }
}

// A V.21 HDLC data field, in the encoding that versions share.
Bytes hdlc(const Bytes& octets, uint8_t data_type = 0) {
  Bytes ifp = {static_cast<uint8_t>(0xC0 | data_type << 1), 1, 0x80, 0, static_cast<uint8_t>(octets.size() - 1)};
  for (uint8_t octet : octets) ifp.push_back(octet);
  return ifp;
}
Bytes fcs_ok(uint8_t data_type = 0) {
  return {static_cast<uint8_t>(0xC0 | data_type << 1), 1, 0x20};
}

Bytes after(IfpGuard& guard, const Bytes& ifp) {
  ByteView octets = guard.check(ifp).octets;
  return {octets.begin(), octets.end()};
}

TEST(IfpGuard, PassesGoodFramesUntouched) {
  IfpGuard guard(0);
  const Bytes mcf = hdlc({0xFF, 0xC8, 0x31});
  const Bytes image = hdlc({0xFF, 0xC0, 0x60, 0x00, 0x55}, 8);

  EXPECT_EQ(after(guard, mcf), mcf);
  EXPECT_EQ(after(guard, fcs_ok()), fcs_ok());
  EXPECT_EQ(after(guard, image), image);
  EXPECT_EQ(after(guard, fcs_ok(8)), fcs_ok(8));
  EXPECT_EQ(guard.refused(), 0U);
}

TEST(IfpGuard, ReportsFramesTooShortForSpanDspAsBad) {
  const Bytes fcs_bad = {0xC0, 1, 0x30}, fcs_bad_v17 = {0xD0, 1, 0x30};
  IfpGuard guard(0);

  guard.check(hdlc({0xFF, 0xC8}));
  EXPECT_EQ(after(guard, fcs_ok()), fcs_bad);

  guard.check(hdlc({0xFF, 0xC0, 0x60}, 8));
  EXPECT_EQ(after(guard, fcs_ok(8)), fcs_bad_v17) << "an FCD frame without its number";

  guard.check(hdlc({0xFF, 0xC0, 0x61}, 8));
  EXPECT_EQ(after(guard, fcs_ok(8)), fcs_ok(8)) << "RCP ends there";

  EXPECT_EQ(after(guard, fcs_ok()), fcs_ok()) << "no frame at all: a repeated report";
}

TEST(IfpGuard, ReportsFramesTooLongForSpanDspAsBad) {
  IfpGuard guard(0);
  guard.check(hdlc({0xFF, 0xC0, 0x60}, 8));
  Bytes rest = {0xD0, 1, 0x80, 1, 2};
  rest.resize(5 + 259, 0x55);
  EXPECT_TRUE(guard.check(rest).ok());

  EXPECT_EQ(after(guard, fcs_ok(8)), (Bytes{0xD0, 1, 0x30}));
}

constexpr uint8_t kOk = 2, kBad = 3;
uint8_t end_of(const IfpResult& result) {
  return result.octets[2] >> 4;
}

TEST(IfpGuard, ReportsFramesThatLostOctetsAsBad) {
  IfpGuard guard(0);
  const Bytes start = {0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0xBC}, more = {0xC0, 1, 0x80, 0, 1, 0xFF, 0xFF};
  const Bytes end = {0xC0, 1, kOk << 4};

  guard.check(start);
  guard.note_gap();
  guard.check(more);
  EXPECT_EQ(end_of(guard.check(end)), kBad) << "the middle is missing";

  guard.note_gap();
  guard.check(more);
  EXPECT_EQ(end_of(guard.check(end)), kBad) << "the head is missing";

  guard.check(start);
  guard.check(more);
  EXPECT_EQ(end_of(guard.check(end)), kOk) << "the next one is whole";

  guard.note_gap();
  guard.check(start);
  guard.check(more);
  EXPECT_EQ(end_of(guard.check(end)), kOk) << "it began after the gap";
}

TEST(Ifp, EndsAnySignal) {
  for (int version : {0, 3}) {
    for (bool is_hdlc : {false, true}) {
      const auto end = bare_field(8, is_hdlc ? FieldType::HdlcSigEnd : FieldType::NonEcmSigEnd, version);
      const IfpResult result = parse_ifp(end, version);
      ASSERT_TRUE(result.ok());
      EXPECT_EQ(result.ifp.type, 8);
      EXPECT_TRUE(result.ifp.ends_signal);
      EXPECT_EQ(result.ifp.is_hdlc, is_hdlc);
    }
  }
  EXPECT_FALSE(parse_ifp(Bytes{0xC0, 1, 0x80, 0, 1, 0xFF, 0xC8}, 0).ifp.ends_signal);
}

TEST(IfpGuard, TakesTheMakersNameFromNonStandardFacilities) {
  IfpGuard guard(0);

  EXPECT_EQ(after(guard, hdlc({0xFF, 0xC0, 0x04, 0xB5, 0x00, 0x2A, 0x77})), hdlc({0xFF, 0xC0, 0x04, 0, 0, 0, 0x77}));
  guard.check(fcs_ok());
  guard.check(hdlc({0xFF, 0xC8}));
  guard.check(hdlc({0xC4, 0xB5}));
  EXPECT_EQ(after(guard, hdlc({0x12, 0x34, 0x56})), hdlc({0x00, 0x00, 0x56})) << "NSS in pieces";
  guard.check(fcs_ok());
  EXPECT_EQ(after(guard, hdlc({0xFF, 0xC0, 0x01, 0x12, 0x34})), hdlc({0xFF, 0xC0, 0x01, 0x12, 0x34}));
}

struct DtcCase {
  const char* name;
  IfpGuard::Limits limits;
  Bytes content, passed;  // from the first bit on
};

TEST(IfpGuard, LimitsWhatAPollMayAskFor) {
  const DtcCase cases[] = {
      {"no limits", {}, {0x04, 0x77, 0x1F, 0x23}, {0x04, 0x77, 0x1F, 0x23}},
      {"V.8", {.v8 = false}, {0x04, 0x77, 0x1F, 0x23}, {0x00, 0x77, 0x1F, 0x23}},
      {"V.17", {.v17 = false}, {0x00, 0x77, 0x1F, 0x23}, {0x00, 0x73, 0x1F, 0x23}},
      {"V.17 and V.29", {.v17 = false, .v29 = false}, {0x00, 0x77, 0x1F, 0x23}, {0x00, 0x53, 0x1F, 0x23}},
      {"error correction", {.ecm = false}, {0x00, 0x77, 0x1F, 0x23}, {0x00, 0x77, 0x1F, 0x01}},
  };
  for (const DtcCase& each : cases) {
    IfpGuard guard(0);
    guard.set_limits(each.limits);
    Bytes dtc{0xFF, 0xC8, 0x81}, passed = dtc, dcs{0xFF, 0xC8, 0x41};
    dtc.insert(dtc.end(), each.content.begin(), each.content.end());
    passed.insert(passed.end(), each.passed.begin(), each.passed.end());
    dcs.insert(dcs.end(), each.content.begin(), each.content.end());

    EXPECT_EQ(after(guard, hdlc(dtc)), hdlc(passed)) << each.name;
    guard.check(fcs_ok());
    EXPECT_EQ(after(guard, hdlc(dcs)), hdlc(dcs)) << each.name << ": what a DCS says is done";
    guard.check(fcs_ok());
  }
}

TEST(IfpGuard, CountsWhatItRefusesButNotWhatMayBeSkipped) {
  IfpGuard guard(3);

  EXPECT_FALSE(guard.check(Bytes{0xC0, 255}).ok());
  EXPECT_FALSE(guard.check(Bytes(1401, 0)).ok());
  EXPECT_EQ(guard.check(Bytes{0x21, 0xC0}).fault, IfpFault::UnknownType);

  EXPECT_EQ(guard.refused(), 2U);
}

}  // namespace
}  // namespace sg::t38
