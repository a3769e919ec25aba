#include "tools/pstnsim/wav_writer.h"

namespace sg::pstnsim {

Result<std::unique_ptr<WavWriter>> WavWriter::make(const std::filesystem::path& path) {
  SF_INFO info{};
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  info.samplerate = 8000;
  info.channels = 1;
  SNDFILE* file = ::sf_open(path.c_str(), SFM_WRITE, &info);
  if (!file) return fail("{}: cannot be written: {}", path.string(), ::sf_strerror(nullptr));
  return std::unique_ptr<WavWriter>(new WavWriter(file));
}

void WavWriter::write(std::span<const int16_t> samples) {
  ::sf_write_short(file_.get(), samples.data(), static_cast<sf_count_t>(samples.size()));
}

}  // namespace sg::pstnsim
