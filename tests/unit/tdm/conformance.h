#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "tdm/backend.h"

// What every tdm::Backend and all that it opens must do. A backend's test instantiates the three suites with a fixture
// of two ends that are connected, both without alarms once the fixture is made:
//
//   struct Ends {
//     tdm::Backend& near();
//     tdm::Backend& far();
//     uint16_t near_span();    // one span each, of the same type
//     uint16_t far_span();
//     // Lets time pass until the condition holds; false when it did not within reason.
//     bool wait_until(std::function<bool()> condition);
//   };
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BackendConformance, MemoryEnds);   and so for Bearer and DChannel
namespace sg::tdm::conformance {

inline bool is_readable(int fd) {
  pollfd file{fd, POLLIN, 0};
  return ::poll(&file, 1, 0) == 1;
}

// Whether an octet is what a line may send when nobody speaks. G.711's mu-law has two zeros.
inline bool is_idle(uint8_t octet, Law law) {
  return octet == idle_octet(law) || (law == Law::Mu && octet == 0x7F);
}

// A worker in small: opens a bearer and on each tick reads what came and writes as many blocks. What it writes is idle
// at first, then a pattern that starts with an octet that is not idle, then idle again.
class PatternPort {
 public:
  static constexpr size_t kBlocks = 20;

  PatternPort(Backend& backend, Timeslot slot, uint32_t seed)
      : bearer_(std::move(backend.open_bearer(slot, {}).value())),
        idle_(idle_octet(bearer_->law())),
        pattern_(pattern_of(seed, bearer_->law())) {}

  // The octets that a port of this seed sends.
  static Bytes pattern_of(uint32_t seed, Law law) {
    Bytes pattern(kBlocks * BearerOptions{}.block_octets);
    for (uint8_t& octet : pattern) {
      seed = seed * 1664525 + 1013904223;
      octet = static_cast<uint8_t>(seed >> 24);
    }
    if (is_idle(pattern.front(), law)) pattern.front() ^= 0x55;
    return pattern;
  }
  Law law() const { return bearer_->law(); }
  Bearer& bearer() { return *bearer_; }

  void serve() {
    if (is_readable(bearer_->ticks().fd())) bearer_->ticks().acknowledge();
    Bytes block(bearer_->block_octets());
    while (bearer_->read(block).value()) {
      ++blocks_read_;
      heard_.insert(heard_.end(), block.begin(), block.end());
      // A few blocks of idle first: whoever opens last must not miss the beginning.
      Bytes next(block.size(), idle_);
      if (blocks_read_ > 5 && sent_ < pattern_.size()) {
        std::copy_n(pattern_.begin() + static_cast<std::ptrdiff_t>(sent_), next.size(), next.begin());
        sent_ += next.size();
      }
      EXPECT_TRUE(bearer_->write(next).value()) << "no room for block " << blocks_read_;
    }
  }
  // What came since the first octet that is not idle, as much as a pattern is long; less: not all came yet.
  Bytes heard() const {
    auto begin = std::find_if(heard_.begin(), heard_.end(), [this](uint8_t octet) { return !is_idle(octet, law()); });
    auto count = std::min<std::ptrdiff_t>(heard_.end() - begin, static_cast<std::ptrdiff_t>(pattern_.size()));
    return Bytes(begin, begin + count);
  }

 private:
  std::unique_ptr<Bearer> bearer_;
  uint8_t idle_;
  Bytes pattern_;
  size_t sent_ = 0;
  size_t blocks_read_ = 0;
  Bytes heard_;
};

template <class Ends>
class BackendConformance : public testing::Test {
 protected:
  Ends ends;
};
TYPED_TEST_SUITE_P(BackendConformance);

TYPED_TEST_P(BackendConformance, TellsItsSpan) {
  auto status = this->ends.near().status();

  ASSERT_EQ(status.size(), 1u);
  EXPECT_EQ(status[0].number, this->ends.near_span());
  EXPECT_EQ(status[0].law, law_of(status[0].type));
  EXPECT_EQ(status[0].alarms, kNoAlarm);
  EXPECT_FALSE(status[0].name.empty());
}

TYPED_TEST_P(BackendConformance, RefusesTimeslotsThatDoNotExist) {
  auto& near = this->ends.near();
  auto past_the_last = static_cast<uint8_t>(near.status()[0].timeslots + 1);
  uint16_t span = this->ends.near_span();

  for (Timeslot slot :
       {Timeslot{span, 0}, Timeslot{span, past_the_last}, Timeslot{static_cast<uint16_t>(span + 100), 1}}) {
    EXPECT_FALSE(near.open_bearer(slot, {})) << fmt::to_string(slot);
    EXPECT_FALSE(near.open_dchannel(slot)) << fmt::to_string(slot);
  }
}

TYPED_TEST_P(BackendConformance, OpensATimeslotOnceAndAgainWhenItWasClosed) {
  auto& near = this->ends.near();
  Timeslot slot{this->ends.near_span(), 2};
  auto first = near.open_bearer(slot, {});
  ASSERT_TRUE(first);

  EXPECT_FALSE(near.open_bearer(slot, {}));
  EXPECT_FALSE(near.open_dchannel(slot));
  first->reset();

  EXPECT_TRUE(near.open_bearer(slot, {}));
}

REGISTER_TYPED_TEST_SUITE_P(BackendConformance, TellsItsSpan, RefusesTimeslotsThatDoNotExist,
                            OpensATimeslotOnceAndAgainWhenItWasClosed);

template <class Ends>
class BearerConformance : public testing::Test {
 protected:
  Timeslot near_slot(uint8_t number) { return {ends.near_span(), number}; }
  Timeslot far_slot(uint8_t number) { return {ends.far_span(), number}; }
  Ends ends;
};
TYPED_TEST_SUITE_P(BearerConformance);

TYPED_TEST_P(BearerConformance, CarriesEveryTimeslotBitTrueBothWays) {
  auto status = this->ends.near().status()[0];
  std::vector<std::unique_ptr<PatternPort>> near, far;
  std::vector<uint8_t> numbers;
  for (uint8_t number = 1; number <= status.timeslots; ++number) {
    if (number == dchannel_of(status.type)) continue;
    numbers.push_back(number);
    near.push_back(std::make_unique<PatternPort>(this->ends.near(), this->near_slot(number), 1000u + number));
    far.push_back(std::make_unique<PatternPort>(this->ends.far(), this->far_slot(number), 2000u + number));
  }
  size_t pattern_octets = PatternPort::kBlocks * BearerOptions{}.block_octets;

  bool all_came = this->ends.wait_until([&] {
    bool complete = true;
    for (auto* ports : {&near, &far}) {
      for (auto& port : *ports) {
        port->serve();
        complete &= port->heard().size() == pattern_octets;
      }
    }
    return complete;
  });

  ASSERT_TRUE(all_came);
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(far[i]->heard(), PatternPort::pattern_of(1000u + numbers[i], far[i]->law()))
        << "timeslot " << int{numbers[i]};
    EXPECT_EQ(near[i]->heard(), PatternPort::pattern_of(2000u + numbers[i], near[i]->law()))
        << "timeslot " << int{numbers[i]};
  }
}

TYPED_TEST_P(BearerConformance, HearsIdleFromATimeslotThatNobodyOpened) {
  auto bearer = this->ends.near().open_bearer(this->near_slot(3), {}).value();
  Bytes block(bearer->block_octets());

  bool came = this->ends.wait_until([&] { return is_readable(bearer->ticks().fd()) && bearer->read(block).value(); });

  ASSERT_TRUE(came);
  EXPECT_TRUE(std::ranges::all_of(block, [&](uint8_t octet) { return is_idle(octet, bearer->law()); }));
}

TYPED_TEST_P(BearerConformance, RefusesABlockWhenItsQueueIsFull) {
  auto bearer = this->ends.near().open_bearer(this->near_slot(4), {}).value();
  Bytes block(bearer->block_octets(), 0x11);

  int taken = 0;
  while (taken < 1000 && bearer->write(block).value()) ++taken;

  EXPECT_GE(taken, 2);
  EXPECT_LT(taken, 1000);
}

TYPED_TEST_P(BearerConformance, CountsBlocksThatNobodyRead) {
  auto bearer = this->ends.near().open_bearer(this->near_slot(5), {}).value();

  EXPECT_TRUE(this->ends.wait_until([&] { return bearer->stats().read_overruns > 0; }));
}

TYPED_TEST_P(BearerConformance, CountsBlocksThatWereNotWrittenInTime) {
  auto bearer = this->ends.near().open_bearer(this->near_slot(6), {}).value();
  Bytes block(bearer->block_octets(), 0x11);
  EXPECT_EQ(bearer->stats().write_underruns, 0u);

  while (bearer->write(block).value()) {
  }

  EXPECT_TRUE(this->ends.wait_until([&] { return bearer->stats().write_underruns > 0; }));
}

REGISTER_TYPED_TEST_SUITE_P(BearerConformance, CarriesEveryTimeslotBitTrueBothWays,
                            HearsIdleFromATimeslotThatNobodyOpened, RefusesABlockWhenItsQueueIsFull,
                            CountsBlocksThatNobodyRead, CountsBlocksThatWereNotWrittenInTime);

template <class Ends>
class DChannelConformance : public testing::Test {
 protected:
  DChannelConformance() {
    uint8_t number = dchannel_of(ends.near().status()[0].type);
    near = ends.near().open_dchannel({ends.near_span(), number}).value();
    far = ends.far().open_dchannel({ends.far_span(), number}).value();
  }
  static Bytes frame(size_t octets) {
    Bytes frame(octets);
    for (size_t i = 0; i < octets; ++i) frame[i] = static_cast<uint8_t>(i % 5 ? 0xFF : octets);  // much to stuff
    return frame;
  }
  // Reads until `count` frames came.
  std::vector<Bytes> collect(DChannel& channel, size_t count) {
    std::vector<Bytes> frames;
    ends.wait_until([&] {
      Bytes buffer(DChannel::kMaxFrame);
      while (is_readable(channel.fd()) && frames.size() < count) {
        size_t octets = channel.read(buffer).value();
        if (octets) frames.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(octets));
      }
      return frames.size() == count;
    });
    return frames;
  }
  Ends ends;
  std::unique_ptr<DChannel> near, far;
};
TYPED_TEST_SUITE_P(DChannelConformance);

TYPED_TEST_P(DChannelConformance, CarriesFramesOfAllLengthsInOrderBothWays) {
  std::vector<Bytes> frames;
  for (size_t octets : {3, 4, 5, 8, 63, 64, 127, 128, 260, 264}) frames.push_back(this->frame(octets));

  for (const Bytes& frame : frames) {
    ASSERT_TRUE(this->near->write(frame));
    ASSERT_TRUE(this->far->write(frame));
  }

  EXPECT_EQ(this->collect(*this->far, frames.size()), frames);
  EXPECT_EQ(this->collect(*this->near, frames.size()), frames);
  EXPECT_EQ(this->near->stats().frames_sent, frames.size());
  EXPECT_EQ(this->far->stats().frames_received, frames.size());
  EXPECT_EQ(this->far->stats().bad_fcs, 0u);
}

TYPED_TEST_P(DChannelConformance, IsNotReadableWhenNoFrameWaits) {
  ASSERT_TRUE(this->near->write(this->frame(10)));
  ASSERT_EQ(this->collect(*this->far, 1).size(), 1u);

  Bytes buffer(DChannel::kMaxFrame);
  EXPECT_EQ(this->far->read(buffer).value(), 0u);
  EXPECT_FALSE(is_readable(this->far->fd()));
}

TYPED_TEST_P(DChannelConformance, RefusesFramesThatAreEmptyOrTooLong) {
  EXPECT_FALSE(this->near->write({}));
  EXPECT_FALSE(this->near->write(Bytes(DChannel::kMaxFrame + 1)));
}

TYPED_TEST_P(DChannelConformance, TakesABurst) {
  std::vector<Bytes> frames;
  for (size_t i = 0; i < 60; ++i) frames.push_back(this->frame(20 + i));

  for (const Bytes& frame : frames) ASSERT_TRUE(this->near->write(frame));

  EXPECT_EQ(this->collect(*this->far, frames.size()), frames);
}

REGISTER_TYPED_TEST_SUITE_P(DChannelConformance, CarriesFramesOfAllLengthsInOrderBothWays,
                            IsNotReadableWhenNoFrameWaits, RefusesFramesThatAreEmptyOrTooLong, TakesABurst);

}  // namespace sg::tdm::conformance
