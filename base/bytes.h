#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace sg {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// Reads big-endian fields from a buffer and never past its end. Once a read did not fit, ok() is false for good and
// every further read gives zeroes or an empty view: check ok() once, at the end.
class ByteReader {
 public:
  explicit ByteReader(ByteView data) : data_(data) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return data_.size() - at_; }
  size_t position() const { return at_; }

  uint8_t u8() { return static_cast<uint8_t>(big_endian(1)); }
  uint16_t u16() { return static_cast<uint16_t>(big_endian(2)); }
  uint32_t u24() { return static_cast<uint32_t>(big_endian(3)); }
  uint32_t u32() { return static_cast<uint32_t>(big_endian(4)); }
  uint64_t u64() { return big_endian(8); }

  ByteView bytes(size_t count) {
    if (!ok_ || count > remaining()) {
      ok_ = false;
      return {};
    }
    auto view = data_.subspan(at_, count);
    at_ += count;
    return view;
  }
  ByteView rest() { return bytes(ok_ ? remaining() : 0); }
  void skip(size_t count) { bytes(count); }

 private:
  uint64_t big_endian(size_t octets) {
    uint64_t value = 0;
    for (uint8_t octet : bytes(octets)) value = value << 8 | octet;
    return value;
  }

  ByteView data_;
  size_t at_ = 0;
  bool ok_ = true;
};

// Writes big-endian fields into a buffer that the caller owns. Once a write did not fit, ok() is false for good.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<uint8_t> buffer) : buffer_(buffer) {}

  bool ok() const { return ok_; }
  size_t size() const { return at_; }
  ByteView written() const { return buffer_.first(at_); }

  void u8(uint8_t value) { big_endian(value, 1); }
  void u16(uint16_t value) { big_endian(value, 2); }
  void u24(uint32_t value) { big_endian(value, 3); }
  void u32(uint32_t value) { big_endian(value, 4); }
  void u64(uint64_t value) { big_endian(value, 8); }

  void bytes(ByteView data) {
    if (!fits(data.size())) return;
    std::copy(data.begin(), data.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += data.size();
  }

 private:
  bool fits(size_t octets) {
    if (octets > buffer_.size() - at_) ok_ = false;
    return ok_;
  }
  void big_endian(uint64_t value, size_t octets) {
    if (!fits(octets)) return;
    for (size_t i = octets; i-- > 0;) buffer_[at_++] = static_cast<uint8_t>(value >> (8 * i));
  }

  std::span<uint8_t> buffer_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace sg
