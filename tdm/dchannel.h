#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace sg::tdm {

struct DChannelStats {
  uint64_t frames_received = 0;
  uint64_t frames_sent = 0;
  uint64_t bad_fcs = 0;
  uint64_t aborts = 0;
  uint64_t overlong = 0;

  DChannelStats& operator+=(const DChannelStats& more) {
    frames_received += more.frames_received;
    frames_sent += more.frames_sent;
    bad_fcs += more.bad_fcs;
    aborts += more.aborts;
    overlong += more.overlong;
    return *this;
  }
};

// A stream of HDLC frames (ISO/IEC 13239), as Q.921 uses them. Opened and used by one thread.
class DChannel {
 public:
  // Room for the longest frame that any backend carries, in octets, without the two FCS octets. Every backend carries
  // Q.921's longest (N201 260, and a header of 4); tdm/cesop no more than 400. Longer ones are refused by write(), and
  // counted as overlong when they come.
  static constexpr size_t kMaxFrame = 1024;

  virtual ~DChannel() = default;
  // Readable when a frame waits (EPOLLIN) or something happened to the channel (EPOLLPRI).
  virtual int fd() const = 0;
  // The next frame with a right FCS, without it; its length in octets. 0: none waits. Error: the channel is gone.
  virtual Result<size_t> read(std::span<uint8_t> frame) = 0;
  // Queues a frame, given without FCS. Error: it did not fit or the channel is gone.
  virtual Result<> write(ByteView frame) = 0;
  virtual DChannelStats stats() const = 0;
};

}  // namespace sg::tdm
