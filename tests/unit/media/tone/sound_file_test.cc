#include "media/tone/sound_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

namespace sg::media {
namespace {

struct Kind {
  const char* name;
  int format, rate, channels;
};

class Sound : public ::testing::TestWithParam<Kind> {
 protected:
  ~Sound() override { std::filesystem::remove(path); }

  // `samples`: of each frame, which is the same on all channels.
  void write(int format, int rate, int channels, const std::vector<int16_t>& samples) {
    SF_INFO info{};
    info.format = format;
    info.samplerate = rate;
    info.channels = channels;
    SNDFILE* file = ::sf_open(path.c_str(), SFM_WRITE, &info);
    ASSERT_NE(file, nullptr) << ::sf_strerror(nullptr);
    // As 32 bits: the library's coder for MP3 takes 16 bits for twice as loud.
    std::vector<int> frames;
    for (int16_t sample : samples) frames.insert(frames.end(), static_cast<size_t>(channels), sample * 65536);
    ::sf_writef_int(file, frames.data(), static_cast<sf_count_t>(samples.size()));
    ::sf_close(file);
  }
  Result<std::vector<int16_t>> read(const std::string& octets) {
    std::ofstream(path, std::ios::binary) << octets;
    return read_sound(path);
  }

  const std::string path = ::testing::TempDir() + fmt::format("spangate_sound_test_{}", ::getpid());
};

// At half of full scale.
std::vector<int16_t> tone(int frequency, int rate, int seconds) {
  std::vector<int16_t> samples(static_cast<size_t>(rate * seconds));
  for (size_t i = 0; i < samples.size(); ++i) {
    samples[i] =
        static_cast<int16_t>(16384 * std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i) / rate));
  }
  return samples;
}

// Of full scale, at this frequency.
double level_at(int frequency, const std::vector<int16_t>& samples) {
  double real = 0, imaginary = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    double angle = 2 * std::numbers::pi * frequency * static_cast<double>(i) / 8000;
    real += samples[i] * std::cos(angle);
    imaginary += samples[i] * std::sin(angle);
  }
  return 2 * std::hypot(real, imaginary) / static_cast<double>(samples.size()) / 32768;
}

TEST_F(Sound, OfATelephonesOwnKindIsTakenAsItIs) {
  write(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, {1, -1, -32768, 32767});

  EXPECT_EQ(read_sound(path).value(), (std::vector<int16_t>{1, -1, -32768, 32767}));
}

TEST_P(Sound, OfAnyKindIsConverted) {
  const Kind& kind = GetParam();
  write(kind.format, kind.rate, kind.channels, tone(1000, kind.rate, 2));

  auto samples = read_sound(path);

  ASSERT_TRUE(samples) << samples.error().message;
  EXPECT_NEAR(static_cast<double>(samples->size()), 16000, 600);  // coders that know only whole frames add some
  EXPECT_NEAR(level_at(1000, *samples), 0.5, 0.03);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Sound,
                         ::testing::Values(Kind{"WaveStereo", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 44100, 2},
                                           Kind{"WaveALaw", SF_FORMAT_WAV | SF_FORMAT_ALAW, 8000, 1},
                                           Kind{"WaveOf11025", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 11025, 1},
                                           Kind{"Flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 48000, 2},
                                           Kind{"Ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 2},
                                           Kind{"Mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 2}),
                         [](const auto& test) { return test.param.name; });

TEST_F(Sound, AboveWhatATelephoneCarriesIsGoneAndMirrorsNothing) {
  write(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, tone(7000, 48000, 1));

  auto samples = read_sound(path).value();

  EXPECT_LT(level_at(1000, samples), 0.001) << "7000 Hz seen at 8000 samples a second";
}

TEST_F(Sound, OfAFileThatWasCutGivesWhatIsThere) {
  write(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, {1, -1});
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 2);

  EXPECT_EQ(read_sound(path).value(), std::vector<int16_t>{1});
}

TEST_F(Sound, ThatIsNoneIsTold) {
  EXPECT_NE(read_sound("/nowhere/at.wav").error().message.find("cannot be read"), std::string::npos);
  EXPECT_NE(read("").error().message.find("is no sound file"), std::string::npos);
  EXPECT_NE(read(std::string(100, 'x')).error().message.find("is no sound file"), std::string::npos);
  write(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, {});
  EXPECT_NE(read_sound(path).error().message.find("has no samples"), std::string::npos);
  write(SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1, std::vector<int16_t>(601 * 8000));
  EXPECT_NE(read_sound(path).error().message.find("longer than ten minutes"), std::string::npos);
}

}  // namespace
}  // namespace sg::media
