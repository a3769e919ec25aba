#pragma once

#include <cstdint>

#include "base/names.h"

// Kinds of how fax is carried.
namespace sg {

// Who asks an IP peer for T.38 when a fax is heard.
enum class T38Ask : uint8_t {
  Preamble,  // we do, as soon as the answering machine's V.21 preamble is heard
  Ced,       // or at its CED, a few seconds earlier
  Cng,       // or at the calling machine's CNG
  AtOnce,    // right after the answer, where a fax machine is known to be there; else as Ced
  Peer,      // only the peer; we accept
  Never,     // nobody: the peer's offer is refused and fax stays in G.711
};
template <>
inline constexpr auto kNames<T38Ask> = named<T38Ask>({{T38Ask::Preamble, "preamble"},
                                                      {T38Ask::Ced, "ced"},
                                                      {T38Ask::Cng, "cng"},
                                                      {T38Ask::AtOnce, "at-once"},
                                                      {T38Ask::Peer, "peer"},
                                                      {T38Ask::Never, "never"}});

// Of UDPTL: T38FaxUdpEC of T.38 Annex D.2.3.
enum class ErrorCorrection : uint8_t { None, Redundancy, Fec };
template <>
inline constexpr auto kNames<ErrorCorrection> = named<ErrorCorrection>({{ErrorCorrection::Redundancy, "redundancy"},
                                                                        {ErrorCorrection::Fec, "fec"},
                                                                        {ErrorCorrection::None, "none"}});

// When a fax in G.711 is described as voice-band data (V.152).
enum class VoiceBandData : uint8_t {
  Offer,   // by a re-INVITE too, when T.38 came to nothing
  Answer,  // in offers of calls that are known to be fax, and in answers to it
  Never,
};
template <>
inline constexpr auto kNames<VoiceBandData> = named<VoiceBandData>({{VoiceBandData::Offer, "offer"},
                                                                    {VoiceBandData::Answer, "answer"},
                                                                    {VoiceBandData::Never, "never"}});

}  // namespace sg
