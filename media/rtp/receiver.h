#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "media/rtp/packet.h"
#include "media/rtp/rtcp_packet.h"

namespace sg::media::rtp {

struct ReceiverStats {
  uint64_t packets = 0;   // accepted
  uint64_t octets = 0;    // of their payload
  uint64_t rejected = 0;  // of a source on probation, or out of sequence by more than RFC 3550 A.1 allows
  uint64_t sources = 0;   // SSRCs that were taken on, one after the other
  uint64_t restarts = 0;  // of the sequence within one source
  int64_t lost = 0;       // expected less received, all sources; duplicates make it smaller (RFC 3550 6.4.1)
  double jitter_ms = 0;   // RFC 3550 6.4.1, A.8
};

// The receiving half of one RTP stream: which packets belong to it, and how well they come (RFC 3550 A.1, A.3, A.8).
// The first source is taken on at once, since signalling announced it; another one has to show two packets in
// sequence before it replaces the first (probation). Owned by an RtpEndpoint. Media-worker thread only.
class Receiver {
 public:
  enum class Verdict : uint8_t {
    Accepted,
    Restarted,  // accepted, and the first of a new source or a new sequence: JitterBuffer::restart() goes before put()
    Rejected,
  };

  // `times_audio`: false for packets whose timestamp is not their time of sending (telephone events), which would spoil
  // the jitter estimate.
  Verdict on_packet(const Packet& packet, TimePoint arrival, bool times_audio = true);

  // What RTCP tells the sender; the fraction lost is since the last call. Nothing before a source is taken on.
  // LSR and DLSR are left to the caller.
  std::optional<ReportBlock> make_report();

  uint32_t ssrc() const { return ssrc_; }
  ReceiverStats stats() const;

 private:
  void take_on(const Packet& packet);
  void start_sequence(uint16_t sequence);
  bool is_through_probation(const Packet& packet);
  bool is_in_sequence(uint16_t sequence, bool& restarted);
  void measure_jitter(uint32_t timestamp, TimePoint arrival);
  uint32_t extended_highest() const { return cycles_ + highest_; }
  int64_t lost_of_this_sequence() const;

  bool has_source_ = false;
  uint32_t ssrc_ = 0;

  // RFC 3550 A.1, in its words.
  uint16_t highest_ = 0;
  uint32_t cycles_ = 0;
  uint32_t base_ = 0;
  uint32_t bad_ = 0;
  uint32_t received_ = 0;
  uint32_t expected_prior_ = 0;
  uint32_t received_prior_ = 0;

  uint32_t candidate_ssrc_ = 0;
  std::optional<uint16_t> candidate_next_;  // the sequence number that would prove the candidate

  bool has_transit_ = false;
  uint32_t transit_ = 0;
  double jitter_ = 0;  // in timestamp units

  int64_t lost_before_ = 0;  // of earlier sources and sequences
  ReceiverStats stats_;
};

}  // namespace sg::media::rtp
