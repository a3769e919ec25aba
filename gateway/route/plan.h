#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"
#include "party/party.h"

namespace sg::route {

// A call that one of our lines sends on: the line calls, by its own permissions, and who called it is shown.
struct ForwardedCall {
  const conf::Line* line = nullptr;
  std::string to;     // as the line would dial it
  std::string shown;  // who called, in the plan's form
};

// A call that looks for its way: the trunk it came from, its numbers as received, and the moment.
struct Query {
  std::string from_trunk;
  party::Number called, calling, redirecting;
  CallMedia media = CallMedia::Voice;
  // Shown in place of `calling`, which decides all the same: its number, and the trunk that it came from.
  struct ShownCaller {
    std::string trunk;
    party::Number calling;
  };
  std::optional<ShownCaller> shown = std::nullopt;
  std::chrono::system_clock::time_point now{};
  std::optional<conf::WallClock> at = std::nullopt;  // instead of `now`, and in every schedule's own zone
  uint32_t turn = 0;                                 // counts calls, for targets that share or rotate
  // How many a trunk has now, for pick = "idle".
  std::function<size_t(const std::string& trunk)> calls_on = [](const std::string&) { return size_t{0}; };
  std::optional<ForwardedCall> forwarded = std::nullopt;  // in place of its numbers
};

// One way to try: the trunk, and the numbers to send there.
struct Attempt {
  std::string trunk;
  party::Number called, calling;
  party::Number redirecting = {};  // the line that forwards, of a forwarded call

  bool operator==(const Attempt&) const = default;
};

struct Decision {
  // Rejected: by a route; NotAllowed: by the caller's [[line]]; NotCarried: no target's form can carry the number.
  enum class Kind : uint8_t { Routed, Rejected, NoRoute, NotAllowed, NotCarried };
  Kind kind = Kind::NoRoute;
  std::string route;  // its name, for logs and records; empty: none matched
  std::vector<Attempt> attempts;
  int cause = 0;  // Q.850, where there are no attempts
  bool hide_calling = false;
  bool is_emergency = false;
  bool takes_turns = false;            // targets share or rotate: their order is that of this call only
  const conf::Route* rule = nullptr;   // the route that won, as long as the plan lives
  std::string from_number, to_number;  // in the plan's form, before the route changed them
  bool is_abroad = false;              // the called number is of another country than [site]
  CallMedia media = CallMedia::Voice;  // as the bearer, a line at either end or a profile says
  // The lines that call and are called, as long as the plan lives; null: none of ours.
  const conf::Line *calling_line = nullptr, *called_line = nullptr;

  // "sip-a>sip-b", "reject 21", "no route" …: as [test] cases want it.
  std::string outcome() const;
};

// What a number may become while its digits still come in.
enum class Reach : uint8_t { None, Partial, MayGrow, Complete };

// Why a call goes as it goes, step by step.
struct Explanation {
  struct Considered {
    std::string route, pattern;
    std::string fate;  // "wins", or why it does not
  };
  struct Skipped {
    std::string trunk, why;
  };
  std::string called, calling;  // in the plan's form
  std::vector<Considered> considered;
  std::vector<Skipped> skipped;
};

// The dial plan at run time: a pure function of settings, trunk states, a call and a time. A value made from the
// settings once; asking it changes nothing. Any thread.
class Plan {
 public:
  // `settings` outlive the plan. Error: everything that is wrong with the plan, a line each, "FILE:LINE: …": patterns
  // and lists that cannot be read, routes that tie or can never match, numbers that a target cannot carry, [test]
  // cases that fail.
  static Result<Plan> make(const conf::Settings& settings);
  static Result<Plan> make(conf::Settings&&) = delete;
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();

  // Of the routes whose conditions all hold, the most specific: most literal digits, then most places, then no open
  // tail, then most conditions. `explanation` may be null.
  Decision decide(const Query& query, Explanation* explanation = nullptr) const;

  // For a number dialled digit by digit: whether it has a route now, and whether further digits could give it one, or
  // another. The conditions of routes count; an expression may always match more.
  Reach reach(const Query& query) const;

 private:
  struct Compiled;
  explicit Plan(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

// Runs a case of [test]. Error: what came out instead.
Result<> run_test(const Plan& plan, const conf::PlanTest& test);
// A [test] case, or a question typed by people, as a query.
Result<Query> query_of(const conf::PlanTest& test);

}  // namespace sg::route
