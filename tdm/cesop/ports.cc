#include "tdm/cesop/ports.h"

namespace sg::tdm::cesop {

BearerPort::BearerPort(size_t block_octets, size_t margin_octets, SignalTicks& ticks)
    : block_octets_(block_octets),
      begin_at_(block_octets + margin_octets),
      ticks_(ticks),
      received_(block_octets * kQueuedBlocks),
      to_send_(std::max(block_octets * kQueuedBlocks, 2 * begin_at_)) {}

BearerStats BearerPort::stats() const {
  return {.read_overruns = overruns_.load(std::memory_order_relaxed),
          .write_underruns = underruns_.load(std::memory_order_relaxed)};
}

bool BearerPort::deliver(ByteView octets, uint64_t frame) {
  bool is_ready = false;
  while (!octets.empty()) {
    size_t into_block = static_cast<size_t>(frame % block_octets_);
    size_t count = std::min(block_octets_ - into_block, octets.size());
    // A block is taken whole or left out whole, so that those which follow still end where the tick is.
    if (into_block == 0) {
      receives_ = received_.has_room(block_octets_);
      if (!receives_) overruns_.fetch_add(1, std::memory_order_relaxed);
    }
    if (receives_) received_.write(octets.first(count));
    is_ready |= into_block + count == block_octets_;
    octets = octets.subspan(count);
    frame += count;
  }
  return is_ready;
}

void BearerPort::collect(std::span<uint8_t> octets, uint8_t idle) {
  if (!sends_) sends_ = to_send_.has(begin_at_);
  if (sends_ && to_send_.read(octets)) return;
  std::fill(octets.begin(), octets.end(), idle);
  if (!sends_) return;
  // What was left out now is sent after it: the ring holds that much more from now on.
  if (idle_octets_ % block_octets_ < octets.size()) underruns_.fetch_add(1, std::memory_order_relaxed);
  idle_octets_ += octets.size();
}

void DChannelPort::on_frame(ByteView frame) {
  if (received.size() == kMaxReceived) {
    ++dropped;
    return;
  }
  received.emplace_back(frame.begin(), frame.end());
  ready.signal();
}

}  // namespace sg::tdm::cesop
