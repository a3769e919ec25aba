#pragma once

#include <random>
#include <string>

#include "base/result.h"
#include "base/socket_address.h"
#include "base/unique_fd.h"

namespace sg::media {

// Two bound UDP sockets: RTP or UDPTL on an even port, RTCP on the next (RFC 3550 section 11). Non-blocking, with the
// kernel's receive timestamps.
struct PortPair {
  UniqueFd media;
  UniqueFd control;
  SocketAddress local;  // of `media`
};

// Another socket of a bound one's port and options, connected to `peer`: what comes from there goes to it, and not to
// the first any more. Empty: the kernel refused.
UniqueFd connected_twin(int fd, const SocketAddress& peer);

// Finds free pairs in a range of ports. The kernel is the register of what is in use: a port is free when it can be
// bound. Signalling thread only.
class PortRange {
 public:
  PortRange(uint16_t first, uint16_t last);
  // Starts looking at a random place, so that a port just freed is not the next call's: late packets of the last call
  // would be heard in it. Error: `host` is no numeric address of ours, or no pair is free.
  Result<PortPair> bind(const std::string& host);

 private:
  uint16_t first_;  // even
  unsigned pairs_;
  std::minstd_rand random_;
};

}  // namespace sg::media
