#include "media/rtp/rtcp.h"

namespace sg::media::rtp {
namespace {

constexpr Duration kInterval = 5s;  // RFC 3550 6.2
// RFC 3550 A.7: makes up for timer reconsideration, e - 3/2.
constexpr double kCompensation = 2.71828 - 1.5;
// A round trip longer than this is a report about something else.
constexpr uint32_t kMaxRoundTrip = 60u << 16;
constexpr double kMsPerUnit = 1000.0 / 65536;

uint64_t ntp_of(TimePoint time) {
  auto since_epoch = time.time_since_epoch();
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  auto rest = static_cast<uint64_t>((since_epoch - seconds).count());
  return static_cast<uint64_t>(seconds.count()) << 32 | (rest << 32) / 1'000'000'000;
}
uint32_t middle_of(uint64_t ntp) {
  return static_cast<uint32_t>(ntp >> 16);
}

}  // namespace

Rtcp::Rtcp(std::string_view cname, uint32_t seed, TimePoint now) : cname_(cname), random_(seed) {
  next_ = now + draw_interval(kInterval / 2);
}

Duration Rtcp::draw_interval(Duration minimum) {
  double factor = std::uniform_real_distribution<double>(0.5, 1.5)(random_) / kCompensation;
  return std::chrono::duration_cast<Duration>(minimum * factor);
}

size_t Rtcp::report(const Sender& sender, Receiver& receiver, TimePoint now, std::span<uint8_t> datagram) {
  next_ = now + draw_interval(kInterval);
  return write(sender, receiver, now, false, datagram);
}

size_t Rtcp::bye(const Sender& sender, Receiver& receiver, TimePoint now, std::span<uint8_t> datagram) {
  return write(sender, receiver, now, true, datagram);
}

size_t Rtcp::write(const Sender& sender, Receiver& receiver, TimePoint now, bool bye, std::span<uint8_t> datagram) {
  std::optional<SenderInfo> info;
  if (sender.packets() != packets_at_last_report_) {
    info = {.ntp = ntp_of(now),
            .rtp_timestamp = sender.timestamp(),
            .packets = static_cast<uint32_t>(sender.packets()),
            .octets = static_cast<uint32_t>(sender.octets())};
  }
  packets_at_last_report_ = sender.packets();

  auto block = receiver.make_report();
  if (block && last_sr_ != 0 && block->ssrc == peer_ssrc_) {
    block->last_sr = last_sr_;
    block->delay_since_last_sr = middle_of(ntp_of(TimePoint{} + (now - last_sr_at_)));
  }
  ByteView cname(reinterpret_cast<const uint8_t*>(cname_.data()), cname_.size());
  size_t length = write_compound(sender.ssrc(), info, block, cname, bye, datagram);
  if (length > 0) ++stats_.packets_sent;
  return length;
}

bool Rtcp::on_datagram(ByteView datagram, const Sender& sender, TimePoint now) {
  auto compound = Compound::parse(datagram);
  if (!compound) {
    ++stats_.malformed;
    return false;
  }
  ++stats_.packets_received;
  stats_.bye_received |= compound->bye;
  if (compound->sender_info) {
    peer_ssrc_ = compound->ssrc;
    last_sr_ = middle_of(compound->sender_info->ntp);
    last_sr_at_ = now;
  }
  for (size_t i = 0; i < compound->block_count; ++i) {
    const ReportBlock& block = compound->blocks[i];
    if (block.ssrc != sender.ssrc()) continue;
    ++stats_.reports;
    stats_.remote_loss = block.fraction_lost / 256.0;
    stats_.remote_jitter_ms = block.jitter / 8.0;
    if (block.last_sr == 0) continue;
    uint32_t round_trip = middle_of(ntp_of(now)) - block.last_sr - block.delay_since_last_sr;
    if (round_trip < kMaxRoundTrip) stats_.round_trip_ms = round_trip * kMsPerUnit;
  }
  return true;
}

}  // namespace sg::media::rtp
