#include "conf/settings.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/bytes.h"

namespace sg::conf {
namespace {

ByteView octets_of(const SocketAddress& address) {
  if (address.is_ipv6()) {
    const auto* raw = reinterpret_cast<const sockaddr_in6*>(address.raw());
    return {raw->sin6_addr.s6_addr, 16};
  }
  const auto* raw = reinterpret_cast<const sockaddr_in*>(address.raw());
  return {reinterpret_cast<const uint8_t*>(&raw->sin_addr), 4};
}

template <class T>
const T* find_named(const std::vector<T>& trunks, std::string_view name) {
  auto found = std::find_if(trunks.begin(), trunks.end(), [&](const T& trunk) { return trunk.name == name; });
  return found == trunks.end() ? nullptr : &*found;
}

}  // namespace

Result<AddressRange> AddressRange::parse(std::string_view text) {
  auto slash = text.find('/');
  auto address = SocketAddress::parse(text.substr(0, slash), 0);
  if (!address) return tl::unexpected(address.error());
  int most = address->is_ipv6() ? 128 : 32;
  if (slash == std::string_view::npos) return AddressRange{*address, most};
  std::string_view digits = text.substr(slash + 1);
  int bits = -1;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > most) {
    return fail("\"{}\" is no prefix length: 0 to {} is wanted", digits, most);
  }
  return AddressRange{*address, bits};
}

bool AddressRange::contains(const SocketAddress& address) const {
  if (address.family() != first.family()) return false;
  ByteView ours = octets_of(first), theirs = octets_of(address);
  auto whole = static_cast<size_t>(prefix_bits / 8);
  if (std::memcmp(ours.data(), theirs.data(), whole) != 0) return false;
  int rest = prefix_bits % 8;
  return rest == 0 || (ours[whole] ^ theirs[whole]) >> (8 - rest) == 0;
}

std::string AddressRange::to_string() const {
  return fmt::format("{}/{}", first.host(), prefix_bits);
}

bool Fax::allows(Modem modem) const {
  return std::find(modems.begin(), modems.end(), modem) != modems.end();
}

int prefix_for(const std::vector<AddressRange>& ranges, const SocketAddress& address) {
  int longest = -1;
  for (const AddressRange& range : ranges) {
    if (range.contains(address)) longest = std::max(longest, range.prefix_bits);
  }
  return longest;
}

int Settings::line_of(const std::string& title, const std::string& key) const {
  if (!places) return 1;
  auto found = places->find({title, key});
  if (found == places->end()) found = places->find({title, ""});
  return found == places->end() ? 1 : found->second;
}

std::string Settings::where(int line) const {
  return sources.is_empty() ? fmt::format("{}:{}", file, line) : sources.where(line);
}

std::filesystem::path Settings::folder_at(int line) const {
  return std::filesystem::path(sources.is_empty() ? file : sources.at(line).file).parent_path();
}

const Site& Settings::site_named(std::string_view name) const {
  auto found = std::ranges::find(sites, name, &Site::name);
  return found == sites.end() ? site : *found;
}

const Site& Settings::site_of(const Line& line) const {
  if (!line.site.empty()) return site_named(line.site);
  const AnalogTrunk* analog = analog_trunk_of(line);
  const Trunk* behind = analog ? analog : trunk(line.trunk);
  return behind ? site_named(behind->site) : site;
}

std::vector<const Site*> Settings::all_sites() const {
  std::vector<const Site*> all = {&site};
  for (const Site& other : sites) all.push_back(&other);
  return all;
}

const Span* Settings::span(uint16_t number) const {
  auto found = std::find_if(spans.begin(), spans.end(), [&](const Span& span) { return span.number == number; });
  return found == spans.end() ? nullptr : &*found;
}

const Profile* Settings::profile(std::string_view name) const {
  auto found = std::find_if(profiles.begin(), profiles.end(), [&](const Profile& p) { return p.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

std::vector<const AnalogTrunk*> Settings::analog_trunks_on(uint16_t span) const {
  std::vector<const AnalogTrunk*> found;
  for (const AnalogTrunk& trunk : analog_trunks) {
    if (std::count(trunk.spans.begin(), trunk.spans.end(), span) > 0) found.push_back(&trunk);
  }
  return found;
}

const AnalogTrunk* Settings::analog_trunk_of(const Line& line) const {
  if (!line.port) return nullptr;
  auto trunks = analog_trunks_on(line.port->span);
  if (line.trunk.empty()) return trunks.size() == 1 ? trunks.front() : nullptr;
  auto named = std::find_if(trunks.begin(), trunks.end(), [&](const auto* trunk) { return trunk->name == line.trunk; });
  return named == trunks.end() ? nullptr : *named;
}

Result<Port> Port::parse(std::string_view text) {
  Port port;
  const char* end = text.data() + text.size();
  auto [slash, bad_span] = std::from_chars(text.data(), end, port.span);
  if (bad_span == std::errc{} && slash != end && *slash == '/') {
    auto [stop, bad_channel] = std::from_chars(slash + 1, end, port.channel);
    if (bad_channel == std::errc{} && stop == end && port.span > 0 && port.channel > 0) return port;
  }
  return fail("\"{}\" is no port: \"SPAN/CHANNEL\" is wanted, \"3/5\"", text);
}

std::string Port::to_string() const {
  return span == 0 ? std::string() : fmt::format("{}/{}", span, channel);
}

std::vector<const Trunk*> Settings::all_trunks() const {
  std::vector<const Trunk*> all;
  for (const Trunk& trunk : pri_trunks) all.push_back(&trunk);
  for (const Trunk& trunk : sip_trunks) all.push_back(&trunk);
  for (const Trunk& trunk : analog_trunks) all.push_back(&trunk);
  return all;
}

const Trunk* Settings::trunk(std::string_view name) const {
  if (const Trunk* pri = find_named(pri_trunks, name)) return pri;
  if (const Trunk* analog = find_named(analog_trunks, name)) return analog;
  return find_named(sip_trunks, name);
}

}  // namespace sg::conf
