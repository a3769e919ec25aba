#include "t38/terminal_guard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "t38/fax_machine.h"

namespace sg::t38 {
namespace {

struct Row {
  const char* name;
  Bytes frame, read;  // as it came, and as the terminal reads it; the lowest bit is the first
};

Bytes long_dcs(size_t content) {
  Bytes frame{0xFF, 0x13, 0x83, 0x00, 0x22};  // 14 400 bit/s
  frame.resize(3 + content, 0x80);
  return frame;
}
Bytes as_no_frame_known(Bytes frame) {
  frame[1] = 0x03;
  frame[2] = 0xFF;
  return frame;
}

TEST(TerminalGuard, LeavesATerminalNothingThatItTrips) {
  const Row rows[] = {
      {"215 mm", {0xFF, 0x13, 0x83, 0x00, 0x22, 0x00}, {0xFF, 0x13, 0x83, 0x00, 0x22, 0x00}},
      {"255 mm", {0xFF, 0x13, 0x83, 0x00, 0x22, 0x01}, {0xFF, 0x13, 0x83, 0x00, 0x22, 0x01}},
      {"303 mm", {0xFF, 0x13, 0x83, 0x00, 0x22, 0x02}, {0xFF, 0x13, 0x83, 0x00, 0x22, 0x02}},
      {"both widths", {0xFF, 0x13, 0x83, 0x00, 0x22, 0x03, 0x04}, {0xFF, 0x13, 0x83, 0x00, 0x22, 0x02, 0x04}},
      {"both widths, polled", {0xFF, 0x13, 0x82, 0x00, 0x22, 0x07}, {0xFF, 0x13, 0x82, 0x00, 0x22, 0x06}},
      {"both widths of a DIS", {0xFF, 0x13, 0x80, 0x00, 0x22, 0x03}, {0xFF, 0x13, 0x80, 0x00, 0x22, 0x03}},
      {"no width", {0xFF, 0x13, 0x83, 0x00, 0x22}, {0xFF, 0x13, 0x83, 0x00, 0x22}},
      {"reserved speed", {0xFF, 0x13, 0x83, 0x00, 0x12, 0x00}, {0xFF, 0x03, 0xFF, 0x00, 0x12, 0x00}},
      {"longest DCS", long_dcs(19), long_dcs(19)},
      {"longer DCS", long_dcs(20), as_no_frame_known(long_dcs(20))},
      {"longest frame", long_dcs(257), as_no_frame_known(long_dcs(257))},
      {"FCD", {0xFF, 0x03, 0x06, 0x00, 0x55}, {0xFF, 0x03, 0x06, 0x00, 0x55}},
      {"FCD of nothing", {0xFF, 0x03, 0x06, 0x00}, {0xFF, 0x03, 0x06, 0x00}},
      {"FCD without its number", {0xFF, 0x03, 0x06}, {0xFF, 0x03, 0xFF}},
      {"RCP", {0xFF, 0x03, 0x86}, {0xFF, 0x03, 0x86}},
      {"no frame", {0xFF, 0x13}, {0xFF, 0x13}},
  };
  for (const Row& row : rows) {
    Bytes frame = row.frame;
    make_harmless(frame);
    EXPECT_EQ(frame, row.read) << row.name;
  }
}

struct Sink final : IfpSink {
  void on_ifp(ByteView ifp, int) override { said.insert(said.end(), ifp.begin(), ifp.end()); }
  bool has_said(std::initializer_list<uint8_t> octets) const {
    return std::search(said.begin(), said.end(), octets.begin(), octets.end()) != said.end();
  }
  Bytes said;
};

// Ended with a crash where the page starts, right after a good training (found by the lab's hostile peers).
TEST(TerminalGuard, TakesATrainingForAPageOfAWidthThatThereIsNot) {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("t38_width_{}.tif", ::getpid());
  Sink sink;
  auto machine = T38FaxMachine::make({.calling = false, .receive_file = file}, {}, sink).value();
  uint16_t sequence = 0;
  auto hear = [&](const Bytes& ifp, int blocks) {
    EXPECT_TRUE(machine->receive_ifp(ifp, sequence++));
    for (; blocks > 0; --blocks) machine->advance(160);
  };
  hear({0x00}, 300);  // its DIS
  hear({0x06}, 50);
  hear({0xC0, 2, 0x80, 0, 5, 0xFF, 0xC8, 0xC1, 0x00, 0x44, 0xC0, 0x40}, 4);  // DCS, 14 400 bit/s, both widths
  hear({0x16}, 70);                                                          // training
  Bytes zeroes{0xD0, 1, 0xE0, 0, 53};                                        // of the training check (T.30 5.3.6.1.3)
  zeroes.resize(zeroes.size() + 54);
  for (int i = 0; i < 50; ++i) hear(zeroes, 1);
  hear({0xD0, 1, 0x70}, 100);

  EXPECT_TRUE(sink.has_said({0x21})) << "CFR";
  machine.reset();
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace sg::t38
