#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "tdm/dchannel.h"

struct hdlc_rx_state_s;
struct hdlc_tx_state_s;

namespace sg::tdm::cesop {

// HDLC on one 64 kbit/s timeslot (ISO/IEC 13239, as Q.921 section 2 has it): flags, zero bits stuffed in, 16-bit FCS,
// flags when idle; the most significant bit of the timeslot goes first. Frames on one side, timeslot octets on the
// other. Owned by a D-channel, under its span's lock. No I/O.
class HdlcFramer {
 public:
  // A frame with a right FCS, without it.
  using FrameHandler = std::function<void(ByteView frame)>;
  // SpanDSP's buffers end here; Q.921 N201 is 260, and its header 4.
  static constexpr size_t kMaxFrame = 400;
  static constexpr size_t kMaxQueued = 128;  // frames

  explicit HdlcFramer(FrameHandler on_frame);
  ~HdlcFramer();
  HdlcFramer(const HdlcFramer&) = delete;
  HdlcFramer& operator=(const HdlcFramer&) = delete;

  // False: it is empty or too long, or too many wait.
  bool queue(ByteView frame);
  // The next octets for the line.
  void send(std::span<uint8_t> octets);
  // Octets from the line.
  void receive(ByteView octets);
  DChannelStats stats() const;

 private:
  struct Free {
    void operator()(hdlc_rx_state_s* state) const;
    void operator()(hdlc_tx_state_s* state) const;
  };

  void count_overlong(ByteView octets);

  FrameHandler on_frame_;
  std::unique_ptr<hdlc_rx_state_s, Free> rx_;
  std::unique_ptr<hdlc_tx_state_s, Free> tx_;
  std::deque<Bytes> queued_;
  uint64_t sent_ = 0;
  bool in_frame_ = false;
  unsigned ones_ = 0;      // in a row, just now
  size_t frame_bits_ = 0;  // since the last flag
  uint64_t overlong_ = 0;
};

}  // namespace sg::tdm::cesop
