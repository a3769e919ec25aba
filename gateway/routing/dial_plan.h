#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/reactor.h"
#include "base/result.h"
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
  explicit PlanLoader(Reactor& signalling);
  // Waits for what is under way.
  ~PlanLoader();
  PlanLoader(const PlanLoader&) = delete;
  PlanLoader& operator=(const PlanLoader&) = delete;

  // `done` is called on the signalling thread, in the order of the calls; not once the loader is gone.
  void load(std::string file, Done done);
  void dispose(std::shared_ptr<const DialPlan> old);

 private:
  using Job = std::function<void()>;
  void queue(Job job);
  void run();

  Reactor& signalling_;
  // Tasks that were posted ask it whether the loader still lives. Signalling thread only.
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool is_stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg::routing
