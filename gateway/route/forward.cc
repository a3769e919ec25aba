#include "gateway/route/forward.h"

#include <algorithm>

#include "gateway/route/compiled.h"

namespace sg::route {
namespace {

constexpr ForwardOn kAll[] = {ForwardOn::Always, ForwardOn::Busy, ForwardOn::NoAnswer};

std::string_view key_of(ForwardOn on) {
  constexpr std::string_view kKeys[] = {"forward_always", "forward_busy", "forward_no_answer"};
  return kKeys[static_cast<size_t>(on)];
}

class ForwardChecker {
 public:
  ForwardChecker(const Normaliser& normaliser, const std::vector<std::pair<std::string, NumberSet>>& allowed,
                 PlanFaults& faults)
      : normaliser_(normaliser), allowed_(allowed), faults_(faults) {}

  void look_at(const conf::Line& line) {
    for (ForwardOn on : kAll) {
      const std::string& to = forward_of(line, on);
      if (to.empty()) continue;
      if (auto why = why_not(line, on, to); !why.empty()) {
        faults_.add(line.line, fmt::format("[[line]] {} {}", line.ext, key_of(on)), why);
      }
    }
  }

 private:
  std::string why_not(const conf::Line& line, ForwardOn on, const std::string& to) const {
    auto digits = to.starts_with('+') ? to.substr(1) : to;
    if (digits.empty() || digits.find_first_not_of("0123456789*#") != std::string::npos) {
      return fmt::format("\"{}\" is no number, as it is dialled or with +", to);
    }
    const size_t site = normaliser_.site_of(line);
    std::string number = normaliser_.dialled(to, site);
    if (number == line.did) return fmt::format("\"{}\" is the line itself", to);
    if (normaliser_.is_emergency(number, site)) return fmt::format("\"{}\" is an emergency number", to);
    auto list = std::ranges::find(allowed_, line.did, [](const auto& entry) { return entry.first; });
    if (list != allowed_.end() && !list->second.contains(number)) {
      return fmt::format("\"{}\" is not in the line's allow: it may not call there", to);
    }
    return on == ForwardOn::Always ? circle_from(line) : "";
  }

  // Lines that forward all their calls, from this one back to it.
  std::string circle_from(const conf::Line& first) const {
    std::string way = first.ext;
    std::vector<const conf::Line*> seen;
    for (const conf::Line* at = &first; at && !at->forward_always.empty();) {
      const size_t site = normaliser_.site_of(*at);
      at = normaliser_.line(normaliser_.dialled(at->forward_always, site), site);
      if (!at || std::ranges::count(seen, at) > 0) return "";
      seen.push_back(at);
      way += " > " + at->ext;
      if (at->did == first.did) return "calls would go round and round: " + way;
    }
    return "";
  }

  const Normaliser& normaliser_;
  const std::vector<std::pair<std::string, NumberSet>>& allowed_;
  PlanFaults& faults_;
};

}  // namespace

std::string_view name_of(ForwardOn on) {
  constexpr std::string_view kNames[] = {"always", "busy", "no answer"};
  return kNames[static_cast<size_t>(on)];
}

const std::string& forward_of(const conf::Line& line, ForwardOn on) {
  switch (on) {
    case ForwardOn::Busy:
      return line.forward_busy;
    case ForwardOn::NoAnswer:
      return line.forward_no_answer;
    case ForwardOn::Always:
      break;
  }
  return line.forward_always;
}

std::optional<Query> forwarded(const Query& query, const Decision& decision, ForwardOn on) {
  // Who may not call the line is not led further by it.
  const conf::Line* line = decision.called_line;
  bool is_called = line && decision.kind == Decision::Kind::Routed && !decision.is_emergency;
  if (!is_called || forward_of(*line, on).empty()) return std::nullopt;
  Query next = query;
  next.from_trunk = decision.attempts.front().trunk;  // where the line is
  next.called = number_of(forward_of(*line, on));
  next.forwarded = ForwardedCall{line, forward_of(*line, on), decision.from_number};
  return next;
}

void check_forwards(const conf::Settings& settings, const Normaliser& normaliser,
                    const std::vector<std::pair<std::string, NumberSet>>& allowed, PlanFaults& faults) {
  ForwardChecker checker(normaliser, allowed, faults);
  for (const conf::Line& line : settings.lines) checker.look_at(line);
}

}  // namespace sg::route
