#include "gateway/call/negotiation.h"

#include <algorithm>

namespace sg::call {
namespace {

constexpr uint8_t kRedundancyPayloadType = 121;

Direction mirrored(Direction direction) {
  switch (direction) {
    case Direction::SendOnly:
      return Direction::RecvOnly;
    case Direction::RecvOnly:
      return Direction::SendOnly;
    default:
      return direction;
  }
}

const AudioCodec* find(const std::vector<AudioCodec>& codecs, tdm::Law law) {
  auto found = std::find_if(codecs.begin(), codecs.end(), [&](const AudioCodec& codec) { return codec.law == law; });
  return found == codecs.end() ? nullptr : &*found;
}

}  // namespace

MediaDescription offer_audio(const MediaPolicy& policy, const SocketAddress& local) {
  AudioStream audio;
  audio.rtp = local;
  audio.codecs = policy.codecs;
  audio.telephone_event = policy.telephone_event;
  if (policy.redundant_copies > 0) audio.redundancy = kRedundancyPayloadType;
  audio.ptime = policy.ptime;
  return {.audio = audio, .image = std::nullopt};
}

MediaDescription offer_t38(const MediaPolicy& policy, const SocketAddress& local) {
  return {.audio = std::nullopt, .image = ImageStream{local, policy.t38_params}};
}

std::optional<MediaDescription> answer_audio(const MediaPolicy& policy, const SocketAddress& local,
                                             const MediaDescription& offer) {
  if (!offer.audio) return std::nullopt;
  AudioStream audio;
  // The peer's order of preference, its payload types: both sides then send the same codec (RFC 3264 section 6.1).
  for (const AudioCodec& codec : offer.audio->codecs) {
    if (find(policy.codecs, codec.law)) audio.codecs.push_back(codec);
  }
  if (audio.codecs.empty()) return std::nullopt;
  audio.rtp = local;
  if (policy.telephone_event) audio.telephone_event = offer.audio->telephone_event;
  if (policy.redundant_copies > 0) audio.redundancy = offer.audio->redundancy;
  audio.ptime = offer.audio->ptime;
  audio.direction = mirrored(offer.audio->direction);
  audio.voice_band_data = offer.audio->voice_band_data;
  return MediaDescription{.audio = audio, .image = std::nullopt};
}

std::optional<MediaDescription> answer_t38(const MediaPolicy& policy, const SocketAddress& local,
                                           const MediaDescription& offer) {
  if (!offer.image || policy.t38 == T38Ask::Never) return std::nullopt;
  return MediaDescription{.audio = std::nullopt,
                          .image = ImageStream{local, t38::answer(offer.image->params, policy.t38_params)}};
}

std::optional<media::RtpSettings> rtp_settings(const AudioStream& local, const AudioStream& remote) {
  auto agreed = std::find_if(remote.codecs.begin(), remote.codecs.end(),
                             [&](const AudioCodec& codec) { return find(local.codecs, codec.law); });
  if (agreed == remote.codecs.end()) return std::nullopt;
  media::RtpSettings settings;
  settings.remote = remote.rtp;
  settings.remote_rtcp = remote.rtcp;
  settings.law = agreed->law;
  settings.payload_type = agreed->payload_type;
  // What we named in our own description is what the peer may send.
  const AudioCodec* a_law = find(local.codecs, tdm::Law::A);
  const AudioCodec* mu_law = find(local.codecs, tdm::Law::Mu);
  settings.payload_type_pcma = a_law ? std::optional(a_law->payload_type) : std::nullopt;
  settings.payload_type_pcmu = mu_law ? std::optional(mu_law->payload_type) : std::nullopt;
  if (local.telephone_event) settings.telephone_event = remote.telephone_event;
  if (local.redundancy) settings.redundancy = remote.redundancy;
  settings.ptime = remote.ptime;
  settings.send = remote.direction == Direction::SendRecv || remote.direction == Direction::RecvOnly;
  settings.receive = remote.direction == Direction::SendRecv || remote.direction == Direction::SendOnly;
  return settings;
}

media::T38Settings t38_settings(const ImageStream& local, const ImageStream& remote) {
  return {.remote = remote.udptl, .local = local.params, .remote_params = remote.params};
}

}  // namespace sg::call
