#include "tests/lab/condition.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <span>

#include "tests/lab/g1050.h"

namespace sg::lab {
namespace {

const std::map<std::string, Leg, std::less<>> kLegs = {{"tdm", Leg::Tdm}, {"rtp", Leg::Rtp}, {"t38", Leg::T38}};
const std::map<std::string, std::vector<int>, std::less<>> kSpeeds = {
    {"v17", {14400, 12000, 9600, 7200}}, {"v29", {9600, 7200}}, {"v27ter", {4800, 2400}}};

template <class T>
void assign(const toml::node& node, T& to, const std::string& key) {
  if constexpr (std::is_same_v<T, Duration>) {
    auto value = node.value<double>();
    if (!value) throw toml::parse_error((key + " is a time in ms").c_str(), node.source());
    to = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*value));
  } else {
    auto value = node.value<T>();
    if (!value) throw toml::parse_error((key + " has a value of another kind").c_str(), node.source());
    to = *value;
  }
}

void read_route(const toml::node& node, Condition& into) {
  const toml::array* names = node.as_array();
  if (names == nullptr || names->size() < 2) throw toml::parse_error("route is a list of legs", node.source());
  for (const toml::node& name : *names) {
    auto leg = kLegs.find(name.value_or<std::string>(""));
    if (leg == kLegs.end()) throw toml::parse_error("a leg is tdm, rtp or t38", name.source());
    into.route.push_back(leg->second);
  }
  if (into.route.front() == Leg::Rtp || into.route.back() == Leg::Rtp) {
    throw toml::parse_error("a machine is on a tdm or t38 leg", node.source());
  }
}

// "v17-12000"
void read_speed(const toml::node& node, Condition& into) {
  auto text = node.value_or<std::string>("");
  size_t dash = text.find('-');
  int rate = dash == std::string::npos ? 0 : std::atoi(text.c_str() + dash + 1);
  auto speeds = kSpeeds.find(text.substr(0, dash));
  if (speeds == kSpeeds.end() || std::ranges::find(speeds->second, rate) == speeds->second.end()) {
    throw toml::parse_error("a speed is that of a modem, as v17-12000", node.source());
  }
  into.modem = speeds->first;
  into.bit_rate = rate;
}

void read_sender(const toml::node& node, Condition& into) {
  auto text = node.value_or<std::string>("");
  if (text != "first" && text != "last") throw toml::parse_error("the first sends or the last", node.source());
  into.sender = text == "first" ? Sender::First : Sender::Last;
}

void read_severity(const toml::node& node, NetworkFaults& into) {
  auto text = node.value_or<std::string>("");
  if (text.size() != 1 || !g1050_severity(text[0])) throw toml::parse_error("g1050 is A, B or C", node.source());
  into.g1050 = text[0];
}

void read_hand(const toml::node& node, Condition& into) {
  into.hand_name = node.value_or<std::string>("");
  auto hand = hand_named(into.hand_name);
  if (!hand) throw toml::parse_error("a hand is octets, udptl, ifps, t30 or rtp", node.source());
  into.network.hand = *hand;
}

void read_key(const std::string& key, const toml::node& node, Condition& into) {
  auto take = [&](const char* name, auto& to) {
    if (key != name) return false;
    assign(node, to, key);
    return true;
  };
  if (key == "route") return read_route(node, into);
  if (key == "as_table") return;
  if (key == "speed") return read_speed(node, into);
  if (key == "sends") return read_sender(node, into);
  if (key == "hand") return read_hand(node, into);
  if (key == "g1050") return read_severity(node, into.network);
  std::string document;
  if (take("document", document)) {
    into.document = document;
    return;
  }
  NetworkFaults& network = into.network;
  LineFaults& line = into.line;
  bool known = take("name", into.name) || take("title", into.title) || take("pages", into.pages) ||
               take("loss", network.loss) || take("burst", network.burst) || take("delay_ms", network.delay) ||
               take("jitter_ms", network.jitter) || take("reorders", network.reorders) ||
               take("duplicate", network.duplicate) || take("rate_kbit_s", network.rate_kbit_s) ||
               take("rate_queue_ms", network.rate_queue) || take("mangled", network.mangled) ||
               take("silent_after_ms", network.silent_after) || take("late_step_ms", network.late_step) ||
               take("drops_none", into.drops_none) || take("voice", into.voice) || take("level_db", line.level_db) ||
               take("level_to_gateway_db", line.level_to_gateway_db) || take("noise_dbm0", line.noise_dbm0) ||
               take("noise_to_gateway_dbm0", line.noise_to_gateway_dbm0) ||
               take("slips_per_minute", line.slips_per_minute) || take("ppm", into.ppm) ||
               take("redundancy", into.redundancy) || take("redundant_copies", into.redundant_copies) ||
               take("exact", into.exact) || take("identical", into.identical) || take("ecm", into.ecm) ||
               take("modem", into.modem) || take("compression", into.compression) || take("runs", into.runs) ||
               take("at_least", into.at_least) || take("polls", into.polls) || take("says_once", into.says_once) ||
               take("silent_trainings", into.silent_trainings) || take("joins_late", into.joins_late) ||
               take("must_end_only", into.must_end_only);
  if (!known) throw toml::parse_error(("there is no key " + key).c_str(), node.source());
}

// One condition for each choice of the lists in the table.
void expand(const toml::table& table, const Condition& so_far, toml::table::const_iterator key,
            std::vector<Condition>& into) {
  if (key == table.end()) {
    into.push_back(so_far);
    return;
  }
  auto next = std::next(key);
  std::string name(key->first.str());
  const toml::array* list = name == "route" ? nullptr : key->second.as_array();
  if (list == nullptr) {
    Condition one = so_far;
    read_key(name, key->second, one);
    return expand(table, one, next, into);
  }
  for (const toml::node& choice : *list) {
    Condition one = so_far;
    read_key(name, choice, one);
    expand(table, one, next, into);
  }
}

std::string way_of(const Condition& one) {
  constexpr std::array kNames = {"tdm", "rtp", "t38"};
  Leg first = one.route.front(), last = one.route.back();
  bool is_forward = one.sender == Sender::First;
  if (first == last) return is_forward ? "there" : "back";
  return fmt::format("from-{}", kNames[static_cast<size_t>(is_forward ? first : last)]);
}

// What tells a condition from the others of its lists, in the order in which it is shown.
std::vector<std::string> choices(const toml::table& table, const Condition& one) {
  std::vector<std::string> all;
  auto is_list = [&](const char* key) { return table.get_as<toml::array>(key) != nullptr; };
  if (is_list("modem")) all.push_back(one.modem);
  if (is_list("speed")) all.push_back(fmt::format("{}-{}", one.modem, one.bit_rate));
  if (is_list("hand")) all.push_back(one.hand_name);
  if (is_list("mangled")) all.push_back(fmt::format("{:.0f}%", 100 * one.network.mangled));
  if (is_list("late_step_ms")) {
    all.push_back(
        fmt::format("{}ms", std::chrono::duration_cast<std::chrono::milliseconds>(one.network.late_step).count()));
  }
  if (is_list("ecm")) all.push_back(one.ecm ? "ecm" : "plain");
  if (is_list("compression")) all.push_back(one.compression);
  if (is_list("sends")) all.push_back(way_of(one));
  if (is_list("delay_ms"))
    all.push_back(
        fmt::format("{}ms", std::chrono::duration_cast<std::chrono::milliseconds>(one.network.delay).count()));
  if (is_list("ppm")) all.push_back(fmt::format("{}-{:.0f}ppm", one.ppm < 0 ? "slow" : "fast", std::abs(one.ppm)));
  return all;
}

std::string joined(std::span<const std::string> words, const char* between) {
  return fmt::format("{}", fmt::join(words, between));
}

void give_names(const toml::table& table, Condition& one) {
  auto chosen = choices(table, one);
  if (chosen.empty()) return;
  if (table["as_table"].value_or(false)) {
    one.table = one.name;
    one.row = chosen.front();
    one.column = joined(std::span(chosen).subspan(1), " ");
  } else {
    one.title += fmt::format(" ({})", joined(chosen, "-"));
  }
  one.name += "-" + joined(chosen, "-");
}

// T.6 needs error correction (T.30 table 2): a machine would fall back to T.4.
void finish_family(const toml::table& table, std::vector<Condition>& family) {
  bool crosses_compression = table.get_as<toml::array>("compression") != nullptr;
  auto cannot_be = [](const Condition& one) { return one.compression == "mmr" && !one.ecm; };
  if (crosses_compression) std::erase_if(family, cannot_be);
  for (Condition& one : family) give_names(table, one);
}

}  // namespace

Result<std::vector<Condition>> read_grid(const std::filesystem::path& file, const std::filesystem::path& documents) {
  try {
    toml::table grid = toml::parse_file(file.string());
    std::vector<Condition> conditions;
    const toml::array* tables = grid.get_as<toml::array>("condition");
    if (tables == nullptr) return fail("{}: there is no [[condition]]", file.string());
    for (const toml::node& node : *tables) {
      const toml::table& table = *node.as_table();
      std::vector<Condition> expanded;
      expand(table, Condition{}, table.begin(), expanded);
      for (const Condition& one : expanded) {
        if (one.route.empty() || one.name.empty() || one.document.empty()) {
          return fail("{}:{}: a condition needs name, route and document", file.string(), node.source().begin.line);
        }
      }
      finish_family(table, expanded);
      for (Condition& one : expanded) {
        one.document = documents / one.document;
        conditions.push_back(std::move(one));
      }
    }
    return conditions;
  } catch (const toml::parse_error& error) {
    return fail("{}:{}: {}", file.string(), error.source().begin.line, std::string(error.description()));
  }
}

}  // namespace sg::lab
