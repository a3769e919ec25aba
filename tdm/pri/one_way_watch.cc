#include "tdm/pri/one_way_watch.h"

namespace sg::tdm::pri {

// Q.921 3.4: the control field, after two octets of address.
void OneWayWatch::on_frame(ByteView frame, TimePoint now) {
  if (frame.size() < 3) return;
  const uint8_t control = frame[2];
  const bool is_unnumbered = (control & 0x03) == 0x03;
  if (!is_unnumbered) {
    // I and S frames belong to an established layer 2.
    asked_ = 0;
    return;
  }
  const bool is_sabme = (control & 0xef) == 0x6f;
  if (!is_sabme || (asked_ > 0 && now - last_ < kApart)) return;
  last_ = now;
  if (asked_ < kMost) ++asked_;
}

}  // namespace sg::tdm::pri
