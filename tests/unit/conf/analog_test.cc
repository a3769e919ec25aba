// Analog trunks and ports: what is read of them, and every way in which they can contradict each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "conf/settings.h"

namespace sg::conf {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// Lines are counted from 1: [trunk.phones] is line 10, [trunk.lines] 13, [trunk.tie] 16, the ports 19, 23 and 26.
constexpr std::string_view kGood = R"([sip]
listen = ["udp:127.0.0.1:5060"]
[span.1]
backend = "dahdi"
[span.2]
backend = "dahdi"
[span.3]
backend = "dahdi"
driver_span = 7
[trunk.phones]
kind = "fxs"
spans = [1]
[trunk.lines]
kind = "fxo"
spans = [2]
[trunk.tie]
kind = "em"
spans = [3]
[[line]]
ext = "401"
did = "+442079460401"
port = "1/1"
[[line]]
port = "2/1"
number = "+442079460401"
[[line]]
port = "3/24"
[trunk.sip]
kind = "sip"
peer = "sip:127.0.0.1:5070"
)";

std::string with(std::string_view piece, std::string_view replacement, std::string_view good = kGood) {
  std::string text(good);
  auto at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

TEST(AnalogSettings, AreReadFromAFile) {
  auto settings = parse(kGood, "test.toml");

  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_EQ(settings->analog_trunks.size(), 3u);
  ASSERT_EQ(settings->ports.size(), 3u);
  EXPECT_EQ(settings->analog_trunk_of(settings->ports[1])->kind, LineKind::Fxo);
  EXPECT_THAT(settings->analog_trunks_on(9), ElementsAre());
  EXPECT_EQ(settings->ports[0].port, (Port{1, 1}));
  EXPECT_EQ(settings->ports[2].port->to_string(), "3/24");
  EXPECT_EQ(settings->trunk("tie")->name, "tie");
  // An exchange's line is nobody's extension.
  ASSERT_EQ(settings->lines.size(), 1u);
  EXPECT_EQ(settings->lines[0].ext, "401");
}

// A card with ports of two kinds. Lines are counted from 1: the ports are on 11, 16 and 20.
constexpr std::string_view kShared = R"([sip]
listen = ["udp:127.0.0.1:5060"]
[span.1]
backend = "dahdi"
[trunk.phones]
kind = "fxs"
spans = [1]
[trunk.lines]
kind = "fxo"
spans = [1]
[[line]]
ext = "401"
did = "+442079460401"
port = "1/1"
trunk = "phones"
[[line]]
number = "+442079460401"
port = "1/3"
trunk = "lines"
[[line]]
number = "+442079460402"
port = "1/4"
trunk = "lines"
[trunk.sip]
kind = "sip"
peer = "sip:127.0.0.1:5070"
)";

TEST(AnalogSettings, LetTrunksShareASpanWhosePortsSayWhoseTheyAre) {
  auto settings = parse(kShared, "test.toml");

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->analog_trunks_on(1).size(), 2u);
  EXPECT_EQ(settings->analog_trunk_of(settings->ports[0])->name, "phones");
  EXPECT_EQ(settings->analog_trunk_of(settings->ports[1])->name, "lines");
  EXPECT_EQ(settings->analog_trunk_of(settings->ports[2])->name, "lines");
}

TEST(AnalogSettings, TellNoTrunkOfALineWithoutPortOrOfAPortThatDoesNotSay) {
  auto settings = parse(kShared, "test.toml").value();
  Line line;

  EXPECT_EQ(settings.analog_trunk_of(line), nullptr);
  line.port = Port{1, 1};
  EXPECT_EQ(settings.analog_trunk_of(line), nullptr);
  line.trunk = "sip";
  EXPECT_EQ(settings.analog_trunk_of(line), nullptr);
}

TEST(AnalogSettings, TakeATrunkThatNeedNotBeSaid) {
  EXPECT_TRUE(parse(with("port = \"1/1\"", "port = \"1/1\"\ntrunk = \"phones\""), "test.toml"));
}

struct Refusal {
  const char* name;
  std::string text;
  const char* begins;  // of the message
};

class RefusedAnalogSettings : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedAnalogSettings, NameFileLineKeyAndReason) {
  auto settings = parse(GetParam().text, "test.toml");

  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().message, StartsWith(GetParam().begins));
  // Nothing else is wrong.
  EXPECT_EQ(settings.error().message.find('\n'), std::string::npos) << settings.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Analog, RefusedAnalogSettings,
    testing::Values(
        Refusal{"NoPort", with("port = \"1/1\"", "port = \"1\""),
                R"(test.toml:22: [[line]] port: "1" is no port: "SPAN/CHANNEL" is wanted)"},
        Refusal{"PortZero", with("port = \"2/1\"", "port = \"2/0\""),
                R"(test.toml:24: [[line]] port: "2/0" is no port)"},
        Refusal{"PortOfNoSpan", with("port = \"3/24\"", "port = \"4/1\"\n[[line]]\nport = \"3/1\""),
                "test.toml:26: [[line]] port: there is no [span.4] ("},
        Refusal{"PortOfASpanThatNoTrunkHas",
                std::string(kGood) + "[span.4]\nbackend = \"dahdi\"\n[[line]]\nport = \"4/1\"\n",
                "test.toml:33: [[line]] port: no fxs, fxo or em trunk has span 4 ("},
        Refusal{"PortGivenTwice", with("port = \"3/24\"", "port = \"3/24\"\n[[line]]\nport = \"3/24\""),
                "test.toml:28: [[line]] port: 3/24 is the port of the [[line]] at line 26 already ("},
        Refusal{"TelephoneWithoutExtension", with("port = \"2/1\"", "port = \"1/2\"\n[[line]]\nport = \"2/1\""),
                "test.toml:23: [[line]] ext: missing: 1/2 is a telephone's port ("},
        Refusal{"TelephoneWithANumber", with("port = \"1/1\"", "port = \"1/1\"\nnumber = \"5\""),
                "test.toml:19: [[line]] number: does not go with a telephone's port"},
        Refusal{"ExtensionOnALine", with("port = \"2/1\"", "port = \"2/1\"\next = \"402\"\ndid = \"+442079460402\""),
                "test.toml:23: [[line]] ext: does not go with a port of an fxo trunk"},
        Refusal{"LineWithoutNumber", with("number = \"+442079460401\"\n", ""),
                "test.toml:23: [[line]] number: missing: what number are calls for"},
        Refusal{"LampOnALine", with("port = \"2/1\"", "port = \"2/1\"\nmessages = 2"),
                "test.toml:23: [[line]] messages: goes only with a telephone's port ("},
        Refusal{"TooManyMessages", with("port = \"1/1\"", "port = \"1/1\"\nmessages = 100"),
                "test.toml:23: [[line]] messages: "},
        Refusal{"TapsThatNoCancellerHas", with("kind = \"fxo\"", "kind = \"fxo\"\necho_canceller = 100"),
                "test.toml:15: [trunk.lines] echo_canceller: 100 taps: no canceller has so many ("},
        Refusal{"TooManyTaps", with("kind = \"fxo\"", "kind = \"fxo\"\necho_canceller = 2048"),
                "test.toml:15: [trunk.lines] echo_canceller: "},
        Refusal{"EchoCancellerOnFaxLines",
                with("kind = \"fxo\"", "kind = \"fxo\"\necho_canceller = 64\nmedia = \"fax\""),
                "test.toml:15: [trunk.lines] echo_canceller: does not go with media"},
        Refusal{"EchoCancellerOnData",
                std::string(kGood) + "[span.4]\nbackend = \"dahdi\"\n[trunk.isdn]\nkind = \"pri\"\nspans = [4]\n"
                                     "bearer = \"unrestricted\"\necho_canceller = 64\n",
                "test.toml:37: [trunk.isdn] echo_canceller: does not go with bearer"},
        Refusal{"EchoCancellerOnAPseudowire",
                std::string(kGood) + "[span.4]\nlocal = \"127.0.0.1:7001\"\nremote = \"127.0.0.1:7000\"\n"
                                     "[trunk.isdn]\nkind = \"pri\"\nspans = [4]\necho_canceller = 64\n",
                "test.toml:37: [trunk.isdn] echo_canceller: span 4 is a pseudowire, which has none ("},
        Refusal{"NoSuchSpan", with("spans = [3]", "spans = [3, 9]"),
                "test.toml:18: [trunk.tie] spans: there is no [span.9] ("},
        Refusal{"PortOfASharedSpanThatDoesNotSayWhose",
                with("port = \"1/3\"\ntrunk = \"lines\"", "port = \"1/3\"", kShared),
                "test.toml:16: [[line]] trunk: missing: span 1 is shared by [trunk.lines], [trunk.phones]: which has "
                "port 1/3? (The fxs, fxo or em trunk"},
        Refusal{"NoPortOfASharedSpanSaysWhose", std::string(kGood) + "[trunk.more]\nkind = \"fxs\"\nspans = [1]\n",
                "test.toml:19: [[line]] trunk: missing: span 1 is shared by [trunk.more], [trunk.phones]: which has"},
        Refusal{"TrunkThatDoesNotHaveTheSpan", with("port = \"1/1\"", "port = \"1/1\"\ntrunk = \"lines\""),
                "test.toml:19: [[line]] trunk: \"lines\" is no fxs, fxo or em trunk that has span 1: [trunk.phones] "
                "has it ("},
        Refusal{"NoSuchTrunk", with("trunk = \"phones\"", "trunk = \"fones\"", kShared),
                "test.toml:11: [[line]] trunk: \"fones\" is no fxs, fxo or em trunk that has span 1: [trunk.lines], "
                "[trunk.phones] have it ("},
        Refusal{"TrunkOfASipPeer", with("trunk = \"phones\"", "trunk = \"sip\"", kShared),
                "test.toml:11: [[line]] trunk: \"sip\" is no fxs, fxo or em trunk"},
        Refusal{"TrunkWithoutPort", with("port = \"1/1\"\n", "", kShared),
                "test.toml:11: [[line]] trunk: is no sip trunk: it goes only with a port"},
        Refusal{"TelephoneOfASharedSpanWithoutExtension",
                with("number = \"+442079460402\"\nport = \"1/4\"\ntrunk = \"lines\"",
                     "port = \"1/4\"\ntrunk = \"phones\"", kShared),
                "test.toml:20: [[line]] ext: missing: 1/4 is a telephone's port"},
        Refusal{"SharedSpanOfWhichATrunkHasNoPort", std::string(kShared) + "[trunk.more]\nkind = \"em\"\nspans = [1]\n",
                "test.toml:29: [trunk.more] spans: no [[line]] has a port on span 1: which of its ports are used? "
                "(port = \"1/1\", trunk = \"more\")"},
        Refusal{"PortOfASharedSpanGivenTwice", with("port = \"1/4\"", "port = \"1/3\"", kShared),
                "test.toml:20: [[line]] port: 1/3 is the port of the [[line]] at line 16 already ("},
        Refusal{"SpanOfAPriTrunk", std::string(kGood) + "[trunk.isdn]\nkind = \"pri\"\nspans = [1]\n",
                "test.toml:12: [trunk.phones] spans: span 1 is used by [trunk.isdn] already ("},
        Refusal{"SpanWithoutPorts", with("[[line]]\nport = \"3/24\"\n", ""),
                "test.toml:18: [trunk.tie] spans: no [[line]] has a port on span 3"},
        Refusal{"Pseudowire",
                with("[span.3]\nbackend = \"dahdi\"\ndriver_span = 7\n",
                     "[span.3]\nlocal = \"127.0.0.1:7001\"\nremote = \"127.0.0.1:7000\"\n"),
                "test.toml:18: [trunk.tie] spans: span 3 is a pseudowire, which has no analog ports ("},
        Refusal{"OptionOfAnotherKind", with("kind = \"em\"", "kind = \"em\"\ncaller_id = \"v23\""),
                "test.toml:18: [trunk.tie] caller_id: unknown key"},
        Refusal{"NoSuchToneZone", with("kind = \"fxo\"", "kind = \"fxo\"\ntone_zone = \"atlantis\""),
                "test.toml:15: [trunk.lines] tone_zone: "},
        Refusal{"SdmfIsNotListenedFor", with("kind = \"fxo\"", "kind = \"fxo\"\ncaller_id = \"sdmf\""),
                "test.toml:15: [trunk.lines] caller_id: "}),
    [](const auto& test) { return test.param.name; });

TEST(AnalogSettings, NeedAPortForEveryExtensionWhereAllTrunksAreAnalog) {
  std::string text = with("[trunk.sip]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:5070\"\n", "");
  ASSERT_TRUE(parse(text, "test.toml"));

  auto settings = parse(text + "[[line]]\next = \"402\"\ndid = \"+442079460402\"\n", "test.toml");

  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().message, StartsWith("test.toml:28: [[line]] port: missing: all trunks here are analog"));
}

TEST(AnalogSettings, GoWithExtensionsBehindAnotherTrunk) {
  EXPECT_TRUE(parse(std::string(kGood) + "[[line]]\next = \"402\"\ndid = \"+442079460402\"\n", "test.toml"));
}

TEST(AnalogSettings, ChangeByARestartOnly) {
  auto before = parse(kGood, "test.toml").value();
  auto other_port = parse(with("port = \"1/1\"", "port = \"1/2\""), "test.toml").value();
  auto other_zone = parse(with("kind = \"fxo\"", "kind = \"fxo\"\ntone_zone = \"gb\""), "test.toml").value();

  EXPECT_THAT(needs_restart(before, before), ElementsAre());
  EXPECT_FALSE(needs_restart(before, other_port).empty());
  EXPECT_THAT(needs_restart(before, other_zone), ElementsAre("[trunk.lines] tone_zone"));
  auto shared = parse(kShared, "test.toml").value(), other_trunk = shared;
  other_trunk.ports[2].trunk = "phones";
  EXPECT_THAT(needs_restart(shared, other_trunk), ElementsAre("[[line]] of a port"));
}

}  // namespace
}  // namespace sg::conf
