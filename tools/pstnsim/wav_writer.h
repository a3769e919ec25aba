#pragma once

#include <sndfile.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.h"

namespace sg::pstnsim {

// A WAVE file of 8000 samples a second, one channel, 16 bits. Whole once it is destroyed.
class WavWriter {
 public:
  static Result<std::unique_ptr<WavWriter>> make(const std::filesystem::path& path);
  void write(std::span<const int16_t> samples);

 private:
  struct Close {
    void operator()(SNDFILE* file) const { ::sf_close(file); }
  };
  explicit WavWriter(SNDFILE* file) : file_(file) {}

  std::unique_ptr<SNDFILE, Close> file_;
};

}  // namespace sg::pstnsim
