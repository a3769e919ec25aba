#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ids.h"
#include "media/service.h"

namespace sg::call {

// The calls that have a leg on a trunk, each counted once however many it has there. Owned by its Trunk; signalling
// thread only.
class CallsOnTrunk {
 public:
  // Holds a leg's place among them. The calls outlive it.
  class Place {
   public:
    Place() = default;
    Place(CallsOnTrunk& calls, CallId call, media::Side side);
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;
    ~Place();

   private:
    CallsOnTrunk* calls_ = nullptr;  // null: it holds none
    CallId call_;
    media::Side side_ = media::Side::A;
  };

  size_t size() const { return legs_.size(); }
  // Calls that came in from the other trunk and have gone out here.
  size_t coming_from(const CallsOnTrunk& other) const;

 private:
  // By side: while two parties change places, both are on one.
  using Legs = std::array<uint8_t, 3>;
  bool has(CallId call, media::Side side) const;

  std::unordered_map<CallId, Legs> legs_;
};

}  // namespace sg::call
