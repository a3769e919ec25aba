#include "gateway/sip/hold.h"

#include <algorithm>
#include <utility>

namespace sg::sip {
namespace {

using call::Direction;

// The codec that the peer named first is the one in use: whoever answers in our order leaves it so.
void put_first(std::vector<call::AudioCodec>& codecs, const call::MediaDescription* theirs) {
  if (!theirs || !theirs->audio || theirs->audio->codecs.empty()) return;
  const auto id = theirs->audio->codecs.front().id;
  std::stable_partition(codecs.begin(), codecs.end(), [&](const call::AudioCodec& codec) { return codec.id == id; });
}

}  // namespace

call::MediaDescription Hold::offer(call::MediaDescription ours, const call::MediaDescription* theirs) const {
  if (!ours.audio) return ours;
  ours.audio->direction = is_wanted_ ? Direction::SendOnly : Direction::SendRecv;
  put_first(ours.audio->codecs, theirs);
  return ours;
}

void Hold::on_offered(const call::MediaDescription& ours) {
  if (ours.audio) is_wanted_ = is_told_ = false;
}

void Hold::on_answered(const call::MediaDescription& ours) {
  is_told_ = is_wanted_ && ours.audio;
}

call::MediaDescription Hold::applied_to(call::MediaDescription ours) const {
  if (!is_told_ || !ours.audio) return ours;
  auto& direction = ours.audio->direction;
  if (direction == Direction::SendRecv) direction = Direction::SendOnly;
  if (direction == Direction::RecvOnly) direction = Direction::Inactive;
  return ours;
}

std::optional<bool> Hold::on_described(const call::MediaDescription& theirs) {
  const auto direction = theirs.audio ? theirs.audio->direction : Direction::SendRecv;
  const bool is_held = direction == Direction::SendOnly || direction == Direction::Inactive;
  if (std::exchange(is_held_, is_held) == is_held) return std::nullopt;
  return is_held;
}

}  // namespace sg::sip
