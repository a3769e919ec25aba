#include "conf/kinds.h"

#include <algorithm>
#include <charconv>

namespace sg::conf {
namespace {

template <class T>
Result<T> in_range(T value, T least, T most) {
  if (value < least || value > most) return fail("{} is out of range: {} to {} is wanted", value, least, most);
  return value;
}

Result<Transport> parse_transport(std::string_view word) {
  if (auto known = value_named<Transport>(word)) return *known;
  if (word == "tls" || word == "ws" || word == "wss")
    return fail("{} is not supported yet: udp or tcp is wanted", word);
  return fail("\"{}\" is no transport: udp or tcp is wanted", word);
}

// "udp:127.0.0.1:5060"
Result<SipAddress> parse_listen(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos) return fail("\"{}\" is no TRANSPORT:ADDRESS:PORT", text);
  auto transport = parse_transport(text.substr(0, colon));
  if (!transport) return tl::unexpected(transport.error());
  auto address = SocketAddress::parse(text.substr(colon + 1));
  if (!address) return tl::unexpected(address.error());
  return SipAddress{*transport, *address};
}

std::string listen_text(const SipAddress& value) {
  return fmt::format("{}:{}", name_of(value.transport), value.address.to_string());
}

bool looks_like_a_name(std::string_view host) {
  auto is_letter = [](char c) { return (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z'); };
  return std::any_of(host.begin(), host.end(), is_letter);
}

// An IPv6 address without the brackets that tell it from its port.
tl::unexpected<Error> lacks_brackets(std::string_view host) {
  const auto colon = host.rfind(':');
  const std::string_view last = host.substr(colon + 1);
  // No group of an address is longer than four signs; one of four digits is more likely a port.
  const bool has_port = last.size() >= 4 && last.find_first_not_of("0123456789") == std::string_view::npos;
  return fail("an IPv6 address stands in brackets: \"sip:[{}]{}\"", has_port ? host.substr(0, colon) : host,
              has_port ? host.substr(colon) : "");
}

// "sip:127.0.0.1:5060;transport=tcp"; the port may be missing (RFC 3261 section 19.1.2: 5060).
Result<SipAddress> parse_peer(std::string_view text) {
  constexpr std::string_view kScheme = "sip:", kTransport = "transport=";
  if (text.starts_with("sips:")) return fail("sips: is not supported yet: sip: by udp or tcp is wanted");
  if (!text.starts_with(kScheme)) return fail("\"{}\" does not begin with sip:", text);
  std::string_view host = text.substr(kScheme.size()), parameter;
  if (auto semicolon = host.find(';'); semicolon != std::string_view::npos) {
    parameter = host.substr(semicolon + 1);
    host = host.substr(0, semicolon);
  }
  SipAddress peer;
  if (!parameter.empty()) {
    if (!parameter.starts_with(kTransport)) return fail("\"{}\" is unknown: only transport= is", parameter);
    auto transport = parse_transport(parameter.substr(kTransport.size()));
    if (!transport) return tl::unexpected(transport.error());
    peer.transport = *transport;
  }
  if (host.find('@') != std::string_view::npos) {
    return fail("\"{}\" names a user: a peer is told by its address alone, sip:ADDRESS:PORT", host);
  }
  if (!host.starts_with('[') && std::count(host.begin(), host.end(), ':') > 1) return lacks_brackets(host);
  bool bare = host.ends_with(']') || std::count(host.begin(), host.end(), ':') == 0;
  auto address = bare ? SocketAddress::parse(host, 5060) : SocketAddress::parse(host);
  if (!address && looks_like_a_name(host)) {
    return fail("{}; names are not looked up (DNS) yet: the address itself is wanted", address.error().message);
  }
  if (!address) return tl::unexpected(address.error());
  if (address->port() == 0) return fail("port 0 cannot be called");
  peer.address = *address;
  return peer;
}

std::string peer_text(const SipAddress& value) {
  return fmt::format("sip:{};transport={}", value.address.to_string(), name_of(value.transport));
}

Result<std::string> parse_host(std::string_view text) {
  if (text.empty()) return std::string();
  auto address = SocketAddress::parse(text, 0);
  if (!address) return tl::unexpected(address.error());
  return address->host();
}

constexpr std::pair<std::string_view, NumberForm> kNumberForms[] = {{"ton", NumberForm::Ton},
                                                                    {"e164", NumberForm::E164},
                                                                    {"national", NumberForm::National},
                                                                    {"dialled", NumberForm::Dialled},
                                                                    {"extension:", NumberForm::Extension},
                                                                    {"as-is", NumberForm::AsIs}};

Result<NumberStyle> parse_number_style(std::string_view text) {
  for (const auto& [word, form] : kNumberForms) {
    if (form != NumberForm::Extension && text == word) return NumberStyle{form, 0};
    if (form != NumberForm::Extension || !text.starts_with(word)) continue;
    std::string_view count = text.substr(word.size());
    if (count.size() == 1 && count[0] >= '1' && count[0] <= '9') return NumberStyle{form, count[0] - '0'};
    return fail("\"{}\": an extension has 1 to 9 digits", text);
  }
  return fail("\"{}\" is none of the known forms", text);
}

std::string number_style_text(const NumberStyle& value) {
  for (const auto& [word, form] : kNumberForms) {
    if (form == value.form) return std::string(word) + (value.digits ? std::to_string(value.digits) : "");
  }
  return {};
}

// A status is 400 to 699, a cause 1 to 127.
Result<CauseRule> parse_cause_rule(std::string_view text) {
  CauseRule rule;
  rule.is_from_sip = text.starts_with("sip.");
  bool is_known = rule.is_from_sip || text.starts_with("q850.");
  auto equals = text.find('=');
  auto bad = [&] { return fail("\"{}\" is neither \"sip.STATUS = CAUSE\" nor \"q850.CAUSE = STATUS\"", text); };
  if (!is_known || equals == std::string_view::npos) return bad();
  auto number = [](std::string_view part, int& value) {
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc{} && end == part.data() + part.size();
  };
  size_t prefix = text.find('.') + 1;
  if (!number(text.substr(prefix, equals - prefix), rule.from) || !number(text.substr(equals + 1), rule.to))
    return bad();
  int status = rule.is_from_sip ? rule.from : rule.to, cause = rule.is_from_sip ? rule.to : rule.from;
  if (status < 400 || status > 699) return fail("\"{}\": a refusing SIP status is 400 to 699", text);
  if (cause < 1 || cause > 127) return fail("\"{}\": a Q.850 cause is 1 to 127", text);
  return rule;
}

std::string cause_rule_text(const CauseRule& rule) {
  return fmt::format("{}.{} = {}", rule.is_from_sip ? "sip" : "q850", rule.from, rule.to);
}

std::string same_text(const std::string& value) {
  return value;
}

}  // namespace

std::string_view type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a point";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

tl::unexpected<Error> wrong_type(std::string_view wanted, const toml::node& node, Written written) {
  std::string hint;
  if (const auto* number = node.as_integer()) {
    if (written == Written::AsText) hint = fmt::format(": in quotes, \"{}\"", number->get());
    if (written == Written::AsTime)
      hint = fmt::format(": in quotes and with a unit, \"{0}ms\" or \"{0}s\"", number->get());
  } else if (node.is_boolean() && written == Written::AsText) {
    hint = fmt::format(": in quotes, \"{}\"", node.as_boolean()->get());
  } else if (node.is_string() && written == Written::AsNumber) {
    const std::string& text = node.as_string()->get();
    const bool is_number = !text.empty() && text.find_first_not_of("-0123456789.") == std::string::npos;
    if (is_number || text == "true" || text == "false") hint = ": without quotes, " + text;
  }
  return fail("must be {}, not {}{}", wanted, type_of(node), hint);
}

Kind<bool> boolean() {
  return {.range = "true or false",
          .read = [](const toml::node& node) -> Result<bool> {
            if (!node.is_boolean()) return wrong_type("true or false", node, Written::AsNumber);
            return node.as_boolean()->get();
          },
          .write = [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

Kind<int> integer(int least, int most) {
  return {.range = fmt::format("{} to {}", least, most),
          .read = [least, most](const toml::node& node) -> Result<int> {
            if (!node.is_integer()) {
              return wrong_type(fmt::format("an integer from {} to {}", least, most), node, Written::AsNumber);
            }
            auto value = in_range<int64_t>(node.as_integer()->get(), least, most);
            if (!value) return tl::unexpected(value.error());
            return static_cast<int>(*value);
          },
          .write = [](const int& value) { return std::to_string(value); }};
}

Kind<double> real(double least, double most) {
  return {.range = fmt::format("{} to {}", least, most),
          .read = [least, most](const toml::node& node) -> Result<double> {
            if (!node.is_number()) {
              return wrong_type(fmt::format("a number from {} to {}", least, most), node, Written::AsNumber);
            }
            return in_range(*node.value<double>(), least, most);
          },
          .write = [](const double& value) { return fmt::format("{:.1f}", value); }};
}

Kind<std::string> text(std::string what) {
  return {.range = what,
          .read = [what = std::move(what)](const toml::node& node) -> Result<std::string> {
            if (!node.is_string()) return wrong_type(what, node, Written::AsText);
            return node.as_string()->get();
          },
          .write = in_quotes};
}

Kind<SocketAddress> socket_address() {
  return parsed<SocketAddress>("\"ADDRESS:PORT\"", &SocketAddress::parse,
                               [](const SocketAddress& value) { return value.to_string(); });
}
Kind<SipAddress> listen_address() {
  return parsed<SipAddress>("\"udp:ADDRESS:PORT\" or \"tcp:…\"", parse_listen, listen_text);
}
Kind<SipAddress> peer_address() {
  return parsed<SipAddress>("\"sip:ADDRESS:PORT\", with \";transport=tcp\" for TCP", parse_peer, peer_text);
}
Kind<AddressRange> address_range() {
  return parsed<AddressRange>("\"ADDRESS\" or \"ADDRESS/BITS\"", &AddressRange::parse,
                              [](const AddressRange& value) { return value.to_string(); });
}
Kind<std::string> host_address() {
  return parsed<std::string>("an IPv4 or IPv6 address", parse_host, same_text);
}
Result<std::vector<Price>> read_prices(std::string_view trunk, const toml::table& table) {
  std::vector<Price> read;
  for (const auto& [prefix, price] : table) {
    auto value = price.value<double>();
    if (!price.is_number() || *value < 0) return fail("{} {} is no price", trunk, prefix.str());
    std::string digits_of(prefix.str());
    if (digits_of.ends_with('*')) digits_of.pop_back();
    read.push_back({std::string(trunk), digits_of, *value});
  }
  return read;
}

Kind<std::vector<Price>> prices_of_trunk() {
  std::string range = "a price, or { PREFIX = PRICE }: { \"+1\" = 0.6, \"*\" = 2.0 }";
  return {.range = range,
          .read = [range](const toml::node& node) -> Result<std::vector<Price>> {
            if (const auto* table = node.as_table()) return read_prices("", *table);
            auto value = node.value<double>();
            if (!node.is_number() || *value < 0) return wrong_type(range, node);
            return std::vector<Price>{{"", "", *value}};
          },
          .write =
              [](const std::vector<Price>& prices) {
                std::string out;
                for (const Price& price : prices) {
                  out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", in_quotes(price.prefix + "*"), price.price);
                }
                return out.empty() ? std::string("{}") : "{ " + out + " }";
              }};
}

Kind<NumberStyle> number_style() {
  return parsed<NumberStyle>("\"ton\", \"e164\", \"national\", \"dialled\", \"extension:N\" or \"as-is\"",
                             parse_number_style, number_style_text);
}

Kind<CauseRule> cause_rule() {
  return parsed<CauseRule>("\"sip.STATUS = CAUSE\" or \"q850.CAUSE = STATUS\"", parse_cause_rule, cause_rule_text);
}

Result<milliseconds> parse_duration(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  constexpr int64_t kMost = 1'000'000'000;
  if (error != std::errc{} || value < 0 || value > kMost)
    return fail("\"{}\" is no time such as \"500ms\" or \"30s\"", text);
  if (unit == "ms") return milliseconds(value);
  if (unit == "s") return milliseconds(value * 1000);
  if (unit == "min") return milliseconds(value * 60'000);
  if (unit == "h") return milliseconds(value * 3'600'000);
  return fail("\"{}\" has no unit that is known: ms, s, min or h is wanted", text);
}

std::string duration_text(milliseconds value) {
  auto count = value.count();
  if (count % 1000 != 0) return fmt::format("{}ms", count);
  if (count != 0 && count % 3'600'000 == 0) return fmt::format("{}h", count / 3'600'000);
  return fmt::format("{}s", count / 1000);
}

Kind<TypeOfNumber> ton() {
  return choice({TypeOfNumber::Unknown, TypeOfNumber::International, TypeOfNumber::National, TypeOfNumber::Subscriber});
}

}  // namespace sg::conf
