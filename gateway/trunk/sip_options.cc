#include "gateway/trunk/sip_options.h"

namespace sg::trunk {
namespace {

std::vector<call::AudioCodec> codecs_of(const std::vector<CodecId>& codecs) {
  std::vector<call::AudioCodec> all;
  for (CodecId codec : codecs) all.push_back(media::static_codec(codec));
  return all;
}

call::MediaPolicy policy_of(const conf::SipTrunk& trunk, const std::string& media_address) {
  call::MediaPolicy policy;
  policy.local_host = media_address;
  policy.codecs = codecs_of(trunk.codecs);
  policy.latch = trunk.latch;
  policy.signalling = trunk.peer.address;
  policy.tone_zone = tdm::find_tone_zone(trunk.tone_zone);
  if (trunk.dtmf != conf::Dtmf::Rfc4733) policy.telephone_event.reset();
  policy.digits_by_info = trunk.dtmf == conf::Dtmf::Info;
  policy.t38 = trunk.fax.t38_from.value_or(trunk.fax.t38);
  policy.t38_answer_timeout = trunk.fax.t38_answer_timeout;
  policy.t38_offer_window = trunk.fax.t38_offer_window;
  policy.lowers_super_g3 = trunk.fax.sg3 == conf::Sg3::LowerToG3;
  policy.vbd = trunk.fax.vbd;
  policy.redundant_copies = trunk.fax.rtp_redundancy;
  policy.t38_params.max_bit_rate = trunk.fax.max_bit_rate;
  policy.t38_params.max_buffer = trunk.fax.max_buffer;
  policy.t38_params.max_datagram = trunk.fax.max_datagram;
  policy.t38_params.error_correction = trunk.fax.error_correction;
  policy.t38_peer_faults.max_datagram = trunk.fax.t38_peer_max_datagram;
  policy.t38_peer_faults.error_correction = trunk.fax.t38_peer_error_correction;
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

SipTrunk::Options sip_options(const conf::SipTrunk& trunk, const conf::Settings& settings) {
  SipTrunk::Options options;
  options.target.trunk = trunk.name;
  options.target.host = trunk.peer.address.host();
  options.target.port = trunk.peer.address.port();
  options.target.transport = trunk.peer.transport;
  options.target.identity = {trunk.identity, trunk.diversion};
  options.target.follow_redirects = trunk.follow_redirects;
  options.peer = trunk.peer.address;
  options.allow_from = trunk.allow_from;
  options.media_policy = policy_of(trunk, settings.media.address);
  options.t38_to = trunk.fax.t38_to.value_or(trunk.fax.t38);
  options.causes = causes_of(trunk);
  options.patience = {trunk.first_response, trunk.first_progress};
  options.takes_transfers = trunk.transfer;
  options.carries_data = trunk.clearmode;
  options.probe = trunk.probe;
  return options;
}

void apply(const conf::Profile& profile, call::MediaPolicy& policy) {
  if (!profile.codecs.empty()) policy.codecs = codecs_of(profile.codecs);
  if (profile.t38) policy.t38 = *profile.t38;
}

}  // namespace sg::trunk
