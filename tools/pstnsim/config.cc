#include "tools/pstnsim/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "conf/hints.h"
#include "tools/pstnsim/options.h"

namespace sg::pstnsim {
namespace {

// An exchange gives the clock.
Span default_span(size_t number) {
  Span span;
  span.cesop.number = static_cast<uint16_t>(number);
  span.cesop.clock = ClockSource::Given;
  span.pri.role = IsdnRole::Network;
  return span;
}

Span finished(Span span) {
  span.pri.spans = {{span.cesop.number, span.cesop.type}};
  span.pri.law = tdm::law_of(span.cesop.type);
  span.pri.alarm_hold = Duration::zero();  // a test that ends an alarm wants to call at once
  span.pri.name = fmt::format("span-{}", span.cesop.number);
  span.analog.name = span.pri.name;
  if (span.analog.zone == nullptr) span.analog.zone = tdm::find_tone_zone("us");
  for (auto& port : span.analog.ports) {
    port.slot = {span.cesop.number, static_cast<uint8_t>(port.slot.number + span.first_port - 1)};
  }
  return span;
}

template <class S>
Result<> set(S& into, const std::vector<conf::Option<S>>& options, std::string_view key, const std::string& value) {
  auto option = std::ranges::find(options, key, &conf::Option<S>::name);
  if (option != options.end()) return option->read(into, toml::value(value));
  std::vector<std::string_view> names;
  for (const auto& known : options) names.push_back(known.name);
  return fail("is not known here{}", conf::meant(key, names));
}

Result<> set(Subscriber& subscriber, std::string_view key, const std::string& value) {
  return set(subscriber, subscriber_options(), key, value);
}

Result<> set(Span& span, std::string_view key, const std::string& value) {
  bool is_analogs = std::ranges::any_of(analog_options(), [&](const auto& option) { return option.name == key; });
  return set(span, span.is_analog() && is_analogs ? analog_options() : span_options(), key, value);
}

template <class T>
Result<> set_all(T& thing, const std::string& words) {
  std::istringstream stream(words);
  for (std::string word; std::getline(stream, word, ',');) {
    auto equals = word.find('=');
    if (equals == std::string::npos) return fail("\"{}\" is not key=value", word);
    std::string key = word.substr(0, equals);
    if (auto done = set(thing, key, word.substr(equals + 1)); !done) return fail_with(done.error(), "{}", key);
  }
  return {};
}

std::string text_of(const toml::node& node) {
  if (auto text = node.value<std::string>()) return *text;
  std::ostringstream stream;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) stream << value;
  });
  return stream.str();
}

template <class T>
Result<> set_all(T& thing, const toml::table& table, const std::filesystem::path& file) {
  // "type" first: it decides what the others begin from.
  for (bool first : {true, false}) {
    for (const auto& [key, node] : table) {
      if ((key.str() == "type") != first) continue;
      if (auto done = set(thing, key.str(), text_of(node)); !done) {
        return fail_with(done.error(), "{}:{}: {}", file.string(), node.source().begin.line, key.str());
      }
    }
  }
  return {};
}

}  // namespace

Result<Span> parse_span(const std::string& words, size_t number) {
  Span span = default_span(number);
  if (auto done = set_all(span, words); !done) return fail_with(done.error(), "--span {}", words);
  return finished(span);
}

Result<Subscriber> parse_subscriber(const std::string& words) {
  Subscriber subscriber;
  auto comma = words.find(',');
  std::string first = words.substr(0, comma);
  auto equals = first.find('=');
  if (equals == std::string::npos) return fail("--subscriber {}: NUMBER=KIND expected", words);
  subscriber.number = first.substr(0, equals);
  auto done = set(subscriber, "kind", first.substr(equals + 1));
  if (done && comma != std::string::npos) done = set_all(subscriber, words.substr(comma + 1));
  if (!done) return fail_with(done.error(), "--subscriber {}", words);
  return subscriber;
}

Result<> load(const std::filesystem::path& file, Config& config) {
  toml::table root;
  try {
    root = toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    return fail("{}:{}: {}", file.string(), error.source().begin.line, error.description());
  }
  for (const auto& [key, node] : root) {
    std::string name(key.str());
    auto line = node.source().begin.line;
    const auto* array = node.as_array();
    bool tables = array && array->is_homogeneous<toml::table>();
    if (name == "control" && node.is_string()) {
      config.control = *node.value<std::string>();
    } else if (name == "span" && tables) {
      for (const auto& entry : *array) {
        Span span = default_span(config.spans.size() + 1);
        if (auto done = set_all(span, *entry.as_table(), file); !done) return done;
        config.spans.push_back(finished(span));
      }
    } else if (name == "subscriber" && tables) {
      for (const auto& entry : *array) {
        Subscriber subscriber;
        if (auto done = set_all(subscriber, *entry.as_table(), file); !done) return done;
        config.subscribers.push_back(subscriber);
      }
    } else {
      return fail("{}:{}: \"{}\" is not known here: control = \"PATH\", [[span]] and [[subscriber]] are", file.string(),
                  line, name);
    }
  }
  return {};
}

namespace {

Result<> check_nfas(const Config& config, const Span& span) {
  if (span.nfas == 0) return span.backup_dchannel ? fail("backup_dchannel goes only with nfas=SPAN") : Result<>{};
  auto first = std::ranges::find(config.spans, span.nfas, [](const Span& each) { return each.cesop.number; });
  if (first == config.spans.end() || first->nfas != 0)
    return fail("span {}: nfas={} names no span with an interface", span.cesop.number, span.nfas);
  // A card's D-channel is opened by the span that it is on: one only.
  if (span.backend == SpanBackend::Dahdi || first->backend == SpanBackend::Dahdi)
    return fail("span {}: nfas goes only with pseudowires", span.cesop.number);
  return {};
}

}  // namespace

Result<> check(const Config& config) {
  if (config.spans.empty())
    return fail(
        "no span is given: --span local=HOST:PORT,remote=HOST:PORT, --span backend=dahdi, or [[span]] in a file");
  std::set<std::string> numbers;
  std::set<uint16_t> spans;
  for (const Span& span : config.spans) {
    if (!spans.insert(span.cesop.number).second) return fail("span {} is given twice", span.cesop.number);
    if (span.is_analog() && span.backend == SpanBackend::Cesop)
      return fail("span {} is analog: backend=dahdi is the one that has such ports", span.cesop.number);
    if (span.is_analog() && span.analog.ports.empty())
      return fail("span {} is analog and needs numbers=NUMBER+NUMBER…, one for each port", span.cesop.number);
    int last_port = span.first_port + static_cast<int>(span.analog.ports.size()) - 1;
    if (span.is_analog() && (span.first_port < 1 || last_port > kMaxAnalogPorts))
      return fail("span {}: ports {} to {}: there are ports 1 to {}", span.cesop.number, span.first_port, last_port,
                  kMaxAnalogPorts);
    bool has_addresses = span.cesop.local.is_set() && span.cesop.remote.is_set();
    if (span.backend == SpanBackend::Cesop && !has_addresses)
      return fail("span {} needs local and remote addresses", span.cesop.number);
    if (auto sound = check_nfas(config, span); !sound) return sound;
  }
  for (const Subscriber& subscriber : config.subscribers) {
    if (subscriber.number.empty()) return fail("a subscriber has no number");
    if (!numbers.insert(subscriber.number).second) return fail("subscriber {} is given twice", subscriber.number);
  }
  return {};
}

}  // namespace sg::pstnsim
