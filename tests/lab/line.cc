#include "tests/lab/line.h"

#include <algorithm>
#include <cmath>

namespace sg::lab {
namespace {

// A sine of full scale is 3.14 dBm0 in A-law (G.711), and its root mean square 3.01 dB below its peak.
double rms_of(double dbm0) {
  return dbm0 < -90 ? 0 : 32768 * std::pow(10, (dbm0 - 3.14 - 3.01) / 20);
}

}  // namespace

Wire::Wire(const LineFaults& faults, uint64_t seed)
    : faults_(faults), gain_(std::pow(10, faults.level_db / 20)), noise_(rms_of(faults.noise_dbm0)), random_(seed) {}

void Wire::pass(std::span<int16_t> samples) {
  if (faults_.slips_per_minute > 0) slip(samples);
  if (gain_ == 1 && noise_ == 0) return;
  for (int16_t& sample : samples) {
    double sum = gain_ * sample + (noise_ > 0 ? noise_ * normal_(random_) : 0);
    sample = static_cast<int16_t>(std::clamp(std::round(sum), -32768.0, 32767.0));
  }
}

// Slips in turn repeat a sample and leave one out.
void Wire::slip(std::span<int16_t> samples) {
  late_.insert(late_.end(), samples.begin(), samples.end());
  bool is_due = std::uniform_real_distribution<>(0, 1)(random_) < faults_.slips_per_minute / 60 * 0.02;
  auto middle = late_.begin() + kBlock / 2;
  if (is_due && late_.size() > kBlock) {
    late_.erase(middle);
  } else if (is_due) {
    late_.insert(middle, *middle);
  }
  std::copy_n(late_.begin(), kBlock, samples.begin());
  late_.erase(late_.begin(), late_.begin() + kBlock);
}

Result<bool> LabBearer::read(std::span<uint8_t> block) {
  if (slot_.to_gateway.empty()) return false;
  std::ranges::copy(slot_.to_gateway.front(), block.begin());
  slot_.to_gateway.pop_front();
  return true;
}

Result<bool> LabBearer::write(ByteView block) {
  slot_.from_gateway.emplace_back(block.begin(), block.end());
  return true;
}

}  // namespace sg::lab
