#include "tools/pstnsim/exchange.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "tdm/dahdi/lasting_dchannel.h"
#include "tools/pstnsim/dchannel_cut.h"
#include "tools/pstnsim/exchange_impl.h"

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

}  // namespace sg::pstnsim
