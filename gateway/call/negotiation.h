#pragma once

#include <optional>

#include "gateway/call/media_description.h"
#include "gateway/call/media_policy.h"
#include "media/service.h"

// Offer and answer (RFC 3264) as pure functions of a policy, our address and what the peer said.
namespace sg::call {

// `in_use`: the codec that both sides send now. It stands first, so that a peer that answers in our order changes
// nothing.
MediaDescription offer_audio(const MediaPolicy& policy, const SocketAddress& local, std::optional<CodecId> in_use = {});
// The same of a call that is a fax: as voice-band data (V.152), where the trunk's peer takes that.
MediaDescription offer_voice_band_data(const MediaPolicy& policy, const SocketAddress& local,
                                       std::optional<CodecId> in_use = {});
MediaDescription offer_t38(const MediaPolicy& policy, const SocketAddress& local);

// What the peer said, without the lines at an address of a family (IPv4, IPv6) that our socket has not. The zero
// address is a hold, and nothing is sent there.
MediaDescription reachable(const MediaDescription& remote, const SocketAddress& local);

// Answers the peer's audio line with the codecs both know; not set when there are none.
std::optional<MediaDescription> answer_audio(const MediaPolicy& policy, const SocketAddress& local,
                                             const MediaDescription& offer);
// Answers the peer's image line; not set when there is none or T.38 is not wanted.
std::optional<MediaDescription> answer_t38(const MediaPolicy& policy, const SocketAddress& local,
                                           const MediaDescription& offer);

// What the media plane needs, from both descriptions once they are agreed. Not set: nothing usable was agreed.
std::optional<media::RtpSettings> rtp_settings(const AudioStream& local, const AudioStream& remote);
// The peer's faults bind only what is sent to it: the answer to its offer speaks its own words.
media::T38Settings t38_settings(const MediaPolicy& policy, const ImageStream& local, const ImageStream& remote);

}  // namespace sg::call
