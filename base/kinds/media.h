#pragma once

#include <cstdint>

#include "base/names.h"

// Kinds of what calls carry.
namespace sg {

enum class CallMedia : uint8_t { Voice, Fax, Data };
template <>
inline constexpr auto kNames<CallMedia> =
    named<CallMedia>({{CallMedia::Voice, "voice"}, {CallMedia::Fax, "fax"}, {CallMedia::Data, "data"}});

// What settings, descriptions and streams name a codec by.
enum class CodecId : uint8_t { Pcma, Pcmu };
template <>
inline constexpr auto kNames<CodecId> = named<CodecId>({{CodecId::Pcma, "pcma"}, {CodecId::Pcmu, "pcmu"}});

// How far a peer's media may come from elsewhere than signalling told, and ours then go there. Careful: from another
// port of the host that was told; where an address was told that a NAT may hide (SocketAddress::is_private), from its
// network, from where its signalling comes from, or, once the told place was silent, from anywhere. Always: whoever
// comes first. Never: from the told address and port only.
enum class Latch : uint8_t { Careful, Always, Never };
template <>
inline constexpr auto kNames<Latch> =
    named<Latch>({{Latch::Careful, "careful"}, {Latch::Always, "always"}, {Latch::Never, "never"}});

}  // namespace sg
