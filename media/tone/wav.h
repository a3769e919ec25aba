#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg::media {

// The samples of a WAVE file of 8000 samples a second, one channel, 16 bit linear (RIFF, format tag 1), as telephones
// and music for those who wait need it. Ten minutes at most. Error: it cannot be read, or is another kind; how to
// convert it is said.
Result<std::vector<int16_t>> read_wav(const std::string& path);

}  // namespace sg::media
