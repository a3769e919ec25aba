#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "conf/settings.h"

namespace sg::route {

struct Decision;

// What happened in the last while: an amount that forgets, in steps of a part of that while.
class Window {
 public:
  // Hour: 60 minutes; Day: 24 hours.
  enum class Span : uint8_t { Hour, Day };
  explicit Window(Span span) : span_(span) {}

  void add(uint64_t amount, TimePoint now);
  uint64_t sum(TimePoint now) const;

 private:
  static constexpr size_t kSteps = 60;
  size_t steps() const { return span_ == Span::Hour ? 60 : 24; }
  int64_t step_of(TimePoint moment) const;

  Span span_;
  int64_t last_ = 0;  // the step that was added to last
  std::array<uint32_t, kSteps> steps_{};
};

// What of the dial plan holds a call back: the first three are a trunk's, the others a route's.
enum class LimitKind : uint8_t {
  MaxCalls,
  MaxCps,
  Share,
  Calls,
  LineCallsInHour,
  LineMinutesInDay,
  MinutesAbroadInDay,
  DestinationMinutesInDay
};
constexpr size_t kLimitKinds = 8;

// As the settings have it: "per_line_calls_hour".
std::string_view key_of(LimitKind kind);

struct Limit {
  LimitKind kind = LimitKind::MaxCalls;
  int value = 0;
  std::string of;       // the trunk or route
  std::string on = {};  // Share: the trunk whose lines they are

  bool operator==(const Limit&) const = default;
};
// "max_cps = 5 of trunk carrier", "limit = 2 of route out", "share = 90 of trunk pbx on pstn"
std::string text_of(const Limit& limit);

enum class CallDirection : uint8_t { FromTrunk, ToTrunk };

// What is used of the dial plan's limits: calls at once, calls a second, minutes. Everything goes by names, so that it
// outlives a reload of the plan; the limits themselves come with each question. Times are given: no clock here.
// Owned by the Application; signalling thread only.
class Limits {
 public:
  // One call on a route.
  struct Charge {
    std::string route;
    std::string line;         // who calls, in the plan's form
    std::string destination;  // in the plan's form
    bool is_abroad = false;
    conf::Spend spend = {};  // what is counted of it: that which the route limits
  };
  using Ticket = uint64_t;

  // The limit that the call would break. Not set: it may go on.
  std::optional<Limit> refusal(const conf::Route& route, const Charge& charge, TimePoint now) const;
  // From here on the call counts, until end().
  Ticket begin(Charge charge, TimePoint now);
  void answer(Ticket ticket, TimePoint now);
  void end(Ticket ticket, TimePoint now);

  // max_cps: counts a call where it may go on; the limit where it may not.
  std::optional<Limit> take(const conf::Trunk& trunk, CallDirection direction, TimePoint now);

  size_t calls_on(const std::string& route) const;
  // How much is kept, for tests.
  size_t kept() const { return windows_.size(); }

 private:
  struct Open {
    Charge charge;
    std::optional<TimePoint> answered;
  };
  enum class What : uint8_t { CallsOfLine, TalkOfLine, TalkAbroad, TalkToDestination };
  struct Key {
    What what;
    std::string route, who;
    auto operator<=>(const Key&) const = default;
  };
  // Calls that talk now: what they have talked altogether is their number times now, less the sum of when each began.
  struct Talking {
    int calls = 0;
    std::chrono::milliseconds began{};  // the sum, each since the clock's epoch
  };
  // What of a call is counted by its talk.
  static std::vector<Key> talk_keys(const Charge& charge);
  // The talk of a day in seconds: of calls that are over, and of those that are up.
  uint64_t talk(const Key& key, TimePoint now) const;
  void add(const Key& key, uint64_t amount, TimePoint now);
  uint64_t sum(const Key& key, TimePoint now) const;
  void sweep(TimePoint now);

  Ticket last_ = 0;
  std::unordered_map<Ticket, Open> open_;
  std::unordered_map<std::string, size_t> on_route_;
  std::map<Key, Window> windows_;
  std::map<Key, Talking> talking_;
  size_t added_ = 0;
  std::map<std::pair<std::string, CallDirection>, TokenBucket> buckets_;
};

// What the limits count of a call that is decided so, by a route.
Limits::Charge charge_of(const Decision& decision);

}  // namespace sg::route
