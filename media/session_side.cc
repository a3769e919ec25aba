#include "media/session_side.h"

#include <algorithm>

namespace sg::media {
namespace {

using enum DatagramIo::Comes;

UdptlStats& operator+=(UdptlStats& sum, const UdptlStats& more) {
  sum.packets_sent += more.packets_sent;
  sum.packets_received += more.packets_received;
  sum.lost += more.lost;
  sum.recovered_redundancy += more.recovered_redundancy;
  sum.recovered_fec += more.recovered_fec;
  sum.late += more.late;
  sum.duplicate += more.duplicate;
  sum.malformed += more.malformed;
  sum.too_long += more.too_long;
  sum.oversize += more.oversize;
  sum.redundancy = more.redundancy;
  return sum;
}

tdm::BearerStats& operator+=(tdm::BearerStats& sum, const tdm::BearerStats& more) {
  sum.read_overruns += more.read_overruns;
  sum.write_underruns += more.write_underruns;
  return sum;
}

}  // namespace

SessionSide::SessionSide(SessionId session, Side which, SessionContext& context)
    : session_(session),
      which_(which),
      context_(context),
      ports_(context.datagrams, session),
      heard_(context.config.block_octets),
      tones_(context.config.hold_music) {}

SessionSide::~SessionSide() {
  if (packets_ && packets_ == rtp_.get()) rtp_->say_goodbye(context_.clock.now());
}

void SessionSide::give_ports(PortPair ports) {
  ports_.give(std::move(ports));
}

void SessionSide::use_rtp(const RtpSettings& settings, Profile profile) {
  const TimePoint now = context_.clock.now();
  is_timeout_told_ = false;
  if (!rtp_) {
    rtp_ = std::make_unique<RtpEndpoint>(context_, ports_, settings, profile, now);
  } else {
    rtp_->change(settings, now);
    if (packets_ != rtp_.get()) rtp_->restart();
  }
  packets_ = rtp_.get();
}

void SessionSide::use_t38(const T38Settings& settings, t38::UdptlReceiver::Listener& ifps, TimePoint line) {
  is_timeout_told_ = false;
  t38_ = std::make_unique<T38Endpoint>(context_, ports_, settings, ifps, context_.clock.now(), line);
  if (rtp_) t38_->take_over(rtp_->peer());
  packets_ = t38_.get();
  ports_.expect(NowAndThen);
}

void SessionSide::end_t38() {
  earlier_udptl_ += t38_->stats();
  t38_.reset();
  packets_ = nullptr;
  ports_.expect(EachTick);
}

void SessionSide::give_bearer(tdm::Timeslot slot, std::unique_ptr<tdm::Bearer> bearer, const tdm::ToneZone* busy_tones,
                              Profile profile) {
  bearer_ = std::make_unique<BearerEndpoint>(session_, which_, context_, slot, std::move(bearer), busy_tones, profile);
}

void SessionSide::drop_bearer() {
  if (!bearer_) return;
  earlier_bearers_ += bearer_->bearer().stats();
  bearer_.reset();
  fax_tones_.forget_onset();
}

void SessionSide::set_profile(Profile profile, DepthChange deepen) {
  if (rtp_) rtp_->set_profile(profile, deepen);
  if (bearer_) bearer_->set_profile(profile);
}

void SessionSide::rest() {
  if (rtp_) rtp_->restart();
  ports_.expect(Hardly);
}

void SessionSide::wake() {
  ports_.expect(EachTick);
}

void SessionSide::send_digit(char digit, std::chrono::milliseconds length) {
  Endpoint* to = endpoint();
  if (!to || !to->send_digit(digit, length)) tones_.play_digit(digit, length);
}

tdm::Law SessionSide::law() const {
  if (is_on_bearer()) return bearer_->law();
  return rtp_ ? rtp_->law() : tdm::Law::A;
}

bool SessionSide::generate(AudioBlock& block) {
  if (!tones_.is_playing()) return false;
  tones_.generate(block.begin_linear());
  return true;
}

void SessionSide::look_after(TimePoint now) {
  ports_.drain_control([&](const Datagram& datagram) {
    if (packets_) packets_->on_control(datagram);
  });
  PacketEndpoint* speaker = packets();
  if (speaker) speaker->report(now);
  const bool is_silent = speaker && speaker->has_timed_out(now);
  if (is_silent && !is_timeout_told_) tell(MediaTimeout{which_});
  is_timeout_told_ = is_silent;
}

void SessionSide::begin_fax() {
  told_ = losses();
  rtp_before_fax_ = rtp_ ? rtp_->stats().packets_received : 0;
}

SessionSide::Losses SessionSide::losses() const {
  const SideStats now = stats();
  const uint64_t filled = std::min(now.rtp.recovered, now.rtp.lost);
  // A packet of audio that came too late is lost as well.
  return {.rtp = {.lost = now.rtp.lost - filled + now.rtp.late, .recovered = now.rtp.recovered},
          .t38 = {.lost = now.udptl.lost, .recovered = now.udptl.recovered_redundancy + now.udptl.recovered_fec},
          .slips = now.bearer.read_overruns + now.bearer.write_underruns};
}

void SessionSide::tell_losses() {
  const Losses now = losses();
  tell_lost(now.rtp, told_.rtp, true);
  tell_lost(now.t38, told_.t38, false);
  const uint64_t slips = now.slips > told_.slips ? now.slips - told_.slips : 0;
  if (slips > 0) tell(MediaImpairment{which_, MediaImpairment::Kind::Slip, slips, 0});
  told_ = now;
  if (!packets()) return;
  if (auto rise = packets()->follow_loss()) tell(RedundancyRaised{which_, rise->from, rise->to, rise->loss});
}

void SessionSide::tell_lost(const Losses::Packets& now, const Losses::Packets& told, bool in_audio) {
  // A packet that was only late makes the loss smaller again.
  const uint64_t lost = now.lost > told.lost ? now.lost - told.lost : 0;
  const uint64_t recovered = now.recovered > told.recovered ? now.recovered - told.recovered : 0;
  if (lost + recovered > 0) tell(MediaImpairment{which_, MediaImpairment::Kind::Loss, lost, recovered, in_audio});
}

SideStats SessionSide::stats() const {
  SideStats all;
  if (rtp_) all.rtp = rtp_->stats();
  all.udptl = earlier_udptl_;
  if (t38_) all.udptl += t38_->stats();
  all.bearer = earlier_bearers_;
  if (bearer_) all.bearer += bearer_->bearer().stats();
  all.rtp_before_fax = rtp_before_fax_;
  return all;
}

}  // namespace sg::media
