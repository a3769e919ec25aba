#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/reactor.h"
#include "base/socket_address.h"
#include "tdm/backend.h"

// E1 and T1 spans over UDP: CESoPSN basic service without CAS (RFC 5086), "the card" of a machine that has none.
namespace sg::tdm::cesop {

// Given: the span ticks by this machine's clock (and an offset), as an exchange does.
// Recovered: it ticks by what arrives, as a subscriber does: one packet time for each packet time of the peer's
// sequence numbers. So both ends move the same count of octets, and no wake-up that comes late makes a slip. Only when
// nothing came for a quarter of a second it goes on by its own timer, at the rate last seen (hold-over).
// A given clock in turn waits up to 200 ms for a peer whose packets are late, and catches up afterwards.

struct SpanConfig {
  uint16_t number = 1;
  SpanType type = SpanType::E1;  // or T1
  SocketAddress local{};
  SocketAddress remote{};
  ClockSource clock = ClockSource::Recovered;
  double ppm = 0;  // how much faster than this machine's clock a given clock runs
  // Frames (of 125 us) a packet, the same at both ends. 40 (5 ms) is the most that divides a block of 20 ms, fits an
  // Ethernet packet with all timeslots of an E1 (1 240 octets), and so wakes the fewest threads.
  unsigned frames_per_packet = 40;
  bool rtp_header = false;
  // Packets that are held back: to absorb the peer's delays where the clock is given, to put them into order where it
  // is recovered. 0: 40 ms where given, 2 packets where recovered.
  unsigned playout_packets = 0;
  // What a bearer must have written, beyond one block, before any of it is sent. It is all delay, but a worker may come
  // 60 ms late while the span catches up at its fastest, and no fax page survives a slip.
  std::chrono::milliseconds transmit_margin{100};
};

// What can be done wrong on purpose, for an exchange simulator. Any thread; a span that does not exist is ignored.
class Faults {
 public:
  virtual ~Faults() = default;
  virtual void set_ppm(uint16_t span, double ppm) = 0;    // where the clock is given
  virtual void send_ais(uint16_t span, bool on) = 0;      // L bit: the peer sees BLUE
  virtual void send_rai(uint16_t span, bool on) = 0;      // M bits 10: the peer sees YELLOW
  virtual void stop_sending(uint16_t span, bool on) = 0;  // the peer sees RED, this end YELLOW
  // The D-channels carry all ones instead of frames, both ways.
  virtual void cut_dchannel(uint16_t span, bool on) = 0;
  // Part of the bits sent that are wrong, 0 to 0.1; in one timeslot or (0) in all.
  virtual void set_bit_error_rate(uint16_t span, uint8_t timeslot, double rate) = 0;
};

// The spans of one process, moved by one thread of their own, of real-time priority where the system allows it.
// Owned by the Application. Whatever was opened may outlive it: it then says that the span is gone.
class Backend : public tdm::Backend, public Faults {};

// `reactor` is where the listener is called. Error: a configuration that makes no sense, or a port that is in use.
Result<std::unique_ptr<Backend>> make_backend(const std::vector<SpanConfig>& spans, Reactor& reactor,
                                              Counters& counters);

}  // namespace sg::tdm::cesop
