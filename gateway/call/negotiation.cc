#include "gateway/call/negotiation.h"

#include <algorithm>

namespace sg::call {
namespace {

constexpr uint8_t kRedundancyPayloadType = 121;
// What our jitter buffer of 60 ms has a use for.
constexpr size_t kRedundantBlocks = 3;
constexpr uint8_t kClearmodePayloadType = 97;
// Data are of no codec. Octets that all count as of one are never converted; silence of this one is all ones, which is
// what a channel of data idles with.
constexpr auto kDataCodec = CodecId::Pcmu;

Direction mirrored(Direction direction) {
  switch (direction) {
    case Direction::SendOnly:
      return Direction::RecvOnly;
    case Direction::RecvOnly:
      return Direction::SendOnly;
    case Direction::SendRecv:
    case Direction::Inactive:
      return direction;
  }
  return direction;
}

bool has(const std::vector<uint8_t>& types, uint8_t type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

const AudioCodec* find(const std::vector<AudioCodec>& codecs, CodecId id) {
  auto found = std::ranges::find(codecs, id, &AudioCodec::id);
  return found == codecs.end() ? nullptr : &*found;
}

void take_redundancy(std::optional<uint8_t> payload_type, AudioStream& audio) {
  audio.redundancy = payload_type;
  audio.redundant_blocks = payload_type ? kRedundantBlocks : 0;
}

// As for the other side, which has asked: the canceller is off from the first fax tone on whatever it says.
void answer_voice_band_data(const AudioStream& offer, AudioStream& answer) {
  for (const AudioCodec& codec : answer.codecs) {
    if (has(offer.voice_band_data, codec.payload_type)) answer.voice_band_data.push_back(codec.payload_type);
  }
  answer.no_silence_suppression = offer.no_silence_suppression || !answer.voice_band_data.empty();
  answer.echo_canceller = offer.echo_canceller;
}

bool is_reachable(const SocketAddress& remote, const SocketAddress& local) {
  return remote.is_any() || remote.family() == local.family();
}

}  // namespace

MediaDescription reachable(const MediaDescription& remote, const SocketAddress& local) {
  MediaDescription part = remote;
  if (part.audio && !is_reachable(part.audio->rtp, local)) part.audio.reset();
  if (part.image && !is_reachable(part.image->udptl, local)) part.image.reset();
  // Reports then go beside the audio (RFC 3605).
  if (part.audio && part.audio->rtcp.is_set() && !is_reachable(part.audio->rtcp, local)) part.audio->rtcp = {};
  return part;
}

MediaDescription offer_voice_band_data(const MediaPolicy& policy, const SocketAddress& local,
                                       std::optional<CodecId> in_use) {
  MediaDescription offer = offer_audio(policy, local, in_use);
  if (policy.vbd == VoiceBandData::Never || policy.is_data) return offer;
  for (const AudioCodec& codec : offer.audio->codecs) offer.audio->voice_band_data.push_back(codec.payload_type);
  offer.audio->no_silence_suppression = true;
  offer.audio->echo_canceller = false;
  return offer;
}

MediaDescription offer_audio(const MediaPolicy& policy, const SocketAddress& local, std::optional<CodecId> in_use) {
  AudioStream audio;
  audio.rtp = local;
  audio.ptime = policy.ptime;
  if (policy.is_data) {
    audio.clearmode = kClearmodePayloadType;
    return {.audio = audio, .image = std::nullopt};
  }
  audio.codecs = policy.codecs;
  std::stable_partition(audio.codecs.begin(), audio.codecs.end(),
                        [&](const AudioCodec& codec) { return codec.id == in_use; });
  audio.telephone_event = policy.telephone_event;
  if (policy.redundant_copies > 0) take_redundancy(kRedundancyPayloadType, audio);
  return {.audio = audio, .image = std::nullopt};
}

MediaDescription offer_t38(const MediaPolicy& policy, const SocketAddress& local) {
  return {.audio = std::nullopt, .image = ImageStream{local, policy.t38_params}};
}

std::optional<MediaDescription> answer_audio(const MediaPolicy& policy, const SocketAddress& local,
                                             const MediaDescription& offer) {
  if (!offer.audio) return std::nullopt;
  AudioStream audio;
  audio.rtp = local;
  audio.ptime = offer.audio->ptime;
  audio.direction = mirrored(offer.audio->direction);
  if (policy.is_data) {
    audio.clearmode = offer.audio->clearmode;
    return audio.clearmode ? std::optional(MediaDescription{.audio = audio, .image = std::nullopt}) : std::nullopt;
  }
  // The peer's order of preference, its payload types: both sides then send the same codec (RFC 3264 section 6.1).
  for (const AudioCodec& codec : offer.audio->codecs) {
    if (find(policy.codecs, codec.id)) audio.codecs.push_back(codec);
  }
  if (audio.codecs.empty()) return std::nullopt;
  if (policy.telephone_event) audio.telephone_event = offer.audio->telephone_event;
  if (policy.redundant_copies > 0) take_redundancy(offer.audio->redundancy, audio);
  if (policy.vbd != VoiceBandData::Never) answer_voice_band_data(*offer.audio, audio);
  return MediaDescription{.audio = audio, .image = std::nullopt};
}

std::optional<MediaDescription> answer_t38(const MediaPolicy& policy, const SocketAddress& local,
                                           const MediaDescription& offer) {
  if (!offer.image || policy.is_data || policy.t38 == T38Ask::Never) return std::nullopt;
  return MediaDescription{.audio = std::nullopt,
                          .image = ImageStream{local, t38::answer(offer.image->params, policy.t38_params)}};
}

namespace {

media::RtpSettings settings_towards(const AudioStream& remote) {
  media::RtpSettings settings;
  settings.remote = remote.rtp;
  settings.remote_rtcp = remote.rtcp;
  settings.ptime = remote.ptime;
  settings.send = remote.direction == Direction::SendRecv || remote.direction == Direction::RecvOnly;
  settings.receive = remote.direction == Direction::SendRecv || remote.direction == Direction::SendOnly;
  return settings;
}

// A payload type of its own for modem signals: the same codec, told by the number.
std::optional<uint8_t> voice_band_data(const AudioStream& stream, CodecId id) {
  for (const AudioCodec& codec : stream.codecs) {
    if (codec.id == id && has(stream.voice_band_data, codec.payload_type)) return codec.payload_type;
  }
  return std::nullopt;
}

std::optional<media::RtpSettings> data_settings(const AudioStream& local, const AudioStream& remote) {
  if (!remote.clearmode) return std::nullopt;
  auto settings = settings_towards(remote);
  settings.codec = {kDataCodec, *remote.clearmode};
  settings.own_codecs = {{kDataCodec, *local.clearmode}};
  return settings;
}

}  // namespace

std::optional<media::RtpSettings> rtp_settings(const AudioStream& local, const AudioStream& remote) {
  if (local.is_data()) return data_settings(local, remote);
  auto agreed = std::find_if(remote.codecs.begin(), remote.codecs.end(),
                             [&](const AudioCodec& codec) { return find(local.codecs, codec.id); });
  if (agreed == remote.codecs.end()) return std::nullopt;
  auto settings = settings_towards(remote);
  settings.codec = *agreed;
  settings.own_codecs = local.codecs;
  settings.own_voice_band_data = voice_band_data(local, agreed->id);
  if (settings.own_voice_band_data) settings.voice_band_data = voice_band_data(remote, agreed->id);
  // Each side's number is for what it receives (RFC 3264 section 5.1, 6.1).
  if (local.telephone_event && remote.telephone_event) {
    settings.telephone_event = remote.telephone_event;
    settings.own_telephone_event = local.telephone_event;
  }
  if (local.redundancy && remote.redundancy) {
    settings.redundancy = remote.redundancy;
    settings.own_redundancy = local.redundancy;
  }
  if (remote.redundant_blocks > 0) settings.most_copies = remote.redundant_blocks;
  return settings;
}

media::T38Settings t38_settings(const MediaPolicy& policy, const ImageStream& local, const ImageStream& remote) {
  return {.remote = remote.udptl,
          .signalling = policy.signalling,
          .latch = policy.latch,
          .local = local.params,
          .remote_params = t38::corrected(remote.params, policy.t38_peer_faults),
          .ecm = policy.ecm};
}

}  // namespace sg::call
