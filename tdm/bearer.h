#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "tdm/types.h"

namespace sg::tdm {

// Tells when blocks are ready. One source may stand for all bearers that one media worker has open on one span or
// card, so that they tick together. Owned by the backend; the worker that opened the bearers only.
class TickSource {
 public:
  virtual ~TickSource() = default;
  // Readable (EPOLLIN) when at least one bearer behind it may have a block, or is gone.
  virtual int fd() const = 0;
  // Called once on each wake-up, before the bearers are read. Several blocks may have come since: read each bearer
  // until it has none.
  virtual void acknowledge() = 0;
};

struct BearerStats {
  uint64_t read_overruns = 0;    // received blocks that were lost since nobody read them in time
  uint64_t write_underruns = 0;  // blocks of idle the line sent since nothing was written in time
};

// One 64 kbit/s octet stream: a timeslot that is open. A readable block is the clock's tick: read one, write one.
// Octets are G.711 in law() as on the line, or data: nothing on the way changes them.
// Opened and used by one thread; destroyed on it too. Destroying puts idle on the line.
class Bearer {
 public:
  virtual ~Bearer() = default;
  virtual Law law() const = 0;
  // Octets (= samples of 125 us) in each block, both ways.
  virtual size_t block_octets() const = 0;
  virtual TickSource& ticks() = 0;
  // Moves the oldest received block into `block` (exactly block_octets()). False: none is ready. Error: the timeslot
  // is gone (card removed, span closed) and will not come back.
  virtual Result<bool> read(std::span<uint8_t> block) = 0;
  // Queues one block (exactly block_octets()) to be sent. False: the transmit buffer is full and nothing was taken.
  virtual Result<bool> write(ByteView block) = 0;
  // How long what is written now takes to the line, at most, when the clock runs: what was queued before it. Whoever
  // closes the bearer earlier cuts it off.
  virtual std::chrono::milliseconds transmit_delay() const { return {}; }
  // Off when the bearer is opened, and to be left so where modems or data are on the line: they mind their own echo. No
  // effect where the timeslot has no canceller, or the operator wants none.
  virtual void cancel_echo(bool) {}
  virtual BearerStats stats() const = 0;
};

}  // namespace sg::tdm
