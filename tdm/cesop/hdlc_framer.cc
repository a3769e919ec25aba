#include "tdm/cesop/hdlc_framer.h"

#include <spandsp.h>

namespace sg::tdm::cesop {

namespace {

// SpanDSP calls back with a length below zero for a change of state, which the counts tell as well.
void on_hdlc_frame(void* user, const uint8_t* frame, int length, int is_good) noexcept {
  if (length <= 0 || !is_good) return;
  (*static_cast<HdlcFramer::FrameHandler*>(user))({frame, static_cast<size_t>(length)});
}

void on_hdlc_underflow(void*) noexcept {}

}  // namespace

void HdlcFramer::Free::operator()(hdlc_rx_state_s* state) const {
  ::hdlc_rx_free(state);
}
void HdlcFramer::Free::operator()(hdlc_tx_state_s* state) const {
  ::hdlc_tx_free(state);
}

HdlcFramer::HdlcFramer(FrameHandler on_frame)
    : on_frame_(std::move(on_frame)),
      rx_(::hdlc_rx_init(nullptr, FALSE, FALSE, 1, on_hdlc_frame, &on_frame_)),
      tx_(::hdlc_tx_init(nullptr, FALSE, 1, FALSE, on_hdlc_underflow, nullptr)) {
  // With the FCS's two octets.
  ::hdlc_rx_set_max_frame_len(rx_.get(), kMaxFrame + 2);
  ::hdlc_tx_set_max_frame_len(tx_.get(), kMaxFrame);
  // SpanDSP sends no flag before its very first frame unless told to.
  ::hdlc_tx_flags(tx_.get(), 2);
}

HdlcFramer::~HdlcFramer() = default;

bool HdlcFramer::queue(ByteView frame) {
  if (frame.empty() || frame.size() > kMaxFrame || queued_.size() == kMaxQueued) return false;
  queued_.emplace_back(frame.begin(), frame.end());
  return true;
}

void HdlcFramer::send(std::span<uint8_t> octets) {
  for (uint8_t& octet : octets) {
    // The transmitter takes one frame at a time.
    if (!queued_.empty() && ::hdlc_tx_frame(tx_.get(), queued_.front().data(), queued_.front().size()) == 0) {
      queued_.pop_front();
      ++sent_;
    }
    octet = static_cast<uint8_t>(::hdlc_tx_get_byte(tx_.get()));
  }
}

// SpanDSP lets go of a frame that outgrows its buffer without a count, so its bits are followed here too: six ones are
// a flag, more are an abort, and the zero after five is not the frame's.
void HdlcFramer::count_overlong(ByteView octets) {
  constexpr size_t kMostBits = (kMaxFrame + 2) * 8;  // with the FCS
  for (uint8_t octet : octets) {
    for (int shift = 7; shift >= 0; --shift) {
      if (octet >> shift & 1) {
        ++ones_;
        ++frame_bits_;
        if (ones_ > 6) in_frame_ = false;
        continue;
      }
      if (ones_ == 6) {
        // The flag's first seven bits were counted as the frame's.
        if (in_frame_ && frame_bits_ > kMostBits + 7) ++overlong_;
        in_frame_ = true;
        frame_bits_ = 0;
      } else if (ones_ != 5) {
        ++frame_bits_;
      }
      ones_ = 0;
    }
  }
}

void HdlcFramer::receive(ByteView octets) {
  count_overlong(octets);
  ::hdlc_rx_put(rx_.get(), octets.data(), static_cast<int>(octets.size()));
}

DChannelStats HdlcFramer::stats() const {
  hdlc_rx_stats_t received{};
  ::hdlc_rx_get_stats(rx_.get(), &received);
  return {.frames_received = received.good_frames,
          .frames_sent = sent_,
          // SpanDSP's length errors are frames too short to have an FCS, or not of whole octets.
          .bad_fcs = received.crc_errors + received.length_errors,
          .aborts = received.aborts,
          .overlong = overlong_};
}

}  // namespace sg::tdm::cesop
