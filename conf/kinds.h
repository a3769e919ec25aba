#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/names.h"
#include "conf/option.h"
#include "conf/settings.h"

// The kinds of values that options have. For conf only.
namespace sg::conf {

// "a string", "an integer" …
std::string_view type_of(const toml::node& node);
std::string in_quotes(std::string_view text);
// How a value should have been written that has another type than its option.
enum class Written : uint8_t { AsText, AsNumber, AsTime, Otherwise };
// "must be country code, not an integer: in quotes, \"44\""
tl::unexpected<Error> wrong_type(std::string_view wanted, const toml::node& node, Written written = Written::Otherwise);

Kind<bool> boolean();
Kind<int> integer(int least, int most);
Kind<double> real(double least, double most);
Kind<std::string> text(std::string what);
// A text that has to pass `parse`, and is written with to_string().
template <class T>
Kind<T> parsed(std::string what, Result<T> (*parse)(std::string_view), std::string (*to_text)(const T&)) {
  return {.range = what,
          .read = [what = std::move(what), parse](const toml::node& node) -> Result<T> {
            if (!node.is_string()) return wrong_type(what, node);
            return parse(node.as_string()->get());
          },
          .write = [to_text](const T& value) { return in_quotes(to_text(value)); }};
}
Kind<SocketAddress> socket_address();
Kind<SipAddress> listen_address();
Kind<SipAddress> peer_address();
Kind<AddressRange> address_range();
Kind<std::string> host_address();
// "e164", "extension:3" …
Kind<NumberStyle> number_style();
// "sip.486 = 17", "q850.34 = 503"
Kind<CauseRule> cause_rule();

// { "+1" = 0.6, "*" = 2.0 }, or one price for all.
Kind<std::vector<Price>> prices_of_trunk();
// Of dialled numbers.
Kind<TypeOfNumber> ton();
Result<std::vector<Price>> read_prices(std::string_view trunk, const toml::table& table);

// A span of time, written "500ms", "30s", "3min" or "1h".
Result<milliseconds> parse_duration(std::string_view text);
std::string duration_text(milliseconds value);

template <class D = milliseconds>
Kind<D> duration(milliseconds least, milliseconds most) {
  std::string range = fmt::format("a time from \"{}\" to \"{}\"", duration_text(least), duration_text(most));
  return {.range = range,
          .read = [least, most, range](const toml::node& node) -> Result<D> {
            if (!node.is_string()) return wrong_type(range, node, Written::AsTime);
            auto value = parse_duration(node.as_string()->get());
            if (!value) return tl::unexpected(value.error());
            if (*value < least || *value > most)
              return fail("{} is out of range: {} is wanted", node.as_string()->get(), range);
            if (std::chrono::duration_cast<D>(*value) != *value) return fail("whole seconds are wanted");
            return std::chrono::duration_cast<D>(*value);
          },
          .write = [](const D& value) { return in_quotes(duration_text(value)); }};
}

// One of a few words.
template <class E>
Kind<E> choice(std::vector<std::pair<std::string, E>> words) {
  std::string range = "one of";
  for (const auto& [word, value] : words) range += (range == "one of" ? " " : ", ") + in_quotes(word);
  return {.range = range,
          .read = [words, range](const toml::node& node) -> Result<E> {
            if (!node.is_string()) return wrong_type(range, node);
            for (const auto& [word, value] : words) {
              if (node.as_string()->get() == word) return value;
            }
            return fail("{} is none of the known words: {} is wanted", in_quotes(node.as_string()->get()), range);
          },
          .write =
              [words](const E& value) {
                for (const auto& [word, known] : words) {
                  if (known == value) return in_quotes(word);
                }
                return std::string("\"\"");
              }};
}
// One of these values, by their names.
template <class E>
Kind<E> choice(std::initializer_list<E> values) {
  std::vector<std::pair<std::string, E>> words;
  for (E value : values) words.emplace_back(name_of(value), value);
  return choice<E>(std::move(words));
}
// Any value that has a name.
template <class E>
Kind<E> choice() {
  std::vector<std::pair<std::string, E>> words;
  for (const auto& [value, name] : kNames<E>) words.emplace_back(name, value);
  return choice<E>(std::move(words));
}

// What need not be given. `none` is how the sample shows that.
template <class T>
Kind<std::optional<T>> maybe(Kind<T> kind, std::string none) {
  return {.range = kind.range,
          .read = [read = kind.read](const toml::node& node) -> Result<std::optional<T>> {
            auto value = read(node);
            if (!value) return tl::unexpected(value.error());
            return std::optional<T>(*value);
          },
          .write = [write = kind.write, none](const std::optional<T>& value) { return value ? write(*value) : none; }};
}

// Several of a kind: ["a", "b"]; one alone may stand without brackets.
template <class T>
Kind<std::vector<T>> list(Kind<T> kind, bool may_be_empty = true) {
  return {.range = "a list, each " + kind.range,
          .read = [read = kind.read, may_be_empty](const toml::node& node) -> Result<std::vector<T>> {
            std::vector<T> values;
            const auto* array = node.as_array();
            if (!array) {
              auto value = read(node);
              if (!value) return tl::unexpected(value.error());
              values.push_back(std::move(*value));
              return values;
            }
            for (const toml::node& element : *array) {
              auto value = read(element);
              if (!value) return tl::unexpected(value.error());
              if (std::find(values.begin(), values.end(), *value) != values.end())
                return fail("the same stands twice in the list");
              values.push_back(std::move(*value));
            }
            if (values.empty() && !may_be_empty) return fail("the list is empty");
            return values;
          },
          .write =
              [write = kind.write](const std::vector<T>& values) {
                std::string text = "[";
                for (const T& value : values) text += (text.size() > 1 ? ", " : "") + write(value);
                return text + "]";
              }};
}

}  // namespace sg::conf
