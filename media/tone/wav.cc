#include "media/tone/wav.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

namespace sg::media {
namespace {

constexpr size_t kMostOctets = 10 * 60 * 8000 * 2;
constexpr size_t kRiffHeader = 12, kChunkHeader = 8, kFormatOctets = 16;

uint32_t little_endian(std::string_view octets, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= static_cast<uint32_t>(static_cast<uint8_t>(octets[at + i])) << 8 * i;
  return value;
}

// The content of the first chunk of this name; shorter than it says, where the file was cut.
std::optional<std::string_view> chunk(std::string_view file, std::string_view name) {
  for (size_t at = kRiffHeader; at + kChunkHeader <= file.size();) {
    size_t octets = little_endian(file, at + 4, 4);
    if (file.substr(at, 4) == name) return file.substr(at + kChunkHeader, octets);
    at += kChunkHeader + octets + octets % 2;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<int16_t>> read_wav(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("{} cannot be read: {}", path, std::strerror(errno));
  std::string file;
  file.reserve(64 * 1024);
  for (std::istreambuf_iterator<char> at(in), end; at != end && file.size() <= kMostOctets; ++at) file.push_back(*at);
  if (file.size() > kMostOctets) return fail("{} is longer than ten minutes", path);
  std::string_view all = file;
  auto format = chunk(all, "fmt ");
  bool is_wave = all.size() >= kRiffHeader && all.starts_with("RIFF") && all.substr(8, 4) == "WAVE";
  if (!is_wave || !format || format->size() < kFormatOctets) return fail("{} is no WAVE file", path);
  bool is_ours = little_endian(*format, 0, 2) == 1 && little_endian(*format, 2, 2) == 1 &&
                 little_endian(*format, 4, 4) == 8000 && little_endian(*format, 14, 2) == 16;
  if (!is_ours) {
    return fail("{} is not 8000 samples a second, mono, 16 bit linear; convert it: sox FILE -r 8000 -c 1 -b 16 NEW.wav",
                path);
  }
  auto data = chunk(all, "data");
  if (!data || data->size() < 2) return fail("{} has no samples", path);
  std::vector<int16_t> samples(data->size() / 2);
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<int16_t>(little_endian(*data, 2 * i, 2));
  return samples;
}

}  // namespace sg::media
