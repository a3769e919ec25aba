#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <string>

namespace sg::support {

// A loopback address that no other process of the tests uses now: its ports are all free.
inline std::string own_host() {
  return fmt::format("127.31.{}.{}", ::getpid() / 256 % 256, ::getpid() % 256);
}

}  // namespace sg::support
