#include "media/rtp/packetiser.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sg::media::rtp {
namespace {

TEST(Packetiser, CutsAnyBlocksIntoPacketsOfOnePtimeAndLosesNothing) {
  for (size_t block : {1u, 80u, 160u, 171u, 800u}) {
    for (size_t packet : {80u, 160u, 240u, 1600u}) {
      Packetiser packetiser(packet);
      Bytes sent;
      uint8_t next = 0;
      for (size_t octets = 0; octets < 16000; octets += block) {
        Bytes data(block);
        std::iota(data.begin(), data.end(), next);
        next = static_cast<uint8_t>(next + block);
        packetiser.push(data, [&](ByteView out) {
          ASSERT_EQ(out.size(), packet);
          sent.insert(sent.end(), out.begin(), out.end());
        });
      }
      ASSERT_GE(sent.size(), 16000 - packet);
      for (size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(sent[i], static_cast<uint8_t>(i)) << block << " " << packet;
    }
  }
}

TEST(Packetiser, AShorterPtimeSendsWhatWaitsFirst) {
  Packetiser packetiser(320);
  Bytes data(200, 1);
  packetiser.push(data, [](ByteView) { FAIL(); });

  packetiser.set_packet_octets(80);
  std::vector<size_t> sizes;
  packetiser.push(Bytes(40, 2), [&](ByteView out) { sizes.push_back(out.size()); });

  EXPECT_EQ(sizes, (std::vector<size_t>{80, 80, 80}));
}

}  // namespace
}  // namespace sg::media::rtp
