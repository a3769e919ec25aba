#include "gateway/routing/dial_plan.h"

#include "gateway/route/shares.h"

namespace sg::routing {
namespace {

// A call to a telephone takes no line that another could have had.
std::set<std::string> shared_lines(const conf::Settings& settings) {
  std::set<std::string> shared;
  auto add = [&](const conf::Trunk& trunk) {
    if (route::sources_of(settings, trunk.name).size() > 1) shared.insert(trunk.name);
  };
  for (const auto& trunk : settings.pri_trunks) add(trunk);
  for (const auto& trunk : settings.analog_trunks) {
    if (trunk.kind != conf::AnalogKind::Fxs) add(trunk);
  }
  return shared;
}

}  // namespace

Result<std::shared_ptr<const DialPlan>> DialPlan::make(conf::Settings settings) {
  auto kept = std::make_unique<const conf::Settings>(std::move(settings));
  auto plan = route::Plan::make(*kept);
  if (!plan) return tl::unexpected(plan.error());
  auto shared = shared_lines(*kept);
  return std::make_shared<const DialPlan>(DialPlan{std::move(kept), std::move(*plan), std::move(shared)});
}

Result<std::shared_ptr<const DialPlan>> DialPlan::load(const std::string& file) {
  auto settings = conf::load(file);
  if (!settings) return tl::unexpected(settings.error());
  return make(std::move(*settings));
}

PlanLoader::PlanLoader(Reactor& signalling) : signalling_(signalling), thread_([this] { run(); }) {}

PlanLoader::~PlanLoader() {
  *is_alive_ = false;
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void PlanLoader::load(std::string file, Done done) {
  queue([this, file = std::move(file), done = std::move(done), alive = is_alive_] {
    auto loaded = std::make_shared<Result<std::shared_ptr<const DialPlan>>>(DialPlan::load(file));
    signalling_.post([loaded, done, alive] {
      if (*alive) done(std::move(*loaded));
    });
  });
}

void PlanLoader::dispose(std::shared_ptr<const DialPlan> old) {
  // A function must be copyable; the last copy goes with the job, on the thread.
  queue([kept = std::move(old)]() mutable { kept.reset(); });
}

void PlanLoader::queue(Job job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void PlanLoader::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return is_stopping_ || !jobs_.empty(); });
      if (is_stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace sg::routing
