#include "gateway/call/calls_on_trunk.h"

#include <algorithm>
#include <utility>

namespace sg::call {

CallsOnTrunk::Place::Place(CallsOnTrunk& calls, CallId call, media::Side side)
    : calls_(&calls), call_(call), side_(side) {
  ++calls.legs_[call][static_cast<size_t>(side)];
}

CallsOnTrunk::Place::Place(Place&& other) noexcept
    : calls_(std::exchange(other.calls_, nullptr)), call_(other.call_), side_(other.side_) {}

CallsOnTrunk::Place& CallsOnTrunk::Place::operator=(Place&& other) noexcept {
  std::swap(calls_, other.calls_);
  std::swap(call_, other.call_);
  std::swap(side_, other.side_);
  return *this;
}

CallsOnTrunk::Place::~Place() {
  if (!calls_) return;
  auto found = calls_->legs_.find(call_);
  --found->second[static_cast<size_t>(side_)];
  if (found->second == Legs{}) calls_->legs_.erase(found);
}

bool CallsOnTrunk::has(CallId call, media::Side side) const {
  auto found = legs_.find(call);
  return found != legs_.end() && found->second[static_cast<size_t>(side)] > 0;
}

size_t CallsOnTrunk::coming_from(const CallsOnTrunk& other) const {
  const auto& fewer = legs_.size() < other.legs_.size() ? legs_ : other.legs_;
  return static_cast<size_t>(std::ranges::count_if(fewer, [&](const auto& entry) {
    return other.has(entry.first, media::Side::A) && has(entry.first, media::Side::B);
  }));
}

}  // namespace sg::call
