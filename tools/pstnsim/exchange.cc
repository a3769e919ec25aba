#include "tools/pstnsim/exchange.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "media/codec/g711.h"
#include "tdm/dahdi/lasting_dchannel.h"
#include "tools/pstnsim/data_tester.h"
#include "tools/pstnsim/dchannel_cut.h"

namespace sg::pstnsim {

using tdm::SignallingCallId;
using tdm::Timeslot;

namespace {

// What a fax machine of ours can send: a TIFF, by its first octets (TIFF 6.0 section 2).
Result<> can_be_sent(const std::filesystem::path& document) {
  if (!std::filesystem::exists(document)) return fail("{}: there is no such file", document.string());
  std::array<char, 4> start{};
  std::ifstream(document, std::ios::binary).read(start.data(), start.size());
  const std::string_view found(start.data(), start.size());
  if (found == std::string_view("II*\0", 4) || found == std::string_view("MM\0*", 4)) return {};
  if (found == "%PDF")
    return fail("{} is a PDF: only TIFF can be sent from here (sgfax takes both)", document.string());
  return fail("{} is no TIFF", document.string());
}

}  // namespace

struct Exchange::Call {
  Call(uint64_t number, Trunk& on, SignallingCallId signalling_id, Reactor& reactor)
      : id(number), trunk(on), signalling(signalling_id), timer(reactor) {}

  bool is_data() const { return capability == tdm::BearerCapability::Unrestricted; }

  uint64_t id;
  Trunk& trunk;
  SignallingCallId signalling;
  Timeslot slot;
  bool outgoing = false;
  std::string local, far;  // numbers
  const Subscriber* subscriber = nullptr;
  tdm::BearerCapability capability = tdm::BearerCapability::Audio31k;
  std::string state = "setup";
  std::filesystem::path document, received;
  std::unique_ptr<tdm::Bearer> bearer;
  std::unique_ptr<Terminal> terminal;  // who is on the line: the subscriber, or a tone of the exchange
  std::optional<DataTester> tester;    // in its place: data
  bool reported = false;               // its fax was told of
  Exchange::Json fax;
  Timer timer;
};

namespace {

// Whether the call's bearer is behind this TickSource.
bool ticks_with(const auto& call, int fd) {
  return call.bearer && call.bearer->ticks().fd() == fd;
}

}  // namespace

// One interface, and what brings its span.
class Exchange::Trunk final : public tdm::Signalling::Listener {
 public:
  Trunk(Exchange& exchange, const Span& span) : exchange_(exchange), config(span) {}

  void on_setup(SignallingCallId id, Timeslot slot, const tdm::Setup& setup) override {
    exchange_.on_setup(*this, id, slot, setup);
  }
  void on_information(SignallingCallId id, const std::string& digits) override {
    with(id, [&](Call& call) { exchange_.on_digits(call, digits); });
  }
  void on_setup_acknowledged(SignallingCallId, tdm::Progress) override {}
  void on_proceeding(SignallingCallId id, tdm::Progress) override { set_state(id, "proceeding"); }
  void on_progress(SignallingCallId id, tdm::Progress, int) override { set_state(id, "progress"); }
  void on_alerting(SignallingCallId id, tdm::Progress) override { set_state(id, "alerting"); }
  void on_answered(SignallingCallId id, tdm::Progress) override {
    with(id, [&](Call& call) { exchange_.on_answered(call); });
  }
  void on_timeslot_changed(SignallingCallId id, Timeslot slot) override {
    with(id, [&](Call& call) {
      exchange_.close_bearer(call);
      call.slot = slot;
      exchange_.open_bearer(call);
    });
  }
  void on_disconnected(SignallingCallId id, int, tdm::Progress progress) override {
    with(id, [&](Call& call) {
      call.state = "disconnected";
      exchange_.events_({{"event", "disconnected"}, {"call", call.id}, {"in_band", progress.inband_available}});
    });
    // Nobody here listens to announcements to their end.
    if (progress.inband_available) interface->release(id, 16);
  }
  void on_released(SignallingCallId id, int cause) override {
    with(id, [&](Call& call) { exchange_.on_released(call, cause); });
  }
  void on_notify(SignallingCallId, uint8_t) override {}
  // The exchange joins its two subscribers itself, and takes both calls off the line.
  void on_join_wanted(SignallingCallId id, SignallingCallId other) override {
    with(id, [&](Call& call) { exchange_.events_({{"event", "transferred"}, {"call", call.id}}); });
    interface->join_answered(id, true);
    for (auto each : {id, other}) interface->release(each, 16);
  }
  void on_interface_up() override { tell("interface_up"); }
  void on_interface_down() override { tell("interface_down"); }

  uint16_t number() const { return config.cesop.number; }
  bool has(uint16_t span) const { return std::ranges::count(config.pri.spans, span, &tdm::pri::Span::number) > 0; }
  // The timeslots of another span belong to this one's interface.
  void join(const Span& other) {
    config.pri.spans.push_back(other.pri.spans.front());
    if (other.backup_dchannel) config.pri.backup = Timeslot{other.cesop.number, tdm::dchannel_of(other.cesop.type)};
  }

 private:
  template <class Do>
  void with(SignallingCallId id, Do&& what) {
    if (Call* call = exchange_.find(*this, id)) what(*call);
  }
  void set_state(SignallingCallId id, const char* state) {
    with(id, [&](Call& call) {
      call.state = state;
      exchange_.events_({{"event", state}, {"call", call.id}});
    });
  }
  void tell(const char* event) {
    exchange_.events_({{"event", event}, {"span", number()}});
    exchange_.on_interface_changed();
  }

  Exchange& exchange_;

 public:
  Span config;
  tdm::Backend* backend = nullptr;
  bool dchannel_is_cut = false;
  std::unique_ptr<tdm::Signalling> interface;
};

Result<std::unique_ptr<Exchange>> Exchange::make(Config config, Reactor& reactor, Counters& counters, Events events,
                                                 Given given) {
  if (auto sound = check(config); !sound) return tl::unexpected(sound.error());
  std::unique_ptr<Exchange> exchange(
      new Exchange(std::move(config), reactor, counters, std::move(events), std::move(given)));
  if (auto started = exchange->start(); !started) return tl::unexpected(started.error());
  return exchange;
}

Exchange::Exchange(Config config, Reactor& reactor, Counters& counters, Events events, Given given)
    : config_(std::move(config)),
      reactor_(reactor),
      counters_(counters),
      events_(std::move(events)),
      given_(std::move(given)) {}

Exchange::~Exchange() {
  if (cesop_) cesop_->set_listener(nullptr);
  if (dahdi_) dahdi_->set_listener(nullptr);
  for (auto& [id, call] : calls_) close_bearer(*call);
  calls_.clear();
}

Result<> Exchange::start() {
  if (auto started = start_backends(); !started) return started;
  for (const Span& span : config_.spans) {
    if (span.nfas != 0) continue;
    auto& trunk = trunks_.emplace_back(std::make_unique<Trunk>(*this, span));
    for (const Span& other : config_.spans) {
      if (other.nfas == span.cesop.number) trunk->join(other);
    }
    auto interface = make_interface(*trunk);
    if (!interface) return tl::unexpected(interface.error());
    trunk->interface = std::move(*interface);
    trunk->interface->set_listener(trunk.get());
  }
  if (cesop_) cesop_->set_listener(this);
  if (dahdi_) dahdi_->set_listener(this);
  return {};
}

Result<> Exchange::start_backends() {
  std::vector<tdm::cesop::SpanConfig> pseudowires;
  tdm::dahdi::Options cards;
  // All calls run in one thread, and a fax machine that closes a page keeps it for a while on a slow processor.
  constexpr auto kMargin = 200ms;
  cards.transmit_margin = kMargin;
  for (const Span& span : config_.spans) {
    if (span.backend == SpanBackend::Cesop) pseudowires.emplace_back(span.cesop).transmit_margin = kMargin;
    if (span.backend == SpanBackend::Dahdi) cards.spans.push_back({span.cesop.number, span.driver_span});
  }
  if (!pseudowires.empty()) {
    auto backend = tdm::cesop::make_backend(std::move(pseudowires), reactor_, counters_);
    if (!backend) return tl::unexpected(backend.error());
    cesop_ = std::move(*backend);
  }
  if (!cards.spans.empty()) {
    auto backend = tdm::dahdi::DahdiBackend::make(reactor_, std::move(cards));
    if (!backend) return tl::unexpected(backend.error());
    dahdi_ = std::move(*backend);
  }
  return {};
}

tdm::Backend* Exchange::backend_of(const Span& span) const {
  if (span.backend == SpanBackend::Cesop) return cesop_.get();
  if (span.backend == SpanBackend::Dahdi) return dahdi_.get();
  auto found = given_.find(span.cesop.number);
  return found == given_.end() ? nullptr : found->second;
}

Result<std::unique_ptr<tdm::Signalling>> Exchange::make_interface(Trunk& trunk) {
  const Span& span = trunk.config;
  trunk.backend = backend_of(span);
  if (trunk.backend == nullptr) return fail("span {}: there is nothing that brings it", span.cesop.number);
  if (!span.is_analog()) return make_isdn(trunk);
  const std::map<uint16_t, tdm::Backend*> backends{{span.cesop.number, trunk.backend}};
  return std::make_unique<tdm::cas::Group>(span.analog, reactor_, backends, counters_);
}

Result<std::unique_ptr<tdm::Signalling>> Exchange::make_isdn(Trunk& trunk) {
  const Span& span = trunk.config;
  if (span.backend != SpanBackend::Dahdi)
    return tdm::pri::Interface::make(span.pri, reactor_, *trunk.backend, counters_);
  auto open = [this, slot = Timeslot{span.cesop.number, tdm::dchannel_of(span.cesop.type)}] {
    return dahdi_->open_dchannel(slot);
  };
  auto dchannel = tdm::dahdi::LastingDChannel::make(reactor_, span.pri.name, open);
  if (!dchannel) return tl::unexpected(dchannel.error());
  return tdm::pri::Interface::make(
      span.pri, reactor_, make_dchannel_that_can_be_cut(std::move(*dchannel), trunk.dchannel_is_cut), counters_);
}

std::vector<tdm::SpanStatus> Exchange::span_status() const {
  std::vector<tdm::SpanStatus> all;
  if (cesop_) all = cesop_->status();
  if (dahdi_) std::ranges::move(dahdi_->status(), std::back_inserter(all));
  return all;
}

const Subscriber* Exchange::find_subscriber(const std::string& number) const {
  auto found = std::ranges::find(config_.subscribers, number, &Subscriber::number);
  return found == config_.subscribers.end() ? nullptr : &*found;
}

Exchange::Call* Exchange::find(const Trunk& trunk, SignallingCallId id) {
  for (auto& [number, call] : calls_) {
    if (&call->trunk == &trunk && call->signalling == id) return call.get();
  }
  return nullptr;
}

Exchange::Trunk* Exchange::find_trunk(uint16_t span) {
  for (auto& trunk : trunks_) {
    if (trunk->has(span)) return trunk.get();
  }
  return nullptr;
}

// Calls to a subscriber.

void Exchange::on_setup(Trunk& trunk, SignallingCallId id, Timeslot slot, const tdm::Setup& setup) {
  auto owned = std::make_unique<Call>(++last_call_, trunk, id, reactor_);
  Call& call = *owned;
  calls_.emplace(call.id, std::move(owned));
  call.slot = slot;
  call.local = setup.called.digits;
  call.far = setup.calling.number.digits;
  call.capability = setup.bearer;
  events_({{"event", "incoming"},
           {"call", call.id},
           {"span", slot.span},
           {"timeslot", slot.number},
           {"to", call.local},
           {"from", call.far},
           {"name", setup.calling.name},
           {"restricted", setup.calling.presentation == tdm::Presentation::Restricted}});
  call.subscriber = find_subscriber(call.local);
  if (!setup.called_complete && !call.subscriber) return trunk.interface->setup_acknowledge(id, true);
  route(call);
}

void Exchange::on_digits(Call& call, const std::string& digits) {
  if (call.subscriber || call.state != "setup") return;
  call.local += digits;
  call.subscriber = find_subscriber(call.local);
  // No digits: no more will come.
  if (call.subscriber || digits.empty()) route(call);
}

void Exchange::route(Call& call) {
  auto& interface = *call.trunk.interface;
  if (!call.subscriber) return interface.release(call.signalling, 1);
  // Q.850: incompatible destination.
  if ((call.subscriber->kind == Kind::Data) != call.is_data()) return interface.release(call.signalling, 88);
  switch (call.subscriber->kind) {
    case Kind::Unknown:
      return interface.release(call.signalling, 1);
    case Kind::Busy:
      return interface.release(call.signalling, 17);
    case Kind::NoAnswer:
      return ring(call);
    case Kind::Announcement:
      return announce(call);
    default:
      break;
  }
  interface.proceeding(call.signalling);
  ring(call);
  call.timer.arm(call.subscriber->answer_after, [this, &call] { answer(call); });
}

void Exchange::ring(Call& call) {
  call.state = "alerting";
  if (!call.is_data()) call.terminal = make_ringback();
  open_bearer(call);
  call.trunk.interface->alerting(call.signalling, !call.is_data());
}

void Exchange::answer(Call& call) {
  if (!connect_terminal(call, false)) return;
  call.trunk.interface->answer(call.signalling);
  call.state = "active";
  events_({{"event", "answered"}, {"call", call.id}});
}

void Exchange::announce(Call& call) {
  auto& interface = *call.trunk.interface;
  const Subscriber& subscriber = *call.subscriber;
  call.terminal = make_tone(subscriber.frequency, subscriber.level);
  open_bearer(call);
  call.state = "announcement";
  if (subscriber.in_progress) {
    interface.progress(call.signalling, {.inband_available = true}, 0);
  } else {
    interface.disconnect_with_announcement(call.signalling, subscriber.cause);
  }
  call.timer.arm(subscriber.length,
                 [&interface, id = call.signalling, cause = subscriber.cause] { interface.release(id, cause); });
}

// Calls from a subscriber.

Result<uint64_t> Exchange::originate(const std::string& from, const std::string& to,
                                     const std::filesystem::path& document, uint16_t span) {
  const Subscriber* subscriber = find_subscriber(from);
  if (!subscriber) return fail("there is no subscriber {}", from);
  if (!document.empty() && subscriber->kind != Kind::Fax) return fail("subscriber {} is no fax machine", from);
  if (auto fit = document.empty() ? Result<>{} : can_be_sent(document); !fit) return tl::unexpected(fit.error());
  Trunk* trunk = span ? find_trunk(span) : nullptr;
  if (span && !trunk) return fail("there is no span {}", span);
  for (auto& each : trunks_) {
    if (!trunk && each->interface->refusal_cause() == 0) trunk = each.get();
  }
  if (!trunk) return fail("no span takes a call: cause {}", trunks_.front()->interface->refusal_cause());
  tdm::Setup setup;
  setup.called.digits = to;
  setup.calling.number.digits = from;
  if (subscriber->kind == Kind::Data) setup.bearer = tdm::BearerCapability::Unrestricted;
  auto out = trunk->interface->setup(setup);
  if (!out) return tl::unexpected(out.error());
  auto owned = std::make_unique<Call>(++last_call_, *trunk, out->call, reactor_);
  Call& call = *owned;
  calls_.emplace(call.id, std::move(owned));
  call.outgoing = true;
  call.slot = out->slot;
  call.local = from;
  call.far = to;
  call.subscriber = subscriber;
  call.document = document;
  call.capability = setup.bearer;
  // An analog port first dials; on_timeslot_changed tells when the line is ours.
  if (out->is_slot_ready) open_bearer(call);
  events_({{"event", "outgoing"},
           {"call", call.id},
           {"span", call.slot.span},
           {"timeslot", call.slot.number},
           {"from", from},
           {"to", to}});
  return call.id;
}

void Exchange::on_answered(Call& call) {
  // A caller's machine begins with the answer: its timers are T.30's.
  if (!connect_terminal(call, true)) return;
  call.state = "active";
  events_({{"event", "answered"}, {"call", call.id}});
}

void Exchange::on_released(Call& call, int cause) {
  call.timer.cancel();
  if (call.terminal) call.terminal->hang_up();
  report_fax(call);
  close_bearer(call);
  events_({{"event", "released"}, {"call", call.id}, {"cause", cause}});
  call.state = "released";
  Json result = describe(call);
  result["cause"] = cause;
  uint64_t id = call.id;
  calls_.erase(id);
  results_[id] = result;
  if (results_.size() > kResultsKept) results_.erase(results_.begin());
  auto [first, last] = waiters_.equal_range(id);
  std::vector<Answer> answers;
  for (auto at = first; at != last; ++at) answers.push_back(std::move(at->second.answer));
  waiters_.erase(first, last);
  result["ok"] = true;
  for (auto& answer : answers) answer(result);
}

void Exchange::on_interface_changed() {
  bool ready = std::ranges::all_of(trunks_, [](const auto& trunk) { return trunk->interface->refusal_cause() == 0; });
  if (ready && !std::exchange(was_ready_, true)) events_({{"event", "ready"}});
}

void Exchange::on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) {
  events_({{"event", "alarms"}, {"span", span}, {"alarms", tdm::to_string(alarms)}});
  if (Trunk* trunk = find_trunk(span)) trunk->interface->on_alarms_changed(span, alarms);
  on_interface_changed();
}

// Media.

Result<std::unique_ptr<Terminal>> Exchange::make_terminal(Call& call, bool calling,
                                                          const std::filesystem::path& document) {
  const Subscriber& subscriber = *call.subscriber;
  switch (subscriber.kind) {
    case Kind::Fax: {
      std::error_code ignored;
      std::filesystem::create_directories(subscriber.directory, ignored);
      call.received = subscriber.directory / fmt::format("{}-{}.tif", subscriber.number, call.id);
      return make_fax(subscriber, calling, document, calling ? std::filesystem::path{} : call.received);
    }
    case Kind::Voice:
      return make_voice(subscriber.play, subscriber.record);
    case Kind::Echo:
      return make_echo();
    default:
      return make_tone(subscriber.frequency, subscriber.level);
  }
}

// False: it cannot be had, and the call is released.
bool Exchange::connect_terminal(Call& call, bool calling) {
  if (call.is_data()) {
    call.tester.emplace();
    return true;
  }
  auto terminal = make_terminal(call, calling, calling ? call.document : std::filesystem::path{});
  if (!terminal) {
    events_({{"event", "error"}, {"call", call.id}, {"message", terminal.error().message}});
    call.trunk.interface->release(call.signalling, 27);
    return false;
  }
  call.terminal = std::move(*terminal);
  return true;
}

void Exchange::open_bearer(Call& call) {
  auto bearer = call.trunk.backend->open_bearer(call.slot, {.block_octets = kBlock, .group = 0});
  if (!bearer) {
    events_({{"event", "error"}, {"call", call.id}, {"message", bearer.error().message}});
    return call.trunk.interface->release(call.signalling, 41);
  }
  int fd = (*bearer)->ticks().fd();
  bool is_first = std::ranges::none_of(calls_, [&](const auto& entry) { return ticks_with(*entry.second, fd); });
  call.bearer = std::move(*bearer);
  if (is_first && !reactor_.watch(fd, EPOLLIN, [this, fd](uint32_t) { tick(fd); })) call.bearer.reset();
}

void Exchange::close_bearer(Call& call) {
  if (!call.bearer) return;
  int fd = call.bearer->ticks().fd();
  bool is_last = std::ranges::none_of(
      calls_, [&](const auto& entry) { return entry.second.get() != &call && ticks_with(*entry.second, fd); });
  if (is_last) reactor_.unwatch(fd);
  call.bearer.reset();
}

void Exchange::tick(int fd) {
  auto first = std::ranges::find_if(calls_, [&](const auto& entry) { return ticks_with(*entry.second, fd); });
  if (first == calls_.end()) return;
  first->second->bearer->ticks().acknowledge();
  for (auto& [id, call] : calls_) {
    if (ticks_with(*call, fd)) exchange_blocks(*call);
  }
}

void Exchange::exchange_blocks(Call& call) {
  std::array<uint8_t, kBlock> octets;
  std::array<int16_t, kBlock> samples;
  auto law = call.bearer->law();
  while (true) {
    auto read = call.bearer->read(octets);
    // The timeslot is gone; that the call is over, its signalling will tell.
    if (!read) return close_bearer(call);
    if (!*read) return;
    if (call.tester) {
      call.tester->receive(octets);
      call.tester->transmit(octets);
    } else if (call.terminal) {
      media::g711::decode(law, octets, samples);
      call.terminal->receive(samples);
      call.terminal->transmit(samples);
      media::g711::encode(law, samples, octets);
    } else {
      octets.fill(tdm::idle_octet(law));
    }
    // A full buffer is a slip of the line's, and the backend counts it.
    [[maybe_unused]] auto written = call.bearer->write(octets);
    if (call.terminal && call.terminal->fax() && call.terminal->fax()->is_finished() && !call.reported) {
      report_fax(call);
      // What was said last is still on its way.
      call.timer.arm(1s, [&call] { call.trunk.interface->release(call.signalling, 16); });
    }
  }
}

void Exchange::report_fax(Call& call) {
  if (!call.terminal || !call.terminal->fax() || std::exchange(call.reported, true)) return;
  auto result = call.terminal->fax()->result();
  call.fax = {{"success", result.success},
              {"pages_sent", result.pages_sent},
              {"pages_received", result.pages_received},
              {"bit_rate", result.bit_rate},
              {"ecm", result.ecm},
              {"ecm_repeats", result.ecm_repeats},
              {"far_identity", result.far_identity},
              {"status", result.status},
              {"status_text", result.status_text},
              {"file", call.outgoing ? call.document.string() : call.received.string()}};
  Json event = {{"event", "fax_finished"}, {"call", call.id}, {"number", call.local}, {"outgoing", call.outgoing}};
  event.update(call.fax);
  events_(event);
}

// Requests.

void Exchange::handle(const Json& request, Answer answer) {
  auto refuse = [&](const std::string& why) { answer({{"ok", false}, {"error", why}}); };
  if (!request.is_object()) return refuse("a request is a JSON object");
  try {
    std::string command = request.value("command", "");
    if (command == "originate") {
      auto call = originate(request.at("from"), request.at("to"), request.value("send", ""),
                            request.value("span", uint16_t{0}));
      if (!call) return refuse(call.error().message);
      return answer({{"ok", true}, {"call", *call}});
    }
    if (command == "calls") {
      Json all = Json::array();
      for (const auto& [id, call] : calls_) all.push_back(describe(*call));
      return answer({{"ok", true}, {"calls", all}});
    }
    if (command == "status") return answer(status());
    if (command == "hangup") {
      auto found = calls_.find(request.at("call").get<uint64_t>());
      if (found == calls_.end()) return refuse("there is no such call");
      found->second->trunk.interface->release(found->second->signalling, request.value("cause", 16));
      return answer({{"ok", true}});
    }
    if (command == "wait") {
      return wait(request.at("call"), std::chrono::milliseconds(request.value("timeout_ms", int64_t{600'000})),
                  std::move(answer));
    }
    if (command == "clock" || command == "alarm" || command == "dchannel" || command == "bit_errors") {
      return answer(set_fault(command, request));
    }
    return refuse("the commands are originate, calls, status, hangup, wait, clock, alarm, dchannel and bit_errors");
  } catch (const Json::exception& error) {
    return refuse(error.what());
  }
}

Exchange::Json Exchange::set_fault(const std::string& command, const Json& request) {
  auto span = request.value("span", config_.spans.front().cesop.number);
  Trunk* trunk = find_trunk(span);
  if (!trunk) return {{"ok", false}, {"error", "there is no such span"}};
  if (trunk->config.backend != SpanBackend::Cesop) {
    if (command != "dchannel" || trunk->config.is_analog())
      return {{"ok", false}, {"error", "a span of this backend and type cannot do that"}};
    trunk->dchannel_is_cut = request.at("cut");
    return {{"ok", true}};
  }
  bool on = request.value("on", true);
  if (command == "clock") {
    cesop_->set_ppm(span, request.at("ppm"));
  } else if (command == "dchannel") {
    cesop_->cut_dchannel(span, request.at("cut"));
  } else if (command == "bit_errors") {
    cesop_->set_bit_error_rate(span, request.value("timeslot", uint8_t{0}), request.at("rate"));
  } else {
    std::string kind = request.at("kind");
    if (kind == "ais")
      cesop_->send_ais(span, on);
    else if (kind == "rai")
      cesop_->send_rai(span, on);
    else if (kind == "los")
      cesop_->stop_sending(span, on);
    else
      return {{"ok", false}, {"error", "an alarm is ais, rai or los"}};
  }
  return {{"ok", true}};
}

void Exchange::wait(uint64_t call, std::chrono::milliseconds limit, Answer answer) {
  if (auto over = results_.find(call); over != results_.end()) {
    Json result = over->second;
    result["ok"] = true;
    return answer(result);
  }
  if (!calls_.contains(call)) return answer({{"ok", false}, {"error", "there is no such call"}});
  auto waiter = waiters_.emplace(call, Waiter{std::move(answer), std::make_unique<Timer>(reactor_)});
  waiter->second.timer->arm(limit, [this, waiter] {
    Answer late = std::move(waiter->second.answer);
    waiters_.erase(waiter);
    late({{"ok", false}, {"error", "the call goes on"}});
  });
}

Exchange::Json Exchange::describe(const Call& call) const {
  Json described = {{"call", call.id},           {"span", call.slot.span}, {"timeslot", call.slot.number},
                    {"outgoing", call.outgoing}, {"number", call.local},   {"far", call.far},
                    {"state", call.state}};
  if (!call.fax.is_null()) described["fax"] = call.fax;
  if (call.tester) {
    described["data"] = {{"octets", call.tester->octets()},
                         {"errors", call.tester->errors()},
                         {"clean", call.tester->clean()},
                         {"slips", call.tester->slips()}};
  }
  if (call.terminal && call.terminal->fax() && call.fax.is_null()) {
    auto progress = call.terminal->fax()->progress();
    described["progress"] = {
        {"page", progress.page}, {"bit_rate", progress.bit_rate}, {"ecm", progress.ecm}, {"phase", progress.phase}};
  }
  return described;
}

Exchange::Json Exchange::status() const {
  Json spans = Json::array();
  auto lines = span_status();
  for (const auto& trunk : trunks_) {
    auto status = trunk->interface->status();
    auto slots = [&](tdm::Signalling::SlotState state) {
      return std::ranges::count(status.slots, state, &tdm::Signalling::SlotStatus::state);
    };
    Json span = {{"span", trunk->number()},
                 {"interface", status.name},
                 {"up", status.is_up},
                 {"in_use", slots(tdm::Signalling::SlotState::InUse)},
                 {"idle", slots(tdm::Signalling::SlotState::Idle)}};
    for (const auto& line : lines) {
      if (line.number != trunk->number()) continue;
      span["alarms"] = tdm::to_string(line.alarms);
      span["clock"] = line.clock;
      for (const auto& [name, value] : line.counters) span["counters"][name] = value;
    }
    for (const auto& [name, value] : status.counters) span["counters"][name] = value;
    spans.push_back(span);
  }
  return {{"ok", true}, {"spans", spans}, {"calls", calls_.size()}};
}

}  // namespace sg::pstnsim
