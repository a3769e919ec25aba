#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "media/jitter/jitter_stats.h"
#include "media/jitter/playout.h"
#include "media/types.h"
#include "tdm/types.h"

namespace sg::media {

struct JitterOptions {
  tdm::Law law = tdm::Law::A;  // of what get() gives
  Profile profile = Profile::Voice;
  // Voice: how long a packet waits, at the start and as bounds of the adaptation.
  std::chrono::milliseconds start{20}, min{10}, max{200};
  // Fax and data: how long the first packet waits, and with it all others.
  std::chrono::milliseconds fax_depth{60};
  // Fax: how long they wait from its first silence on, where that is more, so that a sender may fall behind by as much
  // in the middle of a signal.
  std::chrono::milliseconds fax_full_depth{0};
};

// Turns RTP packets, which come when they like, into a steady stream of octets, pulled by the TDM tick: the pull is the
// play-out clock. Voice adapts its delay and conceals losses; fax keeps a fixed delay, changes no octet that came, and
// goes on with the signal where one did not (SignalRepeater).
//
// Positions are octets on a time line that get() walks along; put() lays packets onto it by their timestamps. A packet
// that opens a time line (first, restart, timestamp jump) is laid so that it waits for the profile's delay. A packet in
// order that comes after its turn delays play-out, so that it and those behind it are played: its sender has fallen
// behind, and nothing was lost. Late is, and dropped, only what others have overtaken. Where the sender's clock drifts
// away from ours (Drift), fax is kept in step in its silences, of which T.30 has one between any two signals: while
// there is signal, every octet passes as it came. Only if a signal lasts so long that 20 ms have gathered, it is read
// between its samples at the sender's rate (Interpolator) until the next silence. Data are as fax, but for the drift:
// no octet can be spared or made up, so that a sender with another clock costs a slip of the whole delay once it has
// used it up.
//
// Owned by an RtpEndpoint. Media-worker thread only. Allocates at construction only.
class JitterBuffer {
 public:
  explicit JitterBuffer(const JitterOptions& options);
  ~JitterBuffer();
  JitterBuffer(JitterBuffer&&) noexcept;
  JitterBuffer& operator=(JitterBuffer&&) noexcept;

  // Takes a packet's payload, which is in `law`. One octet is one timestamp unit.
  void put(uint32_t timestamp, uint16_t sequence, ByteView octets, tdm::Law law, TimePoint arrival);
  // Audio that a later packet brings once more (RFC 2198): taken where its place is empty and not played yet.
  void fill(uint32_t timestamp, ByteView octets, tdm::Law law);
  // Fills `octets` with the next of the stream, as of the tick at `now`, in JitterOptions::law. Silence before the
  // first packet.
  void get(std::span<uint8_t> octets, TimePoint now);

  // As get(), of a stream that goes on as packets, where nobody's clock has to be fed: while nothing is there in a fax,
  // the stream is held, for a second at most, and nothing put in its place. So it needs no more than fax_depth. False:
  // it is held.
  bool get_or_hold(std::span<uint8_t> octets, TimePoint now);
  // Octets of the stream that were left out since this was last asked, as the sender had paused while it was held.
  size_t take_skipped();
  // Voice: nothing has come for so long that nothing is concealed any more.
  bool is_paused() const;

  // The next packet begins a new time line (Receiver said Restarted); what waits is played first.
  void restart();
  // Changes JitterOptions::law; what waits is converted. The time line and what is known of the drift go on.
  void set_law(tdm::Law law);
  // Changes the profile; what waits is kept and played. `deepen` is of Profile::Fax.
  void set_profile(Profile profile, DepthChange deepen = DepthChange::Fully);
  Profile profile() const;

  JitterStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::media
