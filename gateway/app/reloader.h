#pragma once

#include <functional>
#include <memory>

#include "base/counters.h"
#include "base/log.h"
#include "gateway/admin/view.h"
#include "gateway/call/call_manager.h"
#include "gateway/routing/call_routing.h"
#include "gateway/trunk/trunk_factory.h"

namespace sg::app {

// Reads the file anew, on a thread of its own, and has the gateway go on by it where it is good; where it is not,
// everything stays as it is. Calls under way keep what they have. Owned by the Application; signalling thread only.
class Reloader {
 public:
  // What is changed; it outlives this.
  struct Parts {
    const conf::Settings& settings;  // as the gateway was started
    routing::CallRouting& routing;
    trunk::Trunks& trunks;
    const trunk::TrunkFactory& factory;
    const call::CallManager& calls;
    Reactor& reactor;
    Counters& counters;
  };
  explicit Reloader(const Parts& parts);

  // `answer`: once, later.
  void reload(std::function<void(Result<admin::ReloadView>)> answer);

 private:
  admin::ReloadView go_by(std::shared_ptr<const routing::DialPlan> fresh);

  const Parts parts_;
  const Log log_;
  Counter &done_, &refused_;
  routing::PlanLoader loader_;
};

}  // namespace sg::app
