#include "tdm/memory/span_pair.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/event_signal.h"
#include "tdm/memory/analog_wire.h"
#include "tdm/memory/memory_line.h"
#include "tdm/signal_ticks.h"

namespace sg::tdm {

namespace {

constexpr Duration kOctetTime = 125us;
constexpr size_t kOctetsOfMillisecond = 8;

constexpr SpanPair::End other(SpanPair::End end) {
  return end == SpanPair::End::A ? SpanPair::End::B : SpanPair::End::A;
}
constexpr size_t index(SpanPair::End end) {
  return static_cast<size_t>(end);
}

// One end of one timeslot that is open as a bearer.
struct BearerPort {
  size_t block = 0;
  SignalTicks* ticks = nullptr;
  std::deque<uint8_t> to_send;
  std::deque<uint8_t> received;
  bool was_written = false;
  bool cancels_echo = false;
  size_t idle_sent = 0;  // octets of the block that is now being lost
  BearerStats stats;

  uint8_t send(uint8_t idle) {
    if (!to_send.empty()) {
      uint8_t octet = to_send.front();
      to_send.pop_front();
      return octet;
    }
    if (was_written && ++idle_sent == block) {
      ++stats.write_underruns;
      idle_sent = 0;
    }
    return idle;
  }
  // True: a block is complete.
  bool receive(uint8_t octet) {
    if (received.size() == block * SpanPair::kQueuedBlocks) {
      received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(block));
      ++stats.read_overruns;
    }
    received.push_back(octet);
    return received.size() % block == 0;
  }
};

struct DChannelPort {
  EventSignal ready;
  std::deque<Bytes> received;
  DChannelStats stats;
};

struct EndState {
  Reactor* reactor = nullptr;
  uint16_t number = 0;
  AlarmSet alarms = kNoAlarm;
  bool removed = false;
  Backend::Listener* listener = nullptr;
  SpanPair::FrameFilter filter;
  std::map<unsigned, SignalTicks> ticks;
  std::map<uint8_t, BearerPort> bearers;
  std::map<uint8_t, DChannelPort> dchannels;
};

}  // namespace

// All the state, under one lock, since bearers may be used from other threads than the one that moves the clock.
class SpanPair::Shared {
 public:
  mutable std::mutex mutex;
  SpanType type = SpanType::E1;
  uint8_t timeslots = 0;
  LineKind kind_a = LineKind::Fxs;
  std::map<uint8_t, LineKind> kinds_a;  // of ports that are of another kind
  LineStart start = LineStart::Kewl;
  std::array<EndState, 2> ends;
  std::map<uint8_t, AnalogWire> wires;  // by the port's number, from when its Line was first opened
  size_t octets_since_tick = 0;         // of the wires, which tick once a millisecond
  bool dchannel_cut = false;
  Duration unspent{};
  std::vector<SignalTicks*> ready;  // with blocks, during advance_octets()

  EndState& at(End end) { return ends[index(end)]; }

  void advance_octets(size_t octets) {
    std::lock_guard lock(mutex);
    const uint8_t idle = idle_octet(law_of(type));
    for (size_t i = 0; i < octets; ++i) {
      // Both ways of all timeslots move together, so that an answer is never read before its question was sent.
      for (uint8_t slot = 1; slot <= timeslots; ++slot) {
        auto a = at(End::A).bearers.find(slot), b = at(End::B).bearers.find(slot);
        bool has_a = a != at(End::A).bearers.end(), has_b = b != at(End::B).bearers.end();
        if (!has_a && !has_b) continue;
        uint8_t from_a = has_a ? a->second.send(idle) : idle;
        uint8_t from_b = has_b ? b->second.send(idle) : idle;
        if (auto wire = wires.find(slot); wire != wires.end()) {
          if (!wire->second.passes_audio_from(index(End::A))) from_a = idle;
          if (!wire->second.passes_audio_from(index(End::B))) from_b = idle;
        }
        if (has_a && a->second.receive(from_b)) note_block(a->second.ticks);
        if (has_b && b->second.receive(from_a)) note_block(b->second.ticks);
      }
      tick_wires();
    }
    // As a card does it: one interrupt when all timeslots have moved on, not one for each of them.
    for (SignalTicks* ticks : ready) ticks->signal();
    ready.clear();
  }

  void note_block(SignalTicks* ticks) {
    if (std::ranges::find(ready, ticks) == ready.end()) ready.push_back(ticks);
  }

  void tick_wires() {
    if (++octets_since_tick < kOctetsOfMillisecond) return;
    octets_since_tick = 0;
    for (auto& [slot, wire] : wires) wire.tick();
  }

  // The wire of a port as it is when nobody used it yet.
  AnalogWire& wire(uint8_t slot) {
    auto own = kinds_a.find(slot);
    auto [found, is_new] = wires.try_emplace(slot, own == kinds_a.end() ? kind_a : own->second, start);
    if (!is_new) return found->second;
    for (End end : {End::A, End::B}) found->second.end(index(end)).alarms = at(end).alarms;
    return found->second;
  }

  void send_frame(End from, uint8_t slot, ByteView frame) {
    auto to = at(other(from)).dchannels.find(slot);
    if (dchannel_cut || to == at(other(from)).dchannels.end()) return;
    auto fate = at(from).filter ? at(from).filter(frame) : FrameFate::Deliver;
    if (fate == FrameFate::Lose) return;
    if (fate == FrameFate::Corrupt) {
      ++to->second.stats.bad_fcs;
      return;
    }
    ++to->second.stats.frames_received;
    to->second.received.emplace_back(frame.begin(), frame.end());
    to->second.ready.signal();
  }

  // `self` keeps the state alive until the reactor came round; the listener may have gone by then, or the pair.
  static void tell_alarms(const std::shared_ptr<Shared>& self, End end, AlarmSet alarms) {
    EndState& state = self->at(end);
    {
      std::lock_guard lock(self->mutex);
      if (state.alarms == alarms) return;
      state.alarms = alarms;
      for (auto& [slot, wire] : self->wires) {
        wire.end(index(end)).alarms = alarms;
        wire.end(index(end)).tell(LineEvent::Kind::AlarmChanged);
      }
    }
    state.reactor->post([weak = std::weak_ptr(self), end, alarms] {
      auto shared = weak.lock();
      if (!shared) return;
      Listener* listener;
      {
        std::lock_guard lock(shared->mutex);
        listener = shared->at(end).listener;
      }
      if (listener) listener->on_alarms_changed(shared->at(end).number, alarms);
    });
  }

  void remove(End end) {
    std::lock_guard lock(mutex);
    at(end).removed = true;
    for (auto& [group, ticks] : at(end).ticks) ticks.signal();
    for (auto& [slot, channel] : at(end).dchannels) channel.ready.signal();
    for (auto& [slot, wire] : wires) wire.remove(index(end));
  }

 private:
  using Listener = Backend::Listener;
};

class SpanPair::MemoryBearer final : public Bearer {
 public:
  MemoryBearer(std::shared_ptr<Shared> shared, End end, uint8_t slot, BearerPort& port)
      : shared_(std::move(shared)), end_(shared_->at(end)), slot_(slot), port_(port) {}
  ~MemoryBearer() override {
    std::lock_guard lock(shared_->mutex);
    end_.bearers.erase(slot_);
  }

  Law law() const override { return law_of(shared_->type); }
  size_t block_octets() const override { return port_.block; }
  TickSource& ticks() override { return *port_.ticks; }

  Result<bool> read(std::span<uint8_t> block) override {
    std::lock_guard lock(shared_->mutex);
    if (end_.removed) return fail("span {}: removed", end_.number);
    if (port_.received.size() < port_.block) return false;
    auto end = port_.received.begin() + static_cast<std::ptrdiff_t>(port_.block);
    std::copy(port_.received.begin(), end, block.begin());
    port_.received.erase(port_.received.begin(), end);
    return true;
  }
  Result<bool> write(ByteView block) override {
    std::lock_guard lock(shared_->mutex);
    if (end_.removed) return fail("span {}: removed", end_.number);
    if (port_.to_send.size() + block.size() > port_.block * kQueuedBlocks) return false;
    port_.was_written = true;
    port_.to_send.insert(port_.to_send.end(), block.begin(), block.end());
    return true;
  }
  void cancel_echo(bool on) override {
    std::lock_guard lock(shared_->mutex);
    port_.cancels_echo = on;
  }
  BearerStats stats() const override {
    std::lock_guard lock(shared_->mutex);
    return port_.stats;
  }

 private:
  std::shared_ptr<Shared> shared_;
  EndState& end_;
  uint8_t slot_;
  BearerPort& port_;
};

class SpanPair::MemoryDChannel final : public DChannel {
 public:
  MemoryDChannel(std::shared_ptr<Shared> shared, End end, uint8_t slot, DChannelPort& port)
      : shared_(std::move(shared)), which_(end), end_(shared_->at(end)), slot_(slot), port_(port) {}
  ~MemoryDChannel() override {
    std::lock_guard lock(shared_->mutex);
    end_.dchannels.erase(slot_);
  }

  int fd() const override { return port_.ready.fd(); }

  Result<size_t> read(std::span<uint8_t> frame) override {
    std::lock_guard lock(shared_->mutex);
    if (end_.removed) return fail("span {}: removed", end_.number);
    if (!port_.received.empty() && port_.received.front().size() > frame.size()) {
      port_.received.pop_front();
      ++port_.stats.overlong;
    }
    size_t octets = 0;
    if (!port_.received.empty()) {
      const Bytes& first = port_.received.front();
      octets = first.size();
      std::copy(first.begin(), first.end(), frame.begin());
      port_.received.pop_front();
    }
    if (port_.received.empty()) port_.ready.clear();
    return octets;
  }
  Result<> write(ByteView frame) override {
    std::lock_guard lock(shared_->mutex);
    if (end_.removed) return fail("span {}: removed", end_.number);
    if (frame.empty() || frame.size() > kMaxFrame) return fail("a frame of {} octets does not fit", frame.size());
    ++port_.stats.frames_sent;
    shared_->send_frame(which_, slot_, frame);
    return {};
  }
  DChannelStats stats() const override {
    std::lock_guard lock(shared_->mutex);
    return port_.stats;
  }

 private:
  std::shared_ptr<Shared> shared_;
  End which_;
  EndState& end_;
  uint8_t slot_;
  DChannelPort& port_;
};

class SpanPair::EndBackend final : public Backend {
 public:
  EndBackend(std::shared_ptr<Shared> shared, End end)
      : shared_(std::move(shared)), which_(end), end_(shared_->at(end)) {}

  std::vector<SpanStatus> status() const override {
    std::lock_guard lock(shared_->mutex);
    BearerStats total;
    for (const auto& [slot, port] : end_.bearers) {
      total.read_overruns += port.stats.read_overruns;
      total.write_underruns += port.stats.write_underruns;
    }
    return {{.number = end_.number,
             .name = which_ == End::A ? "memory a" : "memory b",
             .type = shared_->type,
             .law = law_of(shared_->type),
             .timeslots = shared_->timeslots,
             .alarms = end_.alarms,
             .clock = "given",
             .counters = {{"read_overruns", total.read_overruns}, {"write_underruns", total.write_underruns}}}};
  }

  Result<std::unique_ptr<Bearer>> open_bearer(Timeslot slot, const BearerOptions& options) override {
    std::lock_guard lock(shared_->mutex);
    if (auto free = check_free(slot); !free) return tl::unexpected(free.error());
    if (options.block_octets == 0) return fail("timeslot {}: a block must have octets", slot);
    BearerPort& port = end_.bearers[slot.number];
    port.block = options.block_octets;
    port.ticks = &end_.ticks[options.group];
    return std::make_unique<MemoryBearer>(shared_, which_, slot.number, port);
  }

  Result<std::unique_ptr<DChannel>> open_dchannel(Timeslot slot) override {
    std::lock_guard lock(shared_->mutex);
    if (auto free = check_free(slot); !free) return tl::unexpected(free.error());
    if (shared_->type == SpanType::Analog) return fail("port {} is analog and no D-channel", slot);
    return std::make_unique<MemoryDChannel>(shared_, which_, slot.number, end_.dchannels[slot.number]);
  }

  Result<std::unique_ptr<Line>> open_line(Timeslot slot) override {
    std::lock_guard lock(shared_->mutex);
    if (auto is_there = check_exists(slot); !is_there) return tl::unexpected(is_there.error());
    if (shared_->type != SpanType::Analog) return fail("timeslot {} is no analog line", slot);
    AnalogWire& wire = shared_->wire(slot.number);
    if (wire.end(index(which_)).is_open) return fail("the line of port {} is open already", slot);
    return std::make_unique<MemoryLine>(shared_, shared_->mutex, wire, index(which_), slot);
  }

  void set_listener(Listener* listener) override {
    std::lock_guard lock(shared_->mutex);
    end_.listener = listener;
  }

 private:
  Result<> check_exists(Timeslot slot) const {
    if (end_.removed) return fail("span {}: removed", end_.number);
    if (slot.span != end_.number) return fail("no span {} here, only span {}", slot.span, end_.number);
    if (slot.number < 1 || slot.number > shared_->timeslots) {
      return fail("no timeslot {}: span {} has 1 to {}", slot, slot.span, shared_->timeslots);
    }
    return {};
  }
  Result<> check_free(Timeslot slot) const {
    if (auto exists = check_exists(slot); !exists) return exists;
    if (end_.bearers.contains(slot.number)) return fail("timeslot {} is open already, as a bearer", slot);
    if (end_.dchannels.contains(slot.number)) return fail("timeslot {} is open already, as a D-channel", slot);
    return {};
  }

  std::shared_ptr<Shared> shared_;
  End which_;
  EndState& end_;
};

SpanPair::SpanPair(Reactor& reactor_a, Reactor& reactor_b, const Options& options)
    : shared_(std::make_shared<Shared>()) {
  shared_->type = options.type;
  shared_->timeslots = options.type == SpanType::Analog ? options.ports : timeslots_of(options.type);
  shared_->kind_a = options.kind_a;
  shared_->kinds_a = options.kinds_a;
  shared_->start = options.start;
  shared_->at(End::A).reactor = &reactor_a;
  shared_->at(End::A).number = options.number_a;
  shared_->at(End::B).reactor = &reactor_b;
  shared_->at(End::B).number = options.number_b;
  a_ = handle(End::A);
  b_ = handle(End::B);
}

SpanPair::~SpanPair() {
  shared_->remove(End::A);
  shared_->remove(End::B);
  a_->set_listener(nullptr);
  b_->set_listener(nullptr);
}

std::unique_ptr<Backend> SpanPair::handle(End end) const {
  return std::make_unique<EndBackend>(shared_, end);
}

void SpanPair::advance(Duration by) {
  shared_->unspent += by;
  auto octets = shared_->unspent / kOctetTime;
  shared_->unspent -= octets * kOctetTime;
  advance_octets(static_cast<size_t>(octets));
}

void SpanPair::advance_octets(size_t octets) {
  shared_->advance_octets(octets);
}

void SpanPair::filter_frames(End from, FrameFilter filter) {
  std::lock_guard lock(shared_->mutex);
  shared_->at(from).filter = std::move(filter);
}

void SpanPair::cut_dchannel(bool cut) {
  std::lock_guard lock(shared_->mutex);
  shared_->dchannel_cut = cut;
}

void SpanPair::set_alarms(End end, AlarmSet alarms) {
  Shared::tell_alarms(shared_, end, alarms);
}

bool SpanPair::cancels_echo(End end, uint8_t slot) const {
  std::lock_guard lock(shared_->mutex);
  const auto& bearers = shared_->at(end).bearers;
  auto found = bearers.find(slot);
  return found != bearers.end() && found->second.cancels_echo;
}

void SpanPair::remove(End end) {
  shared_->remove(end);
  set_alarms(end, kAlarmRemoved);
}

}  // namespace sg::tdm
