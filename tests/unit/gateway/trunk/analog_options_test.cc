#include "gateway/trunk/analog_options.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conf/options.h"

namespace sg::trunk {
namespace {

using namespace std::chrono_literals;

conf::Line port(conf::Port where, const char* ext, const char* number, conf::LineMedia media = conf::LineMedia::Any) {
  conf::Line line;
  line.port = where;
  line.ext = ext;
  line.number = number;
  line.media = media;
  return line;
}

// Two telephones on span 1, of which 402 is a fax machine; an exchange's two lines on span 2, the second a fax line.
conf::Settings settings() {
  conf::Settings settings;
  conf::AnalogTrunk phones, lines;
  phones.name = "phones";
  phones.spans = {1};
  lines.name = "lines";
  lines.kind = LineKind::Fxo;
  lines.spans = {2};
  settings.analog_trunks = {lines, phones};
  settings.ports = {port({1, 1}, "401", ""), port({1, 2}, "402", "", conf::LineMedia::Fax),
                    port({2, 5}, "", "+442079460401"), port({2, 6}, "", "+442079460402", conf::LineMedia::Fax)};
  settings.ports[0].label = "Front desk";
  settings.ports[0].messages = 3;
  return settings;
}

TEST(CasConfig, GivesEachTrunkThePortsOfItsSpans) {
  auto all = settings();

  auto phones = cas_config(all.analog_trunks[1], all, 1001), lines = cas_config(all.analog_trunks[0], all, 1002);

  ASSERT_EQ(phones.ports.size(), 2u);
  EXPECT_EQ(phones.kind, LineKind::Fxs);
  EXPECT_EQ(phones.bearer_group, 1001u);
  EXPECT_EQ(phones.ports[0].slot, (tdm::Timeslot{1, 1}));
  EXPECT_EQ(phones.ports[0].number, "401");
  EXPECT_EQ(phones.ports[0].name, "Front desk");
  EXPECT_EQ(phones.ports[0].messages_waiting, 3);
  ASSERT_EQ(lines.ports.size(), 2u);
  EXPECT_EQ(lines.kind, LineKind::Fxo);
  EXPECT_EQ(lines.ports[1].slot, (tdm::Timeslot{2, 6}));
  EXPECT_EQ(lines.ports[1].number, "+442079460402");
  EXPECT_EQ(lines.ports[1].name, "");
}

// The same four ports as those of a card that has them all on one span.
conf::Settings shared_settings() {
  auto all = settings();
  all.analog_trunks[0].spans = {1};
  for (size_t i : {0u, 1u}) all.ports[i].trunk = "phones";
  for (size_t i : {2u, 3u}) {
    all.ports[i].port->span = 1;
    all.ports[i].trunk = "lines";
  }
  return all;
}

TEST(CasConfig, GivesTrunksOnOneSpanEachItsOwnPorts) {
  auto all = shared_settings();

  auto phones = cas_config(all.analog_trunks[1], all, 1001), lines = cas_config(all.analog_trunks[0], all, 1002);

  ASSERT_EQ(phones.ports.size(), 2u);
  EXPECT_EQ(phones.ports[0].slot, (tdm::Timeslot{1, 1}));
  EXPECT_EQ(phones.ports[1].slot, (tdm::Timeslot{1, 2}));
  EXPECT_EQ(phones.ports[1].number, "402");
  ASSERT_EQ(lines.ports.size(), 2u);
  EXPECT_EQ(lines.ports[0].slot, (tdm::Timeslot{1, 5}));
  EXPECT_EQ(lines.ports[1].slot, (tdm::Timeslot{1, 6}));
  EXPECT_EQ(lines.ports[1].number, "+442079460402");
}

TEST(CasConfig, TakesEveryOptionOfTheTrunk) {
  auto all = settings();
  conf::AnalogTrunk& trunk = all.analog_trunks[0];
  trunk.tone_zone = "gb";
  trunk.caller_id = CallerIdStandard::Bell202;
  trunk.hunt = HuntOrder::Descending;
  trunk.answer = AnswerBy::Polarity;
  trunk.dial_start = DialStart::Time;
  trunk.dialling = Dialling::Pulse;
  trunk.polarity = true;
  trunk.first_digit = 1s;
  trunk.inter_digit = 2s;
  trunk.dial_tone = 3s;
  trunk.ring_limit = 4s;
  trunk.busy_tone = 5s;
  trunk.wink = 6s;
  trunk.flash = HookFlash::Hold;

  auto config = cas_config(trunk, all, 0);

  EXPECT_EQ(config.name, "trunk=lines");
  EXPECT_EQ(config.kind, LineKind::Fxo);
  EXPECT_EQ(config.zone, tdm::find_tone_zone("gb"));
  EXPECT_EQ(config.caller_id, CallerIdStandard::Bell202);
  EXPECT_EQ(config.hunt, HuntOrder::Descending);
  EXPECT_EQ(config.answer_by, AnswerBy::Polarity);
  EXPECT_EQ(config.dial_start, DialStart::Time);
  EXPECT_EQ(config.dialling, Dialling::Pulse);
  EXPECT_TRUE(config.polarity_on_answer && config.polarity_ends_call);
  EXPECT_EQ(config.first_digit, 1s);
  EXPECT_EQ(config.inter_digit, 2s);
  EXPECT_EQ(config.dial_tone, 3s);
  EXPECT_EQ(config.ring_limit, 4s);
  EXPECT_EQ(config.busy_tone, 5s);
  EXPECT_EQ(config.wink, 6s);
  EXPECT_EQ(config.flash, HookFlash::Hold);
}

TEST(CasConfig, KnowsEveryToneZone) {
  auto all = settings();
  conf::AnalogTrunk& trunk = all.analog_trunks[0];
  for (const tdm::ToneZone& zone : tdm::tone_zones()) {
    trunk.tone_zone = zone.name;
    EXPECT_EQ(cas_config(trunk, all, 0).zone, &zone);
  }
  // And the settings have no other words for them.
  std::vector<std::string> names;
  for (const tdm::ToneZone& zone : tdm::tone_zones()) names.push_back(fmt::format("\"{}\"", zone.name));
  auto words = std::ranges::find(conf::pri_trunk_options(), "tone_zone", &conf::Option<conf::PriTrunk>::name);
  EXPECT_EQ(words->range, fmt::format("one of {}", fmt::join(names, ", ")));
}

using Taps = std::map<uint8_t, int>;

TEST(EchoTaps, AreThoseOfTheTrunkThatHasTheSpanOrThePort) {
  auto all = settings();
  conf::PriTrunk isdn;
  isdn.spans = {3};
  isdn.echo_canceller = 128;
  all.pri_trunks = {isdn};
  all.analog_trunks[0].echo_canceller = 64;

  EXPECT_EQ(echo_taps(all, 1), 0);
  EXPECT_EQ(echo_taps(all, 3), 128);
  EXPECT_EQ(port_echo_taps(all, 1), (Taps{{1, 0}, {2, 0}}));
  EXPECT_EQ(port_echo_taps(all, 2), (Taps{{5, 64}, {6, 64}}));
  EXPECT_EQ(port_echo_taps(all, 3), Taps{});
}

TEST(EchoTaps, AreEachPortsOwnOnASpanThatTrunksShare) {
  auto all = shared_settings();
  all.analog_trunks[0].echo_canceller = 64;

  EXPECT_EQ(port_echo_taps(all, 1), (Taps{{1, 0}, {2, 0}, {5, 64}, {6, 64}}));
}

}  // namespace
}  // namespace sg::trunk
