#include "gateway/fax/rule_id.h"

namespace sg::fax {

std::string_view name_of(RuleId rule) {
  switch (rule) {
    case RuleId::UnderWay:
      return "under way";
    case RuleId::DeliveredPacketsCut:
      return "delivered, packets cut";
    case RuleId::DeliveredSmallDatagrams:
      return "delivered, small datagrams";
    case RuleId::DeliveredAfterTrouble:
      return "delivered after trouble";
    case RuleId::Delivered:
      return "delivered";
    case RuleId::LineDown:
      return "line down";
    case RuleId::ConfirmationNotHeard:
      return "confirmation not heard";
    case RuleId::NoGoodbye:
      return "no goodbye";
    case RuleId::NoConfirmationLoss:
      return "no confirmation, loss";
    case RuleId::NoConfirmation:
      return "no confirmation";
    case RuleId::HungUpHere:
      return "hung up here";
    case RuleId::DialogLost:
      return "dialog lost";
    case RuleId::Relayed:
      return "relayed";
    case RuleId::NoT38Packet:
      return "no T.38 packet";
    case RuleId::NothingCame:
      return "nothing came";
    case RuleId::ModemOrSuperG3:
      return "modem or Super G3";
    case RuleId::T38WaitedFor:
      return "T.38 waited for";
    case RuleId::NobodyAnsweredAsFax:
      return "nobody answered as a fax";
    case RuleId::OnlyATone:
      return "only a tone";
    case RuleId::T38NotTaken:
      return "T.38 not taken";
    case RuleId::PeerAskedLate:
      return "peer asked late";
    case RuleId::WeAskedLate:
      return "we asked late";
    case RuleId::T38AnsweredLate:
      return "T.38 answered late";
    case RuleId::T38LateAfterGlare:
      return "T.38 late after 491";
    case RuleId::PeerFellSilent:
      return "peer fell silent";
    case RuleId::SessionExpired:
      return "session expired";
    case RuleId::NeverAcknowledged:
      return "never acknowledged";
    case RuleId::EndedByFailure:
      return "ended by a failure";
    case RuleId::NoWordInT38:
      return "no word in T.38";
    case RuleId::NoWord:
      return "no word";
    case RuleId::PacketsCut:
      return "packets cut";
    case RuleId::Slips:
      return "slips";
    case RuleId::LossInT38:
      return "loss in T.38";
    case RuleId::LossInG711:
      return "loss in G.711";
    case RuleId::JitterInG711:
      return "jitter in G.711";
    case RuleId::ClockInG711:
      return "clock in G.711";
    case RuleId::SmallDatagrams:
      return "small datagrams";
    case RuleId::TrainingFailed:
      return "training failed";
    case RuleId::TrainingUnanswered:
      return "training unanswered";
    case RuleId::Capabilities:
      return "capabilities";
    case RuleId::DisUnanswered:
      return "DIS unanswered";
    case RuleId::HungUpBeforeDocument:
      return "hung up before the document";
    case RuleId::EcmGaveUp:
      return "ECM gave up";
    case RuleId::PageRefused:
      return "page refused";
    case RuleId::HungUpInPage:
      return "hung up in a page";
    case RuleId::PageUnanswered:
      return "page unanswered";
    case RuleId::BrokenOff:
      return "broken off";
  }
  return "";
}

}  // namespace sg::fax
