#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>

#include "base/bytes.h"
#include "base/unique_fd.h"
#include "tdm/bearer.h"
#include "tdm/cesop/hdlc_framer.h"
#include "tdm/cesop/octet_ring.h"

namespace sg::tdm::cesop {

// A file descriptor that is readable from signal() to clear(). Any thread.
class Signal {
 public:
  int fd() const { return fd_.get(); }
  void signal() { ::eventfd_write(fd_.get(), 1); }
  void clear() {
    eventfd_t count;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  UniqueFd fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
};

// All bearers of one group on one span. The blocks of one length end at the same frame, so one signal serves them all.
class BlockTicks final : public TickSource {
 public:
  int fd() const override { return signal_.fd(); }
  void acknowledge() override { signal_.clear(); }
  void signal() { signal_.signal(); }

 private:
  Signal signal_;
};

// Where an open bearer meets the pump: the worker has one end of each ring, the pump the other.
class BearerPort {
 public:
  static constexpr size_t kQueuedBlocks = 16;

  BearerPort(size_t block_octets, size_t margin_octets, BlockTicks& ticks);

  // The worker's side.
  bool read(std::span<uint8_t> block) { return received_.read(block); }
  bool write(ByteView block) { return to_send_.write(block); }
  size_t block_octets() const { return block_octets_; }
  BlockTicks& ticks() { return ticks_; }
  BearerStats stats() const;

  // The pump's. `frame`: the number of the first of these octets' frames, by the span's count.
  // True when a block ended.
  bool deliver(ByteView octets, uint64_t frame);
  void collect(std::span<uint8_t> octets, uint8_t idle);

 private:
  size_t block_octets_;
  size_t begin_at_;  // octets that must wait before the first is sent
  BlockTicks& ticks_;
  OctetRing received_;
  OctetRing to_send_;
  bool receives_ = false;  // the block that now comes is taken
  bool sends_ = false;
  size_t idle_octets_ = 0;
  std::atomic<uint64_t> overruns_{0};
  std::atomic<uint64_t> underruns_{0};
};

// An open D-channel: the framer, and the frames that came and were not read yet. Under the span's lock.
struct DChannelPort {
  static constexpr size_t kMaxReceived = 256;  // frames

  Signal ready;
  std::deque<Bytes> received;
  uint64_t dropped = 0;
  HdlcFramer framer{[this](ByteView frame) { on_frame(frame); }};

  void on_frame(ByteView frame);
};

}  // namespace sg::tdm::cesop
