#include "tools/spangatectl/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <tuple>

#include "gateway/admin/command.h"
#include "tests/unit/gateway/admin/fake_view.h"
#include "tools/spangatectl/fax.h"
#include "tools/spangatectl/memory.h"

namespace sg::spangatectl {
namespace {

using testing::HasSubstr;

// What spangatectl would show of a command's result, without a socket between.
std::string shown(const std::string& command, admin::FakeView& view, bool history = false) {
  std::string text;
  for (const auto& known : admin::commands()) {
    if (known.name != command) continue;
    known.run({{"command", command}, {"call", 17u}, {"history", history}}, view,
              [&](Result<Json> result) { text = text_of(command, result.value()); });
  }
  return text;
}

TEST(ControlText, ShowsCallsInColumns) {
  admin::FakeView view;
  view.call_views = {admin::fax_call()};

  EXPECT_EQ(shown("calls", view),
            "CALL  STATE     AGE   FROM     CALLING  TO        CALLED  MEDIA\n"
            "17    answered  1:05  carrier  100      pstn 1/3  30      t38\n");
}

TEST(ControlText, SaysSoWhenThereIsNothing) {
  admin::FakeView view;

  EXPECT_EQ(shown("calls", view), "no calls\n");
  EXPECT_EQ(shown("spans", view), "no spans\n");
  EXPECT_EQ(shown("timeslots", view), "no timeslots\n");
  EXPECT_EQ(shown("counters", view), "no counters\n");
}

TEST(ControlText, ShowsACallWithItsHistory) {
  admin::FakeView view;
  view.call_views = {admin::fax_call()};

  std::string text = shown("call", view);

  EXPECT_THAT(text, HasSubstr("media_mode             t38\n"));
  EXPECT_THAT(text, HasSubstr("to:\n  trunk                pstn\n"));
  EXPECT_THAT(text, HasSubstr("history:\n      0.250 s  setup\n"));
}

TEST(ControlText, DrawsAFaxAsALadder) {
  admin::FakeView view;
  view.fax_lines[CallId{17}] = admin::fax_record();

  std::string text = shown("fax", view);

  EXPECT_THAT(text, HasSubstr("call 17  2026-03-01T09:05:00.250Z  carrier +4930 -> pstn 30\n"
                              "failed: The timeslot slipped 2 times.\n-> Mend the clock.\n"));
  EXPECT_THAT(text, HasSubstr("pages 0, 14400 bit/s with ECM, fine, MMR; g711 in, t38 out\n"));
  EXPECT_THAT(text, HasSubstr("    2.310 s  |<----------------------- DIS (g711) ------------------------|\n"
                              "    2.400 s  |[t38: our offer]                                            |\n"
                              "    5.000 s  |------------------- DCS 14400 bit/s ECM ------------------->|\n"));
  EXPECT_THAT(text, HasSubstr("             ... 7 more from 5.2 s to 6.9 s, which were not kept\n"
                              "    7.000 s  |                              [2 slips]                     |\n"));
}

TEST(ControlText, TellsTheRedundancyOfAFaxAndFromWhereItRose) {
  auto record = Json::parse(admin::fax_record());
  EXPECT_THAT(fax_text(record), testing::Not(HasSubstr("redundancy"))) << "of an older version";

  record["media"] = {{"a", {{"t38", {{"packets_sent", 900}}}}}, {"b", {{"t38", {{"packets_sent", 0}}}}}};
  record["fax"]["redundancy"] = {{"a", 5}, {"b", 2}};
  auto rise = [&](int from, int to) {
    record["fax"]["timeline"].push_back(
        {{"at_ms", 8000 + to}, {"side", "a"}, {"kind", "redundancy"}, {"what", "more"}, {"from", from}, {"to", to}});
  };
  rise(3, 4);
  rise(4, 5);
  const std::string both = fax_text(record);
  record["fax"]["redundancy"]["a"] = nullptr;
  const std::string one = fax_text(record);
  record["fax"]["redundancy"]["b"] = nullptr;

  EXPECT_THAT(both, HasSubstr("clock -4.5 ppm\nredundancy 5 to the caller's peer (T.38, risen from 3), "
                              "2 to the called's peer (RFC 2198)\n\n"));
  EXPECT_THAT(one, HasSubstr("ppm\nredundancy 2 to the called's peer (RFC 2198)\n\n"));
  EXPECT_THAT(fax_text(record), testing::Not(HasSubstr("\nredundancy")));
}

class FaxInFile : public testing::Test {
 protected:
  ~FaxInFile() override {
    std::remove(file.c_str());
    std::remove((file + ".1").c_str());
  }
  static void put(const std::string& name, const std::vector<std::string>& lines) {
    std::ofstream out(name);
    for (const auto& line : lines) out << line << "\n";
  }
  const std::string file = testing::TempDir() + "fax_in_file_" + std::to_string(::getpid()) + ".jsonl";
};

TEST_F(FaxInFile, IsTheOneOfItsNumberAndNoVoiceCall) {
  put(file, {R"({"call":17,"fax":{"pages":2}})", R"({"call":17,"fax":{"pages":3}})", R"({"call":171,"fax":null})",
             R"({"call":17,"fax":null})", R"({"call":1)"});

  auto found = find_record(file, 17);
  auto voice = find_record(file, 171);
  auto missing = find_record(file, 5);
  auto no_file = find_record(file + ".none", 17);

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->at("fax").at("pages"), 3);
  EXPECT_EQ(fax_text(voice.value()), "call 171 was no fax\n");
  EXPECT_FALSE(missing);
  EXPECT_FALSE(no_file);
}

// What a gateway has seen since its start, and what its file has of the time before.
TEST_F(FaxInFile, IsListedAlsoFromBeforeTheGatewaysStart) {
  auto record = [](int call, const char* started, bool was_fax = true) {
    Json json = {{"call", call},
                 {"started", started},
                 {"caller", {{"trunk", "a"}, {"calling", "1"}, {"called", "2"}}},
                 {"called", Json::array()},
                 {"fax", nullptr}};
    if (was_fax) json["fax"] = {{"pages", call}, {"bit_rate", 0}, {"verdict", "delivered"}};
    return json.dump();
  };
  put(file + ".1", {record(1, "2026-03-01T09:00:00.000Z")});
  put(file, {record(2, "2026-03-02T09:00:00.000Z"), record(3, "2026-03-03T09:00:00.000Z", false), "no record",
             record(4, "2026-03-04T09:00:00.000Z")});
  const Json since_start = Json::array({{{"call", 4}, {"started", "2026-03-04T09:00:00.000Z"}}});

  auto listed = [&](size_t most) {
    std::vector<int> calls;
    for (const Json& fax : with_recent({{"faxes", since_start}, {"most", most}, {"in_file", file}})) {
      calls.push_back(fax.at("call").get<int>());
    }
    return calls;
  };

  EXPECT_EQ(listed(20), (std::vector<int>{4, 2, 1}));
  EXPECT_EQ(listed(2), (std::vector<int>{4, 2}));
  EXPECT_EQ(listed(1), (std::vector<int>{4}));
  EXPECT_EQ(with_recent({{"faxes", since_start}, {"most", 20}, {"in_file", ""}}), since_start);
}

TEST_F(FaxInFile, IsLookedForInWhatLogRotationLeft) {
  put(file + ".1", {R"({"call":17,"fax":{"pages":3}})", R"({"call":18,"fax":null})"});
  put(file, {R"({"call":19,"fax":null})", R"({"call":17,"fax":null})"});

  EXPECT_EQ(find_record(file, 17).value().at("fax").at("pages"), 3);
  EXPECT_TRUE(find_record(file, 18).value().at("fax").is_null());
}

TEST(FaxMemoryFile, ComesBackAsItWentOut) {
  const std::string file = testing::TempDir() + "fax_memory_" + std::to_string(::getpid()) + ".jsonl";
  const Json numbers =
      Json::array({{{"trunk", "a"}, {"number", "1"}, {"t38", "never"}}, {{"trunk", "a"}, {"number", "2"}}});
  std::ofstream(file) << export_text(numbers);

  auto read = read_export(file, std::chrono::system_clock::now());
  std::remove(file.c_str());

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Json(*read), numbers);
}

TEST(FaxMemoryFile, IsRefusedWholeWithTheLineThatIsWrong) {
  const std::string file = testing::TempDir() + "fax_memory_" + std::to_string(::getpid()) + ".jsonl";
  std::ofstream(file) << R"({"trunk":"a","number":"1"})"
                      << "\n\n"
                      << R"({"trunk":"a","number":"2","top_speed":7200})"
                      << "\n";

  // No gateway is there: it is not even asked.
  auto imported = import_memory("/nonexistent/control.sock", file);
  auto nowhere = import_memory("/nonexistent/control.sock", file + ".none");
  std::remove(file.c_str());

  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().message, HasSubstr(file + ", line 3: \"top_speed\" must be 9600, 4800"));
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("No such file"));
}

TEST(ControlText, ShowsWhatASpanHasCountedAndLeavesOutWhatItHasNot) {
  using Interval = tdm::SpanHistory::Interval;
  admin::FakeView view;
  view.span_views = {admin::idle_span()};
  auto interval = [](uint64_t slips) { return Interval{{}, {}, {{"slips", slips}, {"CRC-4 errors", 0}}}; };
  view.span_views[0].history = {interval(0), interval(12), interval(30), std::nullopt};

  EXPECT_EQ(shown("spans", view, true),
            "SPAN 1  15 MIN  15 MIN BEFORE  DAY  DAY BEFORE\n"
            "slips   0       12             30   -\n");
}

TEST(ControlText, ShowsSpansAndTimeslots) {
  admin::FakeView view;
  view.span_views = {admin::idle_span()};
  view.slot_views = {admin::slot_of(3, tdm::Signalling::SlotState::Idle)};

  EXPECT_EQ(shown("spans", view),
            "SPAN  TYPE  ALARMS  CLOCK      TRUNK  D-CHANNEL  IDLE  IN USE  OUT  BLOCKED\n"
            "1     E1    OK      recovered  pstn   up         30    0       0    0\n")
      << "the name of the span is left out where 80 columns do not hold it";
  EXPECT_EQ(shown("timeslots", view), "TIMESLOT  TRUNK  STATE  CALL  DETAIL\n1/3       pstn   idle   -     -\n");
  using State = tdm::Signalling::SlotState;
  view.slot_views = {admin::slot_of(3, State::Blocked), admin::slot_of(4, State::InUse, CallId{17})};
  view.slot_views[0].is_blocked = view.slot_views[1].is_blocked = true;
  EXPECT_EQ(shown("timeslots", view),
            "TIMESLOT  TRUNK  STATE            CALL  DETAIL\n"
            "1/3       pstn   blocked          -     -\n"
            "1/4       pstn   in use, blocked  17    -\n");
}

TEST(ControlText, ShowsTrunks) {
  admin::FakeView view;
  view.trunk_views = {{"carrier", "sip", false, "down: no answer, 4 in a row", 0, 30},
                      {"pstn", "tdm", true, "up", 7, 0}};

  EXPECT_EQ(shown("trunks", view),
            "TRUNK    KIND  CALLS  MOST  STATE\n"
            "carrier  sip   0      30    down: no answer, 4 in a row\n"
            "pstn     tdm   7      -     up\n");
}

TEST(ControlText, ShowsFindingsWithWhatToDo) {
  admin::FakeView view;
  view.findings = {{"span 1", admin::Finding::Grade::Fault, "RED", "see the cable"},
                   {"clock", admin::Finding::Grade::Good, "no contradiction", ""}};

  EXPECT_EQ(shown("doctor", view),
            "fault    span 1: RED\n"
            "         -> see the cable\n"
            "good     clock: no contradiction\n");
}

size_t longest_line(const std::string& text) {
  size_t longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(ControlText, FitsATerminal) {
  const Json fax = {{"call", 4711},
                    {"started", "2026-03-01T09:05:00.250Z"},
                    {"from", "carrier"},
                    {"calling", "493012345678"},
                    {"to", "pstn"},
                    {"called", "4989123456789"},
                    {"pages", 12},
                    {"bit_rate", 14400},
                    {"transport", "g711, t38"},
                    {"in", "t38"},
                    {"out", "g711"},
                    {"verdict", "delivered"}};
  const Json number = {{"number", "493012345678"},
                       {"trunk", "carrier"},
                       {"delivered", 12},
                       {"failed", 3},
                       {"transport", "g711"},
                       {"asked_by", "peer"},
                       {"bit_rate", 14400},
                       {"ecm", true},
                       {"held_back", "T.38 not asked for (refused with 488), at most 9600 bit/s, no ECM"},
                       {"last", "2026-03-01T09:05:00.250Z"}};
  const Json span = {{"span", 1},
                     {"type", "E1"},
                     {"alarms", "RED YELLOW"},
                     {"clock", "recovered from driver span 1"},
                     {"trunk", "lines, phones"},
                     {"is_up", true},
                     {"idle", 30},
                     {"in_use", 0},
                     {"out_of_service", 0},
                     {"name", "cesop 127.0.0.1:10001 to 127.0.0.1:10002"}};
  const Json slot = {
      {"slot", "1/1"},
      {"trunk", "phones"},
      {"state", "out of service"},
      {"call", nullptr},
      {"detail", "the driver has no such channel: describe it in /etc/dahdi/system.conf, then run dahdi_cfg"}};
  const Json trunk = {{"trunk", "carrier"},
                      {"kind", "sip"},
                      {"calls", 0},
                      {"max_calls", 30},
                      {"state", "not probed: the peer asks for a password; this trunk has none, and so it goes on"}};
  const Json finding = {
      {"grade", "fault"},
      {"subject", "trunk carrier"},
      {"says", "not probed: the peer asks for a password; this trunk has none"},
      {"mend", "have the peer know this gateway by its address, without a password: Spangate sends none"}};
  for (const auto& [command, row, kept] : std::vector<std::tuple<const char*, Json, const char*>>{
           {"fax", fax, "4711  03-01 09:05  carrier  493012345678  pstn  4989123456789  "},
           {"memory", number, "2026-03-01  T.38 not asked"},
           {"spans", span, "lines, phones  up"},
           {"timeslots", slot, "the driver has no"},
           {"trunks", trunk, "30    not probed: the peer asks"},
           {"doctor", finding, "fault    trunk carrier: not probed: the peer"}}) {
    const std::string text = text_of(command, Json::array({row}));

    EXPECT_LE(longest_line(text), 80u) << text;
    EXPECT_THAT(text, HasSubstr(kept));
  }
  EXPECT_EQ(text_of("doctor", Json::array({finding})),
            "fault    trunk carrier: not probed: the peer asks for a password; this trunk has\n"
            "         none\n"
            "         -> have the peer know this gateway by its address, without a password:\n"
            "            Spangate sends none\n");
}

TEST(ControlText, ShowsACallThatIsOverByItsRecordAndNoFiguresOfNothing) {
  const std::string text = text_of("call", Json{{"call", 17},
                                                {"cause", {{"q850", 17}, {"sip", nullptr}}},
                                                {"called", Json::array({{{"trunk", "a"}, {"why", "no answer"}}})},
                                                {"fax", {{"pages", 2}, {"timeline", Json::array({1})}}},
                                                {"media", {{"a", {{"t38", {{"packets_sent", 0}, {"lost", 0}}}}}}}});

  EXPECT_EQ(text,
            "call                   17\n"
            "cause:\n"
            "  q850                 17\n"
            "  sip                  -\n"
            "called:\n"
            "  trunk                a\n"
            "  why                  no answer\n"
            "fax:\n"
            "  pages                2\n"
            "who said what when: spangatectl fax 17\n");
}

TEST(ControlText, ShowsWhereACallWouldGo) {
  admin::FakeView view;
  Result<Json> answer = Json();
  admin::run_route({{"called", "49"}, {"from", "pbx"}}, view, [&](Result<Json> result) { answer = std::move(result); });

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of("route", *answer),
            "dialled     49\n"
            "in the plan +49, calling -\n\n"
            "ROUTE  PATTERN\n"
            "out    +*       wins\n"
            "all    *        is less specific\n\n"
            "goes to     carrier\n"
            "TRUNK    STATE        CALLED  CALLING  NOTE\n"
            "carrier  up, 3 calls  +49     -        -\n\n"
            "carrier: INVITE\n");
}

TEST(ControlText, AsksARouteOnlyWithATrunkAndANumber) {
  admin::FakeView view;
  auto refusal_of = [&](const Json& request) {
    std::string text;
    admin::run_route(request, view, [&](Result<Json> result) { text = result ? "good" : result.error().message; });
    return text;
  };

  EXPECT_EQ(refusal_of({{"called", "49"}}), "\"called\" and \"from\" are wanted");
  EXPECT_EQ(refusal_of({{"called", 49}, {"from", "pbx"}}), "\"called\" must be a text");
  EXPECT_EQ(refusal_of({{"called", "49"}, {"from", "pxb"}}), "there is no trunk \"pxb\"");
}

TEST(ControlText, ShowsTheStatus) {
  admin::FakeView view;

  EXPECT_THAT(shown("status", view), HasSubstr("version                1.2.3\n"));
}

}  // namespace
}  // namespace sg::spangatectl
