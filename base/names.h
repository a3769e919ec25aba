#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

// Names of enumerators, as settings, records and operators have them: one table for each enum.
//
//   enum class Transport : uint8_t { Udp, Tcp };
//   template <>
//   inline constexpr auto kNames<Transport> = named<Transport>({{Transport::Udp, "udp"}, {Transport::Tcp, "tcp"}});
//
//   name_of(Transport::Tcp)          // "tcp"
//   value_named<Transport>("tcp")    // Transport::Tcp
namespace sg {

template <class E>
struct Named {
  E value;
  std::string_view name;
};

// Whether the enum names this value. The compiler writes one that has a name as "sg::Transport::Tcp", and any other as
// "(sg::Transport)7".
template <auto value>
consteval bool is_enumerator() {
  return std::string_view(__PRETTY_FUNCTION__).find("value = (") == std::string_view::npos;
}

// A table of all enumerators, which have to be below 32. One that is missing is an error of the compiler.
template <class E, size_t N>
consteval std::array<Named<E>, N> named(const Named<E> (&rows)[N]) {
  auto has = [&](E value) { return std::ranges::find(rows, value, &Named<E>::value) != std::end(rows); };
  auto has_all = [&]<size_t... value>(std::index_sequence<value...>) {
    return ((!is_enumerator<static_cast<E>(value)>() || has(static_cast<E>(value))) && ...);
  };
  if (!has_all(std::make_index_sequence<32>())) throw "an enumerator has no name";
  return std::to_array(rows);
}

// Specialised beside the enum.
template <class E>
inline constexpr std::array<Named<E>, 0> kNames{};

// "unknown" for what is no enumerator: a field of a peer's message may hold such a value.
template <class E>
requires(kNames<E>.size() > 0) constexpr std::string_view name_of(E value) {
  auto row = std::ranges::find(kNames<E>, value, &Named<E>::value);
  return row == kNames<E>.end() ? "unknown" : row->name;
}

template <class E>
requires(kNames<E>.size() > 0) constexpr std::optional<E> value_named(std::string_view name) {
  auto row = std::ranges::find(kNames<E>, name, &Named<E>::name);
  return row == kNames<E>.end() ? std::nullopt : std::optional(row->value);
}

}  // namespace sg
