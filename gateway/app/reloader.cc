#include "gateway/app/reloader.h"

namespace sg::app {

Reloader::Reloader(const Parts& parts)
    : parts_(parts),
      done_(parts.counters.get("reload.done")),
      refused_(parts.counters.get("reload.refused")),
      loader_(parts.reactor) {}

void Reloader::reload(std::function<void(Result<admin::ReloadView>)> answer) {
  const std::string& file = parts_.settings.file;
  loader_.load(file, [this, &file, answer = std::move(answer)](auto loaded) {
    if (!loaded) {
      refused_.add();
      log_.error("{} is not taken, everything stays as it is: {}", file, loaded.error().message);
      return answer(tl::unexpected(loaded.error()));
    }
    answer(go_by(std::move(*loaded)));
  });
}

admin::ReloadView Reloader::go_by(std::shared_ptr<const routing::DialPlan> fresh) {
  const conf::Settings& settings = *fresh->settings;
  admin::ReloadView view;
  view.file = parts_.settings.file;
  view.needs_restart = conf::needs_restart(parts_.settings, settings);
  for (const auto& name : parts_.factory.change(parts_.trunks, settings)) {
    view.needs_restart.push_back(fmt::format("[trunk.{}] is new, and nothing listens for SIP", name));
  }
  view.routes = settings.routes.size();
  for (const conf::Route& route : settings.routes) view.patterns += route.called.size() + route.rows.size();
  view.tests = settings.tests.size();
  loader_.dispose(parts_.routing.change(std::move(fresh)));

  done_.add();
  log_.info("{} is taken: routes={} patterns={} tests={} calls={}", view.file, view.routes, view.patterns, view.tests,
            parts_.calls.size());
  for (const auto& what : view.needs_restart) log_.warning("needs a restart: {}", what);
  return view;
}

}  // namespace sg::app
