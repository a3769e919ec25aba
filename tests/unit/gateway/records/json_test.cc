#include "gateway/records/read.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "gateway/records/json.h"
#include "tests/support/frame_codes.h"

namespace sg::records {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

call::WallTime at(int64_t milliseconds_since_1970) {
  return call::WallTime(milliseconds(milliseconds_since_1970));
}

void saw(call::Record& record, const char* frame) {
  media::FaxSeen seen;
  seen.event.code = t38::testing::frame_named(frame);
  seen.from = media::Side::B;
  record.fax_log.on_seen(milliseconds(6000), seen);
}

call::Record answered_fax() {
  call::Record record;
  record.call = CallId{17};
  record.started = at(1'700'000'000'000);
  record.answered = at(1'700'000'002'500);
  record.ended = at(1'700'000'062'750);
  record.caller = {.trunk = "carrier",
                   .leg = "sip 127.0.0.1:5070",
                   .called = "+4930",
                   .calling = "100",
                   .cause = {16, 0},
                   .modes = {}};
  record.caller.modes.push_back({at(1'700'000'005'000), call::MediaModeState::T38, call::ModeReason::Preamble});
  record.called.push_back(
      {.trunk = "pstn", .leg = "span 1", .called = "30", .calling = "100", .cause = {17, 0}, .modes = {}});
  record.called.push_back(
      {.trunk = "backup", .leg = "sip ::1", .called = "30", .calling = "100", .cause = {16, 200}, .modes = {}});
  record.cause = call::kNormalClearing;
  record.released_by = call::ReleasedBy::Caller;
  record.fax = true;
  record.media.fax = {.pages = 3, .bit_rate = 14400, .ecm = true, .ended_by_dcn = true};
  for (const char* frame : {"DCS", "CFR", "EOP", "MCF", "DCN"}) saw(record, frame);
  record.media.side[0].udptl.packets_received = 400;
  return record;
}

TEST(RecordJson, IsOneLineWithAllThatIsKnown) {
  std::string line = to_json(answered_fax());

  EXPECT_EQ(line.find('\n'), std::string::npos);
  auto record = json::parse(line);
  EXPECT_EQ(record["call"], 17);
  EXPECT_EQ(record["answered"], "2023-11-14T22:13:22.500Z");
  EXPECT_EQ(record["talk_s"], 60.25);
  EXPECT_EQ(record["cause"]["q850"], 16);
  EXPECT_EQ(record["caller"]["called"], "+4930");
  EXPECT_EQ(record["caller"]["media_modes"][0]["mode"], "t38");
  EXPECT_EQ(record["called"].size(), 2u);
  EXPECT_EQ(record["called"][0]["cause"]["q850"], 17);
  EXPECT_TRUE(record["called"][0]["cause"]["sip"].is_null());
  EXPECT_EQ(record["called"][1]["cause"]["sip"], 200);
  EXPECT_EQ(record["fax"]["pages"], 3);
  EXPECT_EQ(record["fax"]["verdict"], "delivered");
  EXPECT_EQ(record["fax"]["cause"], "Every page was confirmed, and the machines said goodbye.");
  EXPECT_TRUE(record["fax"]["advice"].is_null());
  EXPECT_EQ(record["fax"]["transport"], "t38");
  EXPECT_EQ(record["fax"]["in"], "t38");
  EXPECT_EQ(record["fax"]["out"], "g711");
  EXPECT_EQ(record["fax"]["t38_since_ms"], 5000);
  ASSERT_EQ(record["fax"]["timeline"].size(), 5u);
  EXPECT_EQ(record["fax"]["timeline"][1]["what"], "CFR");
  EXPECT_EQ(record["fax"]["timeline"][1]["at_ms"], 6000);
  EXPECT_EQ(record["fax"]["timeline"][1]["side"], "b");
  EXPECT_EQ(record["media"]["a"]["t38"]["packets_received"], 400);
  EXPECT_FALSE(record["media"]["a"].contains("rtp")) << "a side that carried no RTP says nothing of it";
}

TEST(RecordJson, TellsHowMuchWasRepeatedAndWhenThatRose) {
  call::Record record = answered_fax();
  record.fax_log = {};
  record.fax_log.on_redundancy(milliseconds(4000), {.side = media::Side::B, .from = 3, .to = 4, .loss = 0.0625});
  record.media.side[0].udptl = {.packets_sent = 10, .packets_received = 0};
  record.media.side[1].udptl = {.packets_sent = 10, .packets_received = 0, .redundancy = 4};

  auto parsed = json::parse(to_json(record));

  EXPECT_TRUE(parsed["fax"]["redundancy"]["a"].is_null()) << "FEC";
  EXPECT_EQ(parsed["fax"]["redundancy"]["b"], 4);
  EXPECT_EQ(parsed["media"]["b"]["t38"]["redundancy"], 4);
  ASSERT_EQ(parsed["fax"]["timeline"].size(), 1u);
  const json& step = parsed["fax"]["timeline"][0];
  EXPECT_EQ(step["kind"], "redundancy");
  EXPECT_EQ(step["at_ms"], 4000);
  EXPECT_EQ(step["side"], "b");
  EXPECT_EQ(step["from"], 3);
  EXPECT_EQ(step["to"], 4);
  EXPECT_EQ(step["loss_percent"], 6.25);
}

TEST(RecordJson, SaysHowAPeerWasGone) {
  call::Record record = answered_fax();
  EXPECT_TRUE(json::parse(to_json(record)).at("peer_gone").is_null());

  record.peer_gone = call::PeerGone::SessionExpired;
  EXPECT_EQ(json::parse(to_json(record))["peer_gone"], "session expired");
  record.peer_gone = call::PeerGone::NotAcknowledged;
  EXPECT_EQ(json::parse(to_json(record))["peer_gone"], "not acknowledged");
  record.peer_gone = call::PeerGone::Unreachable;
  EXPECT_EQ(json::parse(to_json(record))["peer_gone"], "unreachable");
}

TEST(RecordJson, SaysWhyTheGatewayHungUp) {
  call::Record record = answered_fax();
  EXPECT_TRUE(json::parse(to_json(record)).at("hung_up").is_null());

  record.hung_up = call::HungUp::ByOperator;
  EXPECT_EQ(json::parse(to_json(record))["hung_up"], "by operator");
  record.hung_up = call::HungUp::ByShutdown;
  EXPECT_EQ(json::parse(to_json(record))["hung_up"], "by shutdown");
  record.hung_up = call::HungUp::ForEmergency;
  EXPECT_EQ(json::parse(to_json(record))["hung_up"], "for emergency call");
}

TEST(RecordJson, TellsWhenALineWasOutOfOrder) {
  call::Record record = answered_fax();
  const tdm::LineFault red{.span = 2, .alarms = tdm::kAlarmRed};
  record.called[1].outages = {{record.started + milliseconds(1500), record.started + milliseconds(2500), red},
                              {record.started + milliseconds(3000), {}, {.span = 2, .is_dchannel_lost = true}}};

  const json told = json::parse(to_json(record))["called"][1]["line_outages"];

  EXPECT_EQ(told[0], json({{"began", iso8601(record.started + milliseconds(1500))},
                           {"ended", iso8601(record.started + milliseconds(2500))},
                           {"span", 2},
                           {"alarms", "RED"},
                           {"d_channel_lost", false}}));
  EXPECT_TRUE(told[1]["ended"].is_null());
  EXPECT_EQ(told[1]["alarms"], "OK");
  EXPECT_EQ(told[1]["d_channel_lost"], true);
}

TEST(RecordJson, JudgesAFaxByItsFrames) {
  call::Record record = answered_fax();
  record.fax_log = {};
  EXPECT_EQ(json::parse(to_json(record))["fax"]["verdict"], "unknown") << "no frame was seen";

  saw(record, "EOP");
  EXPECT_EQ(json::parse(to_json(record))["fax"]["verdict"], "in doubt");
}

TEST(RecordJson, OfAVoiceCallThatNobodyAnsweredHasNoFaxAndNoAnswer) {
  call::Record record = answered_fax();
  record.answered.reset();
  record.fax = false;

  auto parsed = json::parse(to_json(record));

  EXPECT_TRUE(parsed["answered"].is_null());
  EXPECT_TRUE(parsed["fax"].is_null());
  EXPECT_EQ(parsed["talk_s"], 0);
}

TEST(RecordJson, CanBeReadBackAsFarAsAPlanWantsToKnow) {
  call::Record record = answered_fax();
  record.setup.called = {"2079460999", TypeOfNumber::National};
  record.setup.calling.number = {"223"};
  record.setup.redirection.emplace().from = {"441", TypeOfNumber::International};
  record.setup.bearer = BearerCapability::Unrestricted;
  record.plan = {.route = "out",
                 .outcome = "a>b",
                 .called = "+44",
                 .calling = "+1",
                 .limit = "",
                 .is_emergency = false,
                 .forwards = {}};

  auto read = from_json(to_json(record));

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->call, record.call);
  EXPECT_EQ(read->started, record.started);
  EXPECT_EQ(read->caller.trunk, "carrier");
  EXPECT_EQ(read->setup.called, record.setup.called);
  EXPECT_EQ(read->setup.calling.number, record.setup.calling.number);
  EXPECT_EQ(read->setup.redirection, record.setup.redirection);
  EXPECT_EQ(read->setup.bearer, BearerCapability::Unrestricted);
  EXPECT_EQ(read->plan.outcome, "a>b");
  EXPECT_EQ(read->plan.called, "+44");
}

TEST(RecordJson, OfAnotherKindIsRefusedWithAReason) {
  for (const char* line : {"", "7", "{}", "[1]", "{\"call\":17,\"started\":\"yesterday\"}",
                           "{\"call\":17,\"started\":\"2026-03-01T09:05:00.250Z\"}"}) {
    EXPECT_FALSE(from_json(line)) << line;
  }
}

TEST(RecordJson, SurvivesNumbersThatAreNoText) {
  call::Record record = answered_fax();
  record.caller.calling = "\xff\xfe\"\n\x01";

  std::string line = to_json(record);

  EXPECT_TRUE(json::accept(line));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace sg::records
