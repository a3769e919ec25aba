#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "gateway/call/cause.h"
#include "gateway/sip/peer_health.h"

namespace sg::sip {

struct ProbeOptions {
  Duration interval = 30s;
  Duration patience = 4s;  // for the answer; the next question ends it in any case
  PeerHealth::Limits limits;
};

// Asks one peer again and again whether it is there (OPTIONS, RFC 3261 section 11). Any answer says so, but for 503,
// which says that it takes no calls now. Made by SipAgent::probe(); dies before the agent. Signalling thread only.
class PeerProbe {
 public:
  virtual ~PeerProbe() = default;
  virtual const PeerHealth& health() const = 0;
  // "200", "503", "no answer", "connection refused: …"; empty before the first.
  virtual std::string last_answer() const = 0;
  // What the last question met.
  virtual call::Obstacle obstacle() const = 0;
};

}  // namespace sg::sip
