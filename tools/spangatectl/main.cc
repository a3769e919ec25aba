#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "base/text.h"
#include "conf/control_socket.h"
#include "tools/spangatectl/client.h"
#include "tools/spangatectl/diff.h"
#include "tools/spangatectl/fax.h"
#include "tools/spangatectl/memory.h"
#include "tools/spangatectl/text.h"

namespace {

namespace options = boost::program_options;
using sg::spangatectl::Json;

constexpr int kRefused = 1;  // the gateway is not there, or said no
constexpr int kUsage = 2;
constexpr int kFault = 3;  // doctor has found one

constexpr std::string_view kHelp = R"(Shows and steers a running Spangate gateway.

Usage: spangatectl [OPTIONS] COMMAND [ARGUMENT]

Commands:
  status             the gateway in a few figures
  calls              the calls that are up or being set up
  call ID            one call in detail: legs, media, what happened so far; its
                     record once it is over
  fax [ID]           the latest faxes; of one the verdict, and who said what
                     when, as a ladder
  memory             what worked for each fax number, and what is held back next
                     time
  memory export      the same as lines of JSON; memory import FILE takes them
                     over, memory forget NUMBER drops one
  hangup ID          end a call
  spans              the spans with their alarms; --history tells what they
                     counted, by quarters of an hour and days
  trunks             the trunks: up or down, and their calls
  doctor             what is wrong with lines, peers, files and ports, and how
                     to mend it
  timeslots          every timeslot and what it does
  block WHAT         take 1/5 (a timeslot), span 1 or trunk NAME out of use;
                     calls that are up go on
  unblock WHAT       take it into use again
  route NUMBER       where a call would go and why; --from names the trunk it
                     comes from
  diff FILE          replay recorded calls through another configuration: which
                     would go elsewhere
  reload             read the configuration anew; calls under way are not
                     touched
  counters [PREFIX]  every counter, or those whose names begin with PREFIX

)";

constexpr std::string_view kMore = R"(
Exit status: 0 done, 1 the gateway cannot be reached or refused, 2 wrong usage,
3 doctor has found a fault.

Examples:
  spangatectl calls
  spangatectl call 17
  spangatectl fax 17
  spangatectl route 02079460999 --from pbx --calling 223 --at "Tue 10:00"
  spangatectl diff /etc/spangate/spangate.new.toml --since 2026-03-01
  spangatectl --json spans | jq '.[].alarms'
)";

// In words on standard error, or, with --json, as an object where the result would be.
int fail_as(int code, const std::string& why, bool is_json) {
  if (is_json) {
    const Json error = {{"error", why}};
    std::cout << sg::escaped_json(error.dump(2, ' ', false, Json::error_handler_t::replace)) << "\n";
  } else {
    std::cerr << "spangatectl: " << why << "\n";
  }
  return code;
}
int usage_error(const std::string& why, bool is_json) {
  return fail_as(kUsage, why + "; see spangatectl --help", is_json);
}

// A question about a trunk without its name: which there are.
std::string names_of_trunks(const std::string& socket) {
  std::string names;
  auto trunks = sg::spangatectl::ask(socket, Json{{"command", "trunks"}});
  if (!trunks || !trunks->is_array()) return names;
  for (const Json& trunk : *trunks) names += (names.empty() ? "" : ", ") + trunk.value("trunk", "");
  return names;
}

// The request that the words stand for; an error in words where they stand for none.
sg::Result<Json> request_of(const std::vector<std::string>& words) {
  const std::string& command = words.front();
  Json request = {{"command", command}};
  bool takes_id = command == "call" || command == "hangup" || (command == "fax" && words.size() > 1);
  if (command == "memory") {
    if (words.size() == 3 && words[1] == "forget") return Json{{"command", command}, {"forget", words[2]}};
    if (words.size() == 4 && words[1] == "forget") {
      return Json{{"command", command}, {"forget", words[2]}, {"trunk", words[3]}};
    }
    if (words.size() == 3 && words[1] == "import") return request;
    if (words.size() == 1 || (words.size() == 2 && words[1] == "export")) return request;
    return sg::fail("memory takes export, import and a file, or forget, a number and a trunk");
  }
  if (command == "block" || command == "unblock") {
    if (words.size() == 3 && words[1] == "trunk") return Json{{"command", command}, {"trunk", words[2]}};
    uint16_t span = 0;
    const char* end = words.back().data() + words.back().size();
    auto [last, error] = std::from_chars(words.back().data(), end, span);
    const bool is_number = error == std::errc{} && last == end;
    if (words.size() == 3 && words[1] == "span" && is_number) return Json{{"command", command}, {"span", span}};
    const bool is_timeslot = words.size() == 2 && words[1].find('/') != std::string::npos;
    if (is_timeslot) return Json{{"command", command}, {"timeslot", words[1]}};
    return sg::fail("{} takes a timeslot as timeslots shows it (1/5), span and its number, or trunk and its name",
                    command);
  }
  if (words.size() > 2) return sg::fail("\"{}\" is one word too many", words[2]);
  if (takes_id) {
    if (words.size() < 2) return sg::fail("{} needs the number of a call", command);
    const std::string& text = words[1];
    uint64_t id = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size())
      return sg::fail("\"{}\" is no number of a call", text);
    request["call"] = id;
  } else if (command == "fax") {
    request["with_file"] = true;
  } else if (command == "route") {
    if (words.size() < 2) return sg::fail("route needs a number");
    request["called"] = words[1];
  } else if (command == "diff") {
    if (words.size() < 2) return sg::fail("diff needs a configuration file");
  } else if (words.size() == 2) {
    if (command != "counters") return sg::fail("{} takes no argument", command);
    request["prefix"] = words[1];
  }
  return request;
}

bool has_fault(const Json& findings) {
  return std::ranges::any_of(findings, [](const Json& finding) { return finding.value("grade", "") == "fault"; });
}

bool is_known(const std::string& command) {
  for (const char* known : {"status", "calls", "call", "fax", "memory", "hangup", "spans", "trunks", "doctor", "route",
                            "timeslots", "block", "unblock", "counters", "diff", "reload"}) {
    if (command == known) return true;
  }
  return false;
}

int run(int argc, char** argv) {
  options::options_description shown("Options");
  shown.add_options()("socket,s", options::value<std::string>()->value_name("PATH"),
                      "the gateway's control socket, as [control] socket has it; otherwise this user's own, else "
                      "/run/spangate/control.sock")("json,j", "print the result as JSON, for programs")(
      "from", options::value<std::string>()->value_name("TRUNK"), "route: where the call comes from")(
      "calling", options::value<std::string>()->value_name("NUMBER"), "route: who calls")(
      "at", options::value<std::string>()->value_name("TIME"), "route: when, \"Tue 10:00\"; otherwise now")(
      "media", options::value<std::string>()->value_name("WORD"), "route: voice, fax or data")(
      "history", "spans: errors, slips and alarm seconds of this quarter of an hour and day, and of those before")(
      "ton", options::value<std::string>()->value_name("WORD"),
      "route: the called number's type: unknown, international, national or subscriber")(
      "line", options::value<std::string>()->value_name("EXTENSION"), "route: the [[line]] that calls")(
      "records", options::value<std::string>()->value_name("FILE"),
      "diff: the call records; otherwise those that the configuration names")(
      "since", options::value<std::string>()->value_name("DATE"),
      "diff: leave out earlier calls, \"2026-03-01\" (UTC)")("help,h", "this text")("version,V", "the version");
  options::options_description all;
  all.add(shown).add_options()("word", options::value<std::vector<std::string>>());
  options::positional_options_description positions;
  positions.add("word", -1);
  options::variables_map given;
  try {
    options::store(options::command_line_parser(argc, argv).options(all).positional(positions).run(), given);
  } catch (const options::error& error) {
    const bool is_json =
        std::any_of(argv + 1, argv + argc, [](std::string_view word) { return word == "--json" || word == "-j"; });
    return usage_error(error.what(), is_json);
  }
  auto words = given.contains("word") ? given["word"].as<std::vector<std::string>>() : std::vector<std::string>();
  const bool is_json = given.contains("json");
  if (given.contains("help") || (!words.empty() && words.front() == "help")) {
    std::cout << kHelp << shown << kMore;
    return 0;
  }
  if (given.contains("version")) {
    std::cout << "spangatectl " SG_VERSION "\n";
    return 0;
  }
  if (words.empty()) return usage_error("which command?", is_json);
  if (!is_known(words.front())) return usage_error("\"" + words.front() + "\" is no command", is_json);
  auto request = request_of(words);
  if (!request) return usage_error(request.error().message, is_json);
  bool is_route = words.front() == "route";
  auto text_given = [&](const char* key) { return given.contains(key) ? given[key].as<std::string>() : std::string(); };
  const auto socket = given.contains("socket") ? text_given("socket") : sg::conf::ControlSocket().to_ask();
  if (is_route && !given.contains("from")) {
    const auto names = names_of_trunks(socket);
    return usage_error("route needs --from TRUNK" + (names.empty() ? "" : ": one of " + names), is_json);
  }
  for (const char* key : {"from", "calling", "at", "media", "ton", "line"}) {
    if (!given.contains(key)) continue;
    if (!is_route) return usage_error(std::string("--") + key + " goes only with route", is_json);
    (*request)[key] = given[key].as<std::string>();
  }
  if (given.contains("history")) {
    if (words.front() != "spans") return usage_error("--history goes only with spans", is_json);
    (*request)["history"] = true;
  }
  bool is_diff = words.front() == "diff";
  for (const char* key : {"records", "since"}) {
    if (given.contains(key) && !is_diff) return usage_error(std::string("--") + key + " goes only with diff", is_json);
  }
  if (auto since = text_given("since"); !since.empty()) {
    if (auto good = sg::spangatectl::check_since(since); !good) return usage_error(good.error().message, is_json);
  }
  // A table of a million rows takes its time.
  auto patience = words.front() == "reload" ? std::chrono::seconds(300) : std::chrono::seconds(10);
  const bool is_import = words.front() == "memory" && words.size() == 3 && words[1] == "import";
  const bool is_memory = words.front() == "memory" && (words.size() == 1 || words[1] == "export");
  auto result = is_diff     ? sg::spangatectl::diff({words[1], text_given("records"), text_given("since")})
                : is_import ? sg::spangatectl::import_memory(socket, words[2])
                : is_memory ? sg::spangatectl::ask_memory(socket)
                            : sg::spangatectl::ask(socket, *request, patience);
  // What the gateway has no longer is in its file.
  if (result && result->is_object() && result->contains("faxes")) {
    result = sg::spangatectl::with_recent(*result);
  } else if (result && result->is_object() && result->contains("in_file")) {
    result = sg::spangatectl::find_record(result->at("in_file").get<std::string>(), result->at("call").get<uint64_t>());
  }
  const bool is_export = words.front() == "memory" && words.size() == 2;
  if (!result) return fail_as(kRefused, result.error().message, is_json);
  std::cout << (is_export ? sg::spangatectl::export_text(*result)
                : is_json
                    ? sg::escaped_json(result->dump(2, ' ', false, sg::spangatectl::Json::error_handler_t::replace)) +
                          "\n"
                    : sg::spangatectl::text_of(words.front(), *result));
  return words.front() == "doctor" && has_fault(*result) ? kFault : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    // An answer of another shape than this version knows.
    std::cerr << "spangatectl: " << error.what() << "\n";
    return kRefused;
  }
}
