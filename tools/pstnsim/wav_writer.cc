#include "tools/pstnsim/wav_writer.h"

#include <string>

namespace sg::pstnsim {

namespace {

constexpr uint32_t kSamplesPerSecond = 8000;

void put(std::string& to, uint32_t value, size_t octets) {
  for (size_t i = 0; i < octets; ++i) to += static_cast<char>(value >> (8 * i));
}

}  // namespace

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
  put(header, kSamplesPerSecond, 4);
  put(header, kSamplesPerSecond * 2, 4);
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
