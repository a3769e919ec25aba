#include "tools/spangatectl/fax.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/records/files.h"

namespace sg::spangatectl {
namespace {

// Columns of the ladder: the rails of the two machines, with the gateway's halfway.
constexpr size_t kWidth = 60;

std::string text(const Json& object, const char* key) {
  if (!object.contains(key) || object.at(key).is_null()) return "-";
  const Json& value = object.at(key);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// "|--------- DIS --------->|", or its mirror image.
std::string arrow(const std::string& what, bool to_right) {
  const std::string words = " " + what + " ";
  const size_t free = words.size() < kWidth - 2 ? kWidth - 2 - words.size() : 0;
  std::string line = std::string(free / 2, '-') + words + std::string(free - free / 2, '-');
  return to_right ? "|-" + line + ">|" : "|<" + line + "-|";
}

// What happened on one leg: beside the machine it belongs to.
std::string note(const std::string& what, bool at_left) {
  const std::string words = "[" + what + "]";
  const size_t half = kWidth / 2;
  const size_t room = words.size() < kWidth ? kWidth - words.size() : 0;
  if (at_left) return "|" + words + std::string(room, ' ') + "|";
  const size_t before = std::min(half, room);
  return "|" + std::string(before, ' ') + words + std::string(room - before, ' ') + "|";
}

std::string line_of(const Json& step) {
  const bool is_caller = text(step, "side") == "a";
  const std::string kind = text(step, "kind");
  const bool travels = kind == "frame" || kind == "training" || kind == "tone" || kind == "page";
  std::string what = text(step, "what");
  if ((kind == "frame" || kind == "loss") && text(step, "in") == "g711") what += " (g711)";
  // A confirmation ends a page, though its sender does not end it.
  return fmt::format("{:>9.3f} s  {}", step.at("at_ms").get<double>() / 1000,
                     travels ? arrow(what, is_caller) : note(what, is_caller));
}

std::string seconds(const Json& ms) {
  return fmt::format("{:.1f} s", ms.get<double>() / 1000);
}

// A long fax has lost its middle: the line that says so stands where that begins.
std::string ladder(const Json& fax) {
  const bool has_gap = fax.at("timeline_left_out").get<uint64_t>() > 0;
  // Older records lost their end.
  const bool tells_where = fax.contains("timeline_left_out_from_ms");
  std::string gap;
  if (has_gap && tells_where) {
    gap = fmt::format("{:>11}  ... {} more from {} to {}, which were not kept\n", "", text(fax, "timeline_left_out"),
                      seconds(fax.at("timeline_left_out_from_ms")), seconds(fax.at("timeline_left_out_until_ms")));
  } else if (has_gap) {
    gap = fmt::format("... and {} more, which were not kept\n", text(fax, "timeline_left_out"));
  }
  std::string out;
  for (const Json& step : fax.at("timeline")) {
    const bool is_after = has_gap && tells_where && step.at("at_ms") > fax.at("timeline_left_out_from_ms");
    if (is_after) out += std::exchange(gap, {});
    out += line_of(step) + "\n";
  }
  return out + gap;
}

std::string party(const Json& leg) {
  return fmt::format("{} {}", text(leg, "trunk"), text(leg, "called"));
}

// How many earlier packets went along to the peer of a leg, over what, and since when more: "5 to the caller's peer
// (T.38, risen from 3)". Empty: none.
std::string redundancy_towards(const Json& record, const char* side, std::string_view whose) {
  const Json& fax = record.at("fax");
  const std::string depth = text(fax.value("redundancy", Json::object()), side);
  if (depth == "-") return "";
  const Json t38 = record.value("media", Json::object()).value(side, Json::object()).value("t38", Json::object());
  std::string how = t38.value("packets_sent", 0) > 0 ? "T.38" : "RFC 2198";
  for (const Json& step : fax.at("timeline")) {
    if (text(step, "kind") != "redundancy" || text(step, "side") != side) continue;
    how += fmt::format(", risen from {}", text(step, "from"));
    break;
  }
  return fmt::format("{} to the {}'s peer ({})", depth, whose, how);
}

std::string redundancy(const Json& record) {
  const std::string caller = redundancy_towards(record, "a", "caller");
  const std::string called = redundancy_towards(record, "b", "called");
  if (caller.empty() && called.empty()) return "";
  return fmt::format("redundancy {}{}{}\n", caller, caller.empty() || called.empty() ? "" : ", ", called);
}

std::string figures(const Json& fax) {
  // Older records do not tell of each leg.
  const std::string how = fax.contains("in") ? fmt::format("{} in, {} out", text(fax, "in"), text(fax, "out"))
                                             : fmt::format("in {}", text(fax, "transport"));
  std::string out =
      fmt::format("pages {}, {} bit/s{}, {}, {}; {}\n", text(fax, "pages"), text(fax, "bit_rate"),
                  fax.at("ecm").get<bool>() ? " with ECM" : "", text(fax, "resolution"), text(fax, "compression"), how);
  out += fmt::format("retrains {}, ECM repeats {}, refused pages {}; caller's machine \"{}\", called \"{}\"\n",
                     text(fax, "retrains"), text(fax, "ecm_repeats"), text(fax, "refused_pages"),
                     text(fax, "calling_identity"), text(fax, "called_identity"));
  out += fmt::format("lost {}, recovered {}, slips {}, jitter {:.1f} ms, clock {:+.1f} ppm\n", text(fax, "lost"),
                     text(fax, "recovered"), text(fax, "slips"), fax.at("jitter_ms").get<double>(),
                     fax.at("drift_ppm").get<double>());
  return out;
}

bool is_fax(const std::string& line) {
  return line.find("\"fax\":null") == std::string::npos;
}

}  // namespace

Result<Json> find_record(const std::string& file, uint64_t call) {
  const auto files = records::files_of(file);
  if (files.empty()) return fail("{}: there is no such file", file);
  std::string found, voice, unread;
  for (const std::string& each : files) {
    std::string other;
    auto read = records::for_each_line(each, [&](const std::string& line) {
      if (records::call_of(line) == call) (is_fax(line) ? found : other) = line;
    });
    if (!read) unread += fmt::format("; {}", read.error().message);
    if (voice.empty()) voice = std::move(other);
    if (!found.empty()) break;
  }
  if (found.empty()) found = std::move(voice);
  if (found.empty()) return fail("there is no call {} in {}{}", call, fmt::join(files, ", "), unread);
  Json record = Json::parse(found, nullptr, false);
  if (!record.is_object()) return fail("call {} in {} is no whole record", call, file);
  return record;
}

namespace {

// As the gateway sums up those that it has seen.
Json summary_of(const Json& record) {
  const Json& fax = record.at("fax");
  const Json& caller = record.at("caller");
  const Json called = record.at("called").empty() ? Json::object() : record.at("called").back();
  return {{"call", record.at("call")},
          {"id", record.at("call")},
          {"started", record.at("started")},
          {"from", caller.at("trunk")},
          {"calling", caller.at("calling")},
          {"to", called.value("trunk", Json())},
          {"called", called.value("called", caller.at("called"))},
          {"pages", fax.at("pages")},
          {"bit_rate", fax.at("bit_rate")},
          {"transport", fax.value("transport", Json())},
          {"in", fax.value("in", Json())},
          {"out", fax.value("out", Json())},
          {"verdict", fax.at("verdict")},
          {"cause", fax.value("cause", Json())}};
}

}  // namespace

Json with_recent(const Json& told) {
  Json faxes = told.at("faxes");
  const auto most = told.at("most").get<size_t>();
  const auto file = told.at("in_file").get<std::string>();
  if (file.empty() || faxes.size() >= most) return faxes;
  std::vector<Json> earlier;
  // Times of one form and one zone: their letters are in their order.
  const auto keep_latest = [&] {
    std::ranges::stable_sort(earlier, std::ranges::greater(),
                             [](const Json& fax) { return fax.at("started").get<std::string>(); });
    if (earlier.size() > most) earlier.resize(most);
  };
  records::for_each_recent_line(file, [&](const std::string& line) {
    if (!is_fax(line)) return;
    const Json record = Json::parse(line, nullptr, false);
    if (!record.is_object() || !record.contains("fax") || !record.at("fax").is_object()) return;
    const auto is_same = [&](const Json& fax) {
      return fax.at("call") == record.at("call") && fax.at("started") == record.at("started");
    };
    if (std::ranges::none_of(faxes, is_same)) earlier.push_back(summary_of(record));
    // A file may hold a million.
    if (earlier.size() > 2 * most) keep_latest();
  });
  keep_latest();
  for (Json& fax : earlier) {
    if (faxes.size() == most) break;
    faxes.push_back(std::move(fax));
  }
  return faxes;
}

std::string fax_text(const Json& record) {
  const Json fax = record.contains("fax") ? record.at("fax") : Json();
  if (fax.is_null()) return fmt::format("call {} was no fax\n", text(record, "call"));
  const Json& called = record.at("called");
  std::string out = fmt::format("call {}  {}  {} -> {}\n", text(record, "call"), text(record, "started"),
                                party(record.at("caller")), called.empty() ? "-" : party(called.back()));
  out += fmt::format("{}: {}\n", text(fax, "verdict"), text(fax, "cause"));
  if (!fax.contains("timeline")) return out + "written by an older version: it has no timeline\n";
  if (!fax.at("advice").is_null()) out += "-> " + text(fax, "advice") + "\n";
  out += figures(fax) + redundancy(record);
  out += fmt::format("\n{:>11}  {:<{}}{:^{}}{:>{}}\n", "", "CALLER", kWidth / 3, "GATEWAY", kWidth - 2 * (kWidth / 3),
                     "CALLED", kWidth / 3 + 2);
  return out + ladder(fax);
}

}  // namespace sg::spangatectl
