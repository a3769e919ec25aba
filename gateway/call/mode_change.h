#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/call/call_time.h"

namespace sg::call {

// How an IP leg carries a call that may turn out to be a fax.
enum class MediaModeState : uint8_t { Audio, OfferingT38, Glare, T38, Passthrough };

// Why that changed.
enum class ModeReason : uint8_t {
  // To an offer of T.38: what was known or heard of a fax.
  KnownFax,
  Cng,
  SuperG3,
  Ced,
  Preamble,
  AgainAfterGlare,  // the second one
  // To T.38.
  OurOffer,
  PeersOffer,
  // To waiting, until it may be offered again.
  Glare,
  // To G.711.
  NotOursToAsk,  // its trunk's t38 is "peer" or "never", or what is remembered says so
  Refused,       // our offer, with the status that stands beside
  NoImageLine,   // in the answer to our offer
  NoAnswer,      // to our offer
  TooLateAfterGlare,
  PeersAudioOffer,
};

// One change of a leg's, as its record keeps it.
struct ModeChange {
  WallTime at;
  MediaModeState mode = MediaModeState::Audio;
  ModeReason reason = ModeReason::Preamble;
  int refused_with = 0;  // SIP status, of ModeReason::Refused
};

// As records and operators read it: "g711", "t38", "g711-fax".
std::string_view name_of(MediaModeState state);
// "V.21 preamble", "peer's offer", "T.38 refused with 488".
std::string name_of(ModeReason reason, int refused_with);

}  // namespace sg::call
