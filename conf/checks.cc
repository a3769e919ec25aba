#include "conf/checks.h"

#include <algorithm>
#include <map>
#include <vector>

#include "conf/hints.h"
#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {
namespace {

std::string title_of(const Span& span) {
  return fmt::format("[span.{}]", span.number);
}
std::string title_of(const Trunk& trunk) {
  return fmt::format("[trunk.{}]", trunk.name);
}

void check_media(const Settings& settings, Faults& faults) {
  const Media& media = settings.media;
  if (media.voice_jitter_min > media.voice_jitter_start) {
    faults.add("[media]", "voice_jitter_min", "is above voice_jitter_start");
  }
  if (media.voice_jitter_start > media.voice_jitter_max) {
    faults.add("[media]", "voice_jitter_max", "is below voice_jitter_start");
  }
  if (!settings.fax.allows(Modem::V27ter)) {
    faults.add("[fax]", "modems", "lacks \"v27ter\", which every fax machine falls back to");
  }
  if (settings.sip.t1 > settings.sip.t2) {
    faults.add(
        "[sip]", "t1",
        fmt::format("{} is above t2, which is {}", duration_text(settings.sip.t1), duration_text(settings.sip.t2)));
  }
  if (settings.sip.min_se > settings.sip.session_expires) faults.add("[sip]", "min_se", "is above session_expires");
}

void check_spans(const Settings& settings, Faults& faults) {
  for (auto span = settings.spans.begin(); span != settings.spans.end(); ++span) {
    auto earlier = [&](auto is_same) {
      return std::find_if(settings.spans.begin(), span,
                          [&](const Span& s) { return s.backend == span->backend && is_same(s); });
    };
    if (span->backend == SpanBackend::Dahdi) {
      int number = span->number_in_driver();
      auto other = earlier([&](const Span& s) { return s.number_in_driver() == number; });
      if (other != span) {
        faults.add(title_of(*span), "driver_span",
                   fmt::format("the driver's span {} is {} already", number, title_of(*other)));
      }
      continue;
    }
    auto other = earlier([&](const Span& s) { return s.local == span->local; });
    if (other != span) {
      faults.add(title_of(*span), "local",
                 fmt::format("{} is used by {} already", span->local.to_string(), title_of(*other)));
    }
    if (span->local.family() != span->remote.family()) {
      faults.add(title_of(*span), "remote", "is of another address family than local");
    }
    if (span->remote.port() == 0) faults.add(title_of(*span), "remote", "port 0 cannot be sent to");
    if (span->ppm != 0 && span->clock == SpanClock::Recovered) {
      faults.add(title_of(*span), "ppm", "goes only with clock = \"given\": a recovered clock is the far end's");
    }
  }
}

bool suits(PriSwitch type, SpanType span) {
  if (type == PriSwitch::Qsig) return true;
  return (type == PriSwitch::EuroIsdnE1) == (span == SpanType::E1);
}

// Non-facility associated signalling: what makes one interface of several spans.
void check_nfas(const Settings& settings, const PriTrunk& trunk, Faults& faults) {
  if (!trunk.nfas) {
    if (!trunk.dchannels.empty()) faults.add(title_of(trunk), "dchannels", "goes only with nfas = true");
    return;
  }
  constexpr size_t kMostSpans = 20;  // that libpri has room for
  if (trunk.spans.size() < 2) faults.add(title_of(trunk), "nfas", "needs two spans or more");
  if (trunk.spans.size() > kMostSpans) {
    faults.add(title_of(trunk), "nfas", fmt::format("at most {} spans go together", kMostSpans));
  }
  if (trunk.switch_type == PriSwitch::Qsig) faults.add(title_of(trunk), "nfas", "does not go with switch = \"qsig\"");
  const Span* first = settings.span(trunk.spans.front());
  for (uint16_t number : trunk.spans) {
    const Span* span = settings.span(number);
    if (!first || !span) continue;  // told already
    if (span->backend != first->backend || span->type != first->type) {
      faults.add(title_of(trunk), "nfas",
                 fmt::format("spans {} and {} differ in type or backend", first->number, number));
    }
  }
  if (trunk.dchannels.size() > 2) faults.add(title_of(trunk), "dchannels", "one primary, and one for backup");
  for (uint16_t number : trunk.dchannels) {
    if (std::find(trunk.spans.begin(), trunk.spans.end(), number) == trunk.spans.end()) {
      faults.add(title_of(trunk), "dchannels", fmt::format("{} is none of the trunk's spans", number));
    }
  }
}

void check_pri_trunks(const Settings& settings, Faults& faults) {
  std::map<uint16_t, const PriTrunk*> users;
  for (const PriTrunk& trunk : settings.pri_trunks) {
    check_nfas(settings, trunk, faults);
    for (uint16_t number : trunk.spans) {
      const Span* span = settings.span(number);
      if (!span) {
        faults.add(title_of(trunk), "spans", fmt::format("there is no [span.{}]", number));
        continue;
      }
      if (auto [user, is_first] = users.emplace(number, &trunk); !is_first) {
        faults.add(title_of(trunk), "spans",
                   fmt::format("span {} is used by {} already", number, title_of(*user->second)));
      }
      if (span->backend == SpanBackend::Dahdi) continue;  // the driver knows more: see Application
      if (!suits(trunk.switch_type, span->type)) {
        faults.add(title_of(trunk), "switch",
                   fmt::format("does not go with span {}, which is {}", number,
                               span->type == SpanType::E1 ? "an E1" : "a T1"));
      }
      if (trunk.dchannel > span->timeslots()) {
        faults.add(title_of(trunk), "dchannel",
                   fmt::format("span {} has only {} timeslots", number, span->timeslots()));
      }
    }
  }
}

constexpr std::string_view word_of(AnalogKind kind) {
  return kind == AnalogKind::Fxs ? "fxs" : kind == AnalogKind::Fxo ? "fxo" : "em";
}

// A fault of one [[line]], of which there are many: told at its own line.
void blame_line(const Line& line, std::string_view key, std::string_view reason, Faults& faults) {
  std::string_view help;
  for (const auto& option : line_options()) {
    if (option.name == key) help = option.help;
  }
  faults.add(line.line, "[[line]]", key, reason, help);
}

std::string titles_of(const std::vector<const AnalogTrunk*>& trunks) {
  std::string titles;
  for (const AnalogTrunk* trunk : trunks) titles += (titles.empty() ? "" : ", ") + title_of(*trunk);
  return titles;
}

// Why it cannot be told which trunk the port belongs to.
void blame_port(const Settings& settings, const Line& line, Faults& faults) {
  const uint16_t span = line.port->span;
  auto trunks = settings.analog_trunks_on(span);
  if (!settings.span(span)) return blame_line(line, "port", fmt::format("there is no [span.{}]", span), faults);
  if (trunks.empty()) {
    return blame_line(line, "port", fmt::format("no fxs, fxo or em trunk has span {}", span), faults);
  }
  if (line.trunk.empty()) {
    return blame_line(line, "trunk",
                      fmt::format("missing: span {} is shared by {}: which has port {}?", span, titles_of(trunks),
                                  line.port->to_string()),
                      faults);
  }
  blame_line(line, "trunk",
             fmt::format("\"{}\" is no fxs, fxo or em trunk that has span {}: {} it", line.trunk, span,
                         titles_of(trunks) + (trunks.size() == 1 ? " has" : " have")),
             faults);
}

void check_port(const Settings& settings, const Line& line, Faults& faults) {
  const AnalogTrunk* trunk = settings.analog_trunk_of(line);
  if (!trunk) return blame_port(settings, line, faults);
  bool is_telephone = trunk->kind == AnalogKind::Fxs;
  if (is_telephone && line.ext.empty()) {
    blame_line(line, "ext", fmt::format("missing: {} is a telephone's port", line.port->to_string()), faults);
  }
  if (is_telephone && !line.number.empty()) {
    blame_line(line, "number", "does not go with a telephone's port: it has ext and did", faults);
  }
  if (!is_telephone && !line.ext.empty()) {
    blame_line(line, "ext",
               fmt::format("does not go with a port of an {} trunk: it has a number", word_of(trunk->kind)), faults);
  }
  if (trunk->kind == AnalogKind::Fxo && line.number.empty()) {
    blame_line(line, "number", "missing: what number are calls for that come in by this line?", faults);
  }
  if (!is_telephone && line.messages > 0) blame_line(line, "messages", "goes only with a telephone's port", faults);
}

void check_ports(const Settings& settings, Faults& faults) {
  std::map<Port, const Line*> users;
  for (const Line& line : settings.ports) {
    auto [user, is_first] = users.emplace(*line.port, &line);
    if (!is_first) {
      blame_line(
          line, "port",
          fmt::format("{} is the port of the [[line]] at line {} already", line.port->to_string(), user->second->line),
          faults);
    }
    check_port(settings, line, faults);
  }
  // A telephone without a port can only be behind a trunk that knows extensions.
  bool is_behind_another = !settings.sip_trunks.empty() || !settings.pri_trunks.empty();
  if (is_behind_another || settings.analog_trunks.empty()) return;
  for (const Line& line : settings.lines) {
    if (!line.port) blame_line(line, "port", "missing: all trunks here are analog", faults);
  }
}

// Whether a port of the span is the trunk's, or may be: one that cannot be told is blamed for itself.
bool has_port(const Settings& settings, const AnalogTrunk& trunk, uint16_t span) {
  return std::any_of(settings.ports.begin(), settings.ports.end(), [&](const Line& line) {
    if (line.port->span != span) return false;
    const AnalogTrunk* user = settings.analog_trunk_of(line);
    return !user || user == &trunk;
  });
}

void check_analog_span(const Settings& settings, const AnalogTrunk& trunk, uint16_t number, Faults& faults) {
  auto blame = [&](const std::string& reason) { faults.add(title_of(trunk), "spans", reason); };
  const Span* span = settings.span(number);
  if (!span) return blame(fmt::format("there is no [span.{}]", number));
  if (span->backend != SpanBackend::Dahdi) {
    blame(fmt::format("span {} is a pseudowire, which has no analog ports", number));
  }
  for (const PriTrunk& pri : settings.pri_trunks) {
    if (std::count(pri.spans.begin(), pri.spans.end(), number) == 0) continue;
    blame(fmt::format("span {} is used by {} already", number, title_of(pri)));
  }
  if (!has_port(settings, trunk, number)) {
    bool is_shared = settings.analog_trunks_on(number).size() > 1;
    blame(fmt::format("no [[line]] has a port on span {}: which of its ports are used? (port = \"{}/1\"{})", number,
                      number, is_shared ? fmt::format(", trunk = \"{}\"", trunk.name) : ""));
  }
}

void check_analog_trunks(const Settings& settings, Faults& faults) {
  for (const AnalogTrunk& trunk : settings.analog_trunks) {
    for (uint16_t number : trunk.spans) check_analog_span(settings, trunk, number, faults);
  }
}

// Of a trunk of timeslots.
template <class T>
void check_echo_canceller(const Settings& settings, const T& trunk, Faults& faults) {
  const int taps = trunk.echo_canceller;
  if (taps == 0) return;
  constexpr int kTaps[] = {32, 64, 128, 256, 512, 1024};
  if (std::find(std::begin(kTaps), std::end(kTaps), taps) == std::end(kTaps)) {
    faults.add(title_of(trunk), "echo_canceller", fmt::format("{} taps: no canceller has so many", taps));
  }
  for (uint16_t number : trunk.spans) {
    const Span* span = settings.span(number);
    if (span && span->backend != SpanBackend::Dahdi) {
      faults.add(title_of(trunk), "echo_canceller", fmt::format("span {} is a pseudowire, which has none", number));
    }
  }
}

void check_echo_cancellers(const Settings& settings, Faults& faults) {
  for (const PriTrunk& trunk : settings.pri_trunks) {
    check_echo_canceller(settings, trunk, faults);
    if (trunk.echo_canceller != 0 && trunk.bearer == Bearer::Unrestricted) {
      faults.add(title_of(trunk), "echo_canceller", "does not go with bearer = \"unrestricted\": it would change data");
    }
  }
  for (const AnalogTrunk& trunk : settings.analog_trunks) {
    check_echo_canceller(settings, trunk, faults);
    if (trunk.echo_canceller != 0 && trunk.media == LineMedia::Fax) {
      faults.add(title_of(trunk), "echo_canceller",
                 "does not go with media = \"fax\": fax machines mind their own echo");
    }
  }
}

void check_sip_trunks(const Settings& settings, Faults& faults) {
  for (const SipTrunk& trunk : settings.sip_trunks) {
    bool heard = std::any_of(settings.sip.listen.begin(), settings.sip.listen.end(), [&](const SipAddress& listen) {
      return listen.transport == trunk.peer.transport && listen.address.family() == trunk.peer.address.family();
    });
    if (!heard) {
      faults.add(title_of(trunk), "peer",
                 fmt::format("needs {} on {}, which [sip] listen does not have",
                             trunk.peer.transport == Transport::Udp ? "UDP" : "TCP",
                             trunk.peer.address.is_ipv6() ? "IPv6" : "IPv4"));
    }
    if (std::count(settings.sip.listen.begin(), settings.sip.listen.end(), trunk.peer) > 0) {
      faults.add(title_of(trunk), "peer", "is an address that this gateway listens on itself");
    }
  }
}

std::string no_trunk(const Settings& settings, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Trunk& trunk : settings.pri_trunks) names.push_back(trunk.name);
  for (const Trunk& trunk : settings.sip_trunks) names.push_back(trunk.name);
  for (const Trunk& trunk : settings.analog_trunks) names.push_back(trunk.name);
  return fmt::format("there is no [trunk.{}]{}", name, meant(name, names));
}

void check_targets(const Settings& settings, const std::string& title, std::string_view key, const Route& route,
                   const Targets& targets, Faults& faults) {
  for (const auto& group : targets) {
    for (const std::string& name : group) {
      const Trunk* trunk = settings.trunk(name);
      if (!trunk) {
        faults.add(title, key, no_trunk(settings, name));
      } else if (trunk->is_paid && route.from.empty()) {
        faults.add(title, key,
                   fmt::format("leads to \"{}\", which is paid: say whose calls it takes, with from", name));
      }
    }
  }
}

void check_schedule(const Settings& settings, const std::string& title, std::string_view key, const std::string& name,
                    Faults& faults) {
  bool is_known = std::any_of(settings.schedules.begin(), settings.schedules.end(),
                              [&](const Schedule& schedule) { return schedule.name == name; });
  if (!name.empty() && !is_known) faults.add(title, key, fmt::format("[schedule] has no \"{}\"", name));
}

void check_profiles(const Settings& settings, Faults& faults) {
  auto check_trunk = [&](const Trunk& trunk, bool is_ip) {
    if (trunk.profile.empty()) return;
    const Profile* profile = settings.profile(trunk.profile);
    if (!profile) {
      faults.add(title_of(trunk), "profile", fmt::format("there is no [profile.{}]", trunk.profile));
    } else if (!is_ip && (profile->t38 || !profile->codecs.empty())) {
      faults.add(title_of(trunk), "profile",
                 fmt::format("[profile.{}] has codecs or t38, which a line of timeslots has not", trunk.profile));
    }
  };
  for (const PriTrunk& trunk : settings.pri_trunks) check_trunk(trunk, false);
  for (const SipTrunk& trunk : settings.sip_trunks) check_trunk(trunk, true);
  for (const Line& line : settings.lines) {
    if (line.profile.empty() || settings.profile(line.profile)) continue;
    faults.add(line.line, "[[line]]", "profile", fmt::format("there is no [profile.{}]", line.profile));
  }
}

void check_routes(const Settings& settings, Faults& faults) {
  std::map<std::string_view, int> names;
  for (const Route& route : settings.routes) {
    std::string title = route_title(route.name);
    if (auto [first, is_first] = names.emplace(route.name, route.line); !is_first) {
      faults.add(route.line, title, "name", fmt::format("is that of the [[route]] at line {} already", first->second));
    }
    for (const std::string& name : route.from) {
      if (!settings.trunk(name)) faults.add(title, "from", no_trunk(settings, name));
    }
    check_targets(settings, title, "to", route, route.to, faults);
    for (const Targets& targets : route.row_targets) check_targets(settings, title, "table", route, targets, faults);
    check_schedule(settings, title, "when", route.when, faults);
    check_schedule(settings, title, "not_when", route.not_when, faults);
    if (!route.when.empty() && route.when == route.not_when) {
      faults.add(title, "not_when", "is the same as when: the route can never match");
    }
    if (route.called.empty() && route.rows.empty()) faults.add(title, "called", "missing: whose calls does it take?");
    bool all_rows_lead = !route.rows.empty() && route.called.empty() &&
                         std::all_of(route.rows.begin(), route.rows.end(), [](const RouteRow& row) { return row.to; });
    if (route.to.empty() && route.reject == 0 && !all_rows_lead) {
      faults.add(title, "to", "missing: where do its calls go? (or reject them)");
    }
    if (!route.to.empty() && route.reject != 0) faults.add(title, "reject", "does not go with to");
    if (route.prepend.find_first_not_of("+0123456789*#") != std::string::npos) {
      faults.add(title, "prepend", fmt::format("\"{}\" holds more than digits, +, * and #", route.prepend));
    }
    if (!route.set_called.empty() && (route.strip || !route.prepend.empty())) {
      faults.add(title, "set_called", "does not go with strip and prepend");
    }
    if (!route.calling_else.empty() && route.calling_must_be.empty()) {
      faults.add(title, "calling_else", "goes only with calling_must_be");
    }
    for (const Price& price : route.cost) {
      if (!settings.trunk(price.trunk)) faults.add(title, "cost", no_trunk(settings, price.trunk));
    }
    if (!route.cost.empty() && route.pick != Pick::Cost) faults.add(title, "cost", "goes only with pick = \"cost\"");
    bool has_price = !route.cost.empty();
    for (const auto& group : route.to) {
      for (const std::string& name : group) {
        const Trunk* trunk = settings.trunk(name);
        has_price |= trunk && !trunk->cost.empty();
      }
    }
    if (route.pick == Pick::Cost && !has_price) {
      faults.add(title, "pick", "is \"cost\", but neither the route nor any of its trunks has a cost");
    }
    bool is_line = std::count(route.calling.begin(), route.calling.end(), "line") > 0;
    if (is_line && route.calling.size() > 1) faults.add(title, "calling", "\"line\" stands alone");
    if (is_line && settings.lines.empty()) faults.add(title, "calling", "is \"line\", but there is no [[line]]");
    const Spend& spend = route.spend;
    bool has_spend = spend.per_line_calls_hour || spend.per_line_minutes_day || spend.abroad_minutes_day ||
                     spend.per_destination_minutes_day;
    if (route.is_emergency && (route.limit || has_spend)) {
      faults.add(title, route.limit ? "limit" : "spend", "does not go with emergency: such calls are under no limit");
    }
    if (spend.abroad_minutes_day && settings.site.country.empty()) {
      faults.add(title, "spend", "abroad_minutes_day needs [site] country, to tell what is abroad");
    }
  }
}

template <class S>
std::string_view help_in(const std::vector<Option<S>>& options, std::string_view key) {
  for (const auto& option : options) {
    if (option.name == key) return option.help;
  }
  return "";
}

std::string_view help_of(std::string_view title, std::string_view key) {
  if (title == "[sip]") return help_in(sip_options(), key);
  if (title == "[media]") return help_in(media_options(), key);
  if (title == "[fax]") return help_in(fax_options(), key);
  if (title.starts_with("[span.")) {
    auto help = help_in(cesop_span_options(), key);
    return help.empty() ? help_in(dahdi_span_options(), key) : help;
  }
  if (title.starts_with("[[route]]")) return help_in(route_options(), key);
  if (title.starts_with("[[line]]")) return help_in(line_options(), key);
  auto help = help_in(pri_trunk_options(), key);
  if (help.empty()) help = help_in(sip_trunk_options(), key);
  for (auto kind : {AnalogKind::Fxs, AnalogKind::Fxo, AnalogKind::Em}) {
    if (help.empty()) help = help_in(analog_trunk_options(kind), key);
  }
  return help;
}

}  // namespace

std::string route_title(std::string_view name) {
  return name.empty() ? std::string("[[route]]") : fmt::format("[[route]] \"{}\"", name);
}

void Faults::add(int line, std::string_view title, std::string_view key, std::string_view reason,
                 std::string_view help) {
  std::string text = fmt::format("{}:{}: ", filename_, line);
  if (!title.empty()) text += fmt::format("{} ", title);
  text += fmt::format("{}: {}", key, reason);
  if (!help.empty()) text += fmt::format(" ({})", help);
  found_.emplace_back(line, std::move(text));
}

void Faults::add(std::string_view title, std::string_view key, std::string_view reason) {
  auto line = lines_.find({std::string(title), std::string(key)});
  if (line == lines_.end()) line = lines_.find({std::string(title), ""});
  add(line == lines_.end() ? 1 : line->second, title, key, reason, help_of(title, key));
}

Places Faults::places() const {
  Places kept;
  for (const auto& [key, line] : lines_) {
    if (!key.first.starts_with("[[") && !key.first.starts_with("[test]")) kept.emplace(key, line);
  }
  return kept;
}

Error Faults::error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Error error;
  for (const auto& [line, text] : sorted) error.message += (error.message.empty() ? "" : "\n") + text;
  return error;
}

void check(const Settings& settings, Faults& faults) {
  check_media(settings, faults);
  check_spans(settings, faults);
  check_pri_trunks(settings, faults);
  check_sip_trunks(settings, faults);
  check_profiles(settings, faults);
  check_analog_trunks(settings, faults);
  check_ports(settings, faults);
  check_echo_cancellers(settings, faults);
  check_routes(settings, faults);
}

}  // namespace sg::conf
