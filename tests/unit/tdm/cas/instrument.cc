#include <spandsp.h>

#include "tests/unit/tdm/cas/wires.h"

namespace sg::tdm::cas {

bool Instrument::hears(const ToneShape& tone, Duration limit) {
  ToneListener listener(tone);
  std::vector<int16_t> linear(160);
  while (*bearer->read(block)) {
  }
  for (Duration done{}; done < limit; done += 20ms) {
    wires.pass(20ms);
    while (*bearer->read(block)) {
      std::ranges::transform(block, linear.begin(), [](uint8_t octet) { return ulaw_to_linear(octet); });
      if (listener.feed(linear)) return true;
    }
  }
  return false;
}

void Instrument::say(const std::function<bool(std::span<int16_t>)>& generate) {
  std::vector<int16_t> linear(160);
  for (bool goes_on = true; goes_on;) {
    goes_on = generate(linear);
    std::ranges::transform(linear, block.begin(), [](int16_t sample) { return linear_to_ulaw(sample); });
    EXPECT_TRUE(*bearer->write(block));
    wires.pass(20ms);
  }
}

void Instrument::dial(const std::string& digits) {
  std::unique_ptr<dtmf_tx_state_t, int (*)(dtmf_tx_state_t*)> tx(dtmf_tx_init(nullptr), dtmf_tx_free);
  dtmf_tx_set_timing(tx.get(), 80, 80);
  dtmf_tx_put(tx.get(), digits.data(), static_cast<int>(digits.size()));
  say([&](std::span<int16_t> linear) {
    auto made = static_cast<size_t>(dtmf_tx(tx.get(), linear.data(), static_cast<int>(linear.size())));
    std::fill(linear.begin() + static_cast<std::ptrdiff_t>(made), linear.end(), int16_t{0});
    return made == linear.size();
  });
}

}  // namespace sg::tdm::cas
