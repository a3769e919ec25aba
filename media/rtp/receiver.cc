#include "media/rtp/receiver.h"

#include <algorithm>
#include <cstdlib>

namespace sg::media::rtp {
namespace {

// RFC 3550 A.1.
constexpr uint32_t kMaxDropout = 3000;
constexpr uint32_t kMaxMisorder = 100;
constexpr uint32_t kSequenceModulus = 1u << 16;

constexpr Duration kTimestampUnit = 125us;
// A transit time that changes by more than this is a timestamp that jumped, not jitter.
constexpr int32_t kMaxTransitChange = 8000;  // 1 s

}  // namespace

Receiver::Verdict Receiver::on_packet(const Packet& packet, TimePoint arrival, bool times_audio) {
  bool restarted = false;
  if (!has_source_ || packet.ssrc != ssrc_) {
    if (has_source_ && !is_through_probation(packet)) {
      ++stats_.rejected;
      return Verdict::Rejected;
    }
    take_on(packet);
    restarted = true;
  } else {
    candidate_next_.reset();  // two sources at once: the one we have stays
    if (!is_in_sequence(packet.sequence, restarted)) {
      ++stats_.rejected;
      return Verdict::Rejected;
    }
  }

  ++received_;
  ++stats_.packets;
  stats_.octets += packet.payload.size();
  if (times_audio) measure_jitter(packet.timestamp, arrival);
  return restarted ? Verdict::Restarted : Verdict::Accepted;
}

bool Receiver::is_through_probation(const Packet& packet) {
  bool proved = packet.ssrc == candidate_ssrc_ && candidate_next_ == packet.sequence;
  candidate_ssrc_ = packet.ssrc;
  candidate_next_ = static_cast<uint16_t>(packet.sequence + 1);
  return proved;
}

void Receiver::take_on(const Packet& packet) {
  if (has_source_) lost_before_ += lost_of_this_sequence();
  has_source_ = true;
  ssrc_ = packet.ssrc;
  candidate_next_.reset();
  jitter_ = 0;
  ++stats_.sources;
  start_sequence(packet.sequence);
}

void Receiver::start_sequence(uint16_t sequence) {
  highest_ = sequence;
  cycles_ = 0;
  base_ = sequence;
  bad_ = kSequenceModulus + 1;  // no sequence number equals it
  received_ = 0;
  expected_prior_ = 0;
  received_prior_ = 0;
  has_transit_ = false;
}

// RFC 3550 A.1, update_seq().
bool Receiver::is_in_sequence(uint16_t sequence, bool& restarted) {
  auto ahead = static_cast<uint16_t>(sequence - highest_);
  if (ahead < kMaxDropout) {
    if (sequence < highest_) cycles_ += kSequenceModulus;
    highest_ = sequence;
    return true;
  }
  if (ahead > kSequenceModulus - kMaxMisorder) return true;  // duplicate or re-ordered
  // A large jump: believed when the next packet follows it.
  if (sequence != bad_) {
    bad_ = static_cast<uint16_t>(sequence + 1);
    return false;
  }
  lost_before_ += lost_of_this_sequence();
  start_sequence(sequence);
  ++stats_.restarts;
  restarted = true;
  return true;
}

// RFC 3550 A.8.
void Receiver::measure_jitter(uint32_t timestamp, TimePoint arrival) {
  uint32_t transit = static_cast<uint32_t>(arrival.time_since_epoch() / kTimestampUnit) - timestamp;
  auto change = static_cast<int32_t>(transit - transit_);
  bool is_comparable = has_transit_ && change > -kMaxTransitChange && change < kMaxTransitChange;
  transit_ = transit;
  has_transit_ = true;
  if (is_comparable) jitter_ += (std::abs(change) - jitter_) / 16;
}

int64_t Receiver::lost_of_this_sequence() const {
  return int64_t{extended_highest()} - int64_t{base_} + 1 - int64_t{received_};
}

// RFC 3550 A.3.
std::optional<ReportBlock> Receiver::make_report() {
  if (!has_source_) return std::nullopt;
  uint32_t expected = extended_highest() - base_ + 1;
  uint32_t expected_now = expected - expected_prior_;
  int64_t lost_now = int64_t{expected_now} - int64_t{received_ - received_prior_};
  expected_prior_ = expected;
  received_prior_ = received_;

  ReportBlock block;
  block.ssrc = ssrc_;
  if (expected_now > 0 && lost_now > 0)
    block.fraction_lost = static_cast<uint8_t>(std::min<int64_t>(lost_now * 256 / expected_now, 255));
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost_of_this_sequence(), -0x800000, 0x7fffff));
  block.extended_highest_sequence = extended_highest();
  block.jitter = static_cast<uint32_t>(jitter_);
  return block;
}

ReceiverStats Receiver::stats() const {
  ReceiverStats stats = stats_;
  stats.lost = lost_before_ + (has_source_ ? lost_of_this_sequence() : 0);
  stats.jitter_ms = jitter_ / kUnitsPerMillisecond;
  return stats;
}

}  // namespace sg::media::rtp
