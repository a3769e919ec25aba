#include "tdm/cas/port_audio.h"

#include <spandsp.h>

#include <algorithm>
#include <new>

namespace sg::tdm::cas {
namespace {

constexpr size_t kBlock = 160;  // 20 ms
constexpr auto kRetryEvery = 20ms;
constexpr auto kRetryFor = 2s;
// Q.24 wants 40 ms of tone and of pause at least; exchanges are content with 80.
constexpr int kDigitMs = 80, kPauseMs = 80;
constexpr int kNeverSteadyMs = 5000, kLonger = 50;
constexpr std::string_view kDtmf = "0123456789*#ABCD";

// Of the tones that say that nothing comes of a call; ms.
int longest_burst(const ToneZone& zone) {
  int longest = 0;
  for (const ToneShape* shape : {&zone.busy, &zone.congestion}) {
    for (const ToneSegment& segment : shape->segments) {
      if (segment.frequency_1 != 0) longest = std::max(longest, segment.ms);
    }
  }
  return longest;
}

}  // namespace

struct PortAudio::DigitReceiver {
  struct Free {
    void operator()(dtmf_rx_state_t* rx) const { dtmf_rx_free(rx); }
  };
  std::unique_ptr<dtmf_rx_state_t, Free> rx{dtmf_rx_init(nullptr, nullptr, nullptr)};

  DigitReceiver() {
    if (!rx) throw std::bad_alloc();
    // Dial tone sounds while the first digit is dialled.
    dtmf_rx_parms(rx.get(), 1, -1, -1, -99);
  }
};

struct PortAudio::DigitSender {
  struct Free {
    void operator()(dtmf_tx_state_t* tx) const { dtmf_tx_free(tx); }
  };
  std::unique_ptr<dtmf_tx_state_t, Free> tx{dtmf_tx_init(nullptr)};
  std::string left;  // SpanDSP's queue is bounded

  explicit DigitSender(const std::string& digits) {
    if (!tx) throw std::bad_alloc();
    dtmf_tx_set_timing(tx.get(), kDigitMs, kPauseMs);
    for (char digit : digits) {
      if (kDtmf.find(digit) != kDtmf.npos) left += digit;
    }
  }
  bool generate(std::span<int16_t> linear) {
    size_t made = 0;
    while (made < linear.size()) {
      auto rest = linear.subspan(made);
      made += static_cast<size_t>(dtmf_tx(tx.get(), rest.data(), static_cast<int>(rest.size())));
      if (made == linear.size()) return true;
      if (left.empty()) break;
      dtmf_tx_put(tx.get(), left.data(), 1);
      left.erase(0, 1);
    }
    std::fill(linear.begin() + static_cast<std::ptrdiff_t>(made), linear.end(), int16_t{0});
    return false;
  }
};

PortAudio::PortAudio(const Place& place, Listener& listener)
    : place_(place), listener_(listener), retry_(place.reactor), octets_(kBlock), linear_(kBlock) {}

PortAudio::~PortAudio() {
  close();
}

void PortAudio::open() {
  if (bearer_ || retry_.is_armed()) return;
  give_up_at_ = place_.reactor.now() + kRetryFor;
  // From the loop, so that a failure is never told from inside a command.
  retry_.arm(Duration::zero(), [this] { try_open(); });
}

void PortAudio::try_open() {
  auto bearer = place_.backend.open_bearer(place_.slot, {.block_octets = kBlock, .group = place_.group});
  if (!bearer) {
    if (place_.reactor.now() >= give_up_at_) return fail_with_message(bearer.error().message);
    retry_.arm(kRetryEvery, [this] { try_open(); });
    return;
  }
  bearer_ = std::move(*bearer);
  if (auto added = place_.clock.add(bearer_->ticks(), *this); !added) {
    bearer_.reset();
    return fail_with_message(added.error().message);
  }
  // One block ahead, so that a loop that is a little late leaves no gap.
  std::fill(octets_.begin(), octets_.end(), idle_octet(bearer_->law()));
  if (auto written = bearer_->write(octets_); !written) fail_with_message(written.error().message);
}

void PortAudio::close() {
  retry_.cancel();
  saying_ = std::monostate{};
  digits_.reset();
  caller_.reset();
  ears_.clear();
  ++generation_;
  if (!bearer_) return;
  place_.clock.remove(bearer_->ticks(), *this);
  bearer_.reset();
}

void PortAudio::fail_with_message(const std::string& why) {
  close();
  listener_.on_audio_failed(why);
}

void PortAudio::play(const ToneShape& shape) {
  saying_.emplace<TonePlayer>(shape);
}
void PortAudio::be_silent() {
  saying_ = std::monostate{};
}
void PortAudio::send_digits(const std::string& digits) {
  saying_ = std::make_unique<DigitSender>(digits);
  silent_blocks_ = 0;
}
void PortAudio::send_caller_id(CallerIdStandard standard, const CallerId& caller, const std::tm& at) {
  saying_ = std::make_unique<CallerIdSender>(standard, caller, at);
  silent_blocks_ = 0;
}
void PortAudio::hear_digits() {
  digits_ = std::make_unique<DigitReceiver>();
}
void PortAudio::hear_caller_id() {
  caller_ = std::make_unique<CallerIdReceiver>();
}
void PortAudio::hear_tones(const ToneZone& zone, std::initializer_list<CallTone> tones) {
  ears_.clear();
  for (CallTone tone : tones) {
    // Dial tone may have bursts itself, and must not be taken for one of a busy tone, which is never steady.
    const bool is_dial = tone == CallTone::Dial;
    ears_.push_back({tone, ToneListener(zone.shape(tone),
                                        {.steady_ms = is_dial ? longest_burst(zone) + kLonger : kNeverSteadyMs})});
  }
}

void PortAudio::run() {
  while (bearer_) {
    auto got = bearer_->read(octets_);
    if (!got) return fail_with_message(got.error().message);
    if (!*got) return;
    std::vector<Event> events;
    hear(events);
    say(events);
    if (!write()) return;
    // A listener may close, and open again, what these came from: then the rest is of no interest.
    for (uint64_t generation = generation_; const Event& event : events) {
      if (generation != generation_) break;
      switch (event.kind) {
        case Event::Kind::Digit:
          listener_.on_digit(event.digit);
          break;
        case Event::Kind::Tone:
          listener_.on_tone(event.tone);
          break;
        case Event::Kind::Caller:
          listener_.on_caller_id(event.caller);
          break;
        case Event::Kind::Said:
          listener_.on_said();
          break;
      }
    }
  }
}

void PortAudio::hear(std::vector<Event>& events) {
  if (!digits_ && !caller_ && ears_.empty()) return;
  const bool is_a_law = bearer_->law() == Law::A;
  std::ranges::transform(octets_, linear_.begin(), [is_a_law](uint8_t octet) {
    return is_a_law ? alaw_to_linear(octet) : ulaw_to_linear(octet);
  });
  if (digits_) {
    dtmf_rx(digits_->rx.get(), linear_.data(), static_cast<int>(linear_.size()));
    char heard[32];
    size_t count = dtmf_rx_get(digits_->rx.get(), heard, sizeof heard - 1);
    for (size_t i = 0; i < count; ++i) events.push_back({.kind = Event::Kind::Digit, .digit = heard[i]});
  }
  for (Ears& ears : ears_) {
    if (ears.listener.feed(linear_)) events.push_back({.kind = Event::Kind::Tone, .tone = ears.tone});
  }
  if (!caller_) return;
  if (auto caller = caller_->feed(linear_))
    events.push_back({.kind = Event::Kind::Caller, .caller = std::move(*caller)});
}

void PortAudio::say(std::vector<Event>& events) {
  bool goes_on = true;
  if (auto* tone = std::get_if<TonePlayer>(&saying_)) {
    tone->generate(linear_);
  } else if (auto* digits = std::get_if<std::unique_ptr<DigitSender>>(&saying_)) {
    goes_on = (*digits)->generate(linear_);
  } else if (auto* caller = std::get_if<std::unique_ptr<CallerIdSender>>(&saying_)) {
    goes_on = (*caller)->generate(linear_);
  } else {
    std::ranges::fill(linear_, int16_t{0});
  }
  constexpr std::chrono::milliseconds kBlockTime{kBlock / 8};
  if (goes_on || ++silent_blocks_ < kTrailingBlocks + bearer_->transmit_delay() / kBlockTime) return;
  be_silent();
  events.push_back({.kind = Event::Kind::Said});
}

bool PortAudio::write() {
  const bool is_a_law = bearer_->law() == Law::A;
  std::ranges::transform(linear_, octets_.begin(), [is_a_law](int16_t sample) {
    return is_a_law ? linear_to_alaw(sample) : linear_to_ulaw(sample);
  });
  // A full buffer is the line's affair: it will send what it has.
  auto written = bearer_->write(octets_);
  if (!written) fail_with_message(written.error().message);
  return written.has_value();
}

}  // namespace sg::tdm::cas
