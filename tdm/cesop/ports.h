#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>

#include "base/bytes.h"
#include "base/event_signal.h"
#include "tdm/bearer.h"
#include "tdm/cesop/hdlc_framer.h"
#include "tdm/cesop/octet_queue.h"
#include "tdm/signal_ticks.h"

namespace sg::tdm::cesop {

// Where an open bearer meets the pump: the worker has one end of each ring, the pump the other.
class BearerPort {
 public:
  static constexpr size_t kQueuedBlocks = 16;

  BearerPort(size_t block_octets, size_t margin_octets, SignalTicks& ticks);

  // The worker's side.
  bool read(std::span<uint8_t> block) { return received_.read(block); }
  bool write(ByteView block) { return to_send_.write(block); }
  size_t block_octets() const { return block_octets_; }
  SignalTicks& ticks() { return ticks_; }
  BearerStats stats() const;

  // The pump's. `frame`: the number of the first of these octets' frames, by the span's count.
  // True when a block ended.
  bool deliver(ByteView octets, uint64_t frame);
  void collect(std::span<uint8_t> octets, uint8_t idle);

 private:
  size_t block_octets_;
  size_t begin_at_;  // octets that must wait before the first is sent
  SignalTicks& ticks_;
  OctetQueue received_;
  OctetQueue to_send_;
  bool receives_ = false;  // the block that now comes is taken
  bool sends_ = false;
  size_t idle_octets_ = 0;
  std::atomic<uint64_t> overruns_{0};
  std::atomic<uint64_t> underruns_{0};
};

// An open D-channel: the framer, and the frames that came and were not read yet. Under the span's lock.
struct DChannelPort {
  static constexpr size_t kMaxReceived = 256;  // frames

  EventSignal ready;
  std::deque<Bytes> received;
  uint64_t dropped = 0;
  HdlcFramer framer{[this](ByteView frame) { on_frame(frame); }};

  void on_frame(ByteView frame);
};

}  // namespace sg::tdm::cesop
