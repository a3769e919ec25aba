#pragma once

#include <optional>
#include <vector>

#include "tdm/pri/config.h"

namespace sg::tdm::pri {

// How messages name timeslots (Q.931 4.5.13), as libpri has them in one integer: the channel in bits 0 to 7, and where
// an interface has several spans (NFAS), the identifier of one in bits 8 to 15, with a flag that says so. A value.
class ChannelNumbers {
 public:
  explicit ChannelNumbers(const std::vector<Span>& spans);

  int channel_of(Timeslot slot) const;
  // The interface identifier of a span.
  int identifier_of(uint16_t span) const;
  // The span with this identifier; without one, that of the D-channel which the message came on. Not set: there is
  // none.
  std::optional<uint16_t> span_named(std::optional<int> identifier, uint16_t heard_on) const;
  // Not set: no channel is named, or on no span of ours.
  std::optional<Timeslot> slot_of(int channel, uint16_t heard_on) const;

 private:
  std::vector<uint16_t> spans_;  // by identifier
};

// Call waiting, a whole interface, or any channel: none in particular.
inline int number_of_channel(int channel) {
  return channel & 0xff;
}
inline bool is_any_channel(int channel) {
  return channel < 0 || number_of_channel(channel) == 0xff;
}

}  // namespace sg::tdm::pri
