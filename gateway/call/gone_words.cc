#include "gateway/call/gone_words.h"

namespace sg::call {

GoneWords gone_words(PeerGone how, Counters& counters) {
  switch (how) {
    case PeerGone::NotAcknowledged:
      return {"our 200 was never acknowledged", counters.get("call.not_acknowledged")};
    case PeerGone::SessionExpired:
      return {"the session has expired: nobody refreshed it", counters.get("call.session_expired")};
    case PeerGone::BusyTone:
      return {"busy tone: its far end is gone", counters.get("call.ended_by_busy_tone")};
    case PeerGone::Unreachable:
      break;
  }
  return {"the caller's connection is gone, and it takes no new one", counters.get("call.caller_unreachable")};
}

}  // namespace sg::call
