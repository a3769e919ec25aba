#include "gateway/app/application.h"

#include <algorithm>

#include "gateway/app/surroundings.h"
#include "gateway/records/files.h"
#include "gateway/route/shares.h"
#include "gateway/trunk/sip_options.h"
#include "media/tone/wav.h"
#include "t38/gateway.h"

namespace sg::app {
namespace {

constexpr auto kShutdownLimit = 5s;

}  // namespace

Application::Application(conf::Settings settings, sip::SuRoot& root)
    : settings_(std::move(settings)),
      root_(root),
      started_(root.now()),
      faxes_(static_cast<size_t>(settings_.fax.keep)),
      plan_loader_(root),
      shutdown_limit_(root),
      memory_timer_(root) {}

Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::start(conf::Settings settings, sip::SuRoot& root) {
  std::unique_ptr<Application> app(new Application(std::move(settings), root));
  for (auto step :
       {&Application::start_records, &Application::start_backends, &Application::start_media, &Application::start_sip,
        &Application::start_trunks, &Application::start_routes, &Application::start_admin}) {
    if (auto done = (app.get()->*step)(); !done) return tl::unexpected(done.error());
  }
  app->log_.info("the filters of fax modems use {}", t38::Gateway::has_fast_filters() ? "AVX2" : "no AVX2");
  for (const auto& listen : app->listening()) app->log_.info("listening on {}", listen);
  app->give_back_memory();
  return app;
}

Result<> Application::start_records() {
  start_fax_memory();
  if (settings_.records.file.empty()) return {};
  auto writer = records::Writer::open(settings_.records.file, counters_);
  if (!writer) return tl::unexpected(writer.error());
  records_ = std::move(*writer);
  return {};
}

void Application::on_call_over(const call::Record& record) {
  faxes_.add(record);
  if (fax_memory_) fax_memory_->learn(record, std::chrono::system_clock::now());
  if (records_) records_->write(record);
}

// Calls go on without it.
void Application::start_fax_memory() {
  if (settings_.fax.memory.empty()) return;
  auto memory = records::FaxMemory::open(settings_.fax.memory, counters_, std::chrono::system_clock::now());
  if (!memory) {
    fax_memory_error_ = memory.error().message;
    return log_.error("nothing is remembered of fax numbers: {}", fax_memory_error_);
  }
  fax_memory_ = std::move(*memory);
}

Result<> Application::start_backends() {
  auto backends = trunk::Backends::start(settings_, root_, counters_);
  if (!backends) return tl::unexpected(backends.error());
  backends_ = std::move(*backends);
  return {};
}

Result<> Application::start_media() {
  media::Config config;
  config.workers = static_cast<unsigned>(settings_.media.workers);
  config.first_port = settings_.media.first_port;
  config.last_port = settings_.media.last_port;
  config.voice_jitter_min = settings_.media.voice_jitter_min;
  config.voice_jitter_start = settings_.media.voice_jitter_start;
  config.voice_jitter_max = settings_.media.voice_jitter_max;
  config.fax_jitter = settings_.media.fax_jitter;
  config.fax_jitter_max = settings_.media.fax_jitter_max;
  config.rtp_timeout = settings_.media.rtp_timeout;
  config.t38_timeout = settings_.media.t38_timeout;
  config.t38_redundancy = settings_.fax.redundancy;
  config.ecm = settings_.fax.ecm;
  config.v17 = settings_.fax.allows(conf::Modem::V17);
  config.v29 = settings_.fax.allows(conf::Modem::V29);
  config.v27ter = settings_.fax.allows(conf::Modem::V27ter);
  if (const auto& file = settings_.media.hold_music; !file.empty()) {
    auto music = media::read_wav(file);
    if (!music) return fail_with(music.error(), "[media] hold_music");
    config.hold_music = std::move(*music);
  }
  std::vector<media::BackendOfSpan> backends;
  for (const auto& [span, backend] : backends_->by_span()) backends.push_back({span, backend});
  auto service = media::make_service(config, root_, std::move(backends), counters_);
  if (!service) return tl::unexpected(service.error());
  media_ = std::move(*service);
  return {};
}

Result<> Application::start_sip() {
  // Without an address there is no SIP: a gateway between ISDN lines. The settings were checked to need none.
  if (settings_.sip.listen.empty()) return {};
  sip::AgentConfig config;
  for (const auto& listen : settings_.sip.listen) {
    config.listen.push_back({trunk::transport_of(listen.transport), listen.address});
  }
  config.user_agent = settings_.sip.user_agent;
  config.t1 = settings_.sip.t1;
  config.t2 = settings_.sip.t2;
  config.t4 = settings_.sip.t4;
  config.transaction_patience = 64 * config.t1;
  config.reinvite_patience = 62 * config.t1;
  config.session_expires = settings_.sip.session_expires;
  config.min_se = settings_.sip.min_se;
  config.limits.requests_per_second = settings_.sip.max_requests_per_second;
  config.limits.invites_per_second = settings_.sip.max_invites_per_second;
  config.limits.transactions = static_cast<size_t>(settings_.sip.max_transactions);
  config.connections.in_all = static_cast<size_t>(settings_.sip.max_connections);
  config.connections.per_source = static_cast<size_t>(settings_.sip.max_connections_per_source);
  config.connections.first_message = settings_.sip.connection_first_message;
  config.connections.idle = settings_.sip.connection_idle;
  auto agent = sip::SipAgent::start(root_, config, *this, counters_);
  if (!agent) return tl::unexpected(agent.error());
  agent_ = std::move(*agent);
  return {};
}

Result<> Application::start_trunks() {
  trunk_factory_.emplace(settings_, trunk::TrunkFactory::Parts{*backends_, agent_.get(), root_, counters_});
  return trunk_factory_->make_all(
      trunks_, [this](trunk::TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
        manager_->on_incoming({std::move(leg), setup, std::nullopt, &from, from.media_policy()});
      });
}

Result<> Application::start_routes() {
  auto plan = routing::DialPlan::make(settings_);
  if (!plan) return tl::unexpected(plan.error());
  routing_ = std::make_unique<routing::CallRouting>(
      std::move(*plan), routing::CallRouting::Context{trunks_, fax_memory_.get(), root_, counters_});
  manager_ = std::make_unique<call::CallManager>(call::Context{*media_, root_, counters_, settings_.fax.clear_after_dcn,
                                                               static_cast<uint8_t>(settings_.site.most_forwards)},
                                                 *routing_, [this](const call::Record& record) { on_call_over(record); });
  if (records_) {
    // The number of a call is its name in the records, also over restarts.
    manager_->begin_after(records_->last_call());
    manager_->set_begun([this](const call::Record& record) { records_->begin(record); });
  }
  // Only now may calls come in.
  span_watch_ = std::make_unique<trunk::SpanWatch>(root_, *backends_, trunks_);
  for (const auto& caution : route::cautions(settings_)) log_.warning("{}", caution);
  for (const auto& clock : examine_clocks(facts())) log_.warning("{}: {}", clock.says, clock.mend);
  return {};
}

// A flood's memory is not kept for the next one.
void Application::give_back_memory() {
  constexpr auto kInterval = 10s;
  memory_timer_.arm(kInterval, [this] {
    free_memory_.give_back();
    give_back_memory();
  });
}

Result<> Application::start_admin() {
  const std::string socket = control_socket(settings_);
  if (socket.empty()) return {};
  auto server = admin::Server::start(socket, *this, root_, counters_);
  if (!server) return tl::unexpected(server.error());
  admin_ = std::move(*server);
  return give_to_group(settings_, socket);
}

void Application::shut_down(std::function<void()> done) {
  log_.info("shutting down calls={}", manager_->calls().size());
  is_shutting_down_ = true;
  auto once = [this, done = std::move(done)] {
    shutdown_limit_.cancel();
    done();
  };
  shutdown_limit_.arm(kShutdownLimit, once);
  manager_->shut_down(once);
}

void Application::reopen_files() {
  if (records_) records_->reopen();
}

void Application::on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const sip::InviteInfo& info) {
  trunk::SipTrunk* from = trunks_.find_by_source(info.source);
  if (!from) {
    log_.warning("INVITE from {} called={}: no trunk allows this address", info.source.to_string(),
                 setup.called.digits);
    counters_.get("sip.unknown_source").add();
    leg->release(call::cause_of_sip(403));
    return;
  }
  manager_->on_incoming({.leg = std::move(leg),
                         .setup = setup,
                         .offer = info.offer,
                         .from = from,
                         .policy = from->policy_at(info.local),
                         .streams = info.streams});
}

bool Application::admits(const SocketAddress& source) {
  return settings_.sip.unknown_source == conf::UnknownSource::Refuse || trunks_.find_by_source(source) != nullptr;
}

bool Application::is_emergency(const call::Setup& setup, const SocketAddress& source) {
  const auto* from = trunks_.find_by_source(source);
  return from && routing_->is_emergency(from->name(), setup);
}

std::string Application::trunk_of(const SocketAddress& source) {
  const auto* from = trunks_.find_by_source(source);
  return from ? from->name() : std::string{};
}

sip::IdentityPolicy Application::identity_towards(const SocketAddress& source) {
  const auto* from = trunks_.find_by_source(source);
  return from ? from->identity() : sip::IdentityPolicy{};
}

bool Application::is_listed(const std::string& name, const SocketAddress& source) {
  return trunks_.is_listed(name, source);
}

int Application::options_status(const SocketAddress&) {
  if (is_shutting_down_) return 503;
  if (!settings_.sip.options_follow_trunks) return 200;
  auto states = routing_->trunk_states();
  return std::ranges::any_of(states, &route::TrunkState::is_up) ? 200 : 503;
}

}  // namespace sg::app
