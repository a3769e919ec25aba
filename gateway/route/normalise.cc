#include "gateway/route/normalise.h"

#include <algorithm>

namespace sg::route {
namespace {

using conf::NumberForm;

constexpr std::string_view kDigits = "0123456789";
// Fewer digits than this are a service or an extension, not a subscriber of the same area.
constexpr size_t kShortestLocal = 5;
// E.164 allows 15; a bare international number is hardly shorter than 7.
constexpr size_t kShortestE164 = 7;

bool are_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

// Reads `number` by `from`, where X stands for any digit, and writes `to`, whose X are those in order.
std::optional<std::string> translate(std::string_view number, std::string_view from, std::string_view to) {
  if (number.size() != from.size()) return std::nullopt;
  std::string free;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] == 'X' && kDigits.find(number[i]) != std::string_view::npos) {
      free += number[i];
    } else if (from[i] != number[i]) {
      return std::nullopt;
    }
  }
  std::string out(to);
  size_t next = 0;
  for (char& c : out) {
    if (c == 'X') c = free[next++];
  }
  return out;
}

bool is_template(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789X") == std::string_view::npos;
}

party::Number plain(std::string_view digits) {
  return {.digits = std::string(digits), .type = TypeOfNumber::Unknown, .plan = NumberingPlan::Isdn};
}

party::Number international(std::string_view with_plus) {
  return {.digits = std::string(with_plus.substr(1)), .type = TypeOfNumber::International};
}

size_t index_of(const conf::Settings& settings, std::string_view site) {
  auto found = std::ranges::find(settings.sites, site, &conf::Site::name);
  return found == settings.sites.end() ? 0 : 1 + static_cast<size_t>(found - settings.sites.begin());
}

// Of the site's own country.
bool is_of(const conf::Site& site, std::string_view number) {
  return number.substr(1).starts_with(site.country);
}

// What the trunk sends in place of a number's type; none: the type itself.
std::optional<TypeOfNumber> sent_for(TypeOfNumber type, const conf::TonOut& ton_out) {
  switch (type) {
    case TypeOfNumber::Unknown:
      return ton_out.unknown;
    case TypeOfNumber::International:
      return ton_out.international;
    case TypeOfNumber::National:
      return ton_out.national;
    case TypeOfNumber::Subscriber:
      return ton_out.subscriber;
    case TypeOfNumber::NetworkSpecific:
    case TypeOfNumber::Abbreviated:
      return std::nullopt;
  }
  return std::nullopt;
}

party::Number with(const conf::TonOut& ton_out, party::Number number) {
  number.type = sent_for(number.type, ton_out).value_or(number.type);
  number.plan = ton_out.plan.value_or(number.plan);
  return number;
}

}  // namespace

std::string text_of(const party::Number& number) {
  return number.type == TypeOfNumber::International ? "+" + number.digits : number.digits;
}

party::Number number_of(std::string_view text, TypeOfNumber type) {
  if (text.starts_with('+')) return international(text);
  return {.digits = std::string(text), .type = type};
}

Numbering numbering_of(const conf::Settings& settings, std::string_view trunk) {
  const conf::Trunk* found = settings.trunk(trunk);
  if (!found) return {};
  auto isdn = std::find_if(settings.pri_trunks.begin(), settings.pri_trunks.end(),
                           [&](const conf::PriTrunk& pri) { return &pri == found; });
  bool is_analog = std::any_of(settings.analog_trunks.begin(), settings.analog_trunks.end(),
                               [&](const conf::AnalogTrunk& analog) { return &analog == found; });
  const size_t site = index_of(settings, found->site);
  if (isdn == settings.pri_trunks.end()) return {found->numbers_in, found->numbers_out, false, {}, is_analog, site};
  return {found->numbers_in, found->numbers_out, true, isdn->ton_out, false, site};
}

Result<Normaliser> Normaliser::make(const conf::Settings& settings) {
  Normaliser made;
  for (const conf::Site* site : settings.all_sites()) made.sites_.push_back(*site);
  made.ext_at_.resize(made.sites_.size());
  for (const conf::PlanBlock& block : settings.plan) {
    auto places = [](std::string_view text) { return std::count(text.begin(), text.end(), 'X'); };
    if (!is_template(block.ext) || !block.e164.starts_with('+') || !is_template(block.e164.substr(1)) ||
        places(block.ext) != places(block.e164)) {
      return fail("{}: [plan] {}: \"{}\" and \"{}\" are not digits with equally many X, the second after a +",
                  settings.where(block.line), block.name, block.ext, block.e164);
    }
    made.blocks_.push_back({block.ext, block.e164});
  }
  made.lines_ = settings.lines;
  for (size_t i = 0; i < made.lines_.size(); ++i) {
    const conf::Line& line = made.lines_[i];
    if (!line.did.starts_with('+') || !are_digits(std::string_view(line.did).substr(1))) {
      return fail("{}: [[line]] did: \"{}\" is no number with +", settings.where(line.line), line.did);
    }
    auto twice = [&](std::string_view key, std::string_view value, size_t first) {
      return fail("{}: [[line]] {}: \"{}\" is that of the [[line]] at {} already", settings.where(line.line), key,
                  value, settings.sources.where_from(line.line, made.lines_[first].line));
    };
    const size_t site = index_of(settings, settings.site_of(line).name);
    made.line_sites_.push_back(site);
    if (auto [other, is_first] = made.ext_at_[site].emplace(line.ext, i); !is_first)
      return twice("ext", line.ext, other->second);
    if (auto [other, is_first] = made.did_.emplace(line.did, i); !is_first)
      return twice("did", line.did, other->second);
    made.ext_.emplace(line.ext, i);
    if (!line.trunk.empty() && !line.port) made.behind_[line.trunk].push_back(i);
  }
  return made;
}

bool Normaliser::is_emergency(std::string_view number, size_t site) const {
  return std::ranges::count(sites_[site].emergency, number) > 0;
}

bool Normaliser::is_emergency_somewhere(std::string_view number) const {
  return std::ranges::any_of(sites_,
                             [&](const conf::Site& site) { return std::ranges::count(site.emergency, number); });
}

const conf::Line* Normaliser::line(std::string_view number, size_t site) const {
  const std::string key(number);
  const bool is_public = number.starts_with('+');
  if (!is_public) {
    auto near = ext_at_[site].find(key);
    if (near != ext_at_[site].end()) return &lines_[near->second];
  }
  const auto& index = is_public ? did_ : ext_;
  auto found = index.find(key);
  return found == index.end() ? nullptr : &lines_[found->second];
}

const conf::Line* Normaliser::calling_line(std::string_view number, const std::string& trunk, size_t site) const {
  auto behind = behind_.find(trunk);
  if (behind != behind_.end() && behind->second.size() == 1) return &lines_[behind->second.front()];
  const conf::Line* found = line(number, site);
  if (!found) return nullptr;
  const bool is_bound = !found->trunk.empty() && !found->port;
  return (is_bound || behind != behind_.end()) && found->trunk != trunk ? nullptr : found;
}

size_t Normaliser::site_of(const conf::Line& line) const {
  auto found = did_.find(line.did);
  return found == did_.end() ? 0 : line_sites_[found->second];
}

std::optional<std::string> Normaliser::e164_of(std::string_view ext, size_t site) const {
  if (const conf::Line* found = line(ext, site)) return found->did;
  for (const Block& block : blocks_) {
    if (auto e164 = translate(ext, block.ext, block.e164)) return e164;
  }
  return std::nullopt;
}

std::optional<std::string> Normaliser::ext_of(std::string_view e164) const {
  if (const conf::Line* found = line(e164, 0)) return found->ext;
  for (const Block& block : blocks_) {
    if (auto ext = translate(e164, block.e164, block.ext)) return ext;
  }
  return std::nullopt;
}

std::string Normaliser::dialled_to_plan(std::string_view digits, size_t site) const {
  const conf::Site& here = sites_[site];
  auto after = [&](const std::string& prefix) {
    return !prefix.empty() && digits.starts_with(prefix) && digits.size() > prefix.size();
  };
  // Extensions first: "2100" is a colleague even where the area has numbers that begin so.
  if (auto e164 = e164_of(digits, site)) return *e164;
  if (after(here.intl_prefix)) return "+" + std::string(digits.substr(here.intl_prefix.size()));
  if (here.country.empty()) return std::string(digits);
  if (after(here.trunk_prefix)) return "+" + here.country + std::string(digits.substr(here.trunk_prefix.size()));
  // In North America ten digits are a national number, with or without the 1.
  if (here.country == "1" && digits.size() == 10) return "+1" + std::string(digits);
  if (here.area.empty() || digits.size() < kShortestLocal) return std::string(digits);
  return "+" + here.country + here.area + std::string(digits);
}

std::string Normaliser::to_plan(const party::Number& number, const Numbering& from) const {
  const std::string& digits = number.digits;
  const conf::Site& here = sites_[from.site];
  if (is_emergency(digits, from.site) || !are_digits(digits)) return digits;
  if (from.in.form == NumberForm::AsIs) {
    return number.type == TypeOfNumber::International && !from.has_types ? "+" + digits : digits;
  }
  // A type that says it all is believed in every form.
  if (number.type == TypeOfNumber::International) return "+" + digits;
  if (!here.country.empty() && number.type == TypeOfNumber::National) return "+" + here.country + digits;
  if (!here.country.empty() && !here.area.empty() && number.type == TypeOfNumber::Subscriber) {
    return "+" + here.country + here.area + digits;
  }
  switch (from.in.form) {
    case NumberForm::E164:
      return digits.size() >= kShortestE164 ? "+" + digits : digits;
    case NumberForm::National: {
      if (here.country.empty() || digits.size() < kShortestLocal) return digits;
      bool has_prefix = !here.trunk_prefix.empty() && digits.starts_with(here.trunk_prefix);
      return "+" + here.country + digits.substr(has_prefix ? here.trunk_prefix.size() : 0);
    }
    case NumberForm::Dialled:
      return dialled_to_plan(digits, from.site);
    case NumberForm::Extension:
      if (digits.size() != static_cast<size_t>(from.in.digits)) return digits;
      return e164_of(digits, from.site).value_or(digits);
    case NumberForm::Ton:
    case NumberForm::AsIs:
      break;
  }
  return digits;
}

std::string Normaliser::dialled(std::string_view number, size_t site) const {
  return to_plan(number_of(number), {.in = {.form = NumberForm::Dialled}, .out = {}, .site = site});
}

bool Normaliser::is_abroad(std::string_view number, size_t site) const {
  return number.starts_with('+') && !sites_[site].country.empty() && !is_of(sites_[site], number);
}

Result<party::Number> Normaliser::to_trunk(std::string_view number, const Numbering& to,
                                           const party::Number& received) const {
  return in_form(number, to, received).map([&](party::Number sent) { return with(to.ton_out, std::move(sent)); });
}

Result<party::Number> Normaliser::in_form(std::string_view number, const Numbering& to,
                                          const party::Number& received) const {
  bool is_e164 = number.starts_with('+') && are_digits(number.substr(1));
  const conf::Site& there = sites_[to.site];
  auto as_received = [&] { return number == received.digits ? received : plain(number); };
  if (is_emergency_somewhere(number)) return as_received();
  switch (to.out.form) {
    case NumberForm::Ton:
    case NumberForm::AsIs:
      return is_e164 ? international(number) : as_received();
    case NumberForm::E164:
      if (!is_e164) return fail("\"{}\" is no +E.164 number", number);
      return international(number);
    case NumberForm::National: {
      if (!is_e164) return as_received();
      if (!there.country.empty() && is_of(there, number)) {
        auto digits = number.substr(1 + there.country.size());
        return party::Number{std::string(digits), to.has_types ? TypeOfNumber::National : TypeOfNumber::Unknown};
      }
      if (!to.has_types) return fail("\"{}\" is abroad, and national numbers have no way to say so", number);
      return international(number);
    }
    case NumberForm::Dialled:
      if (!is_e164) return as_received();
      if (!there.country.empty() && is_of(there, number)) {
        return plain(there.trunk_prefix + std::string(number.substr(1 + there.country.size())));
      }
      if (there.intl_prefix.empty()) return fail("\"{}\" is abroad, and {} has no intl_prefix", number, there.title());
      return plain(there.intl_prefix + std::string(number.substr(1)));
    case NumberForm::Extension: {
      auto count = static_cast<size_t>(to.out.digits);
      std::string ext = is_e164 ? ext_of(number).value_or("") : std::string(number);
      if (is_e164 && !has_extensions()) ext = number.substr(1);
      if (ext.empty()) return fail("\"{}\" is in no block of [plan] and of no [[line]]", number);
      if (ext.size() < count) return fail("\"{}\" has fewer than {} digits", ext, count);
      return plain(ext.substr(ext.size() - count));
    }
  }
  return as_received();
}

party::Number Normaliser::calling_to_trunk(std::string_view number, const Numbering& to,
                                           const party::Number& received) const {
  // A number from anywhere is no extension: only one that is ours may be cut short.
  bool is_foreign = to.out.form == NumberForm::Extension && !ext_of(number);
  if (!is_foreign) {
    if (auto sent = to_trunk(number, to, received)) return *sent;
  }
  // Caller ID has no + (EN 300 659-3): without prefixes nobody could call back.
  if (to.is_analog && number.starts_with('+')) {
    auto shown = in_form(number, {.in = {}, .out = {.form = NumberForm::Dialled}, .site = to.site}, received);
    if (shown) return *shown;
  }
  if (number.starts_with('+')) return with(to.ton_out, international(number));
  return with(to.ton_out, number == received.digits ? received : plain(number));
}

}  // namespace sg::route
