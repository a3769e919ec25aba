#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>

#include "base/result.h"

namespace sg::pstnsim {

// A WAVE file of the kind that media::read_wav() reads. Writes as it goes; the lengths in the header
// are put right when it is destroyed.
class WavWriter {
 public:
  static Result<std::unique_ptr<WavWriter>> make(const std::filesystem::path& file);
  ~WavWriter();
  void write(std::span<const int16_t> samples);

 private:
  explicit WavWriter(std::ofstream file) : file_(std::move(file)) {}
  void write_header();

  std::ofstream file_;
  uint32_t octets_ = 0;
};

}  // namespace sg::pstnsim
