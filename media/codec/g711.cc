#include "media/codec/g711.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace sg::media::g711 {
namespace {

constexpr int16_t expand_a(uint8_t octet) {
  int code = (octet ^ 0x55) & 0x7f;  // even bits are inverted on the line (G.711, table 1a note 2)
  int segment = code >> 4;
  int magnitude = (code & 0x0f) << 4 | 8;
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<int16_t>(octet & 0x80 ? magnitude : -magnitude);
}

constexpr int16_t expand_mu(uint8_t octet) {
  int code = ~octet & 0x7f;
  int segment = code >> 4;
  int magnitude = (((code & 0x0f) << 3) + 0x84) << segment;
  magnitude -= 0x84;
  return static_cast<int16_t>(octet & 0x80 ? magnitude : -magnitude);
}

// Negative samples are quantised by their ones' complement, as G.191 does: -1 and 0 fall into intervals of equal width.
constexpr int magnitude_of(int sample) {
  return sample < 0 ? ~sample : sample;
}

// Takes sample >> 4: the 12 bits that the A-law looks at.
constexpr uint8_t compress_a(int sample_in_16) {
  int magnitude = magnitude_of(sample_in_16);
  int code = magnitude;
  if (magnitude > 15) {
    int segment = 1;
    for (; magnitude > 31; magnitude >>= 1) ++segment;
    code = segment << 4 | (magnitude - 16);
  }
  return static_cast<uint8_t>((code | (sample_in_16 < 0 ? 0 : 0x80)) ^ 0x55);
}

// Takes sample >> 2: the 14 bits that the mu-law looks at.
constexpr uint8_t compress_mu(int sample_in_4) {
  int magnitude = std::min(magnitude_of(sample_in_4) + 33, 0x1fff);
  int segment = 1;
  for (int rest = magnitude >> 6; rest != 0; rest >>= 1) ++segment;
  int code = (8 - segment) << 4 | (0x0f - (magnitude >> segment & 0x0f));
  return static_cast<uint8_t>(code | (sample_in_4 < 0 ? 0 : 0x80));
}

template <size_t kSize, class Value, class Function>
constexpr std::array<Value, kSize> table_of(Function value_at) {
  std::array<Value, kSize> table{};
  for (size_t i = 0; i < kSize; ++i) table[i] = value_at(static_cast<int>(i));
  return table;
}

// An index of `bits` bits as the two's complement number it stands for.
constexpr int sign_extended(int index, int bits) {
  return index < 1 << (bits - 1) ? index : index - (1 << bits);
}

constexpr int kBitsA = 12;
constexpr int kBitsMu = 14;
constexpr auto kLinearOfA = table_of<256, int16_t>([](int i) { return expand_a(static_cast<uint8_t>(i)); });
constexpr auto kLinearOfMu = table_of<256, int16_t>([](int i) { return expand_mu(static_cast<uint8_t>(i)); });
constexpr auto kAOfLinear = table_of<1 << kBitsA, uint8_t>([](int i) { return compress_a(sign_extended(i, kBitsA)); });
constexpr auto kMuOfLinear =
    table_of<1 << kBitsMu, uint8_t>([](int i) { return compress_mu(sign_extended(i, kBitsMu)); });

// G.711 tables 3 and 4 by decoder output value number, less one: position i holds the number of the other law's value.
constexpr std::array<uint8_t, 128> kTable3MuToA = {
    0,   0,   1,   1,   2,   2,   3,   3,   4,   4,   5,   5,   6,   6,   7,   7,   8,   9,   10,  11,  12,  13,
    14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  26,  28,  30,  32,  33,  34,  35,  36,  37,  38,  39,
    40,  41,  42,  43,  45,  47,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  63,  64,
    65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  81,  82,  83,  84,  85,  86,  87,
    88,  89,  90,  91,  92,  93,  94,  95,  96,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
    110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127};
constexpr std::array<uint8_t, 128> kTable4AToMu = {
    1,   3,   5,   7,   9,   11,  13,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  26,  27,  28,  29,
    30,  31,  32,  32,  33,  33,  34,  34,  35,  35,  36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,
    48,  48,  49,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,  63,  64,  64,  65,  66,
    67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  80,  81,  82,  83,  84,  85,  86,  87,
    88,  89,  90,  91,  92,  93,  94,  95,  96,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
    110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127};

// On the line an A-law magnitude has its even bits inverted, a mu-law one all its bits.
constexpr auto kAOfMu = table_of<256, uint8_t>([](int octet) {
  return static_cast<uint8_t>((octet & 0x80) | (kTable3MuToA[static_cast<size_t>(~octet & 0x7f)] ^ 0x55));
});
constexpr auto kMuOfA = table_of<256, uint8_t>([](int octet) {
  return static_cast<uint8_t>((octet & 0x80) | (~kTable4AToMu[static_cast<size_t>((octet ^ 0x55) & 0x7f)] & 0x7f));
});

template <class Table>
void look_up(const Table& table, ByteView from, auto to) {
  assert(from.size() == to.size());
  for (size_t i = 0; i < from.size(); ++i) to[i] = table[from[i]];
}

}  // namespace

int16_t decode(Law law, uint8_t octet) {
  return (law == Law::A ? kLinearOfA : kLinearOfMu)[octet];
}

uint8_t encode(Law law, int16_t sample) {
  auto bits = static_cast<uint16_t>(sample);
  return law == Law::A ? kAOfLinear[bits >> (16 - kBitsA)] : kMuOfLinear[bits >> (16 - kBitsMu)];
}

void decode(Law law, ByteView octets, std::span<int16_t> linear) {
  look_up(law == Law::A ? kLinearOfA : kLinearOfMu, octets, linear);
}

void encode(Law law, std::span<const int16_t> linear, std::span<uint8_t> octets) {
  assert(linear.size() == octets.size());
  if (law == Law::A) {
    for (size_t i = 0; i < linear.size(); ++i)
      octets[i] = kAOfLinear[static_cast<uint16_t>(linear[i]) >> (16 - kBitsA)];
  } else {
    for (size_t i = 0; i < linear.size(); ++i)
      octets[i] = kMuOfLinear[static_cast<uint16_t>(linear[i]) >> (16 - kBitsMu)];
  }
}

void convert(Law from_law, ByteView from, Law to_law, std::span<uint8_t> to) {
  if (from_law != to_law) return look_up(from_law == Law::A ? kMuOfA : kAOfMu, from, to);
  assert(from.size() == to.size());
  if (from.data() != to.data()) std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace sg::media::g711
