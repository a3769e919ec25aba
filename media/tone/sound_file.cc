#include "media/tone/sound_file.h"

#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <numeric>
#include <span>

namespace sg::media {
namespace {

constexpr int kRate = 8000;
constexpr size_t kMostSeconds = 600;
constexpr size_t kBlockFrames = 4096;

struct CloseSoundFile {
  void operator()(SNDFILE* file) const { ::sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, CloseSoundFile>;

// All channels as one, at the file's rate.
Result<std::vector<float>> read_mono(const std::string& path, SNDFILE* file, const SF_INFO& info) {
  const auto channels = static_cast<size_t>(info.channels);
  const size_t most = kMostSeconds * static_cast<size_t>(info.samplerate);
  std::vector<float> samples, block(kBlockFrames * channels);
  for (sf_count_t count; (count = ::sf_readf_float(file, block.data(), kBlockFrames)) > 0;) {
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      auto frame = std::span(block).subspan(i * channels, channels);
      samples.push_back(std::accumulate(frame.begin(), frame.end(), 0.0f) / static_cast<float>(channels));
    }
    if (samples.size() > most) return fail("{} is longer than ten minutes", path);
  }
  if (samples.empty()) return fail("{} has no samples", path);
  return samples;
}

Result<std::vector<float>> at_our_rate(const std::string& path, std::vector<float> samples, int rate) {
  if (rate == kRate) return samples;
  const double ratio = static_cast<double>(kRate) / rate;
  std::vector<float> converted(static_cast<size_t>(std::ceil(static_cast<double>(samples.size()) * ratio)));
  SRC_DATA job{};
  job.data_in = samples.data();
  job.input_frames = static_cast<long>(samples.size());
  job.data_out = converted.data();
  job.output_frames = static_cast<long>(converted.size());
  job.src_ratio = ratio;
  if (int error = ::src_simple(&job, SRC_SINC_FASTEST, 1); error != 0) {
    return fail("{} has {} samples a second, which cannot be converted: {}", path, rate, ::src_strerror(error));
  }
  converted.resize(static_cast<size_t>(job.output_frames_gen));
  return converted;
}

int16_t in_16_bits(float sample) {
  return static_cast<int16_t>(std::clamp(std::lround(sample * 32768.0f), -32768l, 32767l));
}

}  // namespace

Result<std::vector<int16_t>> read_sound(const std::string& path) {
  if (std::ifstream in(path); !in) return fail("{} cannot be read: {}", path, std::strerror(errno));
  SF_INFO info{};
  SoundFile file(::sf_open(path.c_str(), SFM_READ, &info));
  if (!file) {
    return fail("{} is no sound file of a kind that is known (WAVE, FLAC, Ogg, MP3 and others are): {}", path,
                ::sf_strerror(nullptr));
  }
  auto samples = read_mono(path, file.get(), info);
  if (samples) samples = at_our_rate(path, std::move(*samples), info.samplerate);
  if (!samples) return tl::unexpected(samples.error());
  std::vector<int16_t> ready(samples->size());
  std::ranges::transform(*samples, ready.begin(), in_16_bits);
  return ready;
}

}  // namespace sg::media
