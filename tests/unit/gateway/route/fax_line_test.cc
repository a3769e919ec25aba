#include "gateway/route/fax_line.h"

#include <gtest/gtest.h>

#include "gateway/route/normalise.h"
#include "gateway/route/plan.h"

namespace sg::route {
namespace {

// Two telephones, of which 402 is a fax machine; an exchange's two lines, the second a fax line; a carrier.
constexpr std::string_view kFile = R"([sip]
listen = "udp:127.0.0.1:5060"
[span.1]
backend = "dahdi"
[span.2]
backend = "dahdi"
[trunk.phones]
kind = "fxs"
spans = [1]
[trunk.lines]
kind = "fxo"
spans = [2]
[trunk.carrier]
kind = "sip"
peer = "sip:127.0.0.1:5070"
[[line]]
port = "1/1"
ext = "401"
did = "+12125550401"
[[line]]
port = "1/2"
ext = "402"
did = "+12125550402"
media = "fax"
[[line]]
port = "2/5"
number = "+442079460401"
[[line]]
port = "2/6"
number = "+442079460402"
media = "fax"
[[route]]
name = "faxes"
media = "fax"
from = ["phones", "lines"]
called = "*"
to = ["carrier"]
[[route]]
name = "voices"
from = ["phones", "lines"]
called = "*"
to = ["carrier"]
[[route]]
name = "in"
from = ["carrier"]
called = "*"
to = ["phones"]
)";

conf::Settings settings(std::string text = std::string(kFile)) {
  auto parsed = conf::parse(text, "test.toml");
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? std::move(*parsed) : conf::Settings{};
}

// Both trunks' ports on one span.
conf::Settings shared_settings() {
  auto all = settings();
  for (auto& trunk : all.analog_trunks) trunk.spans = {1};
  for (auto& line : all.ports) line.trunk = line.ext.empty() ? "lines" : "phones";
  for (auto& line : all.ports) line.port->span = 1;
  return all;
}

Decision decide(const conf::Settings& all, const std::string& from, const std::string& called,
                const std::string& calling, CallMedia media = CallMedia::Voice) {
  auto plan = Plan::make(all);
  EXPECT_TRUE(plan) << plan.error().message;
  Query query;
  query.from_trunk = from;
  query.called = number_of(called);
  query.calling = number_of(calling);
  query.media = media;
  return plan->decide(query);
}

TEST(FaxLine, IsAPortThatSaysSoOrAnyOfATrunkThatSaysSo) {
  auto all = settings();

  EXPECT_TRUE(is_fax_line(all, "phones", "402"));
  EXPECT_FALSE(is_fax_line(all, "phones", "401"));
  EXPECT_TRUE(is_fax_line(all, "lines", "+442079460402"));
  EXPECT_FALSE(is_fax_line(all, "lines", "+442079460401"));
  // The other trunk's port.
  EXPECT_FALSE(is_fax_line(all, "lines", "402"));
  EXPECT_FALSE(is_fax_line(all, "nobody", "402"));

  for (auto& trunk : all.analog_trunks) {
    if (trunk.name == "phones") trunk.media = conf::LineMedia::Fax;
  }
  EXPECT_TRUE(is_fax_line(all, "phones", "401"));
  EXPECT_FALSE(is_fax_line(all, "lines", "+442079460401"));
}

TEST(FaxLine, IsAPortOfItsOwnTrunkOnASpanThatTrunksShare) {
  auto all = shared_settings();

  EXPECT_TRUE(is_fax_line(all, "phones", "402"));
  EXPECT_TRUE(is_fax_line(all, "lines", "+442079460402"));
  EXPECT_FALSE(is_fax_line(all, "lines", "402"));
  EXPECT_FALSE(is_fax_line(all, "phones", "+442079460402"));
}

// An exchange's line without number of a withheld caller has none: that is no fax machine.
TEST(FaxLine, IsNoPortForACallWithoutNumber) {
  auto all = settings();

  EXPECT_FALSE(is_fax_line(all, "phones", ""));
  EXPECT_FALSE(is_fax_line(all, "lines", ""));
}

TEST(FaxLine, DecidesOnTheRouteOfItsCalls) {
  const auto all = settings();

  EXPECT_EQ(decide(all, "phones", "5551234", "402").route, "faxes");
  EXPECT_EQ(decide(all, "phones", "5551234", "402").media, CallMedia::Fax);
  EXPECT_EQ(decide(all, "phones", "5551234", "401").route, "voices");
  EXPECT_EQ(decide(all, "phones", "5551234", "401").media, CallMedia::Voice);
}

TEST(FaxLine, MakesAFaxOfACallToIt) {
  const auto all = settings();

  EXPECT_EQ(decide(all, "carrier", "402", "").media, CallMedia::Fax);
  EXPECT_EQ(decide(all, "carrier", "401", "").media, CallMedia::Voice);
  EXPECT_EQ(decide(all, "carrier", "402", "", CallMedia::Data).media, CallMedia::Data);
}

}  // namespace
}  // namespace sg::route
