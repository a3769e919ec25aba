#include "gateway/route/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/route/forward.h"
#include "gateway/route/normalise.h"
#include "gateway/route/replay.h"

namespace sg::route {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A file with a PBX on ISDN and two carriers on SIP, and what a test adds.
constexpr std::string_view kTrunks = R"([sip]
listen = "udp:127.0.0.1:5060"
[span.1]
local = "127.0.0.1:7001"
remote = "127.0.0.1:7000"
[trunk.pbx]
kind = "pri"
spans = [1]
[trunk.a]
kind = "sip"
peer = "sip:127.0.0.1:5070"
[trunk.b]
kind = "sip"
peer = "sip:127.0.0.1:5071"
)";

struct PlanOfAFile : testing::Test {
  // "good", or what is wrong.
  std::string read(std::string_view more, std::string_view trunk_options = "") {
    auto text = std::string(kTrunks) + std::string(more);
    if (!trunk_options.empty()) text.replace(text.find("[trunk.a]"), 0, std::string(trunk_options) + "\n");
    auto parsed = conf::parse(text, "test.toml");
    if (!parsed) return parsed.error().message;
    settings = std::make_unique<conf::Settings>(std::move(*parsed));
    auto made = Plan::make(*settings);
    if (!made) return made.error().message;
    plan = std::make_unique<Plan>(std::move(*made));
    return "good";
  }

  std::optional<Query::ShownCaller> shown;
  Decision decide(std::string from, std::string called, std::string calling = "") {
    Query query;
    query.from_trunk = std::move(from);
    query.called = number_of(called);
    query.calling = number_of(calling);
    query.at = *conf::WallClock::parse(at);
    query.turn = turn;
    query.media = media;
    query.calls_on = [this](const std::string& trunk) { return calls[trunk]; };
    query.shown = shown;
    return plan->decide(query);
  }
  std::string route_taken(std::string from, std::string called, std::string calling = "") {
    auto decision = decide(std::move(from), std::move(called), std::move(calling));
    return decision.route.empty() ? "none" : decision.route;
  }

  std::string at = "Tue 12:00";
  uint32_t turn = 0;
  CallMedia media = CallMedia::Voice;
  std::map<std::string, size_t> calls;  // by trunk
  std::unique_ptr<conf::Settings> settings;
  std::unique_ptr<Plan> plan;
};

std::string route(std::string_view name, std::string_view called, std::string_view more = "to = \"a\"") {
  return fmt::format("[[route]]\nname = \"{}\"\ncalled = {}\n{}\n", name, called, more);
}

TEST_F(PlanOfAFile, TakesTheMostLiteralDigitsWhateverTheOrderInTheFile) {
  ASSERT_EQ(read(route("germany", "'+49*'") + route("berlin", "'+4930*'") + route("all", "'*'")), "good");

  EXPECT_EQ(route_taken("a", "+4930123"), "berlin");
  EXPECT_EQ(route_taken("a", "+4930"), "berlin");
  EXPECT_EQ(route_taken("a", "+493"), "germany");
  EXPECT_EQ(route_taken("a", "+4"), "all");
  EXPECT_EQ(route_taken("a", ""), "all");
}

TEST_F(PlanOfAFile, MatchesANumberWithoutStarInFullOnly) {
  ASSERT_EQ(read(route("emergency", "'112'") + route("eleven", "'11*'")), "good");

  EXPECT_EQ(route_taken("a", "112"), "emergency");
  EXPECT_EQ(route_taken("a", "1123"), "eleven");
  EXPECT_EQ(route_taken("a", "12"), "none");
}

TEST_F(PlanOfAFile, PrefersPlacesToAnOpenTailAndDigitsToPlaces) {
  ASSERT_EQ(read(route("open", "'12*'") + route("places", "'12XX'") + route("set", "'12[3-5]X*'") +
                 route("digit", "'124*'") + route("end", "'1247'")),
            "good");

  EXPECT_EQ(route_taken("a", "129"), "open");
  EXPECT_EQ(route_taken("a", "1299"), "places");
  EXPECT_EQ(route_taken("a", "12999"), "open");
  EXPECT_EQ(route_taken("a", "1239"), "places");  // of as many places the one without a tail
  EXPECT_EQ(route_taken("a", "12399"), "set");
  EXPECT_EQ(route_taken("a", "12399"), "set");
  EXPECT_EQ(route_taken("a", "1249"), "digit");
  EXPECT_EQ(route_taken("a", "1247"), "end");
}

TEST_F(PlanOfAFile, OpensARouteOnlyToTheTrunksItNames) {
  ASSERT_EQ(read(route("pbx", "'+49*'", "from = \"pbx\"\nto = \"a\"") + route("others", "'+*'")), "good");

  EXPECT_EQ(route_taken("pbx", "+491"), "pbx");
  EXPECT_EQ(route_taken("a", "+491"), "others");
}

TEST_F(PlanOfAFile, PrefersMoreConditionsAmongEquals) {
  ASSERT_EQ(read(route("any", "'+*'") + route("pbx", "'+*'", "from = \"pbx\"\nto = \"a\"") +
                 route("vip", "'+*'", "from = \"pbx\"\ncalling = ['1X', '+1*']\nto = \"b\"") +
                 route("fax", "'+*'", "from = \"pbx\"\nmedia = \"fax\"\nwhen = \"office\"\nto = \"b\"") +
                 "[schedule]\noffice = { days = \"Mon-Fri\", hours = \"08:00-18:00\" }\n"),
            "good");

  EXPECT_EQ(route_taken("pbx", "+1", "99"), "pbx");
  EXPECT_EQ(route_taken("pbx", "+1", "12"), "vip");
  EXPECT_EQ(route_taken("a", "+1", "12"), "any");
  media = CallMedia::Fax;
  EXPECT_EQ(route_taken("pbx", "+1", "12"), "fax");
  at = "Sun 12:00";
  EXPECT_EQ(route_taken("pbx", "+1", "12"), "vip");
}

TEST_F(PlanOfAFile, ReadsExpressionsListsAndSpecialSigns) {
  ASSERT_EQ(read("[site]\nemergency = ['999']\n[[line]]\next = '401'\ndid = '+12125550101'\n[lists]\ndear = ['+1900*', "
                 "'/\\+88[12].*/']\n" +
                 route("dear", "'@dear'") + route("help", "'@emergency'") + route("in", "'@dids'") +
                 route("service", "'[*]21[*]*'") + route("odd", "'/0(30|40)\\d{3}/'") + route("rest", "'+*'")),
            "good");

  EXPECT_EQ(route_taken("a", "+19001"), "dear");
  EXPECT_EQ(route_taken("a", "+8811"), "dear");
  EXPECT_EQ(route_taken("a", "+8831"), "rest");
  EXPECT_EQ(route_taken("a", "999"), "help");
  EXPECT_EQ(route_taken("a", "+12125550101"), "in");
  EXPECT_EQ(route_taken("a", "*21*5"), "service");
  EXPECT_EQ(route_taken("a", "030123"), "odd");
  EXPECT_EQ(route_taken("a", "0301234"), "none");
}

TEST_F(PlanOfAFile, SetsTheCalledNumberFromWhatParenthesesMatched) {
  ASSERT_EQ(read(route("out", "'9(0X)(*)'", "to = \"a\"\nset_called = '$2-$1'") +
                 route("odd", "'/8(\\d\\d)?/'", "to = \"a\"\nset_called = '+$1'") +
                 route("strip", "'70*'", "to = \"a\"\nstrip = 1\nprepend = '+49'") +
                 route("short", "'6*'", "to = \"a\"\nstrip = 5")),
            "good");

  EXPECT_EQ(text_of(decide("b", "905123").attempts.at(0).called), "123-05");
  EXPECT_EQ(text_of(decide("b", "812").attempts.at(0).called), "+12");
  EXPECT_EQ(text_of(decide("b", "70123").attempts.at(0).called), "+490123");
  EXPECT_EQ(text_of(decide("b", "61").attempts.at(0).called), "");
}

TEST_F(PlanOfAFile, GivesTheTargetsInOrderEachWithNumbersInItsOwnForm) {
  ASSERT_EQ(read(route("out", "'+*'", "from = \"b\"\nto = [\"pbx\", \"a\"]") +
                     "[site]\ncountry = \"44\"\ntrunk_prefix = \"0\"\n",
                 "numbers_out = \"national\""),
            "good");

  EXPECT_THAT(
      decide("b", "+442079460223", "+33199001234").attempts,
      ElementsAre(
          Attempt{"pbx", {"2079460223", TypeOfNumber::National}, {"33199001234", TypeOfNumber::International}},
          Attempt{"a", {"442079460223", TypeOfNumber::International}, {"33199001234", TypeOfNumber::International}}));
}

TEST_F(PlanOfAFile, PicksTargetsAsTheRouteSays) {
  auto with_pick = [](std::string_view called, std::string_view more) {
    return route(called, fmt::format("'{}'", called), fmt::format("to = [\"pbx\", \"a\", \"b\"]\n{}", more));
  };
  ASSERT_EQ(read(with_pick("1", "") + with_pick("2", "pick = \"rotate\"") + with_pick("3", "pick = \"idle\"") +
                 with_pick("4", "pick = \"share\"") +
                 with_pick("5*", "pick = \"cost\"\ncost = { a = { \"5\" = 2.0, \"51\" = 0.5 }, b = { \"*\" = 1.0 } }") +
                 route("6", "'6'", "to = [[\"pbx\", \"a\"], \"b\"]")),
            "good");

  turn = 1;
  calls = {{"pbx", 5}, {"a", 2}, {"b", 3}};
  EXPECT_EQ(decide("a", "1").outcome(), "pbx>a>b");
  EXPECT_EQ(decide("a", "2").outcome(), "a>b>pbx");
  EXPECT_EQ(decide("a", "3").outcome(), "a>b>pbx");
  EXPECT_EQ(decide("a", "50").outcome(), "b>a>pbx");
  EXPECT_EQ(decide("a", "510").outcome(), "a>b>pbx");
  EXPECT_EQ(decide("a", "6").outcome(), "a>pbx>b");
  std::map<std::string, int> first;
  for (turn = 0; turn < 3000; ++turn) ++first[decide("a", "4").attempts.at(0).trunk];
  for (const auto& [trunk, count] : first) EXPECT_NEAR(count, 1000, 100) << trunk;
  EXPECT_EQ(first.size(), 3u);
}

TEST_F(PlanOfAFile, ShowsOnlyCallingNumbersThatMayBeShown) {
  ASSERT_EQ(read(route("out", "'+*'", "to = \"a\"\ncalling_must_be = '+44*'\ncalling_else = '+441'") +
                 route("mine", "'1'", "to = \"a\"\nset_calling = '+445'\nhide_calling = true")),
            "good");

  EXPECT_EQ(text_of(decide("b", "+1", "+4477").attempts.at(0).calling), "+4477");
  EXPECT_EQ(text_of(decide("b", "+1", "+3377").attempts.at(0).calling), "+441");
  EXPECT_FALSE(decide("b", "+1").hide_calling);
  EXPECT_EQ(text_of(decide("b", "1", "+3377").attempts.at(0).calling), "+445");
  EXPECT_TRUE(decide("b", "1").hide_calling);
}

// A blind transfer: who transfers has the rights, who is transferred is shown, as far as the route lets numbers be
// shown.
TEST_F(PlanOfAFile, ShowsWhoIsTransferredUnderTheRightsOfWhoTransfers) {
  ASSERT_EQ(read("[[line]]\next = '401'\ndid = '+12125550101'\n" + route("out", "'+*'", "to = 'a'\ncalling = '+44*'") +
                 route("checked", "'+49*'", "to = 'a'\ncalling_must_be = '+44*'\ncalling_else = '+441'") +
                 route("lines", "'+33*'", "to = 'a'\ncalling = 'line'")),
            "good");
  shown = Query::ShownCaller{"a", number_of("+3377")};

  EXPECT_EQ(text_of(decide("b", "+1", "+4477").attempts.at(0).calling), "+3377");
  EXPECT_EQ(text_of(decide("b", "+49", "+4477").attempts.at(0).calling), "+441");
  EXPECT_EQ(text_of(decide("b", "+33", "401").attempts.at(0).calling), "+12125550101");
  EXPECT_EQ(decide("b", "+1", "+3377").outcome(), "no route") << "what is shown gives no rights";
}

TEST_F(PlanOfAFile, RefusesWhatARouteRejectsOrALineMayNotDial) {
  ASSERT_EQ(read("[site]\nemergency = ['999']\n[[line]]\next = '401'\ndid = '+12125550101'\nallow = '+1*'\n" +
                 route("dear", "'+1900*'", "reject = 21") + route("out", "'+*'") + route("help", "'999'")),
            "good");

  EXPECT_EQ(decide("b", "+1900", "401").outcome(), "reject 21");
  EXPECT_EQ(decide("b", "+1900").cause, 21);
  EXPECT_EQ(decide("b", "+1212", "+12125550101").outcome(), "a");
  EXPECT_EQ(decide("b", "+44", "+12125550101").outcome(), "not allowed");
  EXPECT_EQ(decide("b", "999", "+12125550101").outcome(), "a");
  EXPECT_EQ(decide("b", "+44", "+12125550109").outcome(), "a");
  EXPECT_EQ(decide("b", "44").outcome(), "no route");
}

TEST_F(PlanOfAFile, SkipsATargetWhoseFormCannotCarryTheNumber) {
  ASSERT_EQ(read(route("out", "'*'", "to = [\"pbx\", \"a\"]") + route("one", "'+1*'", "to = \"pbx\"") +
                     "[plan]\nx = { ext = '2XX', e164 = '+442XX' }\ny = { ext = '3XX', e164 = '+13XX' }\n",
                 "numbers_out = \"extension:3\""),
            "good");

  EXPECT_EQ(decide("b", "+44212").outcome(), "pbx>a");
  EXPECT_EQ(decide("b", "+44912").outcome(), "a");
  EXPECT_EQ(decide("b", "+1912").outcome(), "not carried");
  EXPECT_EQ(decide("b", "+1912").cause, 28);
}

TEST_F(PlanOfAFile, ExplainsWhichRoutesMatchedAndWhyTheyLost) {
  ASSERT_EQ(read(route("pbx", "'+49*'", "from = \"pbx\"\nto = \"a\"") + route("all", "'*'") +
                 route("plus", "'+*'", "to = \"b\"")),
            "good");
  Query query;
  query.from_trunk = "a";
  query.called = number_of("+491");

  Explanation explanation;
  auto decision = plan->decide(query, &explanation);

  EXPECT_EQ(decision.route, "plus");
  EXPECT_EQ(explanation.called, "+491");
  std::vector<std::string> fates;
  for (const auto& row : explanation.considered) fates.push_back(row.route + " " + row.pattern + " " + row.fate);
  EXPECT_THAT(fates, ElementsAre("pbx +49* its \"from\" does not hold", "plus +* wins", "all * is less specific"));
}

TEST_F(PlanOfAFile, RunsTheTestsOfTheFile) {
  std::string plan_text = route("out", "'+*'", "to = [\"a\", \"b\"]") + "[test]\ncases = [\n";

  EXPECT_EQ(read(plan_text + "{ from = 'pbx', dial = '+1', want = 'a>b', sends = '+1', route = 'out' } ]\n"), "good");
  EXPECT_EQ(read(plan_text + "{ from = 'pbx', dial = '+1', want = 'b>a' } ]\n"),
            "test.toml:21: [test]: +1 from pbx should have want = \"b>a\", but has \"a>b\" (route \"out\")");
  EXPECT_THAT(read(plan_text + "{ from = 'pbx', dial = '+1', want = 'a>b', sends = '1' } ]\n"),
              HasSubstr("should have sends = \"1\", but has \"+1\""));
  EXPECT_THAT(read(plan_text + "{ from = 'pbx', dial = '+1', calling = '7', want = 'a>b', calling_sends = '8' } ]\n"),
              HasSubstr("should have calling_sends = \"8\", but has \"7\""));
  EXPECT_THAT(read(plan_text + "{ from = 'pbx', dial = '+1', want = 'a>b', at = 'now' } ]\n"),
              HasSubstr("\"now\" is no time"));
}

struct Refusal {
  const char* name;
  std::string file;
  std::string says;
  std::string_view trunk_options = "";

  friend void PrintTo(const Refusal& row, std::ostream* os) { *os << row.name; }
};

class RefusedPlan : public PlanOfAFile, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedPlan, NamesTheLineAndTheReason) {
  std::string error = read(GetParam().file, GetParam().trunk_options);

  EXPECT_THAT(error, testing::StartsWith("test.toml:"));
  EXPECT_THAT(error, HasSubstr(GetParam().says));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
}

std::string two(std::string_view first, std::string_view second, std::string_view more_first = "to = \"a\"",
                std::string_view more_second = "to = \"a\"") {
  return route("one", first, more_first) + route("two", second, more_second);
}

// A line with this extension, +12125550 before it its own number.
std::string line(std::string_view ext, std::string_view more) {
  return fmt::format("[[line]]\next = '{0}'\ndid = '+12125550{0}'\n{1}\n", ext, more);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RefusedPlan,
    testing::Values(
        Refusal{"SamePattern", two("'+49*'", "['+4*', '+49*']"),
                "test.toml:19: [[route]] \"two\" called: \"+49*\" and \"+49*\" of route \"one\" (line 15) tie"},
        Refusal{"CrossingPatterns", two("'4X1'", "'41X'"), "\"41X\" and \"4X1\" of route \"one\""},
        Refusal{"CrossingOpenPatterns", two("'[1-3]5*'", "'1[4-6]*'"), "tie: one call may take either"},
        Refusal{"SharedSource", two("'1'", "'1'", "from = ['a', 'b']\nto = 'a'", "from = ['b', 'pbx']\nto = 'a'"),
                "tie"},
        Refusal{"CallingThatOverlaps", two("'1'", "'1'", "calling = '2*'\nto = 'a'", "calling = ['3', 'X4']\nto = 'a'"),
                "tie"},
        Refusal{"Expressions", two("'/1[23]+/'", "'/1[34]+/'"), "\"/1[34]+/\" and \"/1[23]+/\""},
        Refusal{"UnknownList", route("one", "'@nobody'"), "test.toml:15: [[route]] \"one\" called: there is no list"},
        Refusal{"EmptyDids", route("one", "'@dids'"), "there is no [[line]]"},
        Refusal{"BadListEntry", route("one", "'@x'") + "[lists]\nx = ['1(']\n", "@x: \"1(\" lacks a )"},
        Refusal{"StarInTheMiddle", route("one", "'1*2'"), "nothing may follow the *"},
        Refusal{"PlusInTheMiddle", route("one", "'1+2'"), "can never match: a + is the first sign"},
        Refusal{"Letter", route("one", "'1q'"), "'q' is no sign of a pattern"},
        Refusal{"OpenSet", route("one", "'1[2'"), "lacks a ]"},
        Refusal{"EmptySet", route("one", "'1[]'"), "[] matches nothing"},
        Refusal{"BackwardRange", route("one", "'1[5-2]'"), "\"5-2\" is no range"},
        Refusal{"ClosedTwice", route("one", "'1)'"), "has a ) too many"},
        Refusal{"BadExpression", route("one", "'/1(/'"), "missing )"},
        Refusal{"NoSuchCapture", route("one", "'1(X)'", "to = 'a'\nset_called = '$2'"),
                "set_called: \"$2\": there are no 2"},
        Refusal{"NotCarriedAsExtension",
                route("one", "'+33*'", "to = 'pbx'") + "[plan]\nx = { ext = '2XX', e164 = '+442XX' }\n",
                "to: \"pbx\" cannot carry \"+33*\": no such number is in [plan]", "numbers_out = \"extension:3\""},
        Refusal{"NotCarriedAsE164", route("one", "'2XX'", "to = 'pbx'"), "takes only numbers with +",
                "numbers_out = \"e164\""},
        Refusal{"TonThatSipLacks", route("one", "'1'", "from = 'a'\nton = 'national'\nto = 'b'"),
                "ton: can never match"},
        Refusal{"WhenAndNotWhen",
                route("one", "'1'", "when = 'x'\nnot_when = 'x'\nto = 'b'") + "[schedule]\nx = { days = 'Mon' }\n",
                "the route can never match"},
        Refusal{"UnknownZone",
                route("one", "'1'", "when = 'x'\nto = 'b'") + "[schedule]\nx = { zone = 'Europe/Lundon' }\n",
                "test.toml:21: [schedule] x: there is no time zone \"Europe/Lundon\""},
        Refusal{"EmergencyWithoutRoute", "[site]\nemergency = ['112', '110']\n" + route("one", "'112'"),
                "test.toml:16: [site] emergency: no route takes \"110\""},
        Refusal{"EmergencyFromWherePeopleDial",
                "[site]\nemergency = ['112']\n" + route("one", "'112'", "from = 'a'\nto = 'b'"),
                "no route takes \"112\" from [trunk.pbx], where people dial", "numbers_in = \"dialled\""},
        Refusal{"HiddenByMoreConditions",
                two("'1*'", "'1*'", "from = 'a'\nto = 'b'",
                    "from = ['a', 'b']\nmedia = ['voice', 'fax', 'data']\nto = 'b'"),
                "test.toml:15: [[route]] \"one\" called: \"1*\" can never match: route \"two\" (line 20) takes all"},
        Refusal{"HiddenByTwoInTurns",
                two("'1*'", "'1*'", "when = 'x'\nto = 'a'", "not_when = 'x'\nto = 'a'") + route("three", "'1*'") +
                    "[schedule]\nx = { days = 'Mon' }\n",
                "[[route]] \"three\" called: \"1*\" can never match: routes \"one\" (line 15) and \"two\" (line 20)"},
        Refusal{"HiddenByThePlan",
                route("one", "'21X'", "from = 'pbx'\nto = 'a'") + "[plan]\nx = { ext = '2XX', e164 = '+442XX' }\n",
                "\"21X\" can never match: [plan] x makes them +442XX before", "numbers_in = \"dialled\""},
        Refusal{"HiddenByALine",
                route("one", "'401'", "from = 'pbx'\nto = 'a'") + "[[line]]\next = '401'\ndid = '+12125550101'\n",
                "\"401\" can never match: [[line]] (line 21) makes it +12125550101", "numbers_in = \"dialled\""},
        Refusal{"UnknownTrunk", route("one", "'1'", "to = 'nobody'"), "to: there is no [trunk.nobody]"},
        Refusal{"UnknownSource", route("one", "'1'", "from = 'nobody'\nto = 'a'"), "from: there is no [trunk.nobody]"},
        Refusal{"UnknownProfile", "[[line]]\next = '1'\ndid = '+1'\nprofile = 'x'\n",
                "test.toml:15: [[line]] profile: there is no [profile.x]"},
        Refusal{"ProfileKeyWithoutEffect", "[profile.x]\necho_cancel = false\n",
                "echo_cancel: unknown key; known are media, codecs, t38"},
        Refusal{"ProfileThatAnIsdnTrunkCannotUse", "[profile.x]\nt38 = 'never'\n",
                "[profile.x] has codecs or t38, which a line of timeslots has not", "profile = \"x\""},
        Refusal{"NextOnThatIsNoCause", route("one", "'1'", "to = 'a'\nnext_on = [200]"),
                "next_on: 200 is neither a Q.850 cause (1 to 127) nor a SIP status (300 to 699)"},
        Refusal{"SpendThatIsUnknown", route("one", "'1'", "to = 'a'\nspend = { per_week = 1 }"),
                "spend: \"per_week\" is unknown"},
        Refusal{"AbroadWithoutCountry", route("one", "'1'", "to = 'a'\nspend = { abroad_minutes_day = 1 }"),
                "spend: abroad_minutes_day needs [site] country"},
        Refusal{"EmergencyWithLimit", route("one", "'1'", "to = 'a'\nemergency = true\nlimit = 1"),
                "limit: does not go with emergency"},
        Refusal{"CostWithoutPrices", route("one", "'1'", "to = 'a'\npick = 'cost'"), "neither the route nor any"},
        Refusal{"CallingLineWithoutLines", route("one", "'1'", "to = 'a'\ncalling = 'line'"), "there is no [[line]]"},
        Refusal{"TonOutOfAnotherName", "", "ton_out: \"foreign\" is none of", "ton_out = { foreign = 'unknown' }"},
        Refusal{"FailingTest", route("one", "'1'") + "[test]\ncases = [\n{ from = 'pbx', dial = '1', want = 'b' } ]\n",
                "test.toml:21: [test]: 1 from pbx should have want"},
        Refusal{"ForwardToItself", line("401", "forward_always = '+12125550401'"),
                "test.toml:15: [[line]] 401 forward_always: \"+12125550401\" is the line itself"},
        Refusal{"ForwardToItsExtension", line("401", "forward_busy = '401'"),
                "[[line]] 401 forward_busy: \"401\" is the line itself"},
        Refusal{"ForwardToWhereTheLineMayNotCall", line("401", "allow = '+1*'\nforward_no_answer = '+44123456'"),
                "[[line]] 401 forward_no_answer: \"+44123456\" is not in the line's allow"},
        Refusal{"ForwardToAnEmergency",
                "[site]\nemergency = ['112']\n" + route("one", "'112'") + line("401", "forward_busy = '112'"),
                "forward_busy: \"112\" is an emergency number"},
        Refusal{"ForwardToNoNumber", line("401", "forward_always = 'voicemail'"), "\"voicemail\" is no number"},
        Refusal{"BadLinePermission", "[[line]]\next = '1'\ndid = '+1'\nallow = '@x'\n",
                "[[line]] allow: there is no list"}),
    [](const auto& row) { return row.param.name; });

TEST_F(PlanOfAFile, RefusesLinesThatForwardInACircleEachByItself) {
  std::string error =
      read(route("in", "'+12125550*'") + line("401", "forward_always = '402'") + line("402", "forward_always = '403'") +
           line("403", "forward_always = '401'") + line("404", "forward_always = '401'"));

  EXPECT_THAT(error, HasSubstr("[[line]] 401 forward_always: calls would go round and round: 401 > 402 > 403 > 401"));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 2) << "404 only leads into it: " << error;
}

TEST_F(PlanOfAFile, ALineForwardsByItsOwnPermissionsAndShowsWhoCalled) {
  struct Row {
    const char* name;
    ForwardOn on;
    const char* caller_from;
    const char* called;
    const char* outcome;  // of the call that goes on; "": the line forwards no such calls
    const char* sends = "";
    const char* shows = "";
  };
  ASSERT_EQ(read(route("in", "'+12125550*'", "from = ['a', 'b']\nto = 'pbx'") +
                 route("out", "'+*'", "from = 'pbx'\nto = 'b'\ncalling = '+12125550*'") +
                 route("premium", "'+1900*'", "from = 'pbx'\ncalling = '+12125550402'\nreject = 21") +
                 line("401", "forward_always = '+442079460402'\nforward_busy = '402'") +
                 line("402", "forward_no_answer = '+19005551000'") + line("403", "")),
            "good");
  for (const Row& row :
       {Row{"abroad, though the caller has no route there", ForwardOn::Always, "a", "12125550401", "b", "+442079460402",
            "+33123456789"},
        Row{"to another line", ForwardOn::Busy, "a", "12125550401", "b", "+12125550402", "+33123456789"},
        Row{"to where the line is refused", ForwardOn::NoAnswer, "a", "12125550402", "reject 21"},
        Row{"not asked for", ForwardOn::Busy, "a", "12125550402", ""},
        Row{"a line that does not", ForwardOn::Always, "a", "12125550403", ""},
        Row{"who may not call the line", ForwardOn::Always, "pbx", "12125550401", ""}}) {
    Query query;
    query.from_trunk = row.caller_from;
    query.called = number_of("+" + std::string(row.called));
    query.calling = number_of("+33123456789");
    query.at = *conf::WallClock::parse(at);
    auto decision = plan->decide(query);

    auto next = forwarded(query, decision, row.on);

    ASSERT_EQ(next.has_value(), *row.outcome != 0) << row.name;
    if (!next) continue;
    auto on = plan->decide(*next);
    EXPECT_EQ(on.outcome(), row.outcome) << row.name;
    if (on.attempts.empty()) continue;
    EXPECT_EQ(text_of(on.attempts[0].called), row.sends) << row.name;
    EXPECT_EQ(text_of(on.attempts[0].calling), row.shows) << row.name;
    EXPECT_EQ(text_of(on.attempts[0].redirecting), "+12125550401") << row.name;
    EXPECT_EQ(on.calling_line->ext, "401") << "whose limits count";
  }
}

TEST_F(PlanOfAFile, TakesRoutesThatLookAlikeButCannotBothHold) {
  EXPECT_EQ(read(two("'1'", "'1'", "from = 'a'\nto = 'a'", "from = 'b'\nto = 'a'")), "good");
  EXPECT_EQ(read(two("'1'", "'1'", "media = 'fax'\nto = 'a'", "media = 'voice'\nto = 'a'")), "good");
  EXPECT_EQ(read(two("'1'", "'1'", "calling = '2*'\nto = 'a'", "calling = '3X'\nto = 'a'")), "good");
  EXPECT_EQ(read(two("'1'", "'1'", "when = 'x'\nto = 'a'", "not_when = 'x'\nto = 'a'") +
                 "[schedule]\nx = { days = 'Mon' }\n"),
            "good");
  EXPECT_EQ(read(two("'4X1'", "'42X*'")), "good");
  EXPECT_EQ(read(two("'[1-3]5*'", "'4[4-6]*'")), "good");
}

TEST_F(PlanOfAFile, TakesRoutesThatAreOnlyPartlyHidden) {
  EXPECT_EQ(read(two("'1*'", "'1*'", "to = 'b'", "from = 'a'\nto = 'b'")), "good");
  EXPECT_EQ(read(two("'1*'", "'1*'", "from = ['a', 'pbx']\nto = 'b'", "from = 'a'\nmedia = 'fax'\nto = 'b'")), "good");
  EXPECT_EQ(
      read(route("one", "'1*'") + route("two", "'1*'", "when = 'x'\nto = 'a'") + "[schedule]\nx = { days = 'Mon' }\n"),
      "good");
  EXPECT_EQ(read(route("one", "'9XX'", "from = 'pbx'\nto = 'a'") +
                     "[site]\nemergency = ['999']\n[plan]\nx = { ext = '9XX', e164 = '+449XX' }\n",
                 "numbers_in = \"dialled\""),
            "good")
      << "999 is never rewritten";
}

TEST_F(PlanOfAFile, PricesATrunkByItselfWhereTheRouteDoesNot) {
  std::string plan_text = route("out", "'+*'",
                                "from = 'pbx'\nto = ['pbx', 'a', 'b']\npick = 'cost'\n"
                                "cost = { b = { '+1' = 3 } }");
  ASSERT_EQ(read(plan_text, "cost = { '+1' = 2.0, '*' = 9 }"), "good");

  EXPECT_EQ(decide("pbx", "+1").outcome(), "pbx>b>a");
  EXPECT_EQ(decide("pbx", "+49").outcome(), "pbx>a>b");
}

TEST_F(PlanOfAFile, KnowsAFaxByTheProfileOfTheLineOrTheTrunk) {
  ASSERT_EQ(read("[profile.fax]\nmedia = 'fax'\n[[line]]\next = '401'\ndid = '+12125550101'\nprofile = 'fax'\n"
                 "[[line]]\next = '402'\ndid = '+12125550102'\n" +
                 route("voice", "'+*'", "media = 'voice'\nto = 'a'") + route("fax", "'+*'", "media = 'fax'\nto = 'b'") +
                 route("data", "'+*'", "media = 'data'\nto = 'b'")),
            "good");

  EXPECT_EQ(route_taken("a", "+49", "401"), "fax");
  EXPECT_EQ(route_taken("a", "+49", "402"), "voice");
  EXPECT_EQ(route_taken("a", "+12125550101"), "fax");
  EXPECT_EQ(decide("a", "+12125550101").called_line->ext, "401");
  media = CallMedia::Data;
  EXPECT_EQ(route_taken("a", "+49", "401"), "data") << "the bearer says more than the profile";
}

TEST_F(PlanOfAFile, ShowsALineByItsOwnNumberAndTakesOnlyLines) {
  ASSERT_EQ(read("[[line]]\next = '401'\ndid = '+12125550101'\n" + route("out", "'+*'", "to = 'a'\ncalling = 'line'")),
            "good");

  EXPECT_EQ(text_of(decide("b", "+49", "401").attempts.at(0).calling), "+12125550101");
  EXPECT_EQ(decide("b", "+49", "403").outcome(), "no route");
}

TEST_F(PlanOfAFile, SendsTheTypesOfNumberThatTheTrunkWants) {
  ASSERT_EQ(read(route("out", "'*'", "from = 'b'\nto = 'pbx'"),
                 "ton_out = { international = \"unknown\", unknown = \"subscriber\", plan = \"private\" }"),
            "good");

  EXPECT_THAT(decide("b", "+4930", "77").attempts,
              ElementsAre(Attempt{"pbx",
                                  {"4930", TypeOfNumber::Unknown, NumberingPlan::Private},
                                  {"77", TypeOfNumber::Subscriber, NumberingPlan::Private}}));
}

TEST_F(PlanOfAFile, KnowsAnEmergencyByItsNumberAndWhatIsAbroad) {
  ASSERT_EQ(read("[site]\ncountry = '44'\nemergency = ['999']\n" + route("all", "'*'")), "good");

  EXPECT_TRUE(decide("a", "999").is_emergency);
  EXPECT_FALSE(decide("a", "998").is_emergency);
  EXPECT_TRUE(decide("a", "+4930").is_abroad);
  EXPECT_FALSE(decide("a", "+4420").is_abroad);
  EXPECT_EQ(decide("a", "+4420").rule->name, "all");
}

TEST_F(PlanOfAFile, ReplaysACallAndTellsWhereItWouldGoNow) {
  ASSERT_EQ(
      read(route("out", "'+*'", "to = ['a', 'b']") + route("shared", "'+1*'", "to = ['a', 'b']\npick = 'rotate'") +
           route("dear", "'+1900*'", "reject = 21")),
      "good");
  auto replay = [&](std::string_view called, std::string outcome, std::string sent) {
    RoutedCall call;
    call.query.from_trunk = "pbx";
    call.query.called = number_of(called);
    call.outcome = std::move(outcome);
    call.called = std::move(sent);
    return goes_elsewhere(call, *plan).value_or("as it went");
  };

  EXPECT_EQ(replay("+49", "a>b", "+49"), "as it went");
  EXPECT_EQ(replay("+49", "b>a", "+49"), "a>b");
  EXPECT_EQ(replay("+49", "no route", ""), "a>b");
  EXPECT_EQ(replay("+49", "a>b", "49"), "a>b, sends +49 instead of 49");
  EXPECT_EQ(replay("+12", "b>a", "+12"), "as it went") << "they take turns";
  EXPECT_EQ(replay("+12", "a", "+12"), "a>b");
  EXPECT_EQ(replay("+1900", "a>b", "+1900"), "reject 21");
  EXPECT_EQ(replay("49", "no route", ""), "as it went");
}

TEST_F(PlanOfAFile, KnowsNoWayWhereThereAreNoRoutes) {
  ASSERT_EQ(read(""), "good");

  EXPECT_THAT(decide("a", "+49").attempts, IsEmpty());
  EXPECT_EQ(decide("a", "+49").cause, 1);
}

TEST_F(PlanOfAFile, TellsOfANumberDialledDigitByDigitWhetherItIsWhole) {
  ASSERT_EQ(read(R"(
[[route]]
name = "desks"
called = "2XX"
to = ["a"]
[[route]]
name = "reception"
called = ["9", "95XX"]
to = ["a"]
[[route]]
name = "world"
called = "00*"
to = ["b"]
[[route]]
name = "only from a"
called = "7XXX"
from = ["a"]
to = ["b"]
)"),
            "good");
  struct Row {
    const char* digits;
    Reach reach;
  };
  auto reach = [&](std::string from, const char* digits) {
    Query query;
    query.from_trunk = std::move(from);
    query.called = number_of(digits);
    query.at = *conf::WallClock::parse(at);
    return plan->reach(query);
  };

  for (const Row& row :
       {Row{"2", Reach::Partial}, Row{"20", Reach::Partial}, Row{"205", Reach::Complete}, Row{"2055", Reach::None},
        Row{"9", Reach::MayGrow}, Row{"95", Reach::Partial}, Row{"9512", Reach::Complete}, Row{"0", Reach::Partial},
        Row{"00", Reach::MayGrow}, Row{"0049", Reach::MayGrow}, Row{"3", Reach::None}}) {
    EXPECT_EQ(reach("pbx", row.digits), row.reach) << row.digits;
  }
  EXPECT_EQ(reach("pbx", "7"), Reach::None) << "no route from there";
  EXPECT_EQ(reach("a", "7"), Reach::Partial);
}

TEST(Plan, NamesTheLineOfATableThatCannotBeRead) {
  auto settings = conf::parse(
      "[sip]\nlisten = 'udp:127.0.0.1:5060'\n[trunk.a]\nkind = 'sip'\npeer = 'sip:127.0.0.1:5070'\n[[route]]\n"
      "name = 'one'\ncalled = '1'\nto = 'a'\n",
      "test.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  settings->routes[0].table = "t.csv";
  settings->routes[0].rows.push_back({.called = "1[2", .to = 0, .line = 7});

  EXPECT_THAT(Plan::make(*settings).error().message, HasSubstr("[[route]] \"one\" table: t.csv:7: "));
}

}  // namespace
}  // namespace sg::route
