#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "t38/params.h"

// UDPTL, the transport of T.38 over UDP (ITU-T T.38 clause 9.1). No sockets: datagrams and the time go in, IFPs come
// out.
namespace sg::t38 {

struct UdptlCounters {
  uint64_t received = 0;              // datagrams that parsed
  uint64_t lost = 0;                  // IFPs given up
  uint64_t recovered_redundancy = 0;  // IFPs taken from a later datagram's secondaries
  uint64_t recovered_fec = 0;         // IFPs computed from FEC entries
  uint64_t late = 0;                  // datagrams whose IFP had been delivered by other means, or given up
  uint64_t duplicate = 0;
  uint64_t malformed = 0;
};

// Whether a datagram has the form of a UDPTL packet (T.38 clause 9.1.3).
bool is_udptl(ByteView datagram);

// Receives one peer's datagrams and delivers each IFP once and in order. Repairs losses from redundancy and FEC at
// once; what is still missing is waited for, but never longer than `reorder_wait`.
// Owned by one thread. Allocates at construction only.
class UdptlReceiver {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // `sequence` grows by one from IFP to IFP, modulo 65536; a gap means loss. `ifp` is good during the call.
    virtual void on_udptl_ifp(uint16_t sequence, ByteView ifp) = 0;
  };
  struct Options {
    Duration reorder_wait = 60ms;
    size_t max_ifp = 560;  // octets; a datagram with a longer primary IFP counts as malformed
  };

  explicit UdptlReceiver(Listener& listener);
  UdptlReceiver(Listener& listener, Options options);
  ~UdptlReceiver();
  UdptlReceiver(const UdptlReceiver&) = delete;
  UdptlReceiver& operator=(const UdptlReceiver&) = delete;

  // False, and counted as malformed, when the datagram is no UDPTL packet.
  bool receive(ByteView datagram, TimePoint now);
  // Gives up what has been waited for long enough. Call on each tick, or at deadline().
  void poll(TimePoint now);
  // When poll() has something to do next; nothing while no IFP is missing.
  std::optional<TimePoint> deadline() const;

  const UdptlCounters& counters() const;

 private:
  class Window;
  std::unique_ptr<Window> window_;
};

// Puts IFPs into datagrams that the peer can take, with as much error correction as fits. An IFP is never cut.
// Owned by one thread. Allocates nothing.
class UdptlSender {
 public:
  static constexpr int kMaxRedundancy = 15;
  static constexpr int kMaxFecReach = 32;       // span times entries
  static constexpr size_t kMaxIfp = 400;        // octets; longer ones are refused: IfpPieces cuts them
  static constexpr size_t kMaxDatagram = 1400;  // octets; a buffer of this size is always enough

  struct Options {
    ErrorCorrection error_correction = ErrorCorrection::Redundancy;
    int redundancy = 3;  // earlier IFPs in each datagram, at most
    // The same where they are short, if more: V.21, of which each octet counts, costs next to nothing.
    int short_redundancy = 0;
    int fec_span = 3;  // IFPs that one FEC entry covers
    int fec_entries = 3;
    size_t max_datagram = 400;  // octets that the peer takes: its T38FaxMaxDatagram
  };
  // What the peer's Params ask for, with our own depth of redundancy where it lies between the peer's limits.
  static Options options_for(const Params& peer, int redundancy);

  explicit UdptlSender(const Options& options) : options_(options) {}

  // Builds the next datagram in `buffer` and returns it. Empty, with nothing sent and no number used, when the IFP
  // alone would not fit the buffer or kMaxIfp. A peer's max_datagram smaller than the bare IFP is exceeded.
  ByteView send(ByteView ifp, std::span<uint8_t> buffer);
  // From the next datagram on; the stream goes on.
  void set_options(const Options& options) { options_ = options; }
  // Redundancy mode only.
  void set_redundancy(int depth) { options_.redundancy = depth; }
  int redundancy() const { return options_.redundancy; }
  // The latest datagram should have carried an earlier IFP, and the peer's limit left no room for one.
  bool is_bare() const { return is_bare_; }

  uint64_t refused() const { return refused_; }    // IFPs too long to send
  uint64_t oversize() const { return oversize_; }  // datagrams above the peer's limit, as their IFP alone was

 private:
  static constexpr size_t kHistory = kMaxFecReach + 1;
  struct Sent {
    uint16_t octets = 0;
    std::array<uint8_t, kMaxIfp> ifp;
  };
  ByteView earlier(size_t back) const;
  void write_redundancy(ByteWriter& out, size_t room);
  void write_fec(ByteWriter& out, size_t room) const;

  Options options_;
  uint64_t next_ = 0;  // number of the next datagram, not wrapped
  bool is_bare_ = false;
  uint64_t refused_ = 0;
  uint64_t oversize_ = 0;
  std::array<Sent, kHistory> history_;
};

}  // namespace sg::t38
