// Where the Application takes a file that was changed.

#include "gateway/app/application.h"

namespace sg::app {

void Application::reload(std::function<void(Result<admin::ReloadView>)> answer) {
  plan_loader_.load(settings_.file, [this, answer = std::move(answer)](auto loaded) {
    if (!loaded) {
      counters_.get("reload.refused").add();
      log_.error("{} is not taken, everything stays as it is: {}", settings_.file, loaded.error().message);
      return answer(tl::unexpected(loaded.error()));
    }
    answer(swap(std::move(*loaded)));
  });
}

admin::ReloadView Application::swap(std::shared_ptr<const routing::DialPlan> fresh) {
  const conf::Settings& settings = *fresh->settings;
  admin::ReloadView view;
  view.file = settings_.file;
  view.needs_restart = conf::needs_restart(settings_, settings);
  for (const auto& name : trunk_factory_->change(trunks_, settings)) {
    view.needs_restart.push_back(fmt::format("[trunk.{}] is new, and nothing listens for SIP", name));
  }
  plan_loader_.dispose(routing_->change(std::move(fresh)));
  view.routes = settings.routes.size();
  for (const conf::Route& route : settings.routes) view.patterns += route.called.size() + route.rows.size();
  view.tests = settings.tests.size();

  counters_.get("reload.done").add();
  log_.info("{} is taken: routes={} patterns={} tests={} calls={}", view.file, view.routes, view.patterns, view.tests,
            manager_->calls().size());
  for (const auto& what : view.needs_restart) log_.warning("needs a restart: {}", what);
  return view;
}

}  // namespace sg::app
