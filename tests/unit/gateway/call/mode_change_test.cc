#include "gateway/call/mode_change.h"

#include <gtest/gtest.h>

namespace sg::call {
namespace {

TEST(ModeReason, HasTheWordsThatRecordsTell) {
  const std::pair<ModeReason, const char*> cases[] = {
      {ModeReason::KnownFax, "a fax number"},
      {ModeReason::Cng, "CNG"},
      {ModeReason::SuperG3, "ANSam of a Super G3 fax"},
      {ModeReason::Ced, "CED"},
      {ModeReason::Preamble, "V.21 preamble"},
      {ModeReason::AgainAfterGlare, "again after 491"},
      {ModeReason::OurOffer, "our offer"},
      {ModeReason::PeersOffer, "peer's offer"},
      {ModeReason::Glare, "491"},
      {ModeReason::NotOursToAsk, "V.21 preamble, T.38 is not ours to ask"},
      {ModeReason::Refused, "T.38 refused with 488"},
      {ModeReason::NoImageLine, "T.38 answered without an image line"},
      {ModeReason::NoAnswer, "no answer to our T.38 offer"},
      {ModeReason::TooLateAfterGlare, "491, until it was too late to ask again"},
      {ModeReason::PeersAudioOffer, "peer's audio offer"},
  };
  for (const auto& [reason, words] : cases) EXPECT_EQ(name_of(reason, 488), words);
}

}  // namespace
}  // namespace sg::call
