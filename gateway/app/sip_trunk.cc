#include "gateway/app/sip_trunk.h"

#include "base/log.h"
#include "gateway/sip/sip_leg.h"

namespace sg::app {
namespace {

call::T38Ask ask_of(conf::T38Mode mode) {
  switch (mode) {
    case conf::T38Mode::Preamble:
      return call::T38Ask::Preamble;
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

call::MediaPolicy policy_of(const conf::SipTrunk& trunk) {
  call::MediaPolicy policy;
  policy.codecs.clear();
  for (conf::Codec codec : trunk.codecs) {
    policy.codecs.push_back(codec == conf::Codec::Pcma ? call::AudioCodec{tdm::Law::A, 8}
                                                       : call::AudioCodec{tdm::Law::Mu, 0});
  }
  if (trunk.dtmf == conf::Dtmf::Inband) policy.telephone_event.reset();
  policy.t38 = ask_of(trunk.fax.t38);
  policy.t38_answer_timeout = trunk.fax.t38_answer_timeout;
  policy.redundant_copies = trunk.fax.rtp_redundancy;
  policy.t38_params.max_bit_rate = trunk.fax.max_bit_rate;
  policy.t38_params.max_buffer = trunk.fax.max_buffer;
  policy.t38_params.max_datagram = trunk.fax.max_datagram;
  policy.t38_params.error_correction = error_correction_of(trunk.fax.error_correction);
  return policy;
}

}  // namespace

SipTrunk::SipTrunk(const conf::SipTrunk& settings, const conf::Settings& all, sip::SipAgent& agent)
    : settings_(settings), media_address_(all.media.address), agent_(agent), policy_(policy_of(settings)) {
  target_.host = settings.peer.address.host();
  target_.port = settings.peer.address.port();
  target_.transport = settings.peer.transport == conf::Transport::Tcp ? sip::Transport::Tcp : sip::Transport::Udp;
}

tl::expected<std::unique_ptr<call::Leg>, call::Cause> SipTrunk::make_leg() {
  if (is_full()) return tl::unexpected(call::kNoCircuit);
  auto local = agent_.local_towards(target_);
  auto leg = agent_.make_leg(target_);
  if (!local || !leg) {
    Log(fmt::format("trunk={}", name())).error("cannot call: {}", !local ? local.error().message : leg.error().message);
    return tl::unexpected(call::kDestinationOutOfOrder);
  }
  policy_ = policy_at(*local);
  return std::unique_ptr<call::Leg>(std::move(*leg));
}

call::MediaPolicy SipTrunk::policy_at(const SocketAddress& local) const {
  auto policy = policy_;
  policy.local_host = media_address_.empty() ? local.host() : media_address_;
  return policy;
}

bool SipTrunk::is_full() const {
  return calls_ && settings_.max_calls && calls_->calls_of(name()) >= static_cast<size_t>(settings_.max_calls);
}

}  // namespace sg::app
