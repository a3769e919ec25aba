#pragma once

#include <algorithm>
#include <optional>

#include "tools/pstnsim/data_tester.h"
#include "tools/pstnsim/exchange.h"

// What an Exchange has of each call and of each interface. For its own sources only.
namespace sg::pstnsim {

struct Exchange::Call {
  Call(uint64_t number, Trunk& on, tdm::SignallingCallId signalling_id, Reactor& reactor)
      : id(number), trunk(on), signalling(signalling_id), timer(reactor) {}

  bool is_data() const { return capability == tdm::BearerCapability::Unrestricted; }

  uint64_t id;
  Trunk& trunk;
  tdm::SignallingCallId signalling;
  tdm::Timeslot slot;
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

// One interface, and what brings its span.
class Exchange::Trunk final : public tdm::Signalling::Listener {
 public:
  Trunk(Exchange& exchange, const Span& span) : exchange_(exchange), config(span) {}

  void on_setup(tdm::SignallingCallId id, tdm::Timeslot slot, const tdm::Setup& setup) override {
    exchange_.on_setup(*this, id, slot, setup);
  }
  void on_information(tdm::SignallingCallId id, const std::string& digits) override {
    with(id, [&](Call& call) { exchange_.on_digits(call, digits); });
  }
  void on_setup_acknowledged(tdm::SignallingCallId, tdm::Progress) override {}
  void on_proceeding(tdm::SignallingCallId id, tdm::Progress) override { set_state(id, "proceeding"); }
  void on_progress(tdm::SignallingCallId id, tdm::Progress, int) override { set_state(id, "progress"); }
  void on_alerting(tdm::SignallingCallId id, tdm::Progress) override { set_state(id, "alerting"); }
  void on_answered(tdm::SignallingCallId id, tdm::Progress) override {
    with(id, [&](Call& call) { exchange_.on_answered(call); });
  }
  void on_timeslot_changed(tdm::SignallingCallId id, tdm::Timeslot slot) override {
    with(id, [&](Call& call) {
      exchange_.close_bearer(call);
      call.slot = slot;
      exchange_.open_bearer(call);
    });
  }
  void on_disconnected(tdm::SignallingCallId id, int, tdm::Progress progress) override {
    with(id, [&](Call& call) {
      call.state = "disconnected";
      exchange_.events_({{"event", "disconnected"}, {"call", call.id}, {"in_band", progress.inband_available}});
    });
    // Nobody here listens to announcements to their end.
    if (progress.inband_available) interface->release(id, 16);
  }
  void on_released(tdm::SignallingCallId id, int cause) override {
    with(id, [&](Call& call) { exchange_.on_released(call, cause); });
  }
  void on_notify(tdm::SignallingCallId, uint8_t) override {}
  // The exchange joins its two subscribers itself, and takes both calls off the line.
  void on_join_wanted(tdm::SignallingCallId id, tdm::SignallingCallId other) override {
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
    if (other.backup_dchannel)
      config.pri.backup = tdm::Timeslot{other.cesop.number, tdm::dchannel_of(other.cesop.type)};
  }

 private:
  template <class Do>
  void with(tdm::SignallingCallId id, Do&& what) {
    if (Call* call = exchange_.find(*this, id)) what(*call);
  }
  void set_state(tdm::SignallingCallId id, const char* state) {
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

}  // namespace sg::pstnsim
