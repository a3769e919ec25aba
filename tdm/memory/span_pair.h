#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/reactor.h"
#include "tdm/backend.h"

namespace sg::tdm {

// Two spans wired back to back in memory, under a clock that only advance() moves: what one end writes to a timeslot
// the other end reads from the timeslot of the same number, octet by octet. A pair of analog cards has the wires
// between their ports too (see AnalogWire): audio then passes to a port whose Line is open, and from it, only where the
// hooks let it. For tests.
// Owned by the test. advance() and the faults are for one thread; bearers and D-channels may be used from others.
// Whatever was opened may outlive the pair: it then says that the span is gone.
class SpanPair {
 public:
  enum class End : uint8_t { A, B };
  enum class FrameFate : uint8_t { Deliver, Lose, Corrupt };
  using FrameFilter = std::function<FrameFate(ByteView frame)>;

  struct Options {
    SpanType type = SpanType::E1;
    // The span's number as each end calls it.
    uint16_t number_a = 1;
    uint16_t number_b = 1;
    // Of analog cards. End B has what belongs at the other end of what A has: Fxo at Fxs, EAndM at EAndM.
    uint8_t ports = 24;
    LineKind kind_a = LineKind::Fxs;
    LineStart start = LineStart::Kewl;
    std::map<uint8_t, LineKind> kinds_a = {};  // of A's ports that are of another kind than kind_a
  };

  // Blocks that a bearer holds each way. When a received one more comes, the oldest is lost (read_overruns); when one
  // more is written, it is refused.
  static constexpr size_t kQueuedBlocks = 4;

  // Each end's listener is called on its own reactor.
  SpanPair(Reactor& reactor_a, Reactor& reactor_b, const Options& options);
  explicit SpanPair(Reactor& reactor) : SpanPair(reactor, reactor, Options{}) {}
  SpanPair(Reactor& reactor, const Options& options) : SpanPair(reactor, reactor, options) {}
  ~SpanPair();

  Backend& a() { return *a_; }
  Backend& b() { return *b_; }
  // The same backend once more, for whoever insists on owning one.
  std::unique_ptr<Backend> handle(End end) const;

  // Moves every timeslot's octets, 8 a millisecond, both ways. Where nothing was written, idle is sent; that counts as
  // write_underruns once the bearer was written to. Parts of 125 us are kept for the next call.
  void advance(Duration by);
  void advance_octets(size_t octets);

  // D-channel frames cross at once, when written. The filter judges each frame that `from` sends; none: all pass. A
  // corrupt frame is counted as bad FCS by the receiving end and never read. The filter must not call the pair.
  void filter_frames(End from, FrameFilter filter);
  // Loses all frames, both ways, until mended.
  void cut_dchannel(bool cut);

  // Whether the bearer that is open there was told to cancel echo.
  bool cancels_echo(End end, uint8_t slot) const;

  // What `end` sees from now on. Octets and frames go on as before: alarms are only told.
  void set_alarms(End end, AlarmSet alarms);
  // As if the card was pulled: all that is open at this end fails, kAlarmRemoved is told.
  void remove(End end);

 private:
  class Shared;
  class EndBackend;
  class MemoryBearer;
  class MemoryDChannel;

  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Backend> a_;
  std::unique_ptr<Backend> b_;
};

}  // namespace sg::tdm
