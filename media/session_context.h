#pragma once

#include <random>

#include "media/command.h"
#include "media/datagrams.h"

namespace sg::media {

// Counters of all sessions, looked up once.
struct MediaCounters {
  explicit MediaCounters(Counters& counters)
      : rtp_malformed(counters.get("media.rtp.malformed")),
        rtp_foreign(counters.get("media.rtp.foreign_source")),
        rtp_latched(counters.get("media.rtp.latched")),
        rtp_unknown_payload(counters.get("media.rtp.unknown_payload_type")),
        rtp_redundancy_raised(counters.get("media.rtp.redundancy_raised")),
        rtcp_malformed(counters.get("media.rtcp.malformed")),
        rtcp_foreign(counters.get("media.rtcp.foreign_source")),
        udptl_malformed(counters.get("media.udptl.malformed")),
        udptl_foreign(counters.get("media.udptl.foreign_source")),
        udptl_latched(counters.get("media.udptl.latched")),
        udptl_redundancy_raised(counters.get("media.udptl.redundancy_raised")),
        udptl_stray_rtp(counters.get("media.udptl.stray_rtp")),
        udptl_too_long(counters.get("media.udptl.too_long")),
        udptl_oversize(counters.get("media.udptl.oversize")),
        ifp_refused(counters.get("media.udptl.ifp_refused")),
        rested(counters.get("media.sessions_rested")),
        unexpected(counters.get("media.unexpected_datagrams")),
        send_failed(counters.get("media.send_failed")) {}

  Counter& rtp_malformed;
  Counter& rtp_foreign;  // not from the peer that we know
  Counter& rtp_latched;  // peers that send from elsewhere than they told
  Counter& rtp_unknown_payload;
  Counter& rtp_redundancy_raised;  // by one (RFC 2198), as packets were lost
  Counter& rtcp_malformed;
  Counter& rtcp_foreign;
  Counter& udptl_malformed;
  Counter& udptl_foreign;
  Counter& udptl_latched;
  Counter& udptl_redundancy_raised;  // by one, as the peer's packets were lost
  Counter& udptl_stray_rtp;          // audio that came after the swap to T.38
  Counter& udptl_too_long;           // IFPs that no datagram of ours holds; dropped
  Counter& udptl_oversize;           // datagrams above the peer's limit, as their IFP alone was
  Counter& ifp_refused;              // IFPs of a peer that do not add up; dropped
  Counter& rested;                   // times that a session came to rest
  Counter& unexpected;               // before the peer's media was agreed upon
  Counter& send_failed;
};

// What a worker lends to all of its sessions. Media-worker thread only.
struct SessionContext {
  SessionContext(const Config& settings, EventSink& sink, Counters& all, DatagramIo& io, const Clock& time,
                 uint32_t seed)
      : config(settings),
        events(sink),
        counters(all),
        datagrams(io),
        clock(time),
        block_time(std::chrono::microseconds(125) * static_cast<int64_t>(settings.block_octets)),
        random(seed) {}

  const Config& config;
  EventSink& events;
  MediaCounters counters;
  DatagramIo& datagrams;
  const Clock& clock;  // for what happens between ticks
  const Duration block_time;
  std::mt19937 random;  // where streams start (RFC 3550 5.1)
};

}  // namespace sg::media
