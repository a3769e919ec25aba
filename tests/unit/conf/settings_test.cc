#include "conf/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sg::conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGood = R"([sip]
listen = ["udp:127.0.0.1:5060", "tcp:[::1]:5062"]
t1 = "200ms"
[media]
ports = "20000-20999"
[fax]
t38 = "peer"
max_bit_rate = 9600
[span.2]
type = "T1"
local = "127.0.0.1:7003"
remote = "127.0.0.1:7002"
[span.1]
local = "127.0.0.1:7001"
remote = "127.0.0.1:7000"
clock = "given"
ppm = 20
[trunk.pstn]
kind = "pri"
spans = [1]
t310 = "30s"
[trunk.pbx]
kind = "pri"
spans = [2]
role = "network"
switch = "ni2"
[trunk.carrier]
kind = "sip"
peer = "sip:[::1]:5080;transport=tcp"
codecs = ["pcmu"]
max_calls = 30
[trunk.carrier.fax]
t38 = "never"
[[route]]
name = "out"
from = "pbx"
called = ["+49*", "112"]
to = ["carrier", "pstn"]
[[route]]
name = "in"
called = "+49*"
to = ["pbx"]
strip = 3
prepend = "0"
)";

// The good file with one piece of text replaced by another.
std::string with(std::string_view piece, std::string_view replacement) {
  std::string text(kGood);
  auto at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

std::string error_of(std::string_view text) {
  auto settings = parse(text, "test.toml");
  return settings ? "no error" : settings.error().message;
}

TEST(Settings, AreReadFromAFile) {
  auto settings = parse(kGood, "test.toml");

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->sip.listen[1].transport, Transport::Tcp);
  EXPECT_EQ(settings->sip.listen[1].address.to_string(), "[::1]:5062");
  EXPECT_EQ(settings->sip.t1, milliseconds(200));
  EXPECT_EQ(settings->media.first_port, 20000);
  EXPECT_EQ(settings->media.last_port, 20999);
  ASSERT_EQ(settings->spans.size(), 2u);
  EXPECT_EQ(settings->spans[0].number, 1);
  EXPECT_EQ(settings->spans[0].ppm, 20);
  EXPECT_EQ(settings->spans[1].type, SpanType::T1);
  ASSERT_EQ(settings->pri_trunks.size(), 2u);
  ASSERT_EQ(settings->sip_trunks.size(), 1u);
  EXPECT_EQ(settings->sip_trunks[0].peer.address.to_string(), "[::1]:5080");
  EXPECT_THAT(settings->sip_trunks[0].codecs, ElementsAre(CodecId::Pcmu));
  ASSERT_EQ(settings->routes.size(), 2u);
  EXPECT_THAT(settings->routes[0].from, ElementsAre("pbx"));
  EXPECT_THAT(settings->routes[0].called, ElementsAre("+49*", "112"));
  EXPECT_EQ(settings->routes[1].strip, 3);
}

TEST(Settings, FindSpansAndTrunksByName) {
  auto settings = parse(kGood, "test.toml").value();

  ASSERT_NE(settings.trunk("pbx"), nullptr);
  EXPECT_EQ(settings.trunk("pbx")->name, "pbx");
  EXPECT_NE(settings.trunk("carrier"), nullptr);
  EXPECT_EQ(settings.trunk("nobody"), nullptr);
  EXPECT_NE(settings.span(2), nullptr);
  EXPECT_EQ(settings.span(3), nullptr);
}

TEST(Settings, GiveTrunksTheFaxSectionWhereTheySayNothingElse) {
  auto settings = parse(kGood, "test.toml").value();

  EXPECT_EQ(settings.trunk("pstn")->fax.t38, T38Ask::Peer);
  EXPECT_EQ(settings.trunk("carrier")->fax.t38, T38Ask::Never);
  EXPECT_EQ(settings.trunk("carrier")->fax.max_bit_rate, 9600);
}

TEST(Settings, TellByDirectionWhoAsksForT38) {
  auto settings =
      parse(with("t38 = \"never\"", "t38 = \"ced\"\nt38_to = \"at-once\"\nt38_offer_window = \"4s\"\nsg3 = \"pass\""),
            "test.toml");

  ASSERT_TRUE(settings) << settings.error().message;
  const TrunkFax& fax = settings->sip_trunks[0].fax;
  EXPECT_EQ(fax.t38, T38Ask::Ced);
  EXPECT_FALSE(fax.t38_from);
  EXPECT_EQ(fax.t38_to, T38Ask::AtOnce);
  EXPECT_EQ(fax.t38_offer_window, milliseconds(4000));
  EXPECT_EQ(fax.sg3, Sg3::Pass);
}

TEST(Settings, TellWhatAT38PeerTellsWrongly) {
  auto told = parse(kGood, "test.toml").value();
  auto settings =
      parse(with("t38 = \"never\"", "t38_peer_max_datagram = 180\nt38_peer_error_correction = \"none\""), "test.toml");
  auto back =
      parse(with("t38 = \"never\"", "t38_peer_max_datagram = 0\nt38_peer_error_correction = \"as-told\""), "test.toml");

  EXPECT_EQ(told.sip_trunks[0].fax.t38_peer_max_datagram, 0);
  EXPECT_FALSE(told.sip_trunks[0].fax.t38_peer_error_correction);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->sip_trunks[0].fax.t38_peer_max_datagram, 180);
  EXPECT_EQ(settings->sip_trunks[0].fax.t38_peer_error_correction, ErrorCorrection::None);
  EXPECT_EQ(settings->fax.t38_peer_max_datagram, 0) << "of this trunk alone";
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_FALSE(back->sip_trunks[0].fax.t38_peer_error_correction);
}

TEST(Settings, PutTheDChannelWhereTheSpanTypeHasIt) {
  auto settings = parse(kGood, "test.toml").value();
  PriTrunk moved;
  moved.dchannel = 5;

  EXPECT_EQ(settings.pri_trunks[0].dchannel_of(*settings.span(1)), 16);
  EXPECT_EQ(settings.pri_trunks[0].dchannel_of(*settings.span(2)), 24);
  EXPECT_EQ(moved.dchannel_of(*settings.span(1)), 5);
}

std::string two_spans(std::string_view second_type, std::string_view options) {
  std::string file;
  for (auto [number, type] : {std::pair{1, std::string_view("T1")}, std::pair{2, second_type}}) {
    file += fmt::format("[span.{0}]\ntype = \"{1}\"\nlocal = \"127.0.0.1:700{0}\"\nremote = \"127.0.0.1:710{0}\"\n",
                        number, type);
  }
  return file + fmt::format("[trunk.pstn]\nkind = \"pri\"\nspans = [1, 2]\n{}\n", options);
}

TEST(Settings, HaveADChannelOnEachSpanOrWithNfasWhereTheyAreNamed) {
  auto spans_with_one = [](std::string_view options) {
    auto settings = parse(two_spans("T1", fmt::format("switch = \"ni2\"\n{}", options)), "test.toml");
    EXPECT_TRUE(settings) << settings.error().message;
    return settings ? settings->pri_trunks.at(0).dchannel_spans() : std::vector<uint16_t>{};
  };

  EXPECT_THAT(spans_with_one(""), ElementsAre(1, 2));
  EXPECT_THAT(spans_with_one("nfas = true"), ElementsAre(1));
  EXPECT_THAT(spans_with_one("nfas = true\ndchannels = [2]"), ElementsAre(2));
  EXPECT_THAT(spans_with_one("nfas = true\ndchannels = [2, 1]"), ElementsAre(2, 1));
}

TEST(Settings, RefuseNfasThatCannotBe) {
  auto error = [](std::string_view second_type, std::string_view options) {
    auto settings = parse(two_spans(second_type, options), "test.toml");
    return settings ? std::string() : settings.error().message;
  };

  EXPECT_THAT(error("E1", "switch = \"ni2\"\nnfas = true"),
              HasSubstr("[trunk.pstn] nfas: spans 1 and 2 differ in type or backend"));
  EXPECT_THAT(error("T1", "switch = \"qsig\"\nnfas = true"),
              HasSubstr("[trunk.pstn] nfas: does not go with switch = \"qsig\""));
  EXPECT_THAT(error("T1", "switch = \"ni2\"\nnfas = true\ndchannels = [1, 3]"),
              HasSubstr("[trunk.pstn] dchannels: 3 is none of the trunk's spans"));
  std::string many;
  for (int span = 3; span <= 21; ++span) {
    many +=
        fmt::format("[span.{0}]\ntype = \"T1\"\nlocal = \"127.0.0.1:72{0:02}\"\nremote = \"127.0.0.1:7300\"\n", span);
  }
  auto spans = two_spans("T1", "switch = \"ni2\"\nnfas = true\n" + many);
  auto all = spans.find("spans = [1, 2]");
  spans.replace(all, 14, "spans = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]");
  EXPECT_THAT(error_of(spans), HasSubstr("[trunk.pstn] nfas: at most 20 spans go together"));
  EXPECT_THAT(error("T1", "switch = \"ni2\"\nnfas = true\ndchannels = [1, 2, 3]"),
              HasSubstr("[trunk.pstn] dchannels: one primary, and one for backup"));
}

TEST(Settings, SayHowCloselyATrunkNamesAnAddress) {
  SipTrunk trunk;
  for (const char* block : {"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32"}) {
    trunk.allow_from.push_back(AddressRange::parse(block).value());
  }
  struct Row {
    const char* source;
    int prefix;
  };
  for (const Row& row : {Row{"10.9.9.9:1", 8}, Row{"10.1.9.9:1", 16}, Row{"10.1.2.3:1", 32}, Row{"[2001:db8::1]:1", 32},
                         Row{"11.0.0.1:1", -1}, Row{"[2001:db9::1]:1", -1}}) {
    EXPECT_EQ(prefix_for(trunk.allow_from, SocketAddress::parse(row.source).value()), row.prefix) << row.source;
  }
}

TEST(Settings, AllowASipTrunkItsPeersAddressWhenNoneIsNamed) {
  auto settings = parse(kGood, "test.toml").value();

  EXPECT_GE(prefix_for(settings.sip_trunks[0].allow_from, SocketAddress::parse("[::1]:9").value()), 0);
  EXPECT_LT(prefix_for(settings.sip_trunks[0].allow_from, SocketAddress::parse("[::2]:9").value()), 0);
}

struct Fault {
  const char* name;
  std::string_view piece;
  std::string_view replacement;
  std::vector<std::string> says;

  friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
};

class RefusedSettings : public testing::TestWithParam<Fault> {};

TEST_P(RefusedSettings, NameFileLineKeyAndReason) {
  const Fault& fault = GetParam();

  std::string error = error_of(with(fault.piece, fault.replacement));

  EXPECT_THAT(error, StartsWith("test.toml:"));
  for (const auto& words : fault.says) EXPECT_THAT(error, HasSubstr(words));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RefusedSettings,
    testing::Values(
        Fault{"UnknownKey", "t1 =", "t9 =", {"test.toml:3: [sip] t9: unknown key; did you mean t1?"}},
        Fault{"UnknownSection", "[media]\nports = \"20000-20999\"", "[medai]", {"test.toml:4: medai: unknown section"}},
        Fault{"WrongType",
              "\"200ms\"",
              "200",
              {"test.toml:3: [sip] t1: must be a time", "not an integer", "(RFC 3261 T1"}},
        Fault{"NoUnit", "\"200ms\"", "\"200\"", {"[sip] t1:", "has no unit"}},
        Fault{"OutOfRange", "\"200ms\"", "\"1ms\"", {"[sip] t1: 1ms is out of range"}},
        Fault{"FractionOfASecond", "t1 = \"200ms\"", "min_se = \"90500ms\"", {"[sip] min_se: whole seconds"}},
        Fault{"UnknownWord", "\"peer\"", "\"perhaps\"", {"[fax] t38: \"perhaps\"", "\"at-once\", \"peer\", \"never\""}},
        Fault{"BadListen", "udp:127.0.0.1:5060", "sctp:127.0.0.1:5060", {"[sip] listen:", "udp or tcp"}},
        Fault{"HostName", "udp:127.0.0.1:5060", "udp:localhost:5060", {"[sip] listen:", "no IPv4 or IPv6 address"}},
        Fault{"OddPorts", "20000-20999", "20001-20999", {"[media] ports:", "even"}},
        Fault{"FewPorts", "20000-20999", "20000-20001", {"[media] ports:", "four"}},
        Fault{"BackwardPorts", "20000-20999", "20000", {"[media] ports:", "FIRST-LAST"}},
        Fault{"MissingKey", "local = \"127.0.0.1:7001\"\n", "", {"[span.1] local: missing"}},
        Fault{"DahdiOptionOfAPseudowire",
              "ppm = 20",
              "driver_span = 3",
              {"[span.1] driver_span: unknown key here; it goes with [span.N] with backend = \"dahdi\""}},
        Fault{"PseudowireOptionOfADahdiSpan",
              "type = \"T1\"\nlocal = \"127.0.0.1:7003\"\nremote = \"127.0.0.1:7002\"",
              "backend = \"dahdi\"\nlocal = \"127.0.0.1:7003\"",
              {"test.toml:11: [span.2] local: unknown key here; it goes with [span.N] with backend = \"cesop\""}},
        Fault{"DriverSpanTwice",
              "[span.2]",
              "[span.8]\nbackend = \"dahdi\"\n[span.9]\nbackend = \"dahdi\"\ndriver_span = 8\n[span.2]",
              {"test.toml:13: [span.9] driver_span: the driver's span 8 is [span.8] already"}},
        Fault{"SpanName", "[span.2]", "[span.two]", {"test.toml:9: [span] two: a span is named by a number"}},
        Fault{"NoKind", "kind = \"sip\"\n", "", {"[trunk.carrier] kind:", "\"pri\", \"sip\""}},
        Fault{"OptionOfTheOtherKind", "max_calls = 30", "spans = [1]", {"[trunk.carrier] spans: unknown key"}},
        Fault{"PeerDatagramTooSmall",
              "t38 = \"never\"",
              "t38_peer_max_datagram = 60",
              {"[trunk.carrier.fax] t38_peer_max_datagram: must be 0, or 72 to 1400", "whatever they tell"}},
        Fault{"PeerErrorCorrection",
              "t38 = \"never\"",
              "t38_peer_error_correction = \"parity\"",
              {"[trunk.carrier.fax] t38_peer_error_correction: \"parity\"", "\"as-told\""}},
        Fault{"UnknownFaxKey", "t38 = \"never\"", "ecm = true", {"[trunk.carrier.fax] ecm: unknown key"}},
        Fault{"SpanUsedTwice",
              "spans = [2]\nrole = \"network\"\nswitch = \"ni2\"",
              "spans = [1]",
              {"test.toml:20: [trunk.pstn] spans:", "[trunk.pbx] already"}},
        Fault{"NoSuchSpan", "spans = [1]", "spans = [7]", {"[trunk.pstn] spans: there is no [span.7]"}},
        Fault{"SamePort", "127.0.0.1:7003", "127.0.0.1:7001", {"[span.2] local:", "[span.1] already"}},
        Fault{"SwitchOfAnotherSpanType",
              "\"ni2\"",
              "\"euroisdn-e1\"",
              {"[trunk.pbx] switch:", "span 2, which is of type T1"}},
        Fault{"DChannelBeyondTheFrame",
              "switch = \"ni2\"",
              "switch = \"ni2\"\ndchannel = 25",
              {"[trunk.pbx] dchannel:", "only 24"}},
        Fault{"DChannelsWithoutNfas",
              "switch = \"ni2\"",
              "switch = \"ni2\"\ndchannels = [2]",
              {"[trunk.pbx] dchannels: goes only with nfas = true"}},
        Fault{"NfasOfOneSpan", "switch = \"ni2\"", "switch = \"ni2\"\nnfas = true", {"[trunk.pbx] nfas: needs two"}},
        Fault{"PpmOfARecoveredClock", "clock = \"given\"\n", "", {"[span.1] ppm:", "clock = \"given\""}},
        Fault{"PeerWithoutListener", ";transport=tcp", "", {"[trunk.carrier] peer: needs udp on IPv6"}},
        Fault{"PeerIsUs", "[::1]:5080", "[::1]:5062", {"[trunk.carrier] peer:", "listens on itself"}},
        Fault{"UnknownParameter", ";transport=tcp", ";lr", {"[trunk.carrier] peer:", "only transport="}},
        Fault{"RouteToNowhere",
              "\"carrier\", \"pstn\"",
              "\"carier\", \"pstn\"",
              {"[[route]] \"out\" to: there is no [trunk.carier]"}},
        Fault{"RouteFromNowhere",
              "from = \"pbx\"",
              "from = \"pxb\"",
              {"[[route]] \"out\" from: there is no [trunk.pxb]"}},
        Fault{"RouteThatLeadsNowhere", "to = [\"pbx\"]", "", {"test.toml:39: [[route]] \"in\" to: missing"}},
        Fault{"RouteOfNoCalls", "called = \"+49*\"", "", {"[[route]] \"in\" called: missing"}},
        Fault{"RouteThatRejectsAndLeads", "strip = 3", "reject = 21", {"[[route]] \"in\" reject: does not go with to"}},
        Fault{"PaidTrunkFromAnywhere",
              "role = \"network\"",
              "role = \"network\"\npaid = true",
              {"[[route]] \"in\" to: leads to \"pbx\", which is paid"}},
        Fault{"UnknownSchedule", "strip = 3", "strip = 3\nwhen = \"office\"", {"when: [schedule] has no \"office\""}},
        Fault{"CostWithoutPick",
              "strip = 3",
              "strip = 3\ncost = { pbx = { \"*\" = 1.5 } }",
              {"cost: goes only with pick = \"cost\""}},
        Fault{"NegativePrice", "strip = 3", "cost = { pbx = { \"*\" = -1 } }", {"pbx * is no price"}},
        Fault{"NoNumberForm", "role = \"network\"", "numbers_in = \"+\"", {"[trunk.pbx] numbers_in:", "known forms"}},
        Fault{"NoExtensionLength",
              "role = \"network\"",
              "numbers_out = \"extension:0\"",
              {"[trunk.pbx] numbers_out:", "1 to 9 digits"}},
        Fault{"NoDay",
              "[sip]",
              "[schedule]\noffice = { days = \"Mo\" }\n[sip]",
              {"test.toml:2: [schedule] office days: \"Mo\" is no day"}},
        Fault{"NoHours", "[sip]", "[schedule]\noffice = { hours = \"9-17\" }\n[sip]", {"\"9\" is no time of day"}},
        Fault{"HoursOfNoLength",
              "[sip]",
              "[schedule]\noffice = { hours = \"09:00-09:00\" }\n[sip]",
              {"is no time at all"}},
        Fault{"NoDate",
              "[sip]",
              "[schedule]\noffice = { except = [\"2026-02-30\"] }\n[sip]",
              {"\"2026-02-30\" is no date"}},
        Fault{
            "BuiltInList", "[sip]", "[lists]\ndids = [\"1\"]\n[sip]", {"test.toml:2: [lists] dids: @dids is built in"}},
        Fault{"MissingListFile", "[sip]", "[lists]\nx = { file = \"no.csv\" }\n[sip]", {"no.csv cannot be read"}},
        Fault{"TestsWithoutCases", "[sip]", "[test]\nwant = 1\n[sip]", {"test.toml:1: test: is written [test]"}},
        Fault{"TestWithoutWant",
              "[sip]",
              "[test]\ncases = [\n{ from = \"pbx\", dial = \"1\" }]\n[sip]",
              {"test.toml:3: [test] case 1 want: missing"}},
        Fault{"RouteNameTwice", "name = \"in\"", "name = \"out\"", {"[[route]] \"out\" name:"}},
        Fault{"SingleBracketRoute",
              "[[route]]\nname = \"out\"\nfrom = \"pbx\"\ncalled = [\"+49*\", \"112\"]\nto = [\"carrier\", "
              "\"pstn\"]\n[[route]]",
              "[route]",
              {"route: is written [[route]]"}},
        Fault{"SameTwiceInAList", "[\"pcmu\"]", "[\"pcmu\", \"pcmu\"]", {"[trunk.carrier] codecs:", "twice"}},
        Fault{"EmptyList", "[\"pcmu\"]", "[]", {"[trunk.carrier] codecs: the list is empty"}},
        Fault{"JitterUpsideDown",
              "ports = \"20000-20999\"",
              "voice_jitter_min = \"100ms\"",
              {"[media] voice_jitter_min:"}},
        Fault{"NoToml", "[media]", "[media", {"test.toml:4: "}}),
    [](const auto& fault) { return fault.param.name; });

// A folder of its own, with a CSV file beside the configuration.
struct CsvBesideIt : testing::Test {
  std::string error_or_good(std::string_view csv, std::string_view toml) {
    std::ofstream(folder + "/x.csv") << csv;
    auto read = parse(toml, folder + "/test.toml");
    if (!read) return read.error().message;
    settings = std::move(*read);
    return "good";
  }

  // Cases run side by side, each in a process of its own.
  CsvBesideIt() {
    if (!::mkdtemp(folder.data())) ADD_FAILURE() << "no folder " << folder;
  }
  ~CsvBesideIt() override { std::filesystem::remove_all(folder); }

  std::string folder = testing::TempDir() + "csv-XXXXXX";
  Settings settings;
  static constexpr std::string_view kTable =
      "[sip]\nlisten = \"udp:127.0.0.1:5060\"\n[trunk.a]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:5070\"\n[[route]]\n"
      "name = \"t\"\nto = \"a\"\ntable = \"x.csv\"\n";
};

TEST_F(CsvBesideIt, GivesAListItsFirstColumn) {
  ASSERT_EQ(error_or_good("# dear\n+1900*, premium\r\n\n+881*\n", "[lists]\ndear = { file = \"x.csv\" }"), "good");

  EXPECT_THAT(settings.lists[0].patterns, ElementsAre("+1900*", "+881*"));
}

TEST_F(CsvBesideIt, GivesARouteItsRows) {
  ASSERT_EQ(error_or_good("called,to\n+44*,\n+49*,a\n+33*,a\n", kTable), "good");

  const Route& route = settings.routes[0];
  ASSERT_EQ(route.rows.size(), 3u);
  EXPECT_EQ(route.rows[0].called, "+44*");
  EXPECT_EQ(route.rows[0].to, 0u);
  EXPECT_EQ(route.rows[1].to, 1u);
  EXPECT_EQ(route.rows[2].to, 1u);
  EXPECT_EQ(route.row_targets, std::vector<Targets>({{{"a"}}}));
}

TEST_F(CsvBesideIt, IsRefusedWithItsOwnLine) {
  EXPECT_THAT(error_or_good("called,note\n1,2\n", kTable), HasSubstr("x.csv:1: \"note\" is none of the columns"));
  EXPECT_THAT(error_or_good("called,to\n1\n", kTable), HasSubstr("x.csv:2: 1 fields, not 2"));
  EXPECT_THAT(error_or_good("to\na\n", kTable), HasSubstr("x.csv:1: there is no column \"called\""));
  EXPECT_THAT(error_or_good("called,to\n1,a>b\n", kTable), HasSubstr("there is no [trunk.b]"));
}

TEST(Settings, ReadTargetsThatShareTheLoad) {
  auto settings = parse(with("to = [\"carrier\", \"pstn\"]", "to = [[\"carrier\", \"pstn\"], \"pbx\"]"), "test.toml");

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->routes[0].to, Targets({{"carrier", "pstn"}, {"pbx"}}));
}

TEST(Schedule, HoldsOnItsDaysWithinItsHours) {
  auto settings = parse(
      "[schedule]\noffice = { days = \"Mon-Wed,Fri\", hours = \"08:00-18:30\", except = [\"2026-12-25\"] }\n"
      "night = { days = \"Fri\", hours = \"22:00-06:00\" }\n",
      "test.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  const Schedule& office = settings->schedules[1].name == "office" ? settings->schedules[1] : settings->schedules[0];
  const Schedule& night = settings->schedules[1].name == "office" ? settings->schedules[0] : settings->schedules[1];
  auto holds = [](const Schedule& schedule, std::string_view at) { return schedule.holds(*WallClock::parse(at)); };

  EXPECT_TRUE(holds(office, "Tue 08:00"));
  EXPECT_FALSE(holds(office, "Tue 07:59"));
  EXPECT_FALSE(holds(office, "Tue 18:30"));
  EXPECT_FALSE(holds(office, "Thu 10:00"));
  EXPECT_TRUE(holds(office, "2026-12-18 10:00"));   // a Friday
  EXPECT_FALSE(holds(office, "2026-12-25 10:00"));  // and Christmas
  EXPECT_TRUE(holds(night, "Fri 23:00"));
  EXPECT_TRUE(holds(night, "Sat 05:59"));
  EXPECT_FALSE(holds(night, "Sat 23:00"));
  EXPECT_FALSE(holds(night, "Fri 05:00"));
}

TEST(WallClock, RefusesWhatIsNoTime) {
  for (auto text : {"", "Tue", "Tue 25:00", "Die 10:00", "Tue 1000", "2026-13-01 10:00", "Tue 24:01"}) {
    EXPECT_FALSE(WallClock::parse(text)) << text;
  }
}

TEST(Settings, TellEveryFaultOfAFileInItsOrder) {
  std::string error = error_of("[trunk.x]\nkind = \"carrier pigeon\"\n[sip]\nt1 = 3\nt2 = 4\n");

  EXPECT_THAT(error, testing::MatchesRegex("test.toml:2: [^\n]*\ntest.toml:4: [^\n]*\ntest.toml:5: [^\n]*"));
}

TEST(Settings, OfADahdiSpanLeaveItsTypeToTheDriver) {
  auto settings = parse(with("[span.2]\ntype = \"T1\"\nlocal = \"127.0.0.1:7003\"\nremote = \"127.0.0.1:7002\"",
                             "[span.2]\nbackend = \"dahdi\"\ndriver_span = 4"),
                        "test.toml");

  ASSERT_TRUE(settings) << settings.error().message;
  const Span& span = *settings->span(2);
  EXPECT_EQ(span.backend, SpanBackend::Dahdi);
  EXPECT_EQ(span.number_in_driver(), 4);
}

TEST(Settings, OfAnEmptyFileAreTheDefaults) {
  auto settings = parse("", "empty.toml");

  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->sip.listen.empty());
  EXPECT_EQ(settings->fax.t38, T38Ask::Preamble);
}

TEST(Settings, SayWhichFileIsMissing) {
  auto settings = load("/nonexistent/spangate.toml");

  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message, "/nonexistent/spangate.toml: cannot be read: No such file or directory");
}

TEST(AddressRange, ContainsWhatSharesItsPrefix) {
  auto range = AddressRange::parse("192.0.2.16/28").value();

  EXPECT_TRUE(range.contains(SocketAddress::parse("192.0.2.31:1").value()));
  EXPECT_FALSE(range.contains(SocketAddress::parse("192.0.2.32:1").value()));
  EXPECT_FALSE(range.contains(SocketAddress::parse("[::1]:1").value()));
  EXPECT_TRUE(AddressRange::parse("0.0.0.0/0")->contains(SocketAddress::parse("8.8.8.8:1").value()));
  EXPECT_TRUE(AddressRange::parse("2001:db8::/33")->contains(SocketAddress::parse("[2001:db8:7fff::1]:1").value()));
  EXPECT_FALSE(AddressRange::parse("2001:db8::/33")->contains(SocketAddress::parse("[2001:db8:8000::1]:1").value()));
}

TEST(AddressRange, RefusesAPrefixThatIsTooLong) {
  EXPECT_FALSE(AddressRange::parse("192.0.2.0/33"));
  EXPECT_FALSE(AddressRange::parse("192.0.2.0/"));
  EXPECT_FALSE(AddressRange::parse("192.0.2.0/8x"));
  EXPECT_FALSE(AddressRange::parse("example.org"));
}

TEST(NeedsRestart, NamesWhatAReloadCannotChange) {
  std::string text = R"([sip]
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
)";
  auto changed = [&](std::initializer_list<std::pair<std::string, std::string>> changes) {
    std::string after = text;
    for (const auto& [from, to] : changes) after.replace(after.find(from), from.size(), to);
    auto parsed = parse(after, "after.toml");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return needs_restart(*parse(text, "before.toml"), *parsed);
  };
  using testing::ElementsAre;

  EXPECT_THAT(changed({}), ElementsAre());
  EXPECT_THAT(changed({{"127.0.0.1:7000", "127.0.0.1:7002"}, {"5060", "5062"}}),
              ElementsAre("[sip] listen", "[span.1] remote"));
  EXPECT_THAT(changed({{"spans = [1]", "spans = [1]\nrole = 'network'\nmax_calls = 5\nbearer = 'speech'"}}),
              ElementsAre("[trunk.pbx] role"));
  EXPECT_THAT(changed({{"sip:127.0.0.1:5070", "sip:127.0.0.1:5071\"\nmax_cps = 5\nallow_from = \"192.0.2.0/24"}}),
              ElementsAre());
  EXPECT_THAT(changed({{"[trunk.a]", "[trunk.b]"}}), ElementsAre());
  EXPECT_THAT(changed({{"[trunk.pbx]", "[trunk.line]"}}), ElementsAre("[trunk.line] is new", "[trunk.pbx] is gone"));
  EXPECT_THAT(changed({{"[trunk.a]", "[span.2]\nlocal = '127.0.0.1:7003'\nremote = '127.0.0.1:7004'\n[trunk.a]"}}),
              ElementsAre("[span.2] is new"));
}

}  // namespace
}  // namespace sg::conf
