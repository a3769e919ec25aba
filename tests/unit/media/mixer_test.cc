#include "media/mixer.h"

#include <gtest/gtest.h>

#include <array>

namespace sg::media {
namespace {

using Block = std::array<int16_t, 4>;

TEST(Mixer, EachHearsTheOthersAndNotItself) {
  Mixer mixer(4);
  Block a{1, 2, 3, 4}, b{10, 20, 30, 40}, c{-100, 200, -300, 400}, heard{};
  for (int block = 0; block < 2; ++block) {
    mixer.begin();
    for (const Block& said : {a, b, c}) mixer.add(said);

    mixer.others(a, heard);
    EXPECT_EQ(heard, (Block{-90, 220, -270, 440}));
    mixer.others(b, heard);
    EXPECT_EQ(heard, (Block{-99, 202, -297, 404}));
    mixer.others(c, heard);
    EXPECT_EQ(heard, (Block{11, 22, 33, 44}));
  }
}

TEST(Mixer, WhatIsTooLoudIsClippedAndDoesNotWrap) {
  Mixer mixer(4);
  Block a{32767, -32768, 32767, -32768}, b{32767, -32768, -32768, 1}, c{0, 0, 5, -5}, heard{};
  mixer.begin();
  for (const Block& said : {a, b, c}) mixer.add(said);

  mixer.others(c, heard);
  EXPECT_EQ(heard, (Block{32767, -32768, -1, -32767}));
  mixer.others(a, heard);
  EXPECT_EQ(heard, (Block{32767, -32768, -32763, -4})) << "what one says does not clip what the others say to it";
}

TEST(BlockQueue, HoldsTwoAndLosesTheOldest) {
  BlockQueue queue(1);
  auto put = [&](uint8_t octet) { queue.push(std::span(&octet, 1)); };
  auto next = [&] {
    uint8_t octet = 0xff;
    return queue.pop(std::span(&octet, 1)) ? octet : 0xff;
  };

  EXPECT_EQ(next(), 0xff);
  put(1);
  put(2);
  EXPECT_EQ(next(), 1);
  put(3);
  put(4);
  EXPECT_EQ(next(), 3) << "2 was pushed out";
  EXPECT_EQ(next(), 4);
  EXPECT_EQ(next(), 0xff);
  put(5);
  queue.clear();
  EXPECT_EQ(next(), 0xff);
}

}  // namespace
}  // namespace sg::media
