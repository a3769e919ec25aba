#include "gateway/trunk/sip_options.h"

namespace sg::trunk {
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

call::MediaPolicy policy_of(const conf::SipTrunk& trunk, const std::string& media_address) {
  call::MediaPolicy policy;
  policy.local_host = media_address;
  policy.codecs = codecs_of(trunk.codecs);
  policy.latch = latch_of(trunk.latch);
  policy.signalling = trunk.peer.address;
  policy.tone_zone = tdm::find_tone_zone(trunk.tone_zone);
  if (trunk.dtmf != conf::Dtmf::Rfc4733) policy.telephone_event.reset();
  policy.digits_by_info = trunk.dtmf == conf::Dtmf::Info;
  policy.t38 = ask_of(trunk.fax.t38_from.value_or(trunk.fax.t38));
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

sip::Transport transport_of(conf::Transport transport) {
  switch (transport) {
    case conf::Transport::Udp:
      return sip::Transport::Udp;
    case conf::Transport::Tcp:
      return sip::Transport::Tcp;
  }
  return sip::Transport::Udp;
}

SipTrunk::Options sip_options(const conf::SipTrunk& trunk, const conf::Settings& settings) {
  SipTrunk::Options options;
  options.target.trunk = trunk.name;
  options.target.host = trunk.peer.address.host();
  options.target.port = trunk.peer.address.port();
  options.target.transport = transport_of(trunk.peer.transport);
  options.target.identity = identity_of(trunk);
  options.target.follow_redirects = trunk.follow_redirects;
  options.peer = trunk.peer.address;
  options.allow_from = trunk.allow_from;
  options.media_policy = policy_of(trunk, settings.media.address);
  options.t38_to = ask_of(trunk.fax.t38_to.value_or(trunk.fax.t38));
  options.causes = causes_of(trunk);
  options.patience = {trunk.first_response, trunk.first_progress};
  options.takes_transfers = trunk.transfer;
  options.carries_data = trunk.clearmode;
  options.probe = trunk.probe;
  return options;
}

void apply(const conf::Profile& profile, call::MediaPolicy& policy) {
  if (!profile.codecs.empty()) policy.codecs = codecs_of(profile.codecs);
  if (profile.t38) policy.t38 = ask_of(*profile.t38);
}

}  // namespace sg::trunk
