#include "gateway/route/replay.h"

#include <algorithm>
#include <vector>

#include "gateway/route/normalise.h"

namespace sg::route {
namespace {

// "a>b" as its trunks, sorted.
std::vector<std::string> trunks_of(const std::string& outcome) {
  std::vector<std::string> trunks(1);
  for (char c : outcome) {
    if (c == '>') {
      trunks.emplace_back();
    } else {
      trunks.back() += c;
    }
  }
  std::sort(trunks.begin(), trunks.end());
  return trunks;
}

}  // namespace

std::optional<std::string> goes_elsewhere(const RoutedCall& call, const Plan& plan) {
  Decision now = plan.decide(call.query);
  std::string outcome = now.outcome();
  // Where targets take turns, which one came first says nothing.
  if (now.takes_turns && trunks_of(outcome) == trunks_of(call.outcome)) return std::nullopt;
  if (outcome != call.outcome) return outcome;
  if (now.attempts.empty()) return std::nullopt;
  const Attempt& first = now.attempts.front();
  std::string called = text_of(first.called), calling = text_of(first.calling);
  if (called != call.called) return fmt::format("{}, sends {} instead of {}", outcome, called, call.called);
  if (calling != call.calling) return fmt::format("{}, shows {} instead of {}", outcome, calling, call.calling);
  return std::nullopt;
}

}  // namespace sg::route
