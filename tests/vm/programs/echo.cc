// The echo canceller that system.conf attaches to the channels of span 1, and to none of span 2.
#include <gtest/gtest.h>
#include <spandsp.h>

#include <cmath>
#include <numbers>

#include "tests/vm/programs/dahdi_ends.h"

namespace sg::tdm {
namespace {

constexpr size_t kBlock = 160;

class EchoCanceller : public testing::Test {
 protected:
  static uint64_t counter(Backend& backend, std::string_view name) {
    SpanStatus status = backend.status().at(0);
    for (const auto& [known, value] : status.counters) {
      if (known == name) return value;
    }
    ADD_FAILURE() << "no counter " << name;
    return 0;
  }
  std::unique_ptr<Bearer> open(Backend& backend, uint16_t span) {
    return backend.open_bearer({span, 5}, {.block_octets = kBlock}).value();
  }

  EventLoop loop;
  std::unique_ptr<dahdi::DahdiBackend> card =
      dahdi::DahdiBackend::make(loop, {.spans = {{1, 1, 128}}, .transmit_margin = 200ms}).value();
  std::unique_ptr<dahdi::DahdiBackend> exchange =
      dahdi::DahdiBackend::make(loop, {.spans = {{7, 2, 128}}, .transmit_margin = 200ms}).value();
};

TEST_F(EchoCanceller, IsTakenByTheDriverWhereOneIsAttached) {
  auto bearer = open(*card, 1);

  bearer->cancel_echo(true);
  bearer->cancel_echo(false);
  bearer->cancel_echo(true);

  EXPECT_EQ(counter(*card, "echo canceller failures"), 0u);
}

TEST_F(EchoCanceller, IsMissedWhereNoneIsAttached) {
  auto bearer = open(*exchange, 7);

  bearer->cancel_echo(true);

  EXPECT_EQ(counter(*exchange, "echo canceller failures"), 1u);
}

// T.30 4.3.3.1: CED, 2100 Hz.
TEST_F(EchoCanceller, TellsOfAFaxToneThatTheDriverHears) {
  auto near = open(*card, 1), far = open(*exchange, 7);
  near->cancel_echo(true);
  std::vector<uint8_t> tone(kBlock), heard(kBlock), idle(kBlock, idle_octet(near->law()));
  size_t sample = 0;
  auto say_ced = [&] {
    for (auto& octet : tone) {
      auto linear = 8000 * std::sin(2 * std::numbers::pi * 2100 / 8000 * static_cast<double>(sample++));
      auto whole = static_cast<int16_t>(linear);
      octet = far->law() == Law::A ? linear_to_alaw(whole) : linear_to_ulaw(whole);
    }
  };

  auto deadline = loop.now() + 10s;
  while (loop.now() < deadline && counter(*card, "fax tones") + counter(*card, "echo canceller changes") == 0) {
    loop.step(2ms);
    while (far->read(heard).value()) {
      say_ced();
      ASSERT_TRUE(far->write(tone));
    }
    while (near->read(heard).value()) ASSERT_TRUE(near->write(idle));
  }

  EXPECT_GE(counter(*card, "fax tones") + counter(*card, "echo canceller changes"), 1u);
}

}  // namespace
}  // namespace sg::tdm
