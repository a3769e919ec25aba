#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "t38/ifp.h"

namespace sg::t38 {

// The last step of a peer's IFPs on their way into SpanDSP's gateway, which takes for granted what a lossy network does
// not give: a signal's indicator well before its data, V.21 frames without a pause, an end to each carrier.
// - A modem loses the frame that comes with its indicator, in one block of line time: frames wait for the modem.
// - A V.21 frame is begun when eight octets of it are there. Where the others are late, it ends there and then, with a
//   right FCS, and the fax machine hears a good frame that says something else. So a frame waits for its end for a
//   while, and flags go out meanwhile; one that was begun and does not go on gets a wrong FCS.
// - A carrier of which nothing more comes is ended; a preamble of which no frame came gets a broken one, as some
//   machines take the line for dead after a carrier without any (SpanDSP's do).
// - A check of training (TCF) of which nothing comes but its announcement is ended too, with an octet that no machine
//   passes, for the one on the line to say FTT.
// - A tone that was lost and comes with its successors, and CNG when the line has answered, are left out.
// Owned by a Gateway, on its thread. Allocates nothing.
class IfpFeed {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void on_fed(ByteView ifp) = 0;
  };

  IfpFeed(int version, Sink& sink) : version_(version), sink_(sink) {}

  // An IFP that IfpGuard let pass, in the peer's order. `is_check`: what is trained now is but a check of it.
  void put(const IfpResult& packet, bool is_check = false);
  // The machine on the line was heard: its V.21 preamble.
  void note_answer() { is_answered_ = true; }
  // Line time goes on by so many samples at 8 kHz: before SpanDSP makes them,
  void before_line(size_t samples);
  // and after.
  void after_line();

 private:
  class Queue {
   public:
    // False: there is no room.
    bool push(ByteView ifp);
    template <class Take>
    void take_all(Take take);

   private:
    std::array<size_t, 128> sizes_;
    std::array<uint8_t, 1024> octets_;
    size_t count_ = 0, used_ = 0;
  };
  // What is known of the V.21 frame in progress: Held waits for its end, Sent has begun to go out, Dropped was given up
  // and its rest is not wanted.
  enum class Frame : uint8_t { None, Held, Sent, Dropped };
  // What the peer sends and has not ended.
  struct Carrier {
    uint8_t type;  // T.38 table 3
    bool is_hdlc;
    bool has_data;     // more than its announcement has come
    size_t patience;   // samples without an IFP after which it is over
    size_t quiet = 0;  // samples since its last IFP
  };

  static std::optional<Carrier> carrier_after(const Ifp& ifp, bool is_check);
  void put_v21(const IfpResult& packet);
  bool hold(ByteView ifp);
  void release_held();
  void abandon_frame();
  void begin_tone();
  void end_lost_carrier();
  void pass(ByteView ifp);

  const int version_;
  Sink& sink_;
  std::optional<uint8_t> tone_;  // the indicator that begins with the next block
  bool is_answered_ = false;
  std::optional<Carrier> carrier_;
  Frame frame_ = Frame::None;
  Queue held_;
  size_t held_for_ = 0;       // samples
  bool is_starting_ = false;  // the V.21 modem, in the block to come
  Queue starting_;
};

}  // namespace sg::t38
