#include "base/uuid.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <random>

namespace sg {

std::string uuid_of_now(std::chrono::system_clock::time_point now) {
  static thread_local std::random_device random;
  const auto since = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto unix_ms = static_cast<uint64_t>(since) & 0xffff'ffff'ffff;
  const uint64_t tail = uint64_t{random()} << 32 | random();
  constexpr uint64_t kVariant = uint64_t{0b10} << 14;
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", unix_ms >> 16, unix_ms & 0xffff, random() & 0xfff,
                     kVariant | (tail >> 48 & 0x3fff), tail & 0xffff'ffff'ffff);
}

}  // namespace sg
