// Two ISDN interfaces, user and network side, over the real driver: layer 2, calls each way, voice both ways. Needs
// span 1 and span 2 wired back to back and configured as a PRI of E1 size.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/event_loop.h"
#include "media/codec/g711.h"
#include "tdm/dahdi/backend.h"
#include "tdm/pri/interface.h"

namespace sg::tdm {
namespace {

constexpr double kRate = 8000;

// What a telephone does: talks in one tone, listens, and knows what it heard in the last block.
class Telephone {
 public:
  Telephone(Backend& backend, Timeslot slot, double hertz)
      : bearer_(backend.open_bearer(slot, {}).value()), hertz_(hertz) {}

  void serve() {
    Bytes block(bearer_->block_octets());
    while (bearer_->read(block).value()) {
      heard_ = block;
      ++blocks_;
      for (uint8_t& octet : block) octet = next_octet();
      EXPECT_TRUE(bearer_->write(block).value());
    }
  }
  size_t blocks() const { return blocks_; }
  BearerStats stats() const { return bearer_->stats(); }
  // Level of one frequency in the block heard last, in dBm0 (full scale of A-law is +3.14 dBm0 for a sine).
  double level_of(double hertz) const {
    double re = 0, im = 0;
    for (size_t i = 0; i < heard_.size(); ++i) {
      double sample = media::g711::decode(bearer_->law(), heard_[i]) / kFullScale;
      double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / kRate;
      re += sample * std::cos(angle);
      im += sample * std::sin(angle);
    }
    double amplitude = 2 * std::hypot(re, im) / static_cast<double>(heard_.size());
    return 20 * std::log10(std::max(amplitude, 1e-6)) + 3.14;
  }
  static constexpr double kLevel = -10;  // dBm0, of what it says

 private:
  static constexpr double kFullScale = 32256;  // the highest value of A-law, left-aligned in 16 bits

  uint8_t next_octet() {
    double amplitude = kFullScale * std::pow(10, (kLevel - 3.14) / 20);
    double sample = amplitude * std::sin(2 * std::numbers::pi * hertz_ * static_cast<double>(spoken_++) / kRate);
    return media::g711::encode(bearer_->law(), static_cast<int16_t>(std::lround(sample)));
  }

  std::unique_ptr<Bearer> bearer_;
  double hertz_;
  uint64_t spoken_ = 0;
  size_t blocks_ = 0;
  Bytes heard_ = Bytes(160);
};

// Octets in which every value follows every other, sooner or later.
class Pattern {
 public:
  uint8_t next() {
    state_ = state_ * 1664525 + 1013904223;
    return static_cast<uint8_t>(state_ >> 24);
  }

 private:
  uint32_t state_ = 1;
};

// A terminal adapter at 64 kbit/s: sends the pattern, and holds what comes against it from where it begins.
class DataTerminal {
 public:
  DataTerminal(Backend& backend, Timeslot slot) : bearer_(backend.open_bearer(slot, {}).value()) {
    for (uint8_t& octet : start_) octet = beginning_.next();
  }

  void serve() {
    Bytes block(bearer_->block_octets());
    while (bearer_->read(block).value()) {
      for (uint8_t octet : block) take(octet);
      for (uint8_t& octet : block) octet = sent_.next();
      EXPECT_TRUE(bearer_->write(block).value());
    }
  }
  size_t right() const { return right_; }
  size_t wrong() const { return wrong_; }

 private:
  void take(uint8_t octet) {
    if (in_step_) {
      ++(octet == expected_.next() ? right_ : wrong_);
      return;
    }
    std::rotate(last_.begin(), last_.begin() + 1, last_.end());
    last_.back() = octet;
    if (last_ != start_) return;
    in_step_ = true;
    expected_ = beginning_;
  }

  std::unique_ptr<Bearer> bearer_;
  Pattern sent_, beginning_, expected_;
  std::array<uint8_t, 16> start_{}, last_{};
  bool in_step_ = false;
  size_t right_ = 0, wrong_ = 0;
};

// One end of the line: answers what comes, and puts a telephone on each call.
struct Side final : Signalling::Listener {
  Side(EventLoop& loop, uint16_t span, IsdnRole role, double tone) : hertz(tone) {
    card = dahdi::DahdiBackend::make(loop, {.spans = {{.number = span}}}).value();
    pri::Config config;
    config.name = role == IsdnRole::User ? "user" : "network";
    config.role = role;
    config.spans = {{.number = span, .type = SpanType::E1}};
    interface = pri::Interface::make(config, loop, *card, counters).value();
    interface->set_listener(this);
  }

  void on_setup(SignallingCallId id, Timeslot slot, const Setup& setup) override {
    call = id;
    called = setup.called.digits;
    bearer = setup.bearer;
    at = slot;
    interface->proceeding(id);
    interface->alerting(id, false);
    interface->answer(id);
    connect();
  }
  void on_information(SignallingCallId, const std::string&) override {}
  void on_setup_acknowledged(SignallingCallId, Progress) override {}
  void on_proceeding(SignallingCallId, Progress) override {}
  void on_progress(SignallingCallId, Progress, int) override {}
  void on_alerting(SignallingCallId, Progress) override { was_alerted = true; }
  void on_answered(SignallingCallId, Progress) override { connect(); }
  void on_timeslot_changed(SignallingCallId, Timeslot slot) override { at = slot; }
  void on_disconnected(SignallingCallId id, int cause, Progress) override { interface->release(id, cause); }
  void on_released(SignallingCallId, int cause) override {
    released_with = cause;
    telephone.reset();
    terminal.reset();
  }
  void on_notify(SignallingCallId, uint8_t) override {}
  void on_interface_up() override { is_up = true; }
  void on_interface_down() override { is_up = false; }

  void dial(const std::string& digits, BearerCapability capability = BearerCapability::Audio31k) {
    Setup setup;
    setup.called.digits = digits;
    setup.bearer = capability;
    auto out = interface->setup(setup);
    ASSERT_TRUE(out) << out.error().message;
    call = out->call;
    at = out->slot;
    bearer = capability;
  }

  void connect() {
    if (bearer == BearerCapability::Unrestricted) {
      terminal.emplace(*card, at);
    } else {
      telephone.emplace(*card, at, hertz);
    }
  }

  double hertz;
  Counters counters;
  std::unique_ptr<dahdi::DahdiBackend> card;
  std::unique_ptr<pri::Interface> interface;
  SignallingCallId call;
  Timeslot at;
  std::string called;
  bool is_up = false, was_alerted = false;
  int released_with = 0;
  BearerCapability bearer = BearerCapability::Audio31k;
  std::optional<Telephone> telephone;
  std::optional<DataTerminal> terminal;
};

struct PriOverDahdi : testing::Test {
  bool wait_until(const std::function<bool()>& condition, Duration limit = 15s) {
    auto deadline = loop.now() + limit;
    while (!condition()) {
      if (loop.now() > deadline) return false;
      for (Side* side : {&user, &network}) {
        if (side->telephone) side->telephone->serve();
        if (side->terminal) side->terminal->serve();
      }
      loop.step(5ms);
    }
    return true;
  }
  void call(Side& from, Side& to, const std::string& number) {
    ASSERT_TRUE(wait_until([&] { return user.is_up && network.is_up; })) << "layer 2 did not come up";
    from.dial(number);

    ASSERT_TRUE(wait_until([&] { return from.telephone && to.telephone; })) << "the call was not answered";
    EXPECT_EQ(to.called, number);
    EXPECT_TRUE(from.was_alerted);
    EXPECT_EQ(from.at.number, to.at.number);
    ASSERT_TRUE(wait_until([&] { return from.telephone->blocks() > 60 && to.telephone->blocks() > 60; }));
    for (auto [ear, mouth] : {std::pair{&from, &to}, std::pair{&to, &from}}) {
      EXPECT_NEAR(ear->telephone->level_of(mouth->hertz), Telephone::kLevel, 0.5);
      EXPECT_LT(ear->telephone->level_of(ear->hertz), -40) << "hears itself";
    }
    from.interface->release(from.call, 16);

    EXPECT_TRUE(wait_until([&] { return from.released_with != 0 && to.released_with != 0; }));
    EXPECT_EQ(to.released_with, 16);
  }

  EventLoop loop;
  Side user{loop, 1, IsdnRole::User, 1000};
  Side network{loop, 2, IsdnRole::Network, 600};
};

TEST_F(PriOverDahdi, TheUserCallsAndBothHearEachOther) {
  call(user, network, "5550123");
}

TEST_F(PriOverDahdi, TheNetworkCallsAndBothHearEachOther) {
  call(network, user, "5550199");
}

TEST_F(PriOverDahdi, AMinuteOfUnrestrictedDataCrossesUnchanged) {
  constexpr size_t kMinute = 60 * 8000;
  ASSERT_TRUE(wait_until([&] { return user.is_up && network.is_up; })) << "layer 2 did not come up";
  user.dial("5550164", BearerCapability::Unrestricted);

  auto has_minute = [](const Side& side) { return side.terminal && side.terminal->right() >= kMinute; };
  EXPECT_TRUE(wait_until([&] { return has_minute(user) && has_minute(network); }, 90s));

  for (Side* side : {&user, &network}) {
    EXPECT_EQ(side->bearer, BearerCapability::Unrestricted);
    ASSERT_TRUE(side->terminal);
    EXPECT_EQ(side->terminal->wrong(), 0u);
  }
  user.interface->release(user.call, 16);
  EXPECT_TRUE(wait_until([&] { return user.released_with != 0 && network.released_with != 0; }));
}

}  // namespace
}  // namespace sg::tdm
