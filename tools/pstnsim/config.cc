#include "tools/pstnsim/config.h"

#include <toml++/toml.h>
#include <boost/lexical_cast.hpp>
#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <set>
#include <sstream>

namespace sg::pstnsim {

namespace {

constexpr std::pair<std::string_view, Kind> kKinds[] = {{"fax", Kind::Fax},
                                                        {"voice", Kind::Voice},
                                                        {"echo", Kind::Echo},
                                                        {"data", Kind::Data},
                                                        {"tone", Kind::Tone},
                                                        {"busy", Kind::Busy},
                                                        {"no_answer", Kind::NoAnswer},
                                                        {"unknown", Kind::Unknown},
                                                        {"announcement", Kind::Announcement}};

Result<Kind> parse_kind(const std::string& name) {
  for (auto [known, kind] : kKinds) {
    if (known == name) return kind;
  }
  return fail("\"{}\" is no kind of subscriber: fax, voice, echo, data, tone, busy, no_answer, unknown or announcement",
              name);
}

template <class T>
Result<> number(const std::string& text, T& value) {
  if (!boost::conversion::try_lexical_convert(text, value)) return fail("\"{}\" is no number", text);
  return {};
}
Result<> seconds(const std::string& text, std::chrono::milliseconds& value) {
  double in_seconds = 0;
  if (auto parsed = number(text, in_seconds); !parsed) return parsed;
  if (in_seconds < 0 || in_seconds > 86400) return fail("\"{}\" is no number of seconds up to a day", text);
  value = std::chrono::milliseconds(static_cast<int64_t>(in_seconds * 1000));
  return {};
}
Result<> truth(const std::string& text, bool& value) {
  if (text != "true" && text != "false") return fail("\"{}\" is neither true nor false", text);
  value = text == "true";
  return {};
}
template <class T>
Result<> assign(Result<T> parsed, T& value) {
  if (!parsed) return tl::unexpected(parsed.error());
  value = std::move(*parsed);
  return {};
}

// The first of `words` that is `text`, as an index.
Result<size_t> one_of(const std::string& text, std::initializer_list<std::string_view> words) {
  auto found = std::ranges::find(words, text);
  if (found == words.end()) return fail("\"{}\" is not one of {}", text, fmt::join(words, ", "));
  return static_cast<size_t>(found - words.begin());
}
template <class T>
Result<> choose(const std::string& text, std::initializer_list<std::string_view> words, T& value) {
  auto index = one_of(text, words);
  if (!index) return tl::unexpected(index.error());
  value = static_cast<T>(*index);
  return {};
}

// "201+202": the first port and the next.
Result<> set_numbers(tdm::cas::Config& analog, const std::string& value) {
  analog.ports.clear();
  std::istringstream numbers(value);
  for (std::string number; std::getline(numbers, number, '+');) {
    auto port = static_cast<uint8_t>(analog.ports.size() + 1);
    if (port > tdm::kMaxAnalogPorts) return fail("more than {} numbers", tdm::kMaxAnalogPorts);
    analog.ports.push_back({.slot = {0, port}, .number = number});
  }
  return {};
}

Result<> set(tdm::cas::Config& analog, const std::string& key, const std::string& value) {
  if (key == "ports") return choose(value, {"fxs", "fxo", "em"}, analog.kind);
  if (key == "numbers") return set_numbers(analog, value);
  if (key == "caller_id") return choose(value, {"none", "bell202", "sdmf", "v23"}, analog.caller_id);
  if (key == "dialling") return choose(value, {"tone", "pulse"}, analog.dialling);
  if (key == "polarity") return truth(value, analog.polarity_on_answer);
  if (key == "zone") {
    analog.zone = tdm::find_tone_zone(value);
    return analog.zone ? Result<>{} : fail("there are no tones of \"{}\"", value);
  }
  return fail("an analog span has no \"{}\"", key);
}

Result<> set(Span& span, const std::string& key, const std::string& value) {
  if (key == "backend") {
    if (value != "cesop" && value != "dahdi") return fail("\"{}\" is no backend: cesop or dahdi", value);
    span.backend = value == "cesop" ? SpanBackend::Cesop : SpanBackend::Dahdi;
    return {};
  }
  if (key == "driver_span") return number(value, span.driver_span);
  if (key == "number") return number(value, span.cesop.number);
  if (key == "local") return assign(SocketAddress::parse(value), span.cesop.local);
  if (key == "remote") return assign(SocketAddress::parse(value), span.cesop.remote);
  if (key == "ppm") return number(value, span.cesop.ppm);
  if (key == "frames_per_packet") return number(value, span.cesop.frames_per_packet);
  if (key == "rtp_header") return truth(value, span.cesop.rtp_header);
  if (key == "role") return assign(tdm::pri::parse_role(value), span.pri.role);
  if (key == "switch_type") return assign(tdm::pri::parse_switch_type(value), span.pri.switch_type);
  if (key == "hunt") return assign(tdm::pri::parse_hunt(value), span.pri.hunt);
  if (key == "nfas") return number(value, span.nfas);
  if (key == "backup_dchannel") return truth(value, span.backup_dchannel);
  if (key == "transfers") return truth(value, span.pri.takes_transfers);
  if (key == "overlap") return truth(value, span.pri.overlap_receiving);
  if (key == "trace") return truth(value, span.pri.trace);
  if (key == "type" && value == "analog") {
    span.cesop.type = tdm::SpanType::Analog;
    return {};
  }
  if (key == "type") {
    if (value != "e1" && value != "t1") return fail("\"{}\" is no type of span: e1, t1 or analog", value);
    span.cesop.type = value == "e1" ? tdm::SpanType::E1 : tdm::SpanType::T1;
    span.pri.switch_type = value == "e1" ? tdm::pri::SwitchType::EuroIsdnE1 : tdm::pri::SwitchType::Ni2;
    return {};
  }
  if (key == "clock") {
    if (value != "given" && value != "recovered") return fail("\"{}\" is no clock: given or recovered", value);
    span.cesop.clock = value == "given" ? tdm::cesop::ClockSource::Given : tdm::cesop::ClockSource::Recovered;
    return {};
  }
  if (span.is_analog() && key == "first_port") return number(value, span.first_port);
  if (span.is_analog()) return set(span.analog, key, value);
  return fail("a span has no \"{}\"", key);
}

Result<> set(Subscriber& subscriber, const std::string& key, const std::string& value) {
  if (key == "number") return subscriber.number = value, Result<>{};
  if (key == "kind") return assign(parse_kind(value), subscriber.kind);
  if (key == "answer_after") return seconds(value, subscriber.answer_after);
  if (key == "directory") return subscriber.directory = value, Result<>{};
  if (key == "identity") return subscriber.identity = value, Result<>{};
  if (key == "ecm") return truth(value, subscriber.ecm);
  if (key == "max_bit_rate") return number(value, subscriber.max_bit_rate);
  if (key == "play") return subscriber.play = value, Result<>{};
  if (key == "record") return subscriber.record = value, Result<>{};
  if (key == "frequency") return number(value, subscriber.frequency);
  if (key == "level") return number(value, subscriber.level);
  if (key == "in_progress") return truth(value, subscriber.in_progress);
  if (key == "length") return seconds(value, subscriber.length);
  if (key == "cause") return number(value, subscriber.cause);
  return fail("a subscriber has no \"{}\"", key);
}

// An exchange gives the clock.
Span default_span(size_t number) {
  Span span;
  span.cesop.number = static_cast<uint16_t>(number);
  span.cesop.clock = tdm::cesop::ClockSource::Given;
  span.pri.role = tdm::pri::Role::Network;
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

template <class T>
Result<> set_all(T& thing, const std::string& words) {
  std::istringstream stream(words);
  for (std::string word; std::getline(stream, word, ',');) {
    auto equals = word.find('=');
    if (equals == std::string::npos) return fail("\"{}\" is not key=value", word);
    if (auto done = set(thing, word.substr(0, equals), word.substr(equals + 1)); !done) return done;
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
      if (auto done = set(thing, std::string(key.str()), text_of(node)); !done) {
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
  auto done = assign(parse_kind(first.substr(equals + 1)), subscriber.kind);
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
    if (span.is_analog() && (span.first_port < 1 || last_port > tdm::kMaxAnalogPorts))
      return fail("span {}: ports {} to {}: there are ports 1 to {}", span.cesop.number, span.first_port, last_port,
                  tdm::kMaxAnalogPorts);
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
