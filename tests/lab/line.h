#pragma once

#include <deque>
#include <random>
#include <span>

#include "tdm/bearer.h"
#include "tests/lab/condition.h"

namespace sg::lab {

constexpr size_t kBlock = 160;  // octets of a block: 20 ms
constexpr Duration kBlockTime = 20ms;

// One direction of a telephone line: changes the sound as its faults and the seed have it.
class Wire {
 public:
  Wire(const LineFaults& faults, uint64_t seed);
  void pass(std::span<int16_t> samples);

 private:
  void slip(std::span<int16_t> samples);

  const LineFaults faults_;
  const double gain_;
  const double noise_;  // root mean square, of 16-bit samples
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::deque<int16_t> late_;  // behind by a sample after every other slip
};

// The gateway's end of a timeslot, of which the lab holds the other: blocks each way.
struct Timeslot {
  std::deque<Bytes> to_gateway, from_gateway;
};

class LabBearer final : public tdm::Bearer {
 public:
  explicit LabBearer(Timeslot& slot) : slot_(slot) {}
  tdm::Law law() const override { return tdm::Law::A; }
  size_t block_octets() const override { return kBlock; }
  tdm::TickSource& ticks() override { return ticks_; }
  Result<bool> read(std::span<uint8_t> block) override;
  Result<bool> write(ByteView block) override;
  tdm::BearerStats stats() const override { return {}; }

 private:
  // The lab ticks the session itself.
  struct NoTicks final : tdm::TickSource {
    int fd() const override { return -1; }
    void acknowledge() override {}
  };
  Timeslot& slot_;
  NoTicks ticks_;
};

}  // namespace sg::lab
