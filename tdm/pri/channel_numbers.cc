#include "tdm/pri/channel_numbers.h"

#include <algorithm>

namespace sg::tdm::pri {
namespace {

// In libpri's channel: the interface is named.
constexpr int kExplicit = 1 << 16;

}  // namespace

ChannelNumbers::ChannelNumbers(const std::vector<Span>& spans) {
  for (const Span& span : spans) spans_.push_back(span.number);
}

int ChannelNumbers::channel_of(Timeslot slot) const {
  if (spans_.size() == 1) return slot.number;
  return slot.number | identifier_of(slot.span) << 8 | kExplicit;
}

int ChannelNumbers::identifier_of(uint16_t span) const {
  return static_cast<int>(std::ranges::find(spans_, span) - spans_.begin());
}

std::optional<uint16_t> ChannelNumbers::span_named(std::optional<int> identifier, uint16_t heard_on) const {
  if (!identifier) return heard_on;
  const auto index = static_cast<size_t>(*identifier);
  return index < spans_.size() ? std::optional(spans_[index]) : std::nullopt;
}

std::optional<Timeslot> ChannelNumbers::slot_of(int channel, uint16_t heard_on) const {
  if (channel < 0) return std::nullopt;
  const bool is_named = spans_.size() > 1 && channel & kExplicit;
  auto span = span_named(is_named ? std::optional(channel >> 8 & 0xff) : std::nullopt, heard_on);
  if (!span) return std::nullopt;
  return Timeslot{*span, static_cast<uint8_t>(number_of_channel(channel))};
}

}  // namespace sg::tdm::pri
