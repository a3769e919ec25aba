// What is known of a fax number as a line of JSON, which operators carry from one gateway to another.

#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "gateway/fax/fax_experience.h"

namespace sg::fax {
namespace {

using Json = nlohmann::ordered_json;
using WallTime = call::WallTime;

constexpr size_t kLongestText = 256;  // octets
constexpr int kMostFaxes = 1'000'000'000;

bool is_usual(const FaxExperience& known) {
  return known.t38_use == FaxExperience::T38Use::Usual;
}
bool is_slowed(const FaxExperience& known) {
  return known.top_speed != 0 || known.without_ecm;
}

Json time_or_null(WallTime time) {
  return time == WallTime{} ? Json() : Json(iso8601(time));
}

// Takes keys out of an object, and remembers the first thing that is wrong.
class Keys {
 public:
  explicit Keys(Json object) : object_(std::move(object)) {}

  void text(const char* key, std::string& value) {
    auto json = take(key);
    if (!json) return;
    if (!json->is_string()) return refuse(key, "must be text");
    auto given = json->get<std::string>();
    if (given.size() > kLongestText) return refuse(key, "is too long");
    value = std::move(given);
  }
  template <class Value>
  void word(const char* key, Value& value, std::optional<Value> (*named)(std::string_view)) {
    std::string given(name_of(value));
    text(key, given);
    auto known = named(given);
    if (!known) return refuse(key, "has an unknown value");
    value = *known;
  }
  void number(const char* key, int& value, int most) {
    auto json = take(key);
    if (!json) return;
    if (!json->is_number_integer() || *json < 0 || *json > most) {
      return refuse(key, fmt::format("must be a whole number from 0 to {}", most));
    }
    value = json->get<int>();
  }
  void flag(const char* key, bool& value) {
    auto json = take(key);
    if (!json) return;
    if (!json->is_boolean()) return refuse(key, "must be true or false");
    value = json->get<bool>();
  }
  void time(const char* key, WallTime& value, WallTime latest) {
    auto json = take(key);
    if (!json) return;
    auto given = json->is_string() ? time_of(json->get<std::string>()) : Result<WallTime>(fail("is no text"));
    if (!given) return refuse(key, "must be a time as \"2026-03-01T09:05:00.250Z\"");
    if (*given > latest) return refuse(key, "is in the future");
    value = *given;
  }
  void refuse(std::string_view key, std::string_view why) {
    if (wrong_.empty()) wrong_ = fmt::format("\"{}\" {}", key, why);
  }
  // Empty: all is well, and nothing is left.
  std::string finish() {
    if (wrong_.empty() && !object_.empty()) refuse(object_.begin().key(), "is no key of a fax number");
    return wrong_;
  }

 private:
  // Null stands for what is not there.
  std::optional<Json> take(const char* key) {
    auto found = object_.find(key);
    if (found == object_.end()) return std::nullopt;
    Json value = std::move(*found);
    object_.erase(key);
    if (value.is_null()) return std::nullopt;
    return value;
  }
  Json object_;
  std::string wrong_;
};

void read_held_back(Keys& keys, FaxExperience& known, WallTime latest) {
  std::string use(name_of(known.t38_use)), words;
  keys.text("held_back", words);  // made from the others
  keys.text("t38", use);
  if (auto named = t38_use_named(use)) {
    known.t38_use = *named;
  } else {
    keys.refuse("t38", "must be usual, ask-earlier, early-offers-only, do-not-ask or never");
  }
  keys.text("because", known.because);
  keys.time("t38_since", known.t38_use_since, latest);
  keys.number("top_speed", known.top_speed, 9600);
  if (known.top_speed != 0 && known.top_speed != 4800 && known.top_speed != 9600) {
    keys.refuse("top_speed", "must be 9600, 4800, or 0: no limit");
  }
  keys.flag("without_ecm", known.without_ecm);
  keys.time("held_since", known.held_since, latest);
  keys.flag("trial", known.is_trial);
  keys.number("setbacks", known.setbacks, FaxExperience::kMostSetbacks);
}

}  // namespace

std::string to_json(const FaxExperience& known, WallTime now) {
  const Json json = {{"trunk", known.trunk},
                     {"number", known.number},
                     {"transport", name_of(known.transport)},
                     {"asked_by", name_of(known.asked_by)},
                     {"bit_rate", known.bit_rate},
                     {"ecm", known.ecm},
                     {"delivered", known.delivered},
                     {"failed", known.failed},
                     {"failed_in_a_row", known.failed_in_a_row},
                     {"delivered_in_a_row", known.delivered_in_a_row},
                     {"held_back", known.held_back(now)},
                     {"t38", name_of(known.t38_use)},
                     {"because", known.because},
                     {"t38_since", time_or_null(is_usual(known) ? WallTime{} : known.t38_use_since)},
                     {"top_speed", known.top_speed},
                     {"without_ecm", known.without_ecm},
                     {"held_since", time_or_null(is_slowed(known) ? known.held_since : WallTime{})},
                     {"trial", known.is_trial},
                     {"setbacks", known.setbacks},
                     {"last", iso8601(known.last)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<FaxExperience> experience_of(std::string_view line, WallTime now) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return fail("is no JSON object");
  // Clocks of two gateways are not quite the same.
  const WallTime latest = now + std::chrono::hours(1);
  Keys keys(std::move(json));
  FaxExperience known;
  known.last = now;
  keys.text("trunk", known.trunk);
  keys.text("number", known.number);
  if (known.trunk.empty()) keys.refuse("trunk", "is missing");
  if (known.number.empty()) keys.refuse("number", "is missing");
  keys.word("transport", known.transport, transport_named);
  keys.word("asked_by", known.asked_by, asked_by_named);
  keys.number("bit_rate", known.bit_rate, 33600);
  keys.flag("ecm", known.ecm);
  keys.number("delivered", known.delivered, kMostFaxes);
  keys.number("failed", known.failed, kMostFaxes);
  keys.number("failed_in_a_row", known.failed_in_a_row, FaxExperience::kFailuresForAStep - 1);
  keys.number("delivered_in_a_row", known.delivered_in_a_row, kMostFaxes);
  keys.time("last", known.last, latest);
  known.t38_use_since = known.held_since = known.last;
  read_held_back(keys, known, latest);
  if (is_usual(known)) known.t38_use_since = {};
  if (!is_slowed(known)) known.held_since = {};
  if (auto wrong = keys.finish(); !wrong.empty()) return fail("{}", wrong);
  return known;
}

}  // namespace sg::fax
