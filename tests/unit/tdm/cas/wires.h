#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/manual_reactor.h"
#include "tdm/cas/group.h"
#include "tdm/memory/span_pair.h"

namespace sg::tdm::cas {

// One group and a listener that writes down what it hears, in words. When a timeslot is the media's, it opens the
// bearer, as a media session would.
struct Side final : Signalling::Listener {
  Backend* backend = nullptr;
  Counters counters;
  std::unique_ptr<Group> group;
  std::vector<std::string> heard;
  std::vector<Setup> setups;
  SignallingCallId call;  // the last that came in, or went out
  std::unique_ptr<Bearer> media;
  SignallingCallId media_of;
  std::vector<SignallingCallId> released;
  std::function<void(SignallingCallId)> on_call;

  void on_setup(SignallingCallId id, Timeslot at, const Setup& setup) override {
    call = id;
    setups.push_back(setup);
    open(id, at);
    note("setup " + setup.called.digits);
    if (on_call) on_call(id);
  }
  void on_information(SignallingCallId, const std::string& digits) override { note("information " + digits); }
  void on_setup_acknowledged(SignallingCallId, Progress) override { note("setup acknowledged"); }
  void on_proceeding(SignallingCallId, Progress) override { note("proceeding"); }
  void on_progress(SignallingCallId, Progress progress, int) override {
    note(progress.inband_available ? "progress in band" : "progress");
  }
  void on_alerting(SignallingCallId, Progress) override { note("alerting"); }
  void on_answered(SignallingCallId, Progress) override { note("answered"); }
  void on_timeslot_changed(SignallingCallId id, Timeslot at) override {
    open(id, at);
    note("timeslot " + std::to_string(at.number));
  }
  void on_disconnected(SignallingCallId, int cause, Progress) override {
    note("disconnected " + std::to_string(cause));
  }
  void on_released(SignallingCallId id, int cause) override {
    if (id == media_of) media.reset();
    released.push_back(id);
    note("released " + std::to_string(cause));
  }
  void on_timeslot_left(SignallingCallId id) override {
    if (id == media_of) media.reset();
    note("left " + std::to_string(id.value));
  }
  void on_transfer(SignallingCallId id, SignallingCallId other) override {
    note(fmt::format("transfer {} with {}", id, other));
  }
  void on_conference(SignallingCallId id, SignallingCallId held) override {
    note(fmt::format("conference {} with {}", id, held));
  }
  void on_notify(SignallingCallId, uint8_t description) override { note("notify " + std::to_string(description)); }
  void on_line_changed(SignallingCallId, const LineFault& fault) override {
    note(fault.alarms == kNoAlarm ? "line well" : "line out of order");
  }
  void on_interface_up() override { note("up"); }
  void on_interface_down() override { note("down"); }

  bool has_heard(const std::string& what) const { return std::ranges::find(heard, what) != heard.end(); }
  std::string detail(size_t port = 0) const { return group->status().slots.at(port).detail; }
  Signalling::SlotState state(size_t port = 0) const { return group->status().slots.at(port).state; }
  SignallingCallId place(const std::string& number, party::CallingParty calling = {}) {
    Setup setup;
    setup.called.digits = number;
    setup.calling = std::move(calling);
    auto placed = group->setup(setup);
    call = placed ? placed->call : SignallingCallId{};
    return call;
  }

 private:
  // The timeslot must be free for the media at that moment.
  void open(SignallingCallId id, Timeslot at) {
    media_of = id;
    auto bearer = backend->open_bearer(at, {.block_octets = 160, .group = 0});
    if (!bearer) return note("no media: " + bearer.error().message);
    media = std::move(*bearer);
  }
  void note(std::string what) { heard.push_back(std::move(what)); }
};

// Two cards back to back, in virtual time: end A is ours to be tested or its exchange, end B is what hangs on it.
struct Wires {
  ManualReactor reactor;
  SpanPair pair;
  Side a, b;

  // `kinds_a`: of ports of end A that are of another kind.
  explicit Wires(LineKind kind_a = LineKind::Fxs, LineStart start = LineStart::Kewl,
                 std::map<uint8_t, LineKind> kinds_a = {})
      : pair(reactor, {.type = SpanType::Analog,
                       .number_a = 1,
                       .number_b = 2,
                       .ports = 4,
                       .kind_a = kind_a,
                       .start = start,
                       .kinds_a = std::move(kinds_a)}) {
    a.backend = &pair.a();
    b.backend = &pair.b();
  }

  static Config config(LineKind kind, const std::string& zone = "eu") {
    Config config;
    config.name = kind == LineKind::Fxs ? "phones" : kind == LineKind::Fxo ? "lines" : "tie";
    config.kind = kind;
    config.zone = find_tone_zone(zone);
    return config;
  }
  // Ports 1 and 2: numbers 401 and 402 of telephones, the lines' own numbers otherwise.
  void make_a(Config config) { make(a, std::move(config), 1); }
  void make_b(Config config) { make(b, std::move(config), 2); }

  void make(Side& side, Config config, uint16_t span) {
    if (config.ports.empty()) {
      config.ports = {{.slot = {span, 1}, .number = "401", .name = "Fax"}, {.slot = {span, 2}, .number = "402"}};
    }
    side.group = std::make_unique<Group>(std::move(config), reactor, std::map<uint16_t, Backend*>{{span, side.backend}},
                                         side.counters);
    side.group->set_listener(&side);
    reactor.settle();
  }

  void pass(Duration time) {
    for (Duration done{}; done < time; done += 20ms) {
      pair.advance(20ms);
      reactor.advance(20ms);
    }
  }
  bool pass_until(const std::function<bool()>& condition, Duration limit = 60s) {
    for (Duration done{}; done < limit; done += 20ms) {
      if (condition()) return true;
      pass(20ms);
    }
    return condition();
  }
  bool until_heard(const Side& side, const std::string& what, Duration limit = 60s) {
    return pass_until([&] { return side.has_heard(what); }, limit);
  }
};

// What hangs on port 1 of end A, worked by hand: a telephone, or an exchange.
struct Instrument {
  Wires& wires;
  std::unique_ptr<Line> line;
  std::unique_ptr<Bearer> bearer;
  std::unique_ptr<ToneListener> ear;
  std::vector<LineEvent::Kind> events;
  std::vector<uint8_t> block = std::vector<uint8_t>(160);

  explicit Instrument(Wires& on)
      : wires(on), line(on.pair.b().open_line({2, 1}).value()), bearer(on.pair.b().open_bearer({2, 1}, {}).value()) {}

  // Lets time pass and listens for the tone.
  bool hears(const ToneShape& tone, Duration limit);
  // Says what `generate` fills, block by block, until it is over.
  void say(const std::function<bool(std::span<int16_t>)>& generate);
  void dial(const std::string& digits);
  bool has_seen(LineEvent::Kind kind) {
    while (auto event = line->next()) events.push_back(event->kind);
    return std::ranges::find(events, kind) != events.end();
  }
};

}  // namespace sg::tdm::cas
