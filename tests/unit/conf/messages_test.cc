// What a file that is wrong is told: for each kind of mistake that people make, the very words.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "conf/settings.h"

namespace sg::conf {
namespace {

constexpr std::string_view kGood = R"([sip]
listen = ["udp:127.0.0.1:5060"]
t1 = "200ms"
[media]
ports = "20000-20999"
[span.1]
local = "127.0.0.1:7001"
remote = "127.0.0.1:7000"
[trunk.pstn]
kind = "pri"
spans = [1]
[trunk.carrier]
kind = "sip"
peer = "sip:127.0.0.1:5080"
max_calls = 30
[site]
country = "44"
[[route]]
name = "out"
from = "pstn"
called = ["+49*", "112"]
to = ["carrier"]
[[route]]
name = "in"
from = "carrier"
called = "+44*"
to = ["pstn"]
)";

struct Message {
  const char* name;
  std::string_view piece, replacement;
  std::string says;  // line and all, but for the option's help that may follow

  friend void PrintTo(const Message& message, std::ostream* out) { *out << message.name; }
};

class Messages : public testing::TestWithParam<Message> {};

TEST_P(Messages, AreThese) {
  std::string text(kGood);
  auto at = text.find(GetParam().piece);
  ASSERT_NE(at, std::string::npos) << GetParam().piece;
  text.replace(at, GetParam().piece.size(), GetParam().replacement);

  auto settings = parse(text, "f.toml");

  ASSERT_FALSE(settings);
  const std::string said = settings.error().message, wanted = "f.toml:" + GetParam().says;
  const bool is_followed_by_help = said.starts_with(wanted + " (") && said.ends_with(")");
  EXPECT_EQ(is_followed_by_help ? wanted : said, wanted);
  EXPECT_EQ(said.find('\n'), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    Of, Messages,
    testing::Values(
        Message{"KeyTypo", "max_calls", "max_cals",
                "15: [trunk.carrier] max_cals: unknown key; did you mean max_calls?"},
        Message{"KeyDash", "max_calls", "max-calls",
                "15: [trunk.carrier] max-calls: unknown key; did you mean max_calls?"},
        Message{"KeySwapped", "max_calls", "max_clals",
                "15: [trunk.carrier] max_clals: unknown key; did you mean max_calls?"},
        Message{"KeyFar", "max_calls", "colour",
                "15: [trunk.carrier] colour: unknown key; `spangated --sample` shows all that there are"},
        Message{"KeyOfOther", "max_calls = 30", "spans = [1]",
                "15: [trunk.carrier] spans: unknown key here; it goes with trunks of kind pri, fxs, fxo, em"},
        Message{"KeyOfSip", "max_calls = 30", "user_agent = 'x'",
                "15: [trunk.carrier] user_agent: unknown key here; it goes with [sip]"},
        Message{"SectionTypo", "[media]", "[meida]", "4: meida: unknown section; did you mean media?"},
        Message{"SectionFar", "[media]", "[colours]",
                "4: colours: unknown section; known are [sip], [media], [fax], [span.N], [trunk.NAME], [group], "
                "[profile.NAME], "
                "[site], [plan], [[line]], [lists], [schedule], [[route]], [test], [records], [control], [log]"},
        Message{"KeyNoSection", "[sip]", "x = 1\n[sip]",
                "1: x: stands in no section: [sip], or another, is to stand above it"},
        Message{"SpanText", "spans = [1]", R"(spans = "1")",
                "11: [trunk.pstn] spans: must be an integer from 1 to 1000, not a string: without quotes, 1"},
        Message{"CountryNumber", R"(country = "44")", "country = 44",
                R"(17: [site] country: must be a country code, not an integer: in quotes, "44")"},
        Message{"CalledNumber", R"(called = "+44*")", "called = 112",
                R"(26: [[route]] "in" called: must be a pattern or @list, not an integer: in quotes, "112")"},
        Message{
            "TimeNumber", R"(t1 = "200ms")", "t1 = 200",
            R"(3: [sip] t1: must be a time from "50ms" to "5s", not an integer: in quotes and with a unit, "200ms" or "200s")"},
        Message{"BoolText", "max_calls = 30", R"(paid = "true")",
                "15: [trunk.carrier] paid: must be true or false, not a string: without quotes, true"},
        Message{"NumText", "max_calls = 30", R"(max_calls = "30")",
                "15: [trunk.carrier] max_calls: must be an integer from 0 to 10000, not a string: without quotes, 30"},
        Message{"TextBool", R"(name = "in")", "name = true",
                R"(24: [[route]] name: must be a name, not true or false: in quotes, "true")"},
        Message{"Unquoted", R"(kind = "sip")", "kind = sip", R"(13: kind: a text needs quotes: "sip")"},
        Message{"Curly", R"(kind = "sip")", "kind = “sip”", R"(13: kind: curly quotes do not count: "sip" is wanted)"},
        Message{"CurlySingle", R"(kind = "sip")", "kind = ‘sip’",
                R"(13: kind: curly quotes do not count: "sip" is wanted)"},
        Message{"Word", "max_calls = 30", "max_calls = ten", R"(15: max_calls: a text needs quotes: "ten")"},
        Message{"Yes", "max_calls = 30", "paid = yes", "15: paid: yes is written true or false here"},
        Message{"Addr", R"(local = "127.0.0.1:7001")", "local = 127.0.0.1:7001",
                R"(7: local: a text needs quotes: "127.0.0.1:7001")"},
        Message{"InList", R"(to = ["carrier"])", "to = [carrier]", R"(22: to: a text needs quotes: "carrier")"},
        Message{"InTallList", R"(to = ["carrier"])", "to = [\n  carrier,\n]", R"(23: a text needs quotes: "carrier")"},
        Message{"NoValue", R"(kind = "sip")", "kind =", "13: kind: has no value"},
        Message{"Open", R"(kind = "sip")", R"(kind = "sip)",
                "13: kind: the text is not closed: a quote is missing at its end"},
        Message{"Back", R"(name = "in")", R"(name = "C:\x")",
                R"(24: name: a backslash in a text is written twice, or the text in single quotes: 'C:\path')"},
        Message{"Zero", "max_calls = 30", "max_calls = 030",
                R"(15: max_calls: a number does not begin with 0, and a text needs quotes: "030")"},
        Message{"Unit", R"(t1 = "200ms")", "t1 = 200ms", R"(3: t1: a text needs quotes: "200ms")"},
        Message{"TwiceTable", "[site]", "[sip]", "16: [sip] stands twice: first at line 1"},
        Message{"TwiceKey", R"(t1 = "200ms")", "t1 = \"200ms\"\nt1 = \"300ms\"", "4: t1 stands twice: first at line 3"},
        Message{"TwiceTrunk", "[site]\ncountry = \"44\"", "[trunk.pstn]",
                "16: [trunk.pstn] stands twice: first at line 9"},
        Message{"TwiceRoute", R"(name = "in")", R"(name = "out")",
                R"(23: [[route]] "out" name: is that of the [[route]] at line 18 already)"},
        Message{"OneBracket", "[[route]]\nname = \"in\"", "[route]\nname = \"in\"",
                "23: [route] is written with two brackets, [[route]], as at line 18"},
        Message{"NextOn", R"(to = ["pstn"])", "to = [\"pstn\"]\nnext_on = [999]",
                R"(28: [[route]] "in" next_on: 999 is neither a Q.850 cause (1 to 127) nor a SIP status (300 to 699))"},
        Message{"NextOnText", R"(to = ["pstn"])", "to = [\"pstn\"]\nnext_on = [\"34\"]",
                R"(28: [[route]] "in" next_on: holds a string: "default" and numbers without quotes are wanted)"},
        Message{"PortsBack", "20000-20999", "20000-10000",
                "5: [media] ports: 20000 is above 10000: the first port comes first"},
        Message{"V6", "sip:127.0.0.1:5080", "sip:2001:db8::1",
                R"(14: [trunk.carrier] peer: an IPv6 address stands in brackets: "sip:[2001:db8::1]")"},
        Message{"V6Port", "sip:127.0.0.1:5080", "sip:2001:db8::1:5060",
                R"(14: [trunk.carrier] peer: an IPv6 address stands in brackets: "sip:[2001:db8::1]:5060")"},
        Message{"V6Listen", "udp:127.0.0.1:5060", "udp:::1:5060",
                R"(2: [sip] listen: an IPv6 address stands in brackets: "[::1]:5060")"},
        Message{"V6Span", R"(local = "127.0.0.1:7001")", R"(local = "::1:7001")",
                R"(7: [span.1] local: an IPv6 address stands in brackets: "[::1]:7001")"},
        Message{
            "Name", "sip:127.0.0.1:5080", "sip:sip.carrier.example",
            R"(14: [trunk.carrier] peer: "sip.carrier.example" is no IPv4 or IPv6 address; names are not looked up (DNS) yet: the address itself is wanted)"},
        Message{
            "NamePort", "sip:127.0.0.1:5080", "sip:sip.carrier.example:5060",
            R"(14: [trunk.carrier] peer: "sip.carrier.example" is no IPv4 or IPv6 address; names are not looked up (DNS) yet: the address itself is wanted)"},
        Message{"Sips", "sip:127", "sips:127",
                "14: [trunk.carrier] peer: sips: is not supported yet: sip: by udp or tcp is wanted"},
        Message{"Tls", R"(5080")", R"(5080;transport=tls")",
                "14: [trunk.carrier] peer: tls is not supported yet: udp or tcp is wanted"},
        Message{
            "User", "sip:127", "sip:me@127",
            R"(14: [trunk.carrier] peer: "me@127.0.0.1:5080" names a user: a peer is told by its address alone, sip:ADDRESS:PORT)"},
        Message{"Register", "max_calls = 30", "register = true",
                "15: [trunk.carrier] register: unknown key; registering is not supported yet: a peer is known by its "
                "address (peer, allow_from)"},
        Message{"Username", "max_calls = 30", "username = 'x'",
                "15: [trunk.carrier] username: unknown key; a user's name and password are not supported yet: a peer "
                "is known by its address (peer, allow_from)"},
        Message{
            "Srtp", "max_calls = 30", "srtp = true",
            "15: [trunk.carrier] srtp: unknown key; SRTP is not supported yet: RTP and T.38 go as they are, over UDP"},
        Message{
            "Transport", "max_calls = 30", "transport = 'tls'",
            R"(15: [trunk.carrier] transport: unknown key; it stands in the address: peer = "sip:ADDRESS:PORT;transport=tcp"; udp and tcp are known, tls not yet)"},
        Message{"Proxy", "max_calls = 30", "outbound_proxy = 'x'",
                "15: [trunk.carrier] outbound_proxy: unknown key; an outbound proxy is not supported yet: where all "
                "calls go through it, peer is its address"},
        Message{
            "Host", "max_calls = 30", "host = 'x'",
            R"(15: [trunk.carrier] host: unknown key; a peer is told by its address alone: peer = "sip:ADDRESS:PORT")"},
        Message{
            "Disallow", "max_calls = 30", "disallow = 'all'",
            R"(15: [trunk.carrier] disallow: unknown key; here it is codecs ("pcma", "pcmu"), or allow_from for addresses)"},
        Message{"Dtmfmode", "max_calls = 30", "dtmfmode = 'x'",
                R"(15: [trunk.carrier] dtmfmode: unknown key; here it is dtmf: "rfc4733", "inband" or "info")"},
        Message{"Externip", R"(t1 = "200ms")", "externip = 'x'",
                "3: [sip] externip: unknown key; a public address in front of ours (NAT) is not supported yet: SDP "
                "tells [media] address, or that of [sip] listen"},
        Message{"TrunkTypo", R"(to = ["carrier"])", R"(to = ["carier"])",
                R"(22: [[route]] "out" to: there is no [trunk.carier]; did you mean "carrier"?)"},
        Message{"T2", R"(t1 = "200ms")", R"(t1 = "5s")", "3: [sip] t1: 5s is above t2, which is 4s"},
        Message{"Kind", R"(kind = "sip")", R"(kind = "sipp")",
                R"(13: [trunk.carrier] kind: one of "pri", "sip", "fxs", "fxo", "em" is wanted)"}),
    [](const auto& test) { return test.param.name; });

TEST(Messages, OfTheGoodFileAreNone) {
  auto settings = parse(kGood, "f.toml");

  EXPECT_TRUE(settings) << settings.error().message;
}

// A folder with files that are no configuration, or no table.
struct Files : testing::Test {
  Files() {
    if (!::mkdtemp(folder.data())) ADD_FAILURE() << "no folder " << folder;
  }
  ~Files() override { std::filesystem::remove_all(folder); }

  std::string told_of(const std::string& name, std::string_view content) {
    std::ofstream(folder + "/" + name) << content;
    return told_of(folder + "/" + name);
  }
  // Without the folder's name.
  std::string told_of(const std::string& path) {
    auto settings = load(path);
    std::string said = settings ? "good" : settings.error().message;
    for (size_t at; (at = said.find(folder + "/")) != std::string::npos;) said.erase(at, folder.size() + 1);
    return said;
  }
  std::string told_of_table(std::string_view csv) {
    std::ofstream(folder + "/t.csv") << csv;
    auto said =
        told_of("f.toml",
                std::string(kGood) + "[[route]]\nname = \"t\"\nfrom = \"pstn\"\ntable = \"t.csv\"\nto = \"carrier\"\n");
    constexpr std::string_view kBefore = "f.toml:31: [[route]] \"t\" table: ";
    if (said.starts_with(kBefore)) said = said.substr(kBefore.size());
    return said.substr(0, said.find(" (A CSV file of further"));
  }

  std::string folder = testing::TempDir() + "messages-XXXXXX";
};

TEST_F(Files, ThatAreNoConfigurationAreNamedAsWhatTheyAre) {
  const std::string kEmpty = "is empty; `spangated --sample` prints a file to begin with";
  EXPECT_EQ(told_of("f.toml", ""), "f.toml: " + kEmpty);
  EXPECT_EQ(told_of("f.toml", " \n\n"), "f.toml: " + kEmpty);
  EXPECT_EQ(told_of("/dev/null"), "/dev/null: " + kEmpty);
  EXPECT_EQ(told_of(folder), folder + ": is a directory");
  EXPECT_EQ(told_of("f.toml", "\xEF\xBB\xBF" + std::string(kGood)), "good") << "a byte order mark is no matter";
}

TEST_F(Files, OfTablesAreReadAsSpreadsheetsSaveThem) {
  EXPECT_EQ(told_of_table("called,to\n+33*,carrier\n"), "good");
  EXPECT_EQ(told_of_table("\xEF\xBB\xBF"
                          "called,to\r\n+33*,carrier\r\n"),
            "good");
  EXPECT_EQ(told_of_table("called,to\r\r# comment\r+33*,carrier\r"), "good");
  EXPECT_EQ(told_of_table("# from the office\n\ncalled;to\n+33*;carrier\n"), "good");
  EXPECT_EQ(told_of_table("called\tto\n+33*\tcarrier\n"), "good");
  EXPECT_EQ(told_of_table("\"called\",\"to\"\r\n\"+33*\", \"carrier\" \r\n# comment\r\n\r\n+34*,\r\n"), "good");
}

TEST_F(Files, OfTablesAreToldTheirOwnLine) {
  EXPECT_EQ(told_of_table(""), "t.csv is empty");
  EXPECT_EQ(told_of_table("# only this\n"),
            "t.csv has no heading: the first line is to name the columns, \"called,to\"");
  EXPECT_EQ(told_of_table("called,to\n"), "t.csv has no rows below its heading");
  EXPECT_EQ(told_of_table("called|to\n+33*|carrier\n"),
            "t.csv:1: columns are separated by | here: commas are wanted (\"called,to\")");
  EXPECT_EQ(told_of_table("called,price\n+33*,0.1\n"),
            "t.csv:1: column \"price\": prices are not read from a route's table; the trunk's rates = \"FILE\" reads "
            "them, or "
            "cost = { PREFIX = PRICE }");
  EXPECT_EQ(told_of_table("called,colour\n+33*,red\n"), "t.csv:1: \"colour\" is none of the columns called, to");
  EXPECT_EQ(told_of_table("called,called\n1,2\n"), "t.csv:1: two columns are \"called\"");
  EXPECT_EQ(told_of_table("to\ncarrier\n"), "t.csv:1: there is no column \"called\"");
  EXPECT_EQ(told_of_table("called,to\n\n# x\n+33*,carier\n"),
            "t.csv:4: there is no [trunk.carier]; did you mean \"carrier\"?");
  EXPECT_EQ(told_of_table("called,to\n+33*\n"), "t.csv:2: 1 fields, not 2");
  EXPECT_EQ(told_of_table("called,to\n\"+33*,carrier\n+34*,carrier\n"), "t.csv:2: a quote is opened and never closed");
  EXPECT_EQ(told_of_table("called,to\n\"+33*\"x,carrier\n"), "t.csv:2: something stands after a closing quote");
  EXPECT_EQ(told_of_table("called,to\n\"+33*\n\",carrier\n+3\"4*,carrier\n"),
            "t.csv:4: a quote within a field that does not begin with one");
  EXPECT_EQ(told_of_table("\xFF\xFE"
                          "c"),
            "t.csv is UTF-16 text: save it as CSV in UTF-8");
  EXPECT_EQ(told_of_table("PK\x03\x04"), "t.csv is a spreadsheet: save it as CSV");
}

}  // namespace
}  // namespace sg::conf
