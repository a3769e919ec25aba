#include "media/tone/wav.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sg::media {
namespace {

std::string octets_of(uint32_t value, size_t count) {
  std::string octets;
  for (size_t i = 0; i < count; ++i) octets += static_cast<char>(value >> 8 * i & 0xff);
  return octets;
}

struct Wave {
  uint32_t format = 1, channels = 1, rate = 8000, bits = 16;
  std::string before = {};  // other chunks
  std::string data = {0x01, 0x00, '\xff', '\xff'};

  std::string file() const {
    auto header = octets_of(format, 2) + octets_of(channels, 2) + octets_of(rate, 4) +
                  octets_of(rate * channels * bits / 8, 4) + octets_of(channels * bits / 8, 2) + octets_of(bits, 2);
    return "RIFF" + octets_of(0, 4) + "WAVE" + "fmt " + octets_of(16, 4) + header + before + "data" +
           octets_of(static_cast<uint32_t>(data.size()), 4) + data;
  }
};

class Wav : public ::testing::Test {
 protected:
  ~Wav() override { std::filesystem::remove(path); }
  Result<std::vector<int16_t>> read(const std::string& octets) {
    std::ofstream(path, std::ios::binary) << octets;
    return read_wav(path);
  }
  const std::string path = ::testing::TempDir() + fmt::format("spangate_wav_test_{}.wav", ::getpid());
};

TEST_F(Wav, GivesTheSamples) {
  EXPECT_EQ(read(Wave{}.file()).value(), (std::vector<int16_t>{1, -1}));
}

TEST_F(Wav, PassesOverOtherChunks) {
  EXPECT_EQ(read(Wave{.before = "LIST" + octets_of(3, 4) + "abc" + std::string(1, '\0')}.file()).value(),
            (std::vector<int16_t>{1, -1}));
}

TEST_F(Wav, OfAFileThatWasCutGivesWhatIsThere) {
  auto file = Wave{}.file();

  EXPECT_EQ(read(file.substr(0, file.size() - 2)).value(), std::vector<int16_t>{1});
}

TEST_F(Wav, SaysWhatIsWrong) {
  EXPECT_NE(read_wav("/nowhere/at.wav").error().message.find("cannot be read"), std::string::npos);
  struct Row {
    std::string file, says;
  };
  for (const Row& row : {Row{"", "no WAVE file"}, Row{"RIFF", "no WAVE file"},
                         Row{std::string(100, 'x'), "no WAVE file"}, Row{Wave{.rate = 44100}.file(), "sox"},
                         Row{Wave{.channels = 2}.file(), "sox"}, Row{Wave{.bits = 8}.file(), "sox"},
                         Row{Wave{.format = 6}.file(), "sox"}, Row{Wave{.data = ""}.file(), "no samples"}}) {
    auto wrong = read(row.file);
    ASSERT_FALSE(wrong) << row.says;
    EXPECT_NE(wrong.error().message.find(row.says), std::string::npos) << wrong.error().message;
  }
}

}  // namespace
}  // namespace sg::media
