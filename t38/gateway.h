#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "t38/fax_event.h"
#include "t38/ifp.h"
#include "t38/params.h"

namespace sg::t38 {

struct GatewayOptions {
  Params local{};   // what we told the peer
  Params remote{};  // what the peer told us
  bool ecm = true;
  bool v17 = true, v29 = true, v27ter = true;
  int max_bit_rate = 14400;             // bit/s; the lower of this and of both Params holds
  bool talker_echo_protection = false;  // a tone before fast modem signals, for lines with echo suppressors
};

struct GatewayStats {
  int pages = 0;  // confirmed by a post-message response
  int bit_rate = 0;
  bool ecm = false;
  bool ended_by_dcn = false;
  uint64_t ifps_refused = 0;  // by the guard
  uint64_t ifps_missing = 0;
};

// A T.38 gateway for one call: audio with 8 kHz 16-bit samples on one side, IFP packets on the other.
// Owned by a session, on its thread. Time is the audio: tx_audio() must be called for every block of line time.
class Gateway {
 public:
  // Called during rx_audio(), tx_audio() and rx_ifp(). on_ifp(): a packet to send to the peer.
  class Listener : public IfpSink {
   public:
    virtual void on_fax_event(const FaxEvent& event) = 0;
  };

  Gateway(const GatewayOptions& options, Listener& listener);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // A new negotiation in mid-fax. Modems and ECM hold for the machines' next DIS, fill bit removal for the next page,
  // what SpanDSP needs of the peer's limits at once. The version stays.
  void change(const GatewayOptions& options);

  // Audio from the fax machine. The samples are scratched: SpanDSP removes their DC in place.
  void rx_audio(std::span<int16_t> samples);
  // The same length of line time, of which the audio was lost.
  void rx_lost_audio(size_t samples);
  // Audio to the fax machine: fills all of `samples`, with silence where there is nothing to say.
  void tx_audio(std::span<int16_t> samples);
  // A packet from the peer, in order; a gap in `sequence` tells of lost ones. False when the guard refused it.
  bool rx_ifp(ByteView ifp, uint16_t sequence);
  // Sends a no-signal indicator: opens NAT bindings and shows the peer that we live.
  void send_no_signal();

  GatewayStats stats() const;

  // Whether the modems' filters run on AVX2 (dot_products.h).
  static bool has_fast_filters();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg::t38
