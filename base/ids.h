#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <functional>

namespace sg {

// A number that names one thing of one kind. Ids cross threads where pointers must not. Zero names nothing.
template <class Tag>
struct Id {
  uint64_t value = 0;

  explicit operator bool() const { return value != 0; }
  auto operator<=>(const Id&) const = default;
};

using CallId = Id<struct CallTag>;
using SessionId = Id<struct SessionTag>;

}  // namespace sg

template <class Tag>
struct std::hash<sg::Id<Tag>> {
  size_t operator()(sg::Id<Tag> id) const noexcept { return std::hash<uint64_t>{}(id.value); }
};

template <class Tag>
struct fmt::formatter<sg::Id<Tag>> : fmt::formatter<uint64_t> {
  template <class Context>
  auto format(sg::Id<Tag> id, Context& context) const {
    return fmt::formatter<uint64_t>::format(id.value, context);
  }
};
