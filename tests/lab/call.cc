#include "tests/lab/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "base/log.h"
#include "media/codec/g711.h"
#include "media/session.h"
#include "t38/udptl.h"
#include "tests/lab/document.h"
#include "tests/lab/line.h"
#include "tests/lab/network.h"
#include "tests/lab/talker.h"

namespace sg::lab {
namespace {

namespace fs = std::filesystem;
using media::Side;

// What a page may take: a minute and a half at 2400 bit/s, and again.
constexpr Duration kMostPerPage = 200s;
constexpr Duration kMostPerCall = 180s;
// The far exchange clears the call some time after one machine hung up.
constexpr Duration kClearing = 8s;
// Between the marks of line time among the machines' words.
constexpr Duration kMarks = 100ms;

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

class VirtualClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void set(TimePoint now) { now_ = now; }

 private:
  TimePoint now_ = TimePoint{} + 1h;
};

// Something that works block by block, by a clock of its own.
struct Station {
  explicit Station(Duration block) : period(block) {}
  virtual ~Station() = default;
  virtual void tick(TimePoint now) = 0;

  const Duration period;
  TimePoint next;
};

// A machine that speaks T.38 itself, as a fax server does.
class T38Machine final : public Station, private t38::IfpSink, private t38::UdptlReceiver::Listener {
 public:
  T38Machine(Network& network, const t38::FaxMachineOptions& options, int redundancy, Duration block)
      : Station(block),
        ports(network.open()),
        network_(network),
        // Plain, as others do it: ours is to be proved against them.
        sender_({.redundancy = redundancy}),
        machine(need(t38::T38FaxMachine::make(options, t38::Params{}, *this))) {}

  void tick(TimePoint now) override {
    if (is_asleep) return;
    for (auto batch = network_.receive(ports.media.get()); !batch.empty();
         batch = network_.receive(ports.media.get())) {
      for (const media::Datagram& one : batch) receiver_.receive(one.data, now);
    }
    receiver_.poll(now);
    machine->advance(kBlock);
  }

  media::PortPair ports;
  SocketAddress gateway;
  bool is_asleep = false;

 private:
  void on_ifp(ByteView ifp, int copies) override {
    ByteView datagram = sender_.send(ifp, buffer_);
    for (int i = 0; i < copies; ++i) network_.send(ports.media.get(), gateway, datagram);
  }
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { machine->receive_ifp(ifp, sequence); }

  Network& network_;
  t38::UdptlSender sender_;
  t38::UdptlReceiver receiver_{*this};
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer_;

 public:
  std::unique_ptr<t38::T38FaxMachine> machine;
};

// A machine at the far end of a timeslot. Runs by the gateway's tick, as the line is one clock.
class LineMachine {
  static LineFaults towards_gateway(LineFaults faults) {
    faults.level_db += faults.level_to_gateway_db;
    faults.noise_dbm0 = std::max(faults.noise_dbm0, faults.noise_to_gateway_dbm0);
    return faults;
  }

 public:
  LineMachine(const t38::FaxMachineOptions& options, const LineFaults& faults, std::mt19937_64& random)
      : machine(need(t38::AudioFaxMachine::make(options))),
        to_gateway_(towards_gateway(faults), random()),
        to_machine_(faults, random()) {}

  void speak() {
    if (talker) {
      talker->speak(linear_);
    } else {
      machine->transmit(linear_);
    }
    to_gateway_.pass(linear_);
    media::g711::encode(tdm::Law::A, linear_, slot.to_gateway.emplace_back(kBlock));
  }
  void listen() {
    if (slot.from_gateway.empty()) return;
    media::g711::decode(tdm::Law::A, slot.from_gateway.front(), linear_);
    slot.from_gateway.pop_front();
    to_machine_.pass(linear_);
    if (talker) {
      talker->listen(linear_);
    } else {
      machine->receive(linear_);
    }
  }

  Timeslot slot;
  std::unique_ptr<t38::AudioFaxMachine> machine;
  std::optional<Talker> talker;  // in its place

 private:
  Wire to_gateway_, to_machine_;
  std::array<int16_t, kBlock> linear_{};
};

// A gateway: a session between two legs of the route, of which side A is nearer to the first machine.
class GatewayStation final : public Station {
 public:
  GatewayStation(media::SessionContext& context, Duration block) : Station(block), session({}, context) {
    session.set_bridging(media::Bridging::Both);
  }

  void tick(TimePoint now) override {
    if (!line_a && !line_b) {
      session.tick_on_timer(now, 1);
      return;
    }
    for (LineMachine* line : {line_a, line_b}) {
      if (line) line->speak();
    }
    session.tick(now);
    for (LineMachine* line : {line_a, line_b}) {
      if (line) line->listen();
    }
  }

  media::Session session;
  std::array<Leg, 2> legs{};
  std::array<SocketAddress, 2> addresses;
  LineMachine* line_a = nullptr;
  LineMachine* line_b = nullptr;
};

class LabCall final {
 public:
  LabCall(const Condition& condition, uint64_t seed, const fs::path& folder)
      : condition_(condition),
        sends_from_first_(condition.sender == Sender::InTurn ? seed % 2 == 0 : condition.sender == Sender::First),
        random_(seed * 0x9E3779B97F4A7C15ULL + std::hash<std::string>{}(condition.name)),
        sent_file_(folder / "sent.tif"),
        received_file_(folder / "received.tif"),
        network_(clock_) {
    config_.t38_redundancy = condition.redundancy;
    if (!write_pages(condition.document, condition.pages, sent_file_)) {
      throw std::runtime_error(condition.document.string() + ": cannot be copied to " + sent_file_.string());
    }
    build();
  }

  Outcome run();
  Outcome talk();

 private:
  struct Sink final : media::EventSink {
    Sink(LabCall& owner, size_t number) : call(owner), gateway(number) {}
    void send(SessionId, media::Event event) override { call.on_event(gateway, event); }
    void send_slot_free(tdm::Timeslot) override {}
    void send_stats(std::function<void(std::optional<media::SessionStats>)>,
                    std::optional<media::SessionStats>) override {}
    LabCall& call;
    const size_t gateway;
  };

  t38::FaxMachineOptions machine_options(bool first) const;
  t38::FaxMachine& machine(bool first) {
    if (auto& line = first ? first_line_ : last_line_) return *line->machine;
    return *(first ? first_t38_ : last_t38_)->machine;
  }
  void build();
  void build_end(bool first);
  void join(GatewayStation& a, GatewayStation& b, Leg leg);
  void use(GatewayStation& gateway, Side side, Leg leg, const SocketAddress& remote);
  void on_event(size_t gateway, const media::Event& event);
  void join_late();
  Duration period(bool last) const;
  bool is_as_asked(const t38::FaxResult& sent) const;

  const Condition& condition_;
  const bool sends_from_first_;
  std::mt19937_64 random_;
  const fs::path sent_file_, received_file_;
  VirtualClock clock_;
  const TimePoint start_ = clock_.now();
  const Log log_{"line"};
  Duration next_mark_{};
  Network network_;
  media::Config config_;
  Counters counters_;
  std::deque<Sink> sinks_;
  std::deque<media::SessionContext> context_;
  std::unique_ptr<LineMachine> first_line_, last_line_;
  std::unique_ptr<T38Machine> first_t38_, last_t38_;
  std::deque<GatewayStation> gateways_;
  std::vector<Station*> stations_;
  std::vector<Rung> ladder_;
  // The T.38 machine that joins late, and when it and the gateway go over to T.38, once that is known.
  struct Late {
    GatewayStation* gateway = nullptr;
    Side side = Side::A;
    T38Machine* machine = nullptr;
    TimePoint machine_at, gateway_at;
  } late_;
  bool has_timed_out_ = false;
};

t38::FaxMachineOptions LabCall::machine_options(bool first) const {
  t38::FaxMachineOptions options;
  const bool sends = first == sends_from_first_;
  options.calling = sends != condition_.polls;
  options.identity = options.calling ? "+1 555 0100" : "+1 555 0199";
  (sends ? options.send_file : options.receive_file) = sends ? sent_file_ : received_file_;
  options.says_once = condition_.says_once;
  if (sends) options.silent_trainings = condition_.silent_trainings;
  options.ecm = condition_.ecm;
  options.log_scope = sends ? "sender" : "receiver";
  options.first_bit_rate = condition_.bit_rate;
  options.v17 = condition_.modem == "v17";
  options.v29 = condition_.modem != "v27ter";
  options.mmr = condition_.compression == "mmr";
  options.mr = condition_.compression != "mh";
  return options;
}

bool LabCall::is_as_asked(const t38::FaxResult& sent) const {
  return sent.ecm == condition_.ecm && sent.compression == condition_.compression &&
         (condition_.bit_rate == 0 || sent.bit_rate == condition_.bit_rate);
}

Duration LabCall::period(bool last) const {
  double ppm = last ? condition_.ppm : 0;
  return kBlockTime - std::chrono::duration_cast<Duration>(std::chrono::duration<double>(0.02 * ppm * 1e-6));
}

void LabCall::build() {
  size_t count = condition_.route.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    sinks_.emplace_back(*this, i);
    context_.emplace_back(config_, sinks_.back(), counters_, network_, clock_, static_cast<uint32_t>(random_()));
    GatewayStation& gateway = gateways_.emplace_back(context_.back(), period(count > 1 && i + 1 == count));
    gateway.legs = {condition_.route[i], condition_.route[i + 1]};
    stations_.push_back(&gateway);
  }
  build_end(true);
  build_end(false);
  for (size_t i = 0; i + 1 < count; ++i) join(gateways_[i], gateways_[i + 1], condition_.route[i + 1]);
  // Nobody's blocks begin together.
  for (Station* station : stations_) {
    auto phase = std::uniform_int_distribution<int64_t>(0, kBlockTime.count() - 1)(random_);
    station->next = start_ + Duration(phase);
  }
}

void LabCall::build_end(bool first) {
  GatewayStation& gateway = first ? gateways_.front() : gateways_.back();
  Side side = first ? Side::A : Side::B;
  if ((first ? condition_.route.front() : condition_.route.back()) == Leg::Tdm) {
    auto& line = first ? first_line_ : last_line_;
    line = std::make_unique<LineMachine>(machine_options(first), condition_.line, random_);
    if (condition_.voice) line->talker.emplace(random_());
    (first ? gateway.line_a : gateway.line_b) = line.get();
    gateway.session.give_bearer(side, {1, 1}, std::make_unique<LabBearer>(line->slot));
    return;
  }
  auto& peer = first ? first_t38_ : last_t38_;
  peer = std::make_unique<T38Machine>(network_, machine_options(first), condition_.redundancy, period(!first));
  stations_.push_back(peer.get());
  media::PortPair ports = network_.open();
  network_.join(ports, peer->ports, condition_.network, random_);
  peer->gateway = ports.local;
  gateway.session.give_ports(side, std::move(ports));
  if (condition_.joins_late) {
    peer->is_asleep = true;
    late_ = {.gateway = &gateway, .side = side, .machine = peer.get(), .machine_at = {}, .gateway_at = {}};
    return;
  }
  use(gateway, side, Leg::T38, peer->ports.local);
}

// A re-INVITE on its way to the machine, and its answer.
void LabCall::join_late() {
  if (late_.machine_at == TimePoint{}) return;
  if (clock_.now() >= late_.machine_at) late_.machine->is_asleep = false;
  if (clock_.now() < late_.gateway_at) return;
  use(*late_.gateway, late_.side, Leg::T38, late_.machine->ports.local);
  late_ = {};
}

void LabCall::join(GatewayStation& a, GatewayStation& b, Leg leg) {
  media::PortPair at_a = network_.open(), at_b = network_.open();
  network_.join(at_a, at_b, condition_.network, random_);
  SocketAddress to_a = at_a.local, to_b = at_b.local;
  a.session.give_ports(Side::B, std::move(at_a));
  b.session.give_ports(Side::A, std::move(at_b));
  use(a, Side::B, leg, to_b);
  use(b, Side::A, leg, to_a);
}

void LabCall::use(GatewayStation& gateway, Side side, Leg leg, const SocketAddress& remote) {
  if (leg == Leg::Rtp) {
    media::RtpSettings settings;
    settings.remote = remote;
    if (condition_.redundant_copies > 0) settings.redundancy = 121;
    settings.redundant_copies = static_cast<size_t>(condition_.redundant_copies);
    gateway.session.use_rtp(side, settings);
  } else {
    media::T38Settings settings;
    settings.remote = remote;
    gateway.session.use_t38(side, settings);
    // As call control does.
    gateway.session.set_profile(media::Profile::Fax);
  }
}

void LabCall::on_event(size_t number, const media::Event& event) {
  GatewayStation& gateway = gateways_[number];
  Rung rung{clock_.now() - start_, fmt::format("gateway {}", number + 1), true, {}};
  if (const auto* seen = std::get_if<media::FaxSeen>(&event)) {
    bool to_t38 = seen->event.direction == t38::Direction::ToT38;
    bool t38_is_last = gateway.legs[1] == Leg::T38;
    rung.forward = (to_t38 == t38_is_last) == sends_from_first_;
    rung.what = describe(seen->event);
  } else if (const auto* tone = std::get_if<media::ToneHeard>(&event)) {
    constexpr std::array kNames = {"CNG", "CED", "ANSam", "V.21 preamble"};
    rung.forward = (tone->side == Side::A) == sends_from_first_;
    rung.what = fmt::format("{} heard", kNames[static_cast<size_t>(tone->tone)]);
    const bool is_preamble = tone->tone == media::HeardTone::V21Preamble;
    if (is_preamble && late_.gateway && late_.machine_at == TimePoint{}) {
      late_.machine_at = clock_.now() + condition_.network.delay;
      late_.gateway_at = late_.machine_at + condition_.network.delay;
    }
    // As call control does.
    gateway.session.set_profile(media::Profile::Fax);
  } else if (const auto* raised = std::get_if<media::RedundancyRaised>(&event)) {
    rung.forward = (raised->side == Side::B) == sends_from_first_;
    rung.what = fmt::format("redundancy {} to {}: {:.1f} % lost", raised->from, raised->to, raised->loss * 100);
  } else if (const auto* failed = std::get_if<media::SideFailed>(&event)) {
    rung.what = "failed: " + failed->message;
  } else if (std::holds_alternative<media::MediaTimeout>(event)) {
    rung.what = "peer is silent";
    has_timed_out_ = true;
  } else {
    return;
  }
  ladder_.push_back(std::move(rung));
}

// A minute of talk. What it must do is told by the words that were heard.
Outcome LabCall::talk() {
  const TimePoint last_words = start_ + 60s, end = last_words + 4s;
  while (clock_.now() < end) {
    Station& station = **std::ranges::min_element(stations_, {}, [](const Station* one) { return one->next; });
    clock_.set(station.next);
    if (clock_.now() >= last_words) {
      for (LineMachine* line : {first_line_.get(), last_line_.get()}) line->talker->be_still();
    }
    station.tick(station.next);
    station.next += station.period;
  }
  Outcome outcome;
  outcome.ended = true;
  outcome.line_time = clock_.now() - start_;
  for (GatewayStation& gateway : gateways_) outcome.gateways.push_back(gateway.session.stats());
  outcome.ladder = std::move(ladder_);
  const Talker& first = *first_line_->talker;
  const Talker& last = *last_line_->talker;
  outcome.delivered = first.heard() == last.said() && last.heard() == first.said() && first.said() > 0;
  return outcome;
}

Outcome LabCall::run() {
  t38::FaxMachine& sender = machine(sends_from_first_);
  t38::FaxMachine& receiver = machine(!sends_from_first_);
  const TimePoint most = start_ + kMostPerCall + condition_.pages * kMostPerPage;
  TimePoint cleared = most;
  while (clock_.now() < cleared && !(sender.is_finished() && receiver.is_finished())) {
    Station& station = **std::ranges::min_element(stations_, {}, [](const Station* one) { return one->next; });
    clock_.set(station.next);
    if (Duration line = clock_.now() - start_; line >= next_mark_) {
      log_.debug("{:.1f} s", std::chrono::duration<double>(line).count());
      next_mark_ = line + kMarks;
    }
    join_late();
    station.tick(station.next);
    station.next += station.period;
    bool one_is_finished = sender.is_finished() || receiver.is_finished();
    if (one_is_finished && cleared == most) cleared = clock_.now() + kClearing;
    // As call control does with a peer that fell silent.
    if (has_timed_out_) cleared = std::min(cleared, clock_.now());
  }

  Outcome outcome;
  outcome.ended = clock_.now() < most;
  sender.hang_up();
  receiver.hang_up();
  outcome.line_time = clock_.now() - start_;
  outcome.sender = sender.result();
  outcome.receiver = receiver.result();
  for (GatewayStation& gateway : gateways_) outcome.gateways.push_back(gateway.session.stats());
  outcome.ladder = std::move(ladder_);

  auto sent = read_pages(sent_file_);
  auto received = read_pages(received_file_);
  outcome.pages = static_cast<int>(sent.size());
  for (size_t i = 0; i < std::min(sent.size(), received.size()); ++i) outcome.identical_pages += sent[i] == received[i];
  outcome.delivered = outcome.sender.success && outcome.receiver.pages_received == outcome.pages;
  outcome.as_asked = is_as_asked(outcome.sender);
  return outcome;
}

}  // namespace

Outcome run_call(const Condition& condition, uint64_t seed, const fs::path& folder) {
  fs::create_directories(folder);
  LabCall call(condition, seed, folder);
  Outcome outcome = condition.voice ? call.talk() : call.run();
  fs::remove_all(folder);
  return outcome;
}

}  // namespace sg::lab
