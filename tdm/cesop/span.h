#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/counters.h"
#include "tdm/cesop/alarms.h"
#include "tdm/cesop/backend.h"
#include "tdm/cesop/clock_recovery.h"
#include "tdm/cesop/packet.h"
#include "tdm/cesop/packet_clock.h"
#include "tdm/cesop/playout.h"
#include "tdm/cesop/ports.h"

namespace sg::tdm::cesop {

// One span without its socket and thread: datagrams and the time go in, datagrams come out, the ports of what is open
// are served. Owned by the backend, which holds its lock around every call. After construction only the D-channel
// allocates.
class Span {
 public:
  // How long a given clock waits for a peer that is late. Beyond it what is missing is played as idle: a slip.
  static constexpr Duration kPatience = 200ms;

  struct FaultState {
    bool ais = false, rai = false, silent = false, dchannel_cut = false;
    double bit_error_rate = 0;
    uint8_t bit_error_timeslot = 0;  // 0: all
  };

  Span(const SpanConfig& config, TimePoint now);

  // What came from the peer. Anything: what is no packet is counted.
  void receive(ByteView datagram, TimePoint now);
  // A datagram from another address than the peer's.
  void count_foreign() { ++foreign_; }

  // A packet time is to be moved now: call tick(). Ask until it is not so, and again at next_wake().
  bool is_due(TimePoint now);
  // Moves one packet time both ways. What is to be sent, good until the next call; empty: nothing.
  ByteView tick(TimePoint now);
  TimePoint next_wake(TimePoint now) const;
  // Wakes the groups of which a block ended in the ticks since.
  void signal_blocks();

  AlarmSet alarms() const { return alarms_.alarms(); }
  SpanStatus status() const;
  FaultState& faults() { return faults_; }
  void set_ppm(double ppm) { clock_.set_ppm(ppm); }

  // Error: not a timeslot of this span, or open already.
  Result<std::shared_ptr<BearerPort>> open_bearer(Timeslot slot, const BearerOptions& options);
  Result<std::shared_ptr<DChannelPort>> open_dchannel(Timeslot slot);
  void close(uint8_t slot);
  // Wakes whoever waits on anything that is open.
  void signal_all();

 private:
  struct Slot {
    std::shared_ptr<BearerPort> bearer;
    std::shared_ptr<DChannelPort> dchannel;
  };

  Result<> check_free(Timeslot slot) const;
  void keep_clock(TimePoint now);
  bool waits_for_peer(TimePoint now) const;
  void deliver(const Playout::Next& next);
  void deliver_dchannels();
  // One timeslot's octets of a packet, into one_slot_.
  void take_slot(ByteView payload, size_t number);
  void collect(std::span<uint8_t> payload);
  void add_bit_errors(std::span<uint8_t> payload);
  uint32_t random();

  SpanConfig config_;
  size_t timeslots_;
  size_t payload_octets_;
  uint8_t idle_;

  Playout playout_;
  PacketClock clock_;
  ClockRecovery recovery_;
  Alarms alarms_;
  FaultState faults_;

  std::vector<Slot> slots_;  // by number; 0 is not used
  std::map<unsigned, SignalTicks> ticks_;
  std::vector<SignalTicks*> to_signal_;

  TimePoint last_arrival_;
  uint64_t frames_ = 0;  // moved since the start
  uint16_t sequence_;
  uint32_t ssrc_;
  uint32_t random_;
  Bytes one_slot_;  // of one packet
  Bytes payload_;
  Bytes datagram_;

  uint64_t sent_ = 0;
  uint64_t malformed_ = 0;
  uint64_t foreign_ = 0;
};

}  // namespace sg::tdm::cesop
