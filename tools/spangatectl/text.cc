#include "tools/spangatectl/text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.h"
#include "tools/spangatectl/fax.h"

namespace sg::spangatectl {
namespace {

// One value as a word: nothing at all is "-".
std::string word(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_string()) return value.dump();
  auto text = value.get<std::string>();
  return text.empty() ? "-" : text;
}

std::string word(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? word(object.at(key)) : "-";
}

// "1:02:03", or "2:03" below an hour.
std::string clock_time(const Json& milliseconds) {
  if (!milliseconds.is_number()) return "-";
  auto seconds = milliseconds.get<int64_t>() / 1000;
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// Columns as wide as their longest word.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) { add(std::move(heading)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string to_string() const {
    std::vector<size_t> widths(rows_.front().size(), 0);
    for (const auto& row : rows_) {
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
  }

 private:
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
    table.add({word(call, "id"), word(call, "state"), clock_time(call.at("age_ms")), party(call.at("from")),
               word(call.at("from"), "calling"), party(to),
               to.is_object() ? word(to, "called") : word(call.at("from"), "called"), word(call, "media_mode")});
  }
  return table.to_string();
}

// A tree of values, indented; empty branches are left out.
void describe(std::string& out, const Json& value, size_t indent) {
  for (const auto& [key, inner] : value.items()) {
    std::string margin(indent, ' ');
    if (inner.is_object()) {
      out += fmt::format("{}{}:\n", margin, key);
      describe(out, inner, indent + 2);
    } else {
      out += fmt::format("{}{:<{}} {}\n", margin, key, 22 - std::min<size_t>(indent, 20), word(inner));
    }
  }
}

std::string call_text(Json call) {
  Json history = call.contains("history") ? call.at("history") : Json::array();
  call.erase("history");
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
  Table table({"NUMBER", "TRUNK", "DELIVERED", "FAILED", "IN", "ASKED BY", "BIT/S", "ECM", "NEXT TIME", "LAST"});
  for (const Json& each : result) {
    table.add({word(each, "number"), word(each, "trunk"), word(each, "delivered"), word(each, "failed"),
               word(each, "transport"), word(each, "asked_by"), word(each, "bit_rate"), word(each, "ecm"),
               word(each, "held_back"), word(each, "last")});
  }
  return table.to_string();
}

std::string faxes_text(const Json& result) {
  if (!result.is_array()) return fax_text(result);
  if (result.empty()) return "no faxes\n";
  Table table({"CALL", "STARTED", "FROM", "CALLING", "TO", "CALLED", "PAGES", "BIT/S", "IN", "VERDICT"});
  for (const Json& fax : result) {
    table.add({word(fax, "id"), word(fax, "started"), word(fax, "from"), word(fax, "calling"), word(fax, "to"),
               word(fax, "called"), word(fax, "pages"), word(fax, "bit_rate"), word(fax, "transport"),
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
  Table table({"SPAN", "TYPE", "ALARMS", "CLOCK", "TRUNK", "D-CHANNEL", "IDLE", "IN USE", "OUT", "NAME"});
  for (const Json& span : spans) {
    table.add({word(span, "span"), word(span, "type"), word(span, "alarms"), word(span, "clock"), word(span, "trunk"),
               span.at("is_up").get<bool>() ? "up" : "down", word(span, "idle"), word(span, "in_use"),
               word(span, "out_of_service"), word(span, "name")});
  }
  return table.to_string();
}

std::string trunks_text(const Json& trunks) {
  if (trunks.empty()) return "no trunks\n";
  Table table({"TRUNK", "KIND", "STATE", "CALLS", "MOST"});
  for (const Json& trunk : trunks) {
    bool is_limited = trunk.at("max_calls").get<size_t>() != 0;
    table.add({word(trunk, "trunk"), word(trunk, "kind"), word(trunk, "state"), word(trunk, "calls"),
               is_limited ? word(trunk, "max_calls") : "-"});
  }
  return table.to_string();
}

std::string doctor_text(const Json& findings) {
  if (findings.empty()) return "no spans\n";
  std::string out;
  for (const Json& finding : findings) {
    out += fmt::format("{:<8} {}: {}\n", word(finding, "grade"), word(finding, "subject"), word(finding, "says"));
    if (word(finding, "mend") != "-") out += fmt::format("         -> {}\n", word(finding, "mend"));
  }
  return out;
}

std::string timeslots_text(const Json& slots) {
  if (slots.empty()) return "no timeslots\n";
  Table table({"TIMESLOT", "TRUNK", "STATE", "CALL", "DETAIL"});
  for (const Json& slot : slots)
    table.add({word(slot, "slot"), word(slot, "trunk"), word(slot, "state"), word(slot, "call"), word(slot, "detail")});
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
  if (command == "counters") return counters_text(result);
  if (command == "hangup") return fmt::format("call {} is being ended\n", word(result, "id"));
  std::string out;
  describe(out, result, 0);
  return out;
}

}  // namespace

std::string text_of(std::string_view command, const Json& result) {
  return lines_of(command, harmless(result));
}

}  // namespace sg::spangatectl
