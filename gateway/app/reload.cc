// Where the Application takes a file that was changed.

#include <algorithm>

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
  change_sip_trunks(settings, view);
  for (auto& tdm_trunk : tdm_trunks_) {
    if (const conf::Trunk* trunk = settings.trunk(tdm_trunk->name())) tdm_trunk->set_causes(trunk::causes_of(*trunk));
  }
  for (const conf::PriTrunk& pri : settings.pri_trunks) {
    for (auto& tdm_trunk : tdm_trunks_) {
      if (tdm_trunk->name() != pri.name) continue;
      tdm_trunk->set_bearer(bearer_of(pri.bearer));
      tdm_trunk->set_tone_zone(*tdm::find_tone_zone(pri.tone_zone));
    }
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

// Trunks that stay are changed in place; the others come and go. One that goes is kept until no call can name it.
void Application::change_sip_trunks(const conf::Settings& settings, admin::ReloadView& view) {
  if (manager_->calls().empty()) retired_trunks_.clear();
  for (auto& sip_trunk : sip_trunks_) {
    bool stays = std::any_of(settings.sip_trunks.begin(), settings.sip_trunks.end(),
                             [&](const conf::SipTrunk& trunk) { return trunk.name == sip_trunk->name(); });
    if (!stays) retired_trunks_.push_back(std::move(sip_trunk));
  }
  std::erase(sip_trunks_, nullptr);
  for (const conf::SipTrunk& sip : settings.sip_trunks) {
    auto known = std::find_if(sip_trunks_.begin(), sip_trunks_.end(),
                              [&](const auto& sip_trunk) { return sip_trunk->name() == sip.name; });
    if (known != sip_trunks_.end()) {
      (*known)->change(trunk::sip_options(sip, settings_));
    } else if (!agent_) {
      view.needs_restart.push_back(fmt::format("[trunk.{}] is new, and nothing listens for SIP", sip.name));
    } else if (!this->trunk(sip.name)) {
      sip_trunks_.push_back(std::make_unique<trunk::SipTrunk>(trunk::sip_options(sip, settings_), *agent_));
    }
  }
}

}  // namespace sg::app
