#include "gateway/app/application.h"

#include <algorithm>

#include "gateway/app/analog.h"
#include "gateway/app/surroundings.h"
#include "gateway/records/files.h"
#include "gateway/route/shares.h"
#include "media/tone/sound_file.h"
#include "t38/gateway.h"
#include "tdm/cas/group.h"
#include "tdm/dahdi/lasting_dchannel.h"
#include "tdm/pri/interface.h"

namespace sg::app {
namespace {

constexpr auto kShutdownLimit = 5s;

tdm::SpanType type_of(conf::SpanType type) {
  return type == conf::SpanType::E1 ? tdm::SpanType::E1 : tdm::SpanType::T1;
}

tdm::cesop::SpanConfig cesop_config(const conf::Span& span) {
  tdm::cesop::SpanConfig config;
  config.number = span.number;
  config.type = type_of(span.type);
  config.local = span.local;
  config.remote = span.remote;
  config.clock =
      span.clock == conf::SpanClock::Given ? tdm::cesop::ClockSource::Given : tdm::cesop::ClockSource::Recovered;
  config.ppm = span.ppm;
  config.frames_per_packet = static_cast<unsigned>(span.frames_per_packet);
  config.rtp_header = span.rtp_header;
  config.playout_packets = static_cast<unsigned>(span.jitter_packets);
  config.transmit_margin = span.transmit_margin;
  return config;
}

tdm::pri::SwitchType switch_of(conf::PriSwitch type) {
  switch (type) {
    case conf::PriSwitch::EuroIsdnE1:
      return tdm::pri::SwitchType::EuroIsdnE1;
    case conf::PriSwitch::EuroIsdnT1:
      return tdm::pri::SwitchType::EuroIsdnT1;
    case conf::PriSwitch::Ni2:
      return tdm::pri::SwitchType::Ni2;
    case conf::PriSwitch::Dms100:
      return tdm::pri::SwitchType::Dms100;
    case conf::PriSwitch::Lucent5e:
      return tdm::pri::SwitchType::Lucent5e;
    case conf::PriSwitch::Att4ess:
      return tdm::pri::SwitchType::Att4ess;
    case conf::PriSwitch::Qsig:
      return tdm::pri::SwitchType::Qsig;
  }
  return tdm::pri::SwitchType::EuroIsdnE1;
}

bool is_dahdi(const conf::Span& span) {
  return span.backend == conf::SpanBackend::Dahdi;
}

// What the span of a card that is not there will be.
tdm::SpanType type_for(conf::PriSwitch type) {
  return type == conf::PriSwitch::EuroIsdnE1 || type == conf::PriSwitch::Qsig ? tdm::SpanType::E1 : tdm::SpanType::T1;
}

// `spans`: one, or with NFAS all of the trunk's.
tdm::pri::Config pri_config(const conf::PriTrunk& trunk, std::vector<tdm::pri::Span> spans, tdm::Law law) {
  tdm::pri::Config config;
  auto type = spans.front().type;
  auto dchannel_on = [&](uint16_t span) {
    return tdm::Timeslot{span, trunk.dchannel != 0 ? static_cast<uint8_t>(trunk.dchannel) : tdm::dchannel_of(type)};
  };
  config.name = fmt::format("{} span {}", trunk.name, spans.front().number);
  config.role = trunk.role == conf::PriRole::User ? tdm::pri::Role::User : tdm::pri::Role::Network;
  config.switch_type = switch_of(trunk.switch_type);
  config.dchannel = dchannel_on(spans.front().number);
  if (trunk.nfas) {
    auto with_dchannel = trunk.dchannel_spans();
    config.name = trunk.name;
    config.dchannel = dchannel_on(with_dchannel.front());
    if (with_dchannel.size() > 1) config.backup = dchannel_on(with_dchannel[1]);
  }
  config.spans = std::move(spans);
  config.hunt = trunk.hunt == conf::Hunt::Ascending ? tdm::Hunt::Ascending : tdm::Hunt::Descending;
  config.law = law;
  config.overlap_receiving = true;
  config.takes_transfers = trunk.transfer;
  config.t301 = trunk.t301;
  config.t302 = trunk.t302;
  config.t304 = trunk.t304;
  config.t309 = trunk.t309;
  config.t310 = trunk.t310;
  config.t316 = trunk.t316;
  config.alarm_release = trunk.alarm_release;
  config.restart_when_up = trunk.restart;
  auto ms = [](std::chrono::milliseconds time) { return static_cast<int>(time.count()); };
  config.timers = {
      {"T303", ms(trunk.t303)}, {"T305", ms(trunk.t305)}, {"T308", ms(trunk.t308)}, {"T313", ms(trunk.t313)}};
  return config;
}

}  // namespace

tdm::BearerCapability bearer_of(conf::Bearer bearer) {
  switch (bearer) {
    case conf::Bearer::Speech:
      return tdm::BearerCapability::Speech;
    case conf::Bearer::Unrestricted:
      return tdm::BearerCapability::Unrestricted;
    case conf::Bearer::Audio31k:
      return tdm::BearerCapability::Audio31k;
  }
  return tdm::BearerCapability::Audio31k;
}

Application::Application(conf::Settings settings, sip::SuRoot& root)
    : settings_(std::move(settings)),
      root_(root),
      started_(root.now()),
      faxes_(static_cast<size_t>(settings_.fax.keep)),
      plan_loader_(root),
      shutdown_limit_(root),
      memory_timer_(root) {}

// The user agent steps the loop until it is gone: what the backends have told the loop would reach trunks that are
// gone.
Application::~Application() {
  if (cesop_) cesop_->set_listener(nullptr);
  if (dahdi_) dahdi_->set_listener(nullptr);
}

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
  std::vector<tdm::cesop::SpanConfig> spans;
  for (const auto& span : settings_.spans) {
    if (!is_dahdi(span)) spans.push_back(cesop_config(span));
  }
  start_dahdi();
  if (spans.empty()) return {};
  auto backend = tdm::cesop::make_backend(std::move(spans), root_, counters_);
  if (!backend) return tl::unexpected(backend.error());
  cesop_ = std::move(*backend);
  return {};
}

// Without driver the other spans and the SIP trunks work all the same.
void Application::start_dahdi() {
  tdm::dahdi::Options options;
  for (const auto& span : settings_.spans) {
    if (is_dahdi(span)) {
      options.spans.push_back({span.number, span.number_in_driver(), echo_taps(settings_, span.number),
                               port_echo_taps(settings_, span.number)});
    }
  }
  if (options.spans.empty()) return;
  auto backend = tdm::dahdi::DahdiBackend::make(root_, std::move(options));
  if (!backend) {
    dahdi_error_ = backend.error().message;
    log_.error("no span of the DAHDI driver works: {}; then restart spangated", dahdi_error_);
    return;
  }
  dahdi_ = std::move(*backend);
  log_.info("{}", dahdi_->driver_version());
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
    auto music = media::read_sound(file);
    if (!music) return fail_with(music.error(), "[media] hold_music");
    config.hold_music = std::move(*music);
  }
  std::vector<media::BackendOfSpan> backends;
  for (const auto& span : settings_.spans) {
    if (!is_dahdi(span)) backends.push_back({span.number, cesop_.get()});
    if (is_dahdi(span) && dahdi_) backends.push_back({span.number, dahdi_.get()});
  }
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
    config.listen.push_back(
        {listen.transport == conf::Transport::Tcp ? sip::Transport::Tcp : sip::Transport::Udp, listen.address});
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
  for (const auto& settings : settings_.sip_trunks)
    sip_trunks_.push_back(std::make_unique<SipTrunk>(settings, settings_, *agent_));
  for (const auto& settings : settings_.pri_trunks) {
    trunk::TdmTrunk::Options options;
    options.name = settings.name;
    options.bearer = bearer_of(settings.bearer);
    options.joins_in_switch = settings.join_in_switch;
    options.takes_transfers = settings.transfer;
    options.media_policy.tone_zone = tdm::find_tone_zone(settings.tone_zone);
    options.media_policy.plays_ringback = settings.ringback == conf::Ringback::Gateway;
    options.causes = causes_of(settings);
    // Each span is an interface of its own, or all are one.
    std::vector<std::vector<uint16_t>> interfaces;
    if (settings.nfas) {
      interfaces.push_back(settings.spans);
    } else {
      for (uint16_t span : settings.spans) interfaces.push_back({span});
    }
    for (const auto& spans : interfaces) {
      auto interface = make_interface(settings, spans);
      if (!interface) return fail_with(interface.error(), "trunk {}, span {}", settings.name, fmt::join(spans, " "));
      options.interfaces.push_back(std::move(*interface));
    }
    add_tdm_trunk(std::move(options));
  }
  for (const auto& settings : settings_.analog_trunks) start_analog_trunk(settings);
  return {};
}

void Application::add_tdm_trunk(trunk::TdmTrunk::Options options) {
  tdm_trunks_.push_back(std::make_unique<trunk::TdmTrunk>(
      std::move(options), root_, counters_,
      [this](trunk::TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
        manager_->on_incoming({std::move(leg), setup, std::nullopt, &from, from.media_policy()});
      }));
}

void Application::start_analog_trunk(const conf::AnalogTrunk& settings) {
  // Media workers are few: their numbers are far below.
  constexpr unsigned kFirstGroup = 1000;
  tdm::Backend* backend = dahdi_.get();
  if (!backend) {
    if (!missing_backend_) missing_backend_ = std::make_unique<MissingBackend>(dahdi_error_);
    backend = missing_backend_.get();
  }
  std::map<uint16_t, tdm::Backend*> backends;
  for (uint16_t span : settings.spans) backends[span] = backend;
  trunk::TdmTrunk::Options options;
  options.name = settings.name;
  options.causes = causes_of(settings);
  options.carries_data = false;
  options.media_policy.tone_zone = tdm::find_tone_zone(settings.tone_zone);
  auto group = kFirstGroup + static_cast<unsigned>(tdm_trunks_.size());
  options.interfaces.push_back(
      std::make_unique<tdm::cas::Group>(cas_config(settings, settings_, group), root_, backends, counters_));
  add_tdm_trunk(std::move(options));
}

Result<std::unique_ptr<tdm::Signalling>> Application::make_interface(const conf::PriTrunk& trunk,
                                                                     const std::vector<uint16_t>& numbers) {
  const bool on_cards = is_dahdi(*settings_.span(numbers.front()));
  std::vector<tdm::pri::Span> spans;
  std::optional<tdm::Law> law;
  for (uint16_t number : numbers) {
    spans.push_back({number, on_cards ? type_for(trunk.switch_type) : type_of(settings_.span(number)->type)});
    if (!on_cards) continue;
    for (const auto& status : span_status()) {
      if (status.number != number || status.alarms & tdm::kAlarmRemoved) continue;
      spans.back().type = status.type;
      if (!law) law = status.law;
    }
  }
  if (!law) law = tdm::law_of(spans.front().type);
  auto config = pri_config(trunk, std::move(spans), *law);
  if (!on_cards) return tdm::pri::Interface::make(std::move(config), root_, *cesop_, counters_);
  auto open = [this, name = config.name](tdm::Timeslot slot) -> Result<std::unique_ptr<tdm::DChannel>> {
    return tdm::dahdi::LastingDChannel::make(
        root_, name, [this, slot] { return dahdi_ ? dahdi_->open_dchannel(slot) : fail("{}", dahdi_error_); });
  };
  return tdm::pri::Interface::make(std::move(config), root_, open, counters_);
}

Result<> Application::start_routes() {
  auto plan = DialPlan::make(settings_);
  if (!plan) return tl::unexpected(plan.error());
  plan_ = std::move(*plan);
  manager_ = std::make_unique<call::CallManager>(call::Context{*media_, root_, counters_, settings_.fax.clear_after_dcn,
                                                               static_cast<uint8_t>(settings_.site.most_forwards)},
                                                 *this, [this](const call::Record& record) { on_call_over(record); });
  if (records_) {
    // The number of a call is its name in the records, also over restarts.
    manager_->begin_after(records_->last_call());
    manager_->set_begun([this](const call::Record& record) { records_->begin(record); });
  }
  // Only now may calls come in.
  if (cesop_) cesop_->set_listener(this);
  if (dahdi_) dahdi_->set_listener(this);
  span_watch_ = std::make_unique<trunk::SpanWatch>(root_, [this] { return span_status(); });
  for (const auto& span : span_status()) on_alarms_changed(span.number, span.alarms);
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
  SipTrunk* from = sip_trunk_of(info.source);
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
  return settings_.sip.unknown_source == conf::UnknownSource::Refuse || sip_trunk_of(source) != nullptr;
}

std::string Application::trunk_of(const SocketAddress& source) {
  const auto* from = sip_trunk_of(source);
  return from ? from->name() : std::string{};
}

sip::IdentityPolicy Application::identity_towards(const SocketAddress& source) {
  const auto* from = sip_trunk_of(source);
  return from ? from->identity() : sip::IdentityPolicy{};
}

bool Application::is_listed(const std::string& name, const SocketAddress& source) {
  return std::ranges::any_of(sip_trunks_, [&](const auto& sip_trunk) {
    return sip_trunk->name() == name && (sip_trunk->is_peer(source) || sip_trunk->prefix_for(source) >= 0);
  });
}

int Application::options_status(const SocketAddress&) {
  if (is_shutting_down_) return 503;
  if (!settings_.sip.options_follow_trunks) return 200;
  auto states = trunk_states();
  return std::ranges::any_of(states, &route::TrunkState::is_up) ? 200 : 503;
}

// Several trunks may list one address: the one whose peer sends from this very port, then the one that names it most
// closely, then the first by name.
SipTrunk* Application::sip_trunk_of(const SocketAddress& source) const {
  SipTrunk* best = nullptr;
  int longest = -1;
  for (const auto& sip_trunk : sip_trunks_) {
    if (sip_trunk->is_peer(source)) return sip_trunk.get();
    int prefix = sip_trunk->prefix_for(source);
    if (prefix <= longest) continue;
    longest = prefix;
    best = sip_trunk.get();
  }
  return best;
}

void Application::on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) {
  log_.warning("span={} alarms={}", span, tdm::to_string(alarms));
  if (span_watch_) span_watch_->take();
  for (auto& tdm_trunk : tdm_trunks_) tdm_trunk->on_alarms_changed(span, alarms);
}

call::Trunk* Application::trunk(const std::string& name) const {
  for (const auto& sip_trunk : sip_trunks_) {
    if (sip_trunk->name() == name) return sip_trunk.get();
  }
  for (const auto& tdm_trunk : tdm_trunks_) {
    if (tdm_trunk->name() == name) return tdm_trunk.get();
  }
  return nullptr;
}

}  // namespace sg::app
