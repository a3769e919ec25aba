#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace sg {

// Why something that can be expected to fail did fail, in words for the operator.
struct Error {
  std::string message;
};

// A value, or why there is none. `Result<>` is success or an error.
template <class T = void>
using Result = tl::expected<T, Error>;

template <class... Args>
tl::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{fmt::format(format, std::forward<Args>(args)...)});
}

// The same failure, told with what was being tried: "span 1: cannot bind 127.0.0.1:7000: address in use".
template <class... Args>
tl::unexpected<Error> fail_with(const Error& cause, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{fmt::format(format, std::forward<Args>(args)...) + ": " + cause.message});
}

}  // namespace sg
