#include "gateway/app/application.h"

#include "gateway/app/configs.h"
#include "gateway/app/surroundings.h"
#include "gateway/route/shares.h"
#include "t38/gateway.h"

namespace sg::app {
namespace {

constexpr auto kShutdownLimit = 5s;

}  // namespace

Application::Application(conf::Settings settings, sip::SuRoot& root)
    : settings_(std::move(settings)),
      root_(root),
      incoming_(settings_, counters_),
      shutdown_limit_(root),
      memory_timer_(root) {}

Application::~Application() {
  incoming_.close();
}

Result<std::unique_ptr<Application>> Application::start(conf::Settings settings, sip::SuRoot& root) {
  std::unique_ptr<Application> app(new Application(std::move(settings), root));
  for (auto step :
       {&Application::start_history, &Application::start_backends, &Application::start_media, &Application::start_sip,
        &Application::start_trunks, &Application::start_calls, &Application::start_admin}) {
    if (auto done = (app.get()->*step)(); !done) return tl::unexpected(done.error());
  }
  app->log_.info("the filters of fax modems use {}", t38::Gateway::has_fast_filters() ? "AVX2" : "no AVX2");
  for (const auto& listen : app->view_->listening()) app->log_.info("listening on {}", listen);
  app->give_back_memory();
  return app;
}

Result<> Application::start_history() {
  auto history = CallHistory::open(settings_, counters_);
  if (!history) return tl::unexpected(history.error());
  history_ = std::move(*history);
  return {};
}

Result<> Application::start_backends() {
  auto backends = trunk::Backends::start(settings_, root_, counters_);
  if (!backends) return tl::unexpected(backends.error());
  backends_ = std::move(*backends);
  return {};
}

Result<> Application::start_media() {
  auto config = media_config(settings_);
  if (!config) return tl::unexpected(config.error());
  std::vector<media::BackendOfSpan> backends;
  for (const auto& [span, backend] : backends_->by_span()) backends.push_back({span, backend});
  auto service = media::make_service(*config, root_, backends, counters_);
  if (!service) return tl::unexpected(service.error());
  media_ = std::move(*service);
  return {};
}

Result<> Application::start_sip() {
  // Without an address there is no SIP: a gateway between ISDN lines. The settings were checked to need none.
  if (settings_.sip.listen.empty()) return {};
  auto agent = sip::SipAgent::start(root_, agent_config(settings_), incoming_, counters_);
  if (!agent) return tl::unexpected(agent.error());
  agent_ = std::move(*agent);
  return {};
}

Result<> Application::start_trunks() {
  trunk_factory_ = std::make_unique<trunk::TrunkFactory>(
      settings_, trunk::TrunkFactory::Parts{*backends_, agent_.get(), root_, counters_});
  return trunk_factory_->make_all(
      trunks_, [this](trunk::TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
        incoming_.take(from, std::move(leg), setup);
      });
}

Result<> Application::start_calls() {
  auto plan = routing::DialPlan::make(settings_);
  if (!plan) return tl::unexpected(plan.error());
  routing_ = std::make_unique<routing::CallRouting>(
      std::move(*plan), routing::CallRouting::Context{trunks_, history_->fax_memory(), root_, counters_});
  calls_ =
      std::make_unique<call::CallManager>(call::Context{*media_, root_, counters_, settings_.fax.clear_after_dcn,
                                                        static_cast<uint8_t>(settings_.site.most_forwards)},
                                          *routing_, [this](const call::Record& record) { history_->add(record); });
  if (const auto* writer = history_->writer()) {
    // The number of a call is its name in the records, also over restarts.
    calls_->begin_after(writer->last_call());
    calls_->set_begun([this](const call::Record& record) { history_->begin(record); });
  }
  // Only now may calls come in.
  incoming_.open({trunks_, *routing_, *calls_});
  span_watch_ = std::make_unique<trunk::SpanWatch>(root_, *backends_, trunks_);
  return {};
}

Result<> Application::start_admin() {
  reloader_ = std::make_unique<Reloader>(
      Reloader::Parts{settings_, *routing_, trunks_, *trunk_factory_, *calls_, root_, counters_});
  view_ = std::make_unique<AdminView>(AdminView::Parts{settings_, root_, counters_, *history_, *backends_, *span_watch_,
                                                       agent_.get(), *routing_, *media_, trunks_, *calls_, *reloader_});
  warn_of_settings();
  const std::string socket = control_socket(settings_);
  if (socket.empty()) return {};
  auto server = admin::Server::start(socket, *view_, root_, counters_);
  if (!server) return tl::unexpected(server.error());
  admin_ = std::move(*server);
  return give_to_group(settings_, socket);
}

void Application::warn_of_settings() const {
  for (const auto& caution : route::cautions(settings_)) log_.warning("{}", caution);
  for (const auto& clock : examine_clocks(view_->facts())) log_.warning("{}: {}", clock.says, clock.mend);
}

// A flood's memory is not kept for the next one.
void Application::give_back_memory() {
  constexpr auto kInterval = 10s;
  memory_timer_.arm(kInterval, [this] {
    free_memory_.give_back();
    give_back_memory();
  });
}

void Application::shut_down(std::function<void()> done) {
  log_.info("shutting down calls={}", calls_->size());
  incoming_.turn_away();
  auto once = [this, done = std::move(done)] {
    shutdown_limit_.cancel();
    done();
  };
  shutdown_limit_.arm(kShutdownLimit, once);
  calls_->shut_down(once);
}

void Application::reopen_files() {
  history_->reopen();
}

void Application::reload() {
  reloader_->reload([](const Result<admin::ReloadView>&) {});  // it is in the log
}

}  // namespace sg::app
