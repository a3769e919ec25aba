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
    if (trunk.kind != LineKind::Fxs) add(trunk);
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

void PlanLoader::load(std::string file, Done done) {
  auto tell = lifetime_.guard([done = std::move(done)](auto& loaded) { done(std::move(loaded)); });
  thread_.post([this, file = std::move(file), tell = std::move(tell)] {
    if (is_ending_) return;
    auto loaded = std::make_shared<Result<std::shared_ptr<const DialPlan>>>(DialPlan::load(file));
    signalling_.post([loaded, tell]() mutable { tell(*loaded); });
  });
}

// The last one who has it is the task, which ends on the thread.
void PlanLoader::dispose(std::shared_ptr<const DialPlan> old) {
  thread_.post([kept = std::move(old)] {});
}

}  // namespace sg::routing
