#include "tools/spangatectl/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <vector>

#include "base/text.h"
#include "tools/spangatectl/fax.h"

namespace sg::spangatectl {
namespace {

constexpr size_t kWidth = 80;  // of a terminal

// One value as a word: nothing at all is "-".
std::string word(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const Json& each : value) words.push_back(each.is_string() ? each.get<std::string>() : each.dump());
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
  }
  if (!value.is_string()) return value.dump();
  auto text = value.get<std::string>();
  return text.empty() ? "-" : text;
}

std::string word(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? word(object.at(key)) : "-";
}

// "12-31 23:59" of "2026-12-31T23:59:00.250Z".
std::string short_time(const Json& object, const char* key) {
  auto text = word(object, key);
  return text.size() < 16 ? text : text.substr(5, 5) + " " + text.substr(11, 5);
}

// "1:02:03", or "2:03" below an hour.
std::string clock_time(const Json& milliseconds) {
  if (!milliseconds.is_number()) return "-";
  auto seconds = milliseconds.get<int64_t>() / 1000;
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// `head`, and beside it the words, broken so that no line is longer than the terminal is wide where words allow it.
std::string wrapped(const std::string& head, const std::string& text) {
  const std::string margin(head.size(), ' ');
  std::string out = head;
  size_t at = head.size();
  std::istringstream words(text);
  for (std::string each; words >> each;) {
    const bool is_first = at == head.size();
    if (!is_first && at + 1 + each.size() > kWidth) {
      out += "\n" + margin;
      at = head.size();
    } else if (!is_first) {
      out += " ";
      ++at;
    }
    out += each;
    at += each.size();
  }
  return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
}

// Columns as wide as their longest word. Where a line would not fit, columns that it can do without are left out, in
// the order in which they are named, and the last column is broken.
class Table {
 public:
  explicit Table(std::vector<std::string> heading, std::vector<std::string> dispensable = {})
      : dispensable_(std::move(dispensable)) {
    add(std::move(heading));
  }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string to_string() {
    for (const auto& name : dispensable_) {
      if (width() <= kWidth) break;
      leave_out(name);
    }
    const auto widths = this->widths();
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (size_t i = 0; i + 1 < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
      // Beside much else there is no room to break anything.
      const bool breaks = line.size() + row.back().size() > kWidth && line.size() < kWidth * 2 / 3;
      if (breaks) {
        out += wrapped(line, row.back());
      } else {
        line += row.back();
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      }
    }
    return out;
  }

 private:
  std::vector<size_t> widths() const {
    std::vector<size_t> widths(rows_.front().size(), 0);
    for (const auto& row : rows_) {
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    return widths;
  }
  size_t width() const {
    size_t sum = 0;
    for (size_t each : widths()) sum += each + 2;
    return sum - 2;
  }
  void leave_out(const std::string& name) {
    const auto& heading = rows_.front();
    const auto at = std::ranges::find(heading, name) - heading.begin();
    for (auto& row : rows_) row.erase(row.begin() + at);
  }

  const std::vector<std::string> dispensable_;
  std::vector<std::vector<std::string>> rows_;
};

std::string party(const Json& leg) {
  if (!leg.is_object()) return "-";
  std::string trunk = word(leg, "trunk");
  return word(leg, "slot") == "-" ? trunk : fmt::format("{} {}", trunk, word(leg, "slot"));
}

std::string calls_text(const Json& calls) {
  if (calls.empty()) return "no calls\n";
  Table table({"CALL", "STATE", "AGE", "FROM", "CALLING", "TO", "CALLED", "MEDIA"});
  for (const Json& call : calls) {
    const Json& to = call.at("to");
    table.add({word(call, "call"), word(call, "state"), clock_time(call.at("age_ms")), party(call.at("from")),
               word(call.at("from"), "calling"), party(to),
               to.is_object() ? word(to, "called") : word(call.at("from"), "called"), word(call, "media_mode")});
  }
  return table.to_string();
}

// A branch in which nothing was counted: the RTP of a timeslot.
bool is_idle(const Json& branch) {
  return branch.is_object() && std::ranges::all_of(branch, [](const Json& each) {
           return is_idle(each) || each.is_null() || (each.is_number() && each == 0) || each == false;
         });
}

// A tree of values, indented; branches in which there is nothing are left out.
void describe(std::string& out, const Json& value, size_t indent) {
  for (const auto& [key, inner] : value.items()) {
    std::string margin(indent, ' ');
    if (is_idle(inner)) continue;
    const bool is_list = inner.is_array() && !inner.empty() && inner.front().is_object();
    if (is_list) {
      for (const Json& each : inner) {
        out += fmt::format("{}{}:\n", margin, key);
        describe(out, each, indent + 2);
      }
    } else if (inner.is_object()) {
      out += fmt::format("{}{}:\n", margin, key);
      describe(out, inner, indent + 2);
    } else {
      out += fmt::format("{}{:<{}} {}\n", margin, key, 22 - std::min<size_t>(indent, 20), word(inner));
    }
  }
}

// Of a call that is over, its record.
std::string ended_call_text(Json record) {
  std::string more;
  if (record.contains("fax") && record.at("fax").is_object()) {
    record["fax"].erase("timeline");
    more = fmt::format("who said what when: spangatectl fax {}\n", word(record, "call"));
  }
  std::string out;
  describe(out, record, 0);
  return out + more;
}

std::string call_text(Json call) {
  if (!call.contains("history")) return ended_call_text(std::move(call));
  Json history = call.at("history");
  call.erase("history");
  call.erase("id");  // its name of before
  std::string out;
  describe(out, call, 0);
  out += "history:\n";
  for (const Json& step : history) {
    out += fmt::format("  {:>9.3f} s  {}\n", step.at("at_ms").get<double>() / 1000, word(step, "what"));
  }
  return out;
}

// A row for each figure that is not always 0.
std::string history_text(const Json& span) {
  constexpr const char* kIntervals[] = {"quarter", "quarter_before", "day", "day_before"};
  const Json& history = span.at("history");
  Table table({fmt::format("SPAN {}", word(span, "span")), "15 MIN", "15 MIN BEFORE", "DAY", "DAY BEFORE"});
  const Json& day = history.at("day");
  if (!day.is_object()) return table.to_string();
  for (const auto& [name, value] : day.at("counts").items()) {
    std::vector<std::string> row{name};
    bool is_zero = true;
    for (const char* interval : kIntervals) {
      const Json& column = history.at(interval);
      row.push_back(column.is_object() ? word(column.at("counts"), name.c_str()) : "-");
      is_zero = is_zero && (row.back() == "0" || row.back() == "-");
    }
    if (!is_zero) table.add(std::move(row));
  }
  return table.to_string();
}

std::string memory_text(const Json& result) {
  if (result.contains("taken")) {
    return fmt::format("{}: {} numbers taken over, {} passed over that are older than what is known\n",
                       word(result, "file"), word(result, "taken"), word(result, "older"));
  }
  if (result.is_object())
    return fmt::format("{}: forgotten on {} trunks\n", word(result, "number"), word(result, "forgotten"));
  if (result.empty()) return "no fax number is remembered\n";
  Table table({"NUMBER", "TRUNK", "GOOD", "BAD", "IN", "ASKED", "BIT/S", "ECM", "LAST", "NEXT TIME"},
              {"ECM", "BIT/S", "ASKED"});
  for (const Json& each : result) {
    table.add({word(each, "number"), word(each, "trunk"), word(each, "delivered"), word(each, "failed"),
               word(each, "transport"), word(each, "asked_by"), word(each, "bit_rate"), word(each, "ecm"),
               word(each, "last").substr(0, 10), word(each, "held_back")});
  }
  return table.to_string();
}

std::string faxes_text(const Json& result) {
  if (!result.is_array()) return fax_text(result);
  if (result.empty()) return "no faxes\n";
  Table table({"CALL", "STARTED", "FROM", "CALLING", "TO", "CALLED", "PAGES", "BIT/S", "IN", "OUT", "VERDICT"},
              {"BIT/S", "IN", "OUT", "PAGES"});
  for (const Json& fax : result) {
    table.add({word(fax, "call"), short_time(fax, "started"), word(fax, "from"), word(fax, "calling"), word(fax, "to"),
               word(fax, "called"), word(fax, "pages"), word(fax, "bit_rate"), word(fax, "in"), word(fax, "out"),
               word(fax, "verdict")});
  }
  return table.to_string();
}

std::string spans_text(const Json& spans) {
  if (spans.empty()) return "no spans\n";
  if (spans.front().contains("history")) {
    std::string out;
    for (const Json& span : spans) out += (out.empty() ? "" : "\n") + history_text(span);
    return out;
  }
  Table table({"SPAN", "TYPE", "ALARMS", "CLOCK", "TRUNK", "D-CHANNEL", "IDLE", "IN USE", "OUT", "BLOCKED", "NAME"},
              {"NAME", "TYPE", "CLOCK"});
  for (const Json& span : spans) {
    table.add({word(span, "span"), word(span, "type"), word(span, "alarms"), word(span, "clock"), word(span, "trunk"),
               span.at("is_up").get<bool>() ? "up" : "down", word(span, "idle"), word(span, "in_use"),
               word(span, "out_of_service"), word(span, "blocked"), word(span, "name")});
  }
  return table.to_string();
}

std::string trunks_text(const Json& trunks) {
  if (trunks.empty()) return "no trunks\n";
  Table table({"TRUNK", "KIND", "CALLS", "MOST", "STATE"});
  for (const Json& trunk : trunks) {
    bool is_limited = trunk.at("max_calls").get<size_t>() != 0;
    table.add({word(trunk, "trunk"), word(trunk, "kind"), word(trunk, "calls"),
               is_limited ? word(trunk, "max_calls") : "-", word(trunk, "state")});
  }
  return table.to_string();
}

std::string doctor_text(const Json& findings) {
  if (findings.empty()) return "no spans\n";
  std::string out;
  for (const Json& finding : findings) {
    out += wrapped(fmt::format("{:<8} ", word(finding, "grade")),
                   fmt::format("{}: {}", word(finding, "subject"), word(finding, "says")));
    if (word(finding, "mend") != "-") out += wrapped("         -> ", word(finding, "mend"));
  }
  return out;
}

// A call may stand on one that is blocked.
std::string state_text(const Json& slot) {
  const std::string state = word(slot, "state");
  return slot.value("is_blocked", false) && state != "blocked" ? state + ", blocked" : state;
}

std::string block_text(const Json& result) {
  const auto calls = result.at("calls").get<uint64_t>();
  std::string out = fmt::format("timeslots {}: {}", result.at("is_blocked").get<bool>() ? "blocked" : "in use again",
                                word(result, "timeslots"));
  return out + (calls > 0 ? fmt::format("; calls that go on: {}\n", calls) : "\n");
}

std::string timeslots_text(const Json& slots) {
  if (slots.empty()) return "no timeslots\n";
  Table table({"TIMESLOT", "TRUNK", "STATE", "CALL", "DETAIL"});
  for (const Json& slot : slots)
    table.add({word(slot, "slot"), word(slot, "trunk"), state_text(slot), word(slot, "call"), word(slot, "detail")});
  return table.to_string();
}

std::string counters_text(const Json& counters) {
  if (counters.empty()) return "no counters\n";
  Table table({"COUNTER", "VALUE"});
  for (const auto& [name, value] : counters.items()) table.add({name, word(value)});
  return table.to_string();
}

std::string route_text(const Json& result) {
  std::string out = fmt::format("dialled     {}\nin the plan {}, calling {}\n\n", word(result, "dialled"),
                                word(result, "called"), word(result, "calling"));
  if (result.at("considered").empty()) {
    out += "no route's pattern matches\n";
  } else {
    Table routes({"ROUTE", "PATTERN", ""});
    for (const Json& row : result.at("considered")) {
      routes.add({word(row, "route"), word(row, "pattern"), word(row, "fate")});
    }
    out += routes.to_string();
  }
  for (const Json& forward : result.at("forwards")) out += fmt::format("\n{}", forward.get<std::string>());
  out += fmt::format("\ngoes to     {}\n", word(result, "outcome"));
  if (result.value("media", "voice") != "voice") out += fmt::format("media       {}\n", word(result, "media"));
  if (result.at("cause").get<int>() != 0) out += fmt::format("cause       {}\n", word(result, "cause"));
  if (word(result, "emergency") == "yes") out += "emergency   under no limit\n";
  if (word(result, "limit") != "-") out += fmt::format("refused now {}\n", word(result, "limit"));
  if (!result.at("targets").empty()) {
    Table targets({"TRUNK", "STATE", "CALLED", "CALLING", "NOTE"});
    for (const Json& target : result.at("targets")) {
      targets.add({word(target, "trunk"), word(target, "state"), word(target, "called"), word(target, "calling"),
                   word(target, "note")});
    }
    out += targets.to_string();
    std::string messages;
    for (const Json& target : result.at("targets")) {
      if (word(target, "sends") == "-") continue;
      messages += fmt::format("{}: {}\n", word(target, "trunk"), word(target, "sends"));
    }
    if (!messages.empty()) out += "\n" + messages;
  }
  return out;
}

std::string diff_text(const Json& result) {
  std::string out;
  if (!result.at("elsewhere").empty()) {
    Table table({"CALL", "STARTED", "FROM", "CALLED", "WENT", "WOULD GO"});
    for (const Json& call : result.at("elsewhere")) {
      table.add({word(call, "call"), word(call, "started"), word(call, "from"), word(call, "called"),
                 word(call, "went"), word(call, "would_go")});
    }
    out = table.to_string() + "\n";
  }
  out += fmt::format("{} of {} calls would go elsewhere\n", result.at("elsewhere").size(), word(result, "calls"));
  auto skipped = result.at("skipped").get<uint64_t>();
  if (skipped)
    out += fmt::format("{} lines of {} are no records that can be replayed\n", skipped, word(result, "records"));
  return out;
}

std::string reload_text(const Json& result) {
  std::string out = fmt::format("{} is in force: {} routes, {} patterns, {} tests passed\n", word(result, "file"),
                                word(result, "routes"), word(result, "patterns"), word(result, "tests"));
  for (const Json& what : result.at("needs_restart")) out += fmt::format("needs a restart: {}\n", word(what));
  return out;
}

}  // namespace

namespace {

// Names and numbers of peers, which are to do nothing to the terminal.
Json harmless(Json value) {
  if (value.is_string()) return escaped(value.get<std::string>());
  if (!value.is_structured()) return value;
  for (auto& inner : value) inner = harmless(std::move(inner));
  return value;
}

std::string lines_of(std::string_view command, const Json& result) {
  if (command == "calls") return calls_text(result);
  if (command == "call") return call_text(result);
  if (command == "memory") return memory_text(result);
  if (command == "fax") return faxes_text(result);
  if (command == "spans") return spans_text(result);
  if (command == "trunks") return trunks_text(result);
  if (command == "route") return route_text(result);
  if (command == "diff") return diff_text(result);
  if (command == "reload") return reload_text(result);
  if (command == "doctor") return doctor_text(result);
  if (command == "timeslots") return timeslots_text(result);
  if (command == "block" || command == "unblock") return block_text(result);
  if (command == "counters") return counters_text(result);
  if (command == "hangup") return fmt::format("call {} is being ended\n", word(result, "call"));
  std::string out;
  describe(out, result, 0);
  return out;
}

}  // namespace

std::string text_of(std::string_view command, const Json& result) {
  return lines_of(command, harmless(result));
}

}  // namespace sg::spangatectl
