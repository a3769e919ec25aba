#include "gateway/call/gone_words.h"

namespace sg::call {

GoneWords gone_words(PeerGone how, const CallCounters& counted) {
  switch (how) {
    case PeerGone::NotAcknowledged:
      return {"our 200 was never acknowledged", counted.not_acknowledged};
    case PeerGone::SessionExpired:
      return {"the session has expired: nobody refreshed it", counted.session_expired};
    case PeerGone::BusyTone:
      return {"busy tone: its far end is gone", counted.ended_by_busy_tone};
    case PeerGone::Unreachable:
      break;
  }
  return {"the caller's connection is gone, and it takes no new one", counted.caller_unreachable};
}

}  // namespace sg::call
