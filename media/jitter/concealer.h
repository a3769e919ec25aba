#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "tdm/types.h"

namespace sg::media {

// Makes up audio for lost packets from what was played before, after G.711 appendix I: pitch periods repeated, fading
// out over 50 ms. Works only when there is a gap; until then it just keeps the last octets.
class Concealer {
 public:
  static constexpr size_t kFade = 400;  // samples, 50 ms

  explicit Concealer(tdm::Law law);
  ~Concealer();

  // From now on octets are of this law; what was played before is converted.
  void set_law(tdm::Law law);
  // These octets are played.
  void remember(ByteView octets);
  // Fills a gap, or more of the same gap. Returns how many samples were made up; the rest is silence.
  size_t fill(std::span<uint8_t> octets);
  // Blends the end of the gap into these octets, the first real ones after it. Nothing when there was no gap.
  void join(std::span<uint8_t> octets);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::media
