#include "gateway/app/sip_trunk.h"

#include "base/log.h"

namespace sg::app {
namespace {

call::T38Ask ask_of(conf::T38Mode mode) {
  switch (mode) {
    case conf::T38Mode::Preamble:
      return call::T38Ask::Preamble;
    case conf::T38Mode::Ced:
      return call::T38Ask::Ced;
    case conf::T38Mode::Cng:
      return call::T38Ask::Cng;
    case conf::T38Mode::AtOnce:
      return call::T38Ask::AtOnce;
    case conf::T38Mode::Peer:
      return call::T38Ask::Peer;
    case conf::T38Mode::Never:
      return call::T38Ask::Never;
  }
  return call::T38Ask::Never;
}

t38::ErrorCorrection error_correction_of(conf::ErrorCorrection correction) {
  switch (correction) {
    case conf::ErrorCorrection::None:
      return t38::ErrorCorrection::None;
    case conf::ErrorCorrection::Redundancy:
      return t38::ErrorCorrection::Redundancy;
    case conf::ErrorCorrection::Fec:
      return t38::ErrorCorrection::Fec;
  }
  return t38::ErrorCorrection::None;
}

call::VoiceBandData voice_band_data_of(conf::VoiceBandData vbd) {
  switch (vbd) {
    case conf::VoiceBandData::Offer:
      return call::VoiceBandData::Offer;
    case conf::VoiceBandData::Answer:
      return call::VoiceBandData::Answer;
    case conf::VoiceBandData::Never:
      return call::VoiceBandData::Never;
  }
  return call::VoiceBandData::Never;
}

sip::IdentityPolicy identity_of(const conf::SipTrunk& trunk) {
  sip::IdentityPolicy policy;
  switch (trunk.identity) {
    case conf::SipIdentity::Pai:
      policy.identity = sip::IdentityStyle::Asserted;
      break;
    case conf::SipIdentity::Rpid:
      policy.identity = sip::IdentityStyle::RemoteParty;
      break;
    case conf::SipIdentity::From:
      policy.identity = sip::IdentityStyle::From;
      break;
  }
  switch (trunk.diversion) {
    case conf::SipDiversion::Diversion:
      policy.diversion = sip::DiversionStyle::Diversion;
      break;
    case conf::SipDiversion::HistoryInfo:
      policy.diversion = sip::DiversionStyle::HistoryInfo;
      break;
    case conf::SipDiversion::None:
      policy.diversion = sip::DiversionStyle::None;
      break;
  }
  return policy;
}

media::Latch latch_of(conf::Latch latch) {
  switch (latch) {
    case conf::Latch::Careful:
      return media::Latch::Careful;
    case conf::Latch::Always:
      return media::Latch::Always;
    case conf::Latch::Never:
      return media::Latch::Never;
  }
  return media::Latch::Careful;
}

std::vector<call::AudioCodec> codecs_of(const std::vector<conf::Codec>& codecs) {
  std::vector<call::AudioCodec> all;
  for (conf::Codec codec : codecs) {
    all.push_back(media::static_codec(codec == conf::Codec::Pcma ? media::CodecId::Pcma : media::CodecId::Pcmu));
  }
  return all;
}

call::MediaPolicy policy_of(const conf::SipTrunk& trunk) {
  call::MediaPolicy policy;
  policy.codecs = codecs_of(trunk.codecs);
  policy.latch = latch_of(trunk.latch);
  policy.signalling = trunk.peer.address;
  policy.tone_zone = tdm::find_tone_zone(trunk.tone_zone);
  if (trunk.dtmf != conf::Dtmf::Rfc4733) policy.telephone_event.reset();
  policy.digits_by_info = trunk.dtmf == conf::Dtmf::Info;
  policy.t38 = ask_of(trunk.fax.t38);
  policy.t38_answer_timeout = trunk.fax.t38_answer_timeout;
  policy.t38_offer_window = trunk.fax.t38_offer_window;
  policy.lowers_super_g3 = trunk.fax.sg3 == conf::Sg3::LowerToG3;
  policy.vbd = voice_band_data_of(trunk.fax.vbd);
  policy.redundant_copies = trunk.fax.rtp_redundancy;
  policy.t38_params.max_bit_rate = trunk.fax.max_bit_rate;
  policy.t38_params.max_buffer = trunk.fax.max_buffer;
  policy.t38_params.max_datagram = trunk.fax.max_datagram;
  policy.t38_params.error_correction = error_correction_of(trunk.fax.error_correction);
  policy.t38_peer_faults.max_datagram = trunk.fax.t38_peer_max_datagram;
  if (auto really = trunk.fax.t38_peer_error_correction) {
    policy.t38_peer_faults.error_correction = error_correction_of(*really);
  }
  return policy;
}

}  // namespace

call::CauseMap causes_of(const conf::Trunk& trunk) {
  call::CauseMap map;
  for (const conf::CauseRule& rule : trunk.causes) {
    if (rule.is_from_sip) {
      map.cause_of_status[rule.from] = rule.to;
    } else {
      map.status_of_cause[rule.from] = rule.to;
    }
  }
  return map;
}

SipTrunk::SipTrunk(const conf::SipTrunk& settings, const conf::Settings& all, sip::SipAgent& agent)
    : settings_(settings), media_address_(all.media.address), agent_(agent) {
  change(settings);
}

void SipTrunk::change(const conf::SipTrunk& settings) {
  bool is_asked_as_before = probe_ && settings.probe == settings_.probe && settings.peer == settings_.peer;
  settings_ = settings;
  policy_ = policy_of(settings);
  causes_ = causes_of(settings);
  target_.trunk = settings.name;
  target_.host = settings.peer.address.host();
  target_.port = settings.peer.address.port();
  target_.transport = settings.peer.transport == conf::Transport::Tcp ? sip::Transport::Tcp : sip::Transport::Udp;
  target_.identity = identity_of(settings);
  target_.follow_redirects = settings.follow_redirects;
  called_obstacle_.reset();  // it may have been mended
  if (!is_asked_as_before) start_probe();
}

void SipTrunk::start_probe() {
  probe_.reset();
  if (settings_.probe.count() == 0) return;
  sip::ProbeOptions options;
  options.interval = settings_.probe;
  auto probe = agent_.probe(target_, options, [this](bool is_up) {
    Log log(fmt::format("trunk={}", name()));
    is_up ? log.info("the peer answers again: up") : log.error("the peer is {}", words());
  });
  if (!probe) {
    Log(fmt::format("trunk={}", name())).error("cannot be probed: {}", probe.error().message);
    return;
  }
  probe_ = std::move(*probe);
}

// A probe knows of what comes and goes. But of passwords a call knows more: OPTIONS may want one where INVITE does not,
// and the other way round.
call::Obstacle SipTrunk::obstacle() const {
  const auto called = called_obstacle_.value_or(call::Obstacle::None);
  if (!probe_ || called == call::Obstacle::PasswordWanted) return called;
  const bool is_disproved = probe_->obstacle() == call::Obstacle::PasswordWanted && called_obstacle_;
  return is_disproved ? call::Obstacle::None : probe_->obstacle();
}

std::string SipTrunk::words() const {
  const auto* health = probe_ ? &probe_->health() : nullptr;
  std::string words = !health ? "not probed" : health->is_up() ? "up" : "down";
  if (health && health->misses() > 0) {
    return fmt::format("{}: {}, {} in a row", words, probe_->last_answer(), health->misses());
  }
  if (health && !health->is_up()) return "down, answers again";
  if (obstacle() != call::Obstacle::None) words += fmt::format(": {}", call::text_of(obstacle()));
  return words;
}

tl::expected<std::unique_ptr<call::Leg>, call::Cause> SipTrunk::make_leg() {
  // Known to be dead: the next target is not kept waiting for it.
  if (!is_up()) return tl::unexpected(call::kDestinationOutOfOrder);
  auto local = agent_.local_towards(target_);
  auto leg = agent_.make_leg(target_);
  if (!local || !leg) {
    Log(fmt::format("trunk={}", name())).error("cannot call: {}", !local ? local.error().message : leg.error().message);
    return tl::unexpected(call::kDestinationOutOfOrder);
  }
  policy_ = policy_at(*local);
  policy_.t38 = ask_of(settings_.fax.t38_to.value_or(settings_.fax.t38));
  return std::unique_ptr<call::Leg>(std::move(*leg));
}

call::MediaPolicy SipTrunk::policy_at(const SocketAddress& local) const {
  auto policy = policy_;
  policy.t38 = ask_of(settings_.fax.t38_from.value_or(settings_.fax.t38));
  policy.local_host = media_address_.empty() ? local.host() : media_address_;
  return policy;
}

void apply(const conf::Profile& profile, call::MediaPolicy& policy) {
  if (!profile.codecs.empty()) policy.codecs = codecs_of(profile.codecs);
  if (profile.t38) policy.t38 = ask_of(*profile.t38);
}

}  // namespace sg::app
