#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "tdm/pri/interface.h"
#include "tests/unit/tdm/pri/virtual_wall_clock.h"

namespace sg::tdm::pri {

// One end of a D-channel whose other end is in the same test. Frames can be cut off, looked at, and forged.
class TestDChannel final : public DChannel {
 public:
  explicit TestDChannel(int socket) : socket_(socket) {}

  int fd() const override { return socket_.get(); }
  Result<size_t> read(std::span<uint8_t> frame) override {
    ssize_t length = ::recv(socket_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (length < 0) return size_t{0};
    ++stats_.frames_received;
    return cut ? 0 : static_cast<size_t>(length);
  }
  Result<> write(ByteView frame) override {
    if (cut || cut_sending) return {};
    ++stats_.frames_sent;
    Bytes changed(frame.begin(), frame.end());
    if (change) change(changed);
    if (::send(socket_.get(), changed.data(), changed.size(), MSG_DONTWAIT) < 0) return fail("full");
    last = std::move(changed);
    return {};
  }
  DChannelStats stats() const override { return stats_; }

  bool cut = false, cut_sending = false;
  std::function<void(Bytes&)> change;  // does what it likes with each frame that is sent
  Bytes last;                          // the frame sent last

 private:
  UniqueFd socket_;
  DChannelStats stats_;
};

// One side of the line: an Interface and a listener that writes down what it hears, in words.
struct Side final : Signalling::Listener {
  std::unique_ptr<Interface> interface;
  TestDChannel* dchannel = nullptr;
  TestDChannel* backup = nullptr;  // with NFAS
  Counters counters;
  std::vector<std::string> heard;
  std::vector<std::string> line;  // how it stood for a call, whenever that changed
  std::vector<Setup> setups;
  SignallingCallId call;  // the last incoming one
  Timeslot slot;
  std::function<void(SignallingCallId)> on_call;  // what to do with an incoming call
  int released = 0;
  std::pair<SignallingCallId, SignallingCallId> transfer;  // the calls that the far end wants joined

  void on_setup(SignallingCallId id, Timeslot at, const Setup& setup) override {
    call = id;
    slot = at;
    setups.push_back(setup);
    note("setup " + setup.called.digits);
    if (on_call) on_call(id);
  }
  void on_information(SignallingCallId, const std::string& digits) override { note("information " + digits); }
  void on_setup_acknowledged(SignallingCallId, Progress progress) override {
    note("setup acknowledged" + text(progress));
  }
  void on_proceeding(SignallingCallId, Progress progress) override { note("proceeding" + text(progress)); }
  void on_progress(SignallingCallId, Progress progress, int cause) override {
    note("progress" + text(progress) + (cause ? " " + std::to_string(cause) : ""));
  }
  void on_alerting(SignallingCallId, Progress progress) override { note("alerting" + text(progress)); }
  void on_answered(SignallingCallId, Progress progress) override { note("answered" + text(progress)); }
  void on_timeslot_changed(SignallingCallId, Timeslot at) override {
    slot = at;
    note("timeslot " + std::to_string(at.number));
  }
  void on_timeslot_left(SignallingCallId) override { note("timeslot left"); }
  void on_disconnected(SignallingCallId, int cause, Progress progress) override {
    note("disconnected " + std::to_string(cause) + text(progress));
  }
  void on_released(SignallingCallId, int cause) override {
    ++released;
    note("released " + std::to_string(cause));
  }
  void on_notify(SignallingCallId, uint8_t description) override { note("notify " + std::to_string(description)); }
  void on_join_wanted(SignallingCallId with, SignallingCallId other) override {
    note("transfer");
    transfer = {with, other};
  }
  void on_line_changed(SignallingCallId, const LineFault& fault) override {
    line.push_back(tdm::to_string(fault.alarms) + (fault.is_dchannel_lost ? ", no D-channel" : ""));
  }
  void on_interface_up() override { note("up"); }
  void on_interface_down() override { note("down"); }

  bool has_heard(const std::string& what) const { return std::ranges::find(heard, what) != heard.end(); }
  size_t count(Signalling::SlotState state) const {
    size_t count = 0;
    for (const auto& entry : interface->status().slots) count += entry.state == state;
    return count;
  }
  Signalling::SlotState state_of(Timeslot which) const {
    for (const auto& entry : interface->status().slots) {
      if (entry.slot == which) return entry.state;
    }
    return Signalling::SlotState::OutOfService;
  }
  Signalling::SlotState state_of(uint8_t number) const { return state_of(Timeslot{1, number}); }

 private:
  void note(std::string what) { heard.push_back(std::move(what)); }
  static std::string text(Progress progress) { return progress.inband_available ? " in band" : ""; }
};

// The network and a user back to back, in virtual time.
struct ExchangeLine {
  ManualReactor reactor;
  VirtualWallClock wall{reactor};
  Side network, user;

  explicit ExchangeLine(Config both = {}) : ExchangeLine(both, both) {}
  ExchangeLine(Config for_network, Config for_user) {
    for_network.role = IsdnRole::Network;
    for_network.name = "network";
    for_user.role = IsdnRole::User;
    for_user.name = "user";
    int ends[2][2];
    for (auto& pair : ends) {
      if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw std::bad_alloc();
    }
    make(network, for_network, {ends[0][0], ends[1][0]});
    make(user, for_user, {ends[0][1], ends[1][1]});
  }

  // Brings both ends up.
  void come_up() {
    for (int i = 0; i < 50 && !(network.has_heard("up") && user.has_heard("up")); ++i) reactor.advance(100ms);
    network.heard.clear();
    user.heard.clear();
  }
  void cut(bool cut) {
    network.dchannel->cut = cut;
    user.dchannel->cut = cut;
  }
  void cut_backup(bool cut) {
    network.backup->cut = cut;
    user.backup->cut = cut;
  }
  static Setup call_to(std::string digits) {
    Setup setup;
    setup.called = {std::move(digits), TypeOfNumber::Unknown, NumberingPlan::Isdn};
    setup.calling.number = {"5550100", TypeOfNumber::National, NumberingPlan::Isdn};
    return setup;
  }

 private:
  void make(Side& side, const Config& config, std::array<int, 2> sockets) {
    auto primary = std::make_unique<TestDChannel>(sockets[0]), backup = std::make_unique<TestDChannel>(sockets[1]);
    side.dchannel = primary.get();
    if (config.backup) side.backup = backup.get();
    auto open = [&](Timeslot at) -> Result<std::unique_ptr<DChannel>> {
      return std::move(at == config.backup ? backup : primary);
    };
    auto made = Interface::make(config, reactor, open, side.counters);
    if (!made) throw std::invalid_argument(made.error().message);
    side.interface = std::move(*made);
    side.interface->set_listener(&side);
  }
};

inline Config euroisdn() {
  return {};
}
inline Config ni2() {
  Config config;
  config.switch_type = SwitchType::Ni2;
  config.spans = {{1, SpanType::T1}};
  config.law = Law::Mu;
  return config;
}

// Two T1 with a D-channel on each, the second for backup.
inline Config nfas() {
  Config config = ni2();
  config.spans = {{1, SpanType::T1}, {2, SpanType::T1}};
  config.backup = Timeslot{2, 24};
  return config;
}

inline Config bri() {
  Config config;
  config.spans = {{1, SpanType::Bri}};
  return config;
}

}  // namespace sg::tdm::pri
