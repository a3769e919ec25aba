#include "tools/pstnsim/wav.h"

#include <cstring>
#include <iterator>
#include <string>

namespace sg::pstnsim {

namespace {

constexpr uint32_t kSampleRate = 8000;

uint32_t little_endian(const char* from, size_t octets) {
  uint32_t value = 0;
  for (size_t i = octets; i-- > 0;) value = value << 8 | static_cast<uint8_t>(from[i]);
  return value;
}
void put(std::string& to, uint32_t value, size_t octets) {
  for (size_t i = 0; i < octets; ++i) to += static_cast<char>(value >> (8 * i));
}

}  // namespace

Result<std::vector<int16_t>> read_wav(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("{}: cannot be read", path.string());
  std::string data((std::istreambuf_iterator<char>(file)), {});
  if (data.size() < 12 || data.compare(0, 4, "RIFF") != 0 || data.compare(8, 4, "WAVE") != 0) {
    return fail("{}: is no WAV file", path.string());
  }
  bool right_format = false;
  for (size_t at = 12; at + 8 <= data.size();) {
    size_t size = little_endian(&data[at + 4], 4);
    size_t body = at + 8;
    size_t available = std::min(size, data.size() - body);
    if (data.compare(at, 4, "fmt ") == 0 && available >= 16) {
      right_format = little_endian(&data[body], 2) == 1 && little_endian(&data[body + 2], 2) == 1 &&
                     little_endian(&data[body + 4], 4) == kSampleRate && little_endian(&data[body + 14], 2) == 16;
    }
    if (data.compare(at, 4, "data") == 0) {
      if (!right_format) break;
      std::vector<int16_t> samples(available / 2);
      for (size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<int16_t>(little_endian(&data[body + 2 * i], 2));
      return samples;
    }
    at = body + size + size % 2;
  }
  return fail("{}: must be PCM of 16 bits, mono, 8000 Hz", path.string());
}

Result<std::unique_ptr<WavWriter>> WavWriter::make(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) return fail("{}: cannot be written", path.string());
  std::unique_ptr<WavWriter> writer(new WavWriter(std::move(file)));
  writer->write_header();
  return writer;
}

WavWriter::~WavWriter() {
  file_.seekp(0);
  write_header();
}

void WavWriter::write_header() {
  std::string header = "RIFF";
  put(header, 36 + octets_, 4);
  header += "WAVEfmt ";
  put(header, 16, 4);
  put(header, 1, 2);  // PCM
  put(header, 1, 2);  // channels
  put(header, kSampleRate, 4);
  put(header, kSampleRate * 2, 4);
  put(header, 2, 2);
  put(header, 16, 2);
  header += "data";
  put(header, octets_, 4);
  file_.write(header.data(), static_cast<std::streamsize>(header.size()));
}

void WavWriter::write(std::span<const int16_t> samples) {
  std::string octets;
  for (int16_t sample : samples) put(octets, static_cast<uint16_t>(sample), 2);
  file_.write(octets.data(), static_cast<std::streamsize>(octets.size()));
  octets_ += static_cast<uint32_t>(octets.size());
}

}  // namespace sg::pstnsim
