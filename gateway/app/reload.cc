// Where the Application takes a file that was changed.

#include "gateway/app/application.h"
#include "gateway/trunk/sip_options.h"

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

admin::ReloadView Application::swap(std::shared_ptr<const DialPlan> fresh) {
  const conf::Settings& settings = *fresh->settings;
  admin::ReloadView view;
  view.file = settings_.file;
  view.needs_restart = conf::needs_restart(settings_, settings);
  std::vector<trunk::SipTrunk::Options> sip;
  for (const conf::SipTrunk& each : settings.sip_trunks) sip.push_back(trunk::sip_options(each, settings_));
  for (const auto& name : trunks_.change_sip(std::move(sip), agent_.get())) {
    view.needs_restart.push_back(fmt::format("[trunk.{}] is new, and nothing listens for SIP", name));
  }
  for (auto& tdm_trunk : trunks_.tdm()) {
    if (const conf::Trunk* trunk = settings.trunk(tdm_trunk->name())) tdm_trunk->set_causes(trunk::causes_of(*trunk));
  }
  for (const conf::PriTrunk& pri : settings.pri_trunks) {
    trunk::TdmTrunk* tdm_trunk = trunks_.find_tdm(pri.name);
    if (!tdm_trunk) continue;
    tdm_trunk->set_bearer(bearer_of(pri.bearer));
    tdm_trunk->set_tone_zone(*tdm::find_tone_zone(pri.tone_zone));
  }
  plan_loader_.dispose(std::exchange(plan_, std::move(fresh)));
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
