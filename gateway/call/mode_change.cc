#include "gateway/call/mode_change.h"

#include <fmt/format.h>

namespace sg::call {

std::string_view name_of(MediaModeState state) {
  switch (state) {
    case MediaModeState::Audio:
      return "g711";
    case MediaModeState::OfferingT38:
      return "offering-t38";
    case MediaModeState::Glare:
      return "glare";
    case MediaModeState::T38:
      return "t38";
    case MediaModeState::Passthrough:
      return "g711-fax";
  }
  return "";
}

std::string name_of(ModeReason reason, int refused_with) {
  switch (reason) {
    case ModeReason::KnownFax:
      return "a fax number";
    case ModeReason::Cng:
      return "CNG";
    case ModeReason::SuperG3:
      return "ANSam of a Super G3 fax";
    case ModeReason::Ced:
      return "CED";
    case ModeReason::Preamble:
      return "V.21 preamble";
    case ModeReason::AgainAfterGlare:
      return "again after 491";
    case ModeReason::OurOffer:
      return "our offer";
    case ModeReason::PeersOffer:
      return "peer's offer";
    case ModeReason::Glare:
      return "491";
    case ModeReason::NotOursToAsk:
      return "V.21 preamble, T.38 is not ours to ask";
    case ModeReason::Refused:
      return fmt::format("T.38 refused with {}", refused_with);
    case ModeReason::NoImageLine:
      return "T.38 answered without an image line";
    case ModeReason::NoAnswer:
      return "no answer to our T.38 offer";
    case ModeReason::TooLateAfterGlare:
      return "491, until it was too late to ask again";
    case ModeReason::PeersAudioOffer:
      return "peer's audio offer";
  }
  return "";
}

}  // namespace sg::call
