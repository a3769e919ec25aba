#pragma once

#include <array>

#include "t38/fax_timeline.h"
#include "t38/ifp.h"

namespace sg::t38 {

// Listens in on a fax that is relayed from T.38 to T.38: the V.21 frames of both machines and the trainings, from their
// IFPs. It changes nothing. Owned by who relays, on its thread; allocates nothing.
class IfpListener {
 public:
  // `version`: the T38FaxVersion in use on both legs.
  IfpListener(int version, FaxTimeline::Listener& listener) : version_(version), timeline_(listener) {}

  // A packet that IfpGuard let pass, in the order of its sender. Events of it have the same direction.
  void hear(Direction from, const IfpResult& packet);

  int pages() const { return timeline_.pages(); }
  int bit_rate() const { return timeline_.bit_rate(); }
  bool ecm() const { return timeline_.ecm(); }
  bool ended_by_dcn() const { return timeline_.ended_by_dcn(); }

 private:
  // What one machine is saying.
  struct Voice {
    std::array<uint8_t, 260> frame;  // so far, the first bit on the line being the lowest
    size_t octets = 0;
    bool is_too_long = false;
    int indicator = -1;  // the last packet's; repeated ones tell nothing new
  };
  void hear_v21(Direction from, Voice& voice, const IfpResult& packet);

  const int version_;
  FaxTimeline timeline_;
  std::array<Voice, 2> voices_;
};

}  // namespace sg::t38
