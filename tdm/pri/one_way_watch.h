#pragma once

#include "base/bytes.h"
#include "base/clock.h"

namespace sg::tdm::pri {

// Whether the far end of a D-channel hears us, by what it sends. One that does not asks for layer 2 again and again
// (SABME, Q.921 5.5.1): each time libpri answers, takes layer 2 to be up, and never tells. The far end has left by
// then, and what is sent here is lost. A value; fed with each frame received, without FCS.
class OneWayWatch {
 public:
  void on_frame(ByteView frame, TimePoint now);
  bool is_one_way() const { return asked_ >= kMost; }

 private:
  // A far end that hears us has no reason to ask more often than twice: our answer may be lost, or we were not there.
  static constexpr int kMost = 4;
  // T200 of Q.921 is a second: what comes closer together had waited for us to look.
  static constexpr Duration kApart = 500ms;

  int asked_ = 0;  // SABMEs since the last frame that only a far end which heard our answer sends
  TimePoint last_;
};

}  // namespace sg::tdm::pri
