#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "media/rtp/receiver.h"
#include "media/rtp/rtcp_packet.h"
#include "media/rtp/sender.h"

namespace sg::media::rtp {

struct RtcpStats {
  uint64_t packets_sent = 0, packets_received = 0, malformed = 0;
  double round_trip_ms = 0;  // RFC 3550 6.4.1, last measured; 0: never yet
  uint64_t reports = 0;      // of the peer's about our packets
  double remote_loss = 0;    // of our packets, as the peer last told: 0 … 1, since its report before
  double remote_jitter_ms = 0;
  bool bye_received = false;
};

// RTCP of one RTP session with one peer: when to send, what to send, what the peer's reports say. The interval is that
// of RFC 3550 6.2 for two members: 5 s, half of it before the first report, each times 0.5 … 1.5 by chance and over e -
// 3/2 (A.7). Owned by an RtpEndpoint. Media-worker thread only.
class Rtcp {
 public:
  static constexpr size_t kMaxOctets = 400;  // of a datagram that we send

  // `seed`: for the randomised interval, so that tests can repeat it.
  Rtcp(std::string_view cname, uint32_t seed, TimePoint now);

  // When report() is due.
  TimePoint next() const { return next_; }
  // Writes the report that is due and sets next(). Returns its length; 0: `datagram` is too small.
  // NTP timestamps count from the steady clock's epoch, as RFC 3550 section 4 allows.
  size_t report(const Sender& sender, Receiver& receiver, TimePoint now, std::span<uint8_t> datagram);
  // The last one: a report with BYE.
  size_t bye(const Sender& sender, Receiver& receiver, TimePoint now, std::span<uint8_t> datagram);

  // False: no compound RTCP packet; counted.
  bool on_datagram(ByteView datagram, const Sender& sender, TimePoint now);

  const RtcpStats& stats() const { return stats_; }

 private:
  size_t write(const Sender& sender, Receiver& receiver, TimePoint now, bool bye, std::span<uint8_t> datagram);
  Duration draw_interval(Duration minimum);

  std::string cname_;
  std::minstd_rand random_;
  TimePoint next_;
  uint64_t packets_at_last_report_ = 0;
  uint32_t peer_ssrc_ = 0;
  uint32_t last_sr_ = 0;
  TimePoint last_sr_at_;
  RtcpStats stats_;
};

}  // namespace sg::media::rtp
