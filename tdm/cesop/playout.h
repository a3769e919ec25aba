#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace sg::tdm::cesop {

// The receive buffer of one span: puts packets into the order of their sequence numbers and hands out one for each
// packet time. What did not come is handed out as lost, and the place of everything after it stays right; only a slip
// moves it, by whole packets, and is counted.
// Owned by the Span, under its lock. No I/O, no clock, no allocation after construction.
class Playout {
 public:
  struct Config {
    size_t payload_octets = 0;
    // Packets to hold before the first is handed out: what the peer may be late.
    size_t depth = 1;
    // When for a whole `review` of packet times never fewer than this waited, one is dropped: a slip.
    size_t highest = 64;
    size_t review = 400;
  };
  struct Stats {
    uint64_t received = 0, lost = 0, late = 0, duplicate = 0, reordered = 0;
    uint64_t underruns = 0, overruns = 0;  // slips: a packet time of idle put in, a packet taken out
    uint64_t restarts = 0;                 // the peer began a new sequence
  };
  enum class What : uint8_t {
    Idle,      // nothing plays: not begun, or begun anew
    Packet,    // `payload` is what the peer sent
    Lost,      // its packet did not come
    Underrun,  // all came late: a slip
  };
  struct Next {
    What what = What::Idle;
    ByteView payload;  // good until the next call of receive(); empty where the sender left it out
  };

  explicit Playout(const Config& config);

  void receive(uint16_t sequence, ByteView payload);
  // One packet time passes.
  Next next();
  // The next packet in order as soon as it is here, for what needs no even flow (a D-channel). Lost: its time passed
  // without it, or the sequence began anew. None: it did not come yet.
  std::optional<Next> early();
  // Forgets all that waits: what comes next begins anew, with its own sequence number.
  void reset();

  // Packets from the next to be handed out to the newest, lost ones among them.
  size_t waiting() const;
  // How many of them are beyond the depth: packet times that the peer's clock has passed and we have not.
  size_t owed() const;
  // The next is due to come, and did not yet.
  bool is_empty() const { return playing_ && waiting() == 0; }
  const Stats& stats() const { return stats_; }

 private:
  static constexpr size_t kWindow = 512;  // packets

  struct Slot {
    bool present = false;
    bool was_here = false;  // handed out already
    uint16_t sequence = 0;
    Bytes payload;
  };
  Slot& slot(uint16_t sequence) { return slots_[sequence % kWindow]; }
  void store(uint16_t sequence, ByteView payload);
  void begin(uint16_t sequence, ByteView payload);
  bool is_new_sequence(uint16_t sequence);
  void drop_if_always_full();

  Config config_;
  std::vector<Slot> slots_;
  bool begun_ = false;    // something came
  bool playing_ = false;  // the depth was reached
  uint16_t play_ = 0;
  uint16_t newest_ = 0;
  uint16_t early_ = 0;            // what early() hands out next
  bool is_early_broken_ = false;  // what it hands out next does not follow what it handed out last
  int stray_ = -1;                // the sequence number that would prove a new sequence, or -1
  size_t reviewed_ = 0;
  size_t fewest_waiting_ = kWindow;
  Stats stats_;
};

}  // namespace sg::tdm::cesop
