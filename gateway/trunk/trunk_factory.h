#pragma once

#include <string>
#include <vector>

#include "conf/settings.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/trunks.h"

namespace sg::trunk {

// Makes the trunks of the settings, each of its kind, and changes them after a reload. Owned by the Application;
// signalling thread only.
class TrunkFactory {
 public:
  // What trunks are made of; it outlives them.
  struct Parts {
    const Backends& backends;
    sip::SipAgent* agent;  // null: nothing listens for SIP
    Reactor& reactor;
    Counters& counters;
  };
  // `settings`: as the gateway was started; they outlive this.
  TrunkFactory(const conf::Settings& settings, const Parts& parts) : settings_(settings), parts_(parts) {}

  // Error: a D-channel that cannot be had.
  Result<> make_all(Trunks& trunks, const TdmTrunk::IncomingSink& incoming) const;
  // What a reload can change; of TDM trunks, all but their lines. Names SIP trunks that are new while nothing listens.
  std::vector<std::string> change(Trunks& trunks, const conf::Settings& fresh) const;

 private:
  const conf::Settings& settings_;
  const Parts parts_;
};

}  // namespace sg::trunk
