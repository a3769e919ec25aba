#include "tools/pstnsim/exchange.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "media/codec/g711.h"
#include "tools/pstnsim/requests.h"

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

// Whether the call's bearer is behind this TickSource.
bool ticks_with(const auto& call, int fd) {
  return call.bearer && call.bearer->ticks().fd() == fd;
}

}  // namespace

// Hears one interface.
class Exchange::LineListener final : public tdm::Signalling::Listener {
 public:
  LineListener(Exchange& exchange, Trunk& trunk) : exchange_(exchange), trunk_(trunk) {}

  void on_setup(SignallingCallId id, Timeslot slot, const tdm::Setup& setup) override {
    exchange_.on_setup(trunk_, id, slot, setup);
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
    if (progress.inband_available) trunk_.interface->release(id, 16);
  }
  void on_released(SignallingCallId id, int cause) override {
    with(id, [&](Call& call) { exchange_.on_released(call, cause); });
  }
  void on_notify(SignallingCallId, uint8_t) override {}
  // The exchange joins its two subscribers itself, and takes both calls off the line.
  void on_join_wanted(SignallingCallId id, SignallingCallId other) override {
    with(id, [&](Call& call) { exchange_.events_({{"event", "transferred"}, {"call", call.id}}); });
    trunk_.interface->join_answered(id, true);
    for (auto each : {id, other}) trunk_.interface->release(each, 16);
  }
  void on_interface_up() override { tell("interface_up"); }
  void on_interface_down() override { tell("interface_down"); }

 private:
  template <class Do>
  void with(SignallingCallId id, Do&& what) {
    if (Call* call = exchange_.find(trunk_, id)) what(*call);
  }
  void set_state(SignallingCallId id, const char* state) {
    with(id, [&](Call& call) {
      call.state = state;
      exchange_.events_({{"event", state}, {"call", call.id}});
    });
  }
  void tell(const char* event) {
    exchange_.events_({{"event", event}, {"span", trunk_.number()}});
    exchange_.on_interface_changed();
  }

  Exchange& exchange_;
  Trunk& trunk_;
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
  if (lines_) lines_->set_listener(nullptr);
  for (auto& [id, call] : calls_) close_bearer(*call);
  calls_.clear();
}

Result<> Exchange::start() {
  auto lines = Lines::make(config_.spans, given_, reactor_, counters_);
  if (!lines) return tl::unexpected(lines.error());
  lines_ = std::move(*lines);
  for (auto& trunk : lines_->trunks()) {
    listeners_.push_back(std::make_unique<LineListener>(*this, *trunk));
    trunk->interface->set_listener(listeners_.back().get());
  }
  lines_->set_listener(this);
  requests_ = std::make_unique<Requests>(*this, reactor_);
  return {};
}

void Exchange::handle(const Json& request, Answer answer) {
  requests_->handle(request, std::move(answer));
}

Result<> Exchange::hang_up(uint64_t id, int cause) {
  auto found = calls_.find(id);
  if (found == calls_.end()) return fail("there is no such call");
  found->second->trunk.interface->release(found->second->signalling, cause);
  return {};
}

const Subscriber* Exchange::find_subscriber(const std::string& number) const {
  auto found = std::ranges::find(config_.subscribers, number, &Subscriber::number);
  return found == config_.subscribers.end() ? nullptr : &*found;
}

Call* Exchange::find(const Trunk& trunk, SignallingCallId id) {
  for (auto& [number, call] : calls_) {
    if (&call->trunk == &trunk && call->signalling == id) return call.get();
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
           {"restricted", setup.calling.presentation == Presentation::Restricted}});
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
  Trunk* trunk = span ? lines_->find(span) : nullptr;
  if (span && !trunk) return fail("there is no span {}", span);
  for (auto& each : lines_->trunks()) {
    if (!trunk && each->interface->refusal_cause() == 0) trunk = each.get();
  }
  if (!trunk) return fail("no span takes a call: cause {}", lines_->trunks().front()->interface->refusal_cause());
  tdm::Setup setup;
  setup.called.digits = to;
  setup.calling.number.digits = from;
  if (subscriber->kind == Kind::Data) setup.bearer = BearerCapability::Unrestricted;
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
  requests_->on_released(id, std::move(result));
}

void Exchange::on_interface_changed() {
  bool ready =
      std::ranges::all_of(lines_->trunks(), [](const auto& trunk) { return trunk->interface->refusal_cause() == 0; });
  if (ready && !std::exchange(was_ready_, true)) events_({{"event", "ready"}});
}

void Exchange::on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) {
  events_({{"event", "alarms"}, {"span", span}, {"alarms", tdm::to_string(alarms)}});
  if (Trunk* trunk = lines_->find(span)) trunk->interface->on_alarms_changed(span, alarms);
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

}  // namespace sg::pstnsim
