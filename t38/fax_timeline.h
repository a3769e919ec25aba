#pragma once

#include "t38/fax_event.h"
#include "t38/t30_frame.h"

namespace sg::t38 {

// Turns what is seen of a fax in passing, frames and training of either direction, into events: where pages begin and
// end, at what speed, how it ended. Owned by who listens; allocates nothing.
class FaxTimeline {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_fax_event(const FaxEvent& event) = 0;
  };

  explicit FaxTimeline(Listener& listener) : listener_(listener) {}

  // An error-free V.21 frame, as SpanDSP has its octets.
  void on_frame(Direction direction, ByteView octets);
  // A fast modem begins to train.
  void on_training(Direction direction, int bit_rate);

  int pages() const { return pages_; }  // confirmed
  int bit_rate() const { return dcs_.bit_rate; }
  bool ecm() const { return dcs_.ecm; }
  bool ended_by_dcn() const { return ended_; }

 private:
  void tell(FaxEvent::Kind kind, Direction direction);

  Listener& listener_;
  Dcs dcs_;
  bool in_image_phase_ = false;  // CFR was seen: what is trained now carries pages
  bool page_is_open_ = false;
  bool end_is_announced_ = false;  // a post-message command that ends the page, not yet answered
  bool ended_ = false;
  int pages_ = 0;
};

}  // namespace sg::t38
