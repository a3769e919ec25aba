#pragma once

#include <cstdint>
#include <string_view>

namespace sg::fax {

// What a verdict on a fax rests on. In the order in which rules stand in their table (fax_rules.cc).
enum class RuleId : uint8_t {
  UnderWay,  // no verdict yet: the call is still up
  DeliveredPacketsCut,
  DeliveredSmallDatagrams,
  DeliveredAfterTrouble,
  Delivered,
  LineDown,
  ConfirmationNotHeard,
  NoGoodbye,
  NoConfirmationLoss,
  NoConfirmation,
  HungUpHere,
  DialogLost,
  Relayed,
  NoT38Packet,
  NothingCame,
  ModemOrSuperG3,
  T38WaitedFor,
  NobodyAnsweredAsFax,
  OnlyATone,
  T38NotTaken,
  PeerAskedLate,
  WeAskedLate,
  T38AnsweredLate,
  T38LateAfterGlare,
  PeerFellSilent,
  SessionExpired,
  NeverAcknowledged,
  EndedByFailure,
  NoWordInT38,
  NoWord,
  PacketsCut,
  Slips,
  LossInT38,
  LossInG711,
  JitterInG711,
  ClockInG711,
  SmallDatagrams,
  TrainingFailed,
  TrainingUnanswered,
  Capabilities,
  DisUnanswered,
  HungUpBeforeDocument,
  EcmGaveUp,
  PageRefused,
  HungUpInPage,
  PageUnanswered,
  BrokenOff,
};
// As records and statistics have it: "training failed".
std::string_view name_of(RuleId rule);

}  // namespace sg::fax
