#include "gateway/route/zone.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace sg::route {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// RFC 8536 section 3: big-endian fields in a row. Past the end it reads zeros and says so.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  int64_t number(size_t octets) {
    std::string_view raw = take(octets);
    uint64_t value = !raw.empty() && (raw[0] & 0x80) ? ~uint64_t{0} : 0;
    for (char c : raw) value = value << 8 | static_cast<uint8_t>(c);
    return static_cast<int64_t>(value);
  }
  std::string_view take(size_t octets) {
    if (octets > data_.size()) {
      is_short_ = true;
      octets = data_.size();
    }
    auto taken = data_.substr(0, octets);
    data_.remove_prefix(octets);
    return taken;
  }
  std::string_view rest() const { return data_; }
  bool is_short() const { return is_short_; }

 private:
  std::string_view data_;
  bool is_short_ = false;
};

struct Header {
  size_t ut = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0;

  size_t body(size_t time_size) const {
    return times * (time_size + 1) + types * 6 + characters + leaps * (time_size + 4) + standard + ut;
  }
};

Result<Header> read_header(Reader& reader) {
  if (reader.take(4) != "TZif") return fail("is no TZif file");
  if (reader.take(1) < "2") return fail("is of a version that ends in 2037");
  reader.take(15);
  Header header;
  for (size_t* count :
       {&header.ut, &header.standard, &header.leaps, &header.times, &header.types, &header.characters}) {
    *count = static_cast<size_t>(reader.number(4));
    if (*count > 100'000) return fail("is damaged");
  }
  return header;
}

// The last line of the file, as POSIX writes the variable TZ: "GMT0BST,M3.5.0/1,M10.5.0".
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  Result<Zone::Rule> read() {
    Zone::Rule rule;
    if (!name() || !offset(rule.standard)) return bad();
    rule.standard = -rule.standard;  // POSIX counts westward
    rule.summer = rule.standard + std::chrono::hours(1);
    if (text_.empty()) return rule;
    rule.has_summer = true;
    if (!name()) return bad();
    if (!text_.starts_with(',')) {
      if (!offset(rule.summer)) return bad();
      rule.summer = -rule.summer;
    }
    if (!change(rule.begins) || !change(rule.ends) || !text_.empty()) return bad();
    return rule;
  }

 private:
  tl::unexpected<Error> bad() const { return fail("ends in a rule that is not understood"); }
  bool skip(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    size_t end = text_.starts_with('<') ? text_.find('>') + 1 : text_.find_first_of("+-,0123456789");
    text_.remove_prefix(std::min(end, text_.size()));
    return end != 0;
  }
  template <class T>
  bool number(T& value) {
    auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return error == std::errc{};
  }
  bool offset(seconds& value) {
    bool is_negative = skip('-');
    if (!is_negative) skip('+');
    int hours = 0, minutes = 0, rest = 0;
    if (!number(hours) || (skip(':') && !number(minutes)) || (skip(':') && !number(rest))) return false;
    value = seconds(hours * 3600 + minutes * 60 + rest) * (is_negative ? -1 : 1);
    return true;
  }
  bool change(Zone::Change& change) {
    if (!skip(',') || !skip('M') || !number(change.month) || !skip('.') || !number(change.week) || !skip('.') ||
        !number(change.day)) {
      return false;
    }
    bool is_good = change.month >= 1 && change.month <= 12 && change.week >= 1 && change.week <= 5 && change.day <= 6;
    return is_good && (!skip('/') || offset(change.time));
  }

  std::string_view text_;
};

// When the change comes in that year, where the clocks are `offset` ahead until then.
sys_seconds moment_of(const Zone::Change& change, std::chrono::year year, seconds offset) {
  std::chrono::month month{change.month};
  std::chrono::weekday day{change.day};
  sys_days date =
      change.week == 5 ? sys_days(year / month / day[std::chrono::last]) : sys_days(year / month / day[change.week]);
  return date + change.time - offset;
}

seconds offset_by(const Zone::Rule& rule, sys_seconds moment) {
  if (!rule.has_summer) return rule.standard;
  auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(moment + rule.standard)).year();
  sys_seconds begins = moment_of(rule.begins, year, rule.standard), ends = moment_of(rule.ends, year, rule.summer);
  bool is_summer = begins < ends ? moment >= begins && moment < ends : moment >= begins || moment < ends;
  return is_summer ? rule.summer : rule.standard;
}

}  // namespace

Result<Zone> Zone::load(const std::string& name) {
  if (name.starts_with('/') || name.find("..") != std::string::npos) return fail("\"{}\" is no time zone", name);
  std::ifstream file(name.empty() ? "/etc/localtime" : "/usr/share/zoneinfo/" + name, std::ios::binary);
  std::ostringstream text;
  bool is_read = file && (text << file.rdbuf());
  // A machine without /etc/localtime runs in UTC.
  if (!is_read && name.empty()) return Zone();
  if (!is_read) return fail("there is no time zone \"{}\" in /usr/share/zoneinfo", name);
  auto zone = parse(std::move(text).str());
  if (!zone) return fail("time zone \"{}\": its file {}", name, zone.error().message);
  return zone;
}

Result<Zone> Zone::parse(std::string_view file) {
  Reader reader(file);
  auto old = read_header(reader);
  if (!old) return tl::unexpected(old.error());
  reader.take(old->body(4));
  auto header = read_header(reader);
  if (!header) return tl::unexpected(header.error());

  Zone zone;
  zone.transitions_.resize(header->times);
  for (auto& transition : zone.transitions_) transition.when = sys_seconds(seconds(reader.number(8)));
  std::string_view used = reader.take(header->times);
  std::vector<seconds> offsets;
  for (size_t i = 0; i < header->types && !reader.is_short(); ++i) {
    offsets.emplace_back(reader.number(4));
    reader.take(2);
  }
  reader.take(header->characters + header->leaps * 12 + header->standard + header->ut);
  if (reader.is_short() || offsets.empty()) return fail("is damaged");
  zone.before_ = offsets[0];
  for (size_t i = 0; i < zone.transitions_.size(); ++i) {
    auto type = static_cast<uint8_t>(used[i]);
    if (type >= offsets.size()) return fail("is damaged");
    zone.transitions_[i].offset = offsets[type];
  }

  std::string_view footer = reader.rest();
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return fail("is damaged");
  auto rule = RuleReader(footer.substr(1, footer.size() - 2)).read();
  if (!rule) return tl::unexpected(rule.error());
  zone.rule_ = *rule;
  return zone;
}

seconds Zone::offset_at(sys_seconds moment) const {
  auto next = std::upper_bound(transitions_.begin(), transitions_.end(), moment,
                               [](sys_seconds value, const Transition& transition) { return value < transition.when; });
  if (next == transitions_.end()) return offset_by(rule_, moment);
  return next == transitions_.begin() ? before_ : std::prev(next)->offset;
}

conf::WallClock Zone::at(std::chrono::system_clock::time_point moment) const {
  auto utc = std::chrono::floor<seconds>(moment);
  sys_seconds local = utc + offset_at(utc);
  auto date = std::chrono::floor<std::chrono::days>(local);
  return {std::chrono::weekday(date), static_cast<int>((local - date) / std::chrono::minutes(1)),
          std::chrono::year_month_day(date)};
}

}  // namespace sg::route
