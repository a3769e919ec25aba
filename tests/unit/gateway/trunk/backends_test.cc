#include "gateway/trunk/backends.h"

#include <gmock/gmock.h>

#include "base/manual_reactor.h"
#include "gateway/trunk/missing_driver.h"
#include "tests/support/own_host.h"

namespace sg::trunk {
namespace {

using ::testing::ElementsAre;

TEST(MissingDriver, HasItsSpansButRemovedAndSaysWhyNothingOpens) {
  MissingDriver driver({{3, 1}}, "the dahdi module is not loaded");

  EXPECT_EQ(driver.open_line({3, 1}).error().message, "the dahdi module is not loaded");
  EXPECT_EQ(driver.open_bearer({3, 1}, {}).error().message, "the dahdi module is not loaded");
  EXPECT_EQ(driver.open_dchannel({3, 16}).error().message, "the dahdi module is not loaded");
  ASSERT_EQ(driver.status().size(), 1u);
  EXPECT_EQ(driver.status()[0].number, 3);
  EXPECT_EQ(driver.status()[0].name, "dahdi span 1: no driver");
  EXPECT_EQ(driver.status()[0].alarms, tdm::kAlarmRemoved);
}

conf::Span pseudowire(uint16_t number) {
  conf::Span span;
  span.number = number;
  span.local = SocketAddress::parse(support::own_host(), static_cast<uint16_t>(4000 + number)).value();
  span.remote = SocketAddress::parse("127.0.0.1", 9).value();
  return span;
}

TEST(Backends, KnowEverySpanByItsNumberWhateverBringsIt) {
  ManualReactor reactor;
  Counters counters;
  conf::Settings settings;
  settings.spans = {pseudowire(7), pseudowire(2)};

  auto backends = Backends::start(settings, reactor, counters).value();

  ASSERT_EQ(backends->by_span().size(), 2u);
  EXPECT_EQ(backends->by_span().at(2), backends->by_span().at(7));
  std::vector<uint16_t> numbers;
  for (const auto& status : backends->status()) numbers.push_back(status.number);
  EXPECT_THAT(numbers, ElementsAre(2, 7));
  const auto dchannel = backends->open_dchannel({2, 16}, "pri");
  EXPECT_TRUE(dchannel);
  EXPECT_FALSE(backends->open_dchannel({2, 16}, "pri")) << "it is open";
  EXPECT_EQ(backends->driver_span(2), std::nullopt);
  EXPECT_EQ(backends->driver_version() + backends->driver_error(), "");
}

}  // namespace
}  // namespace sg::trunk
