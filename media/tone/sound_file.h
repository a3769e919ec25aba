#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg::media {

// The samples of a sound file as telephones and music for those who wait need them: 8000 a second, one channel, 16
// bits. The file may be of any kind, rate and number of channels that libsndfile reads (WAVE, FLAC, Ogg, MP3 and
// others); it is converted. Ten minutes at most. Error: it cannot be read, or is no sound.
Result<std::vector<int16_t>> read_sound(const std::string& path);

}  // namespace sg::media
