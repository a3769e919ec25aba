#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/lifetime.h"
#include "base/reactor.h"
#include "base/result.h"
#include "base/task_thread.h"
#include "conf/settings.h"
#include "gateway/route/plan.h"

namespace sg::routing {

// A file that was read whole: its settings, and the plan that refers to them. Never changes; any thread.
struct DialPlan {
  std::unique_ptr<const conf::Settings> settings;
  route::Plan plan;
  std::set<std::string> shared;  // trunks with lines that calls of several others reach

  bool is_shared(const std::string& trunk) const { return shared.contains(trunk); }
  // Error: everything that is wrong with the file, its tests included, a line each.
  static Result<std::shared_ptr<const DialPlan>> make(conf::Settings settings);
  static Result<std::shared_ptr<const DialPlan>> load(const std::string& file);
};

// Reads and compiles dial plans on a thread of its own, and takes old ones apart there: a table of a million rows would
// keep the signalling thread for seconds. Made and destroyed on the signalling thread.
class PlanLoader {
 public:
  using Done = std::function<void(Result<std::shared_ptr<const DialPlan>>)>;

  // `signalling` outlives the loader, with the tasks that it was posted.
  explicit PlanLoader(Reactor& signalling) : signalling_(signalling) {}
  // Waits for what is under way; what has not begun is left.
  ~PlanLoader() { is_ending_ = true; }
  PlanLoader(const PlanLoader&) = delete;
  PlanLoader& operator=(const PlanLoader&) = delete;

  // `done` is called on the signalling thread, in the order of the calls; not once the loader is gone.
  void load(std::string file, Done done);
  void dispose(std::shared_ptr<const DialPlan> old);

 private:
  Reactor& signalling_;
  std::atomic<bool> is_ending_ = false;
  Lifetime lifetime_;
  TaskThread thread_;  // last: its tasks use all of the above
};

}  // namespace sg::routing
