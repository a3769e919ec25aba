// What a fax costs per second of line time, in process and under a clock that does not wait, through our media plane:
// worker, session, gateway, UDPTL, sockets and bearer. sg_bench_fax_bare is its measure.
//
//   sg_bench_fax DOCUMENT CALLS REPETITIONS CHANNELS
// sends the document in so many calls at once and prints the least of the repetitions, a line a figure. Then once more
// in so many channels at once, to see whether one worker is ever late.

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "base/event_loop.h"
#include "media/codec/g711.h"
#include "media/datagrams.h"
#include "media/port_pair.h"
#include "media/rtp/packet.h"
#include "media/rtp/sender.h"
#include "media/service.h"
#include "media/session.h"
#include "t38/fax_machine.h"
#include "t38/udptl.h"
#include "tdm/memory/span_pair.h"
#include "tests/bench/fax_extras.h"
#include "tests/bench/fax_machines.h"
#include "tests/bench/in_process.h"
#include "tests/bench/signals.h"

namespace sg::bench {
namespace {

// The CPU clock of this process's thread of that name (Linux: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED).
clockid_t clock_of_thread(const std::string& name) {
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::string comm;
    std::getline(std::ifstream(task.path() / "comm"), comm);
    if (comm == name) return static_cast<clockid_t>(~static_cast<unsigned>(std::stoi(task.path().filename())) << 3 | 6);
  }
  give_up("there is no thread " + name);
}

// The two machines around a session of our media plane: one at the far end of a timeslot, one that speaks T.38.
class TdmCall final {
 public:
  TdmCall(const Machines& both, std::unique_ptr<tdm::Bearer> bearer, media::PortPair ports)
      : bearer_(std::move(bearer)),
        line_(need(t38::AudioFaxMachine::make(both.on_line))),
        packets_(both.behind_t38, std::move(ports)) {}

  const SocketAddress& address() const { return packets_.address(); }
  void set_gateway(const SocketAddress& gateway) { packets_.set_gateway(gateway); }

  void speak() {
    line_->transmit(linear_);
    media::g711::encode(bearer_->law(), linear_, octets_);
    bearer_->write(octets_);
    packets_.speak();
  }
  void listen(TimePoint now) {
    while (bearer_->read(octets_).value_or(false)) {
      media::g711::decode(bearer_->law(), octets_, linear_);
      line_->receive(linear_);
    }
    packets_.listen(now);
  }
  bool is_finished() const { return line_->is_finished() && packets_.is_finished(); }
  bool went_well() const { return line_->result().success && packets_.went_well(); }

 private:
  std::unique_ptr<tdm::Bearer> bearer_;
  std::unique_ptr<t38::AudioFaxMachine> line_;
  support::T38Peer packets_;
  Samples linear_ = Samples(kBlock);
  Bytes octets_ = Bytes(kBlock);
};

// The same with G.711 over RTP in place of the timeslot.
class RtpCall final {
 public:
  RtpCall(const Machines& both, media::SessionContext& context, media::PortRange& ports)
      : session_({}, context),
        ports_(need(ports.bind("127.0.0.1"))),
        line_(need(t38::AudioFaxMachine::make(both.on_line))),
        packets_(both.behind_t38, need(ports.bind("127.0.0.1"))) {
    auto t38_ports = need(ports.bind("127.0.0.1")), rtp_ports = need(ports.bind("127.0.0.1"));
    packets_.set_gateway(t38_ports.local);
    gateway_ = rtp_ports.local;
    session_.give_ports(media::Side::A, std::move(t38_ports));
    session_.give_ports(media::Side::B, std::move(rtp_ports));
    media::T38Settings t38;
    t38.remote = packets_.address();
    media::RtpSettings rtp;
    rtp.remote = ports_.local;
    session_.use_rtp(media::Side::B, rtp);
    session_.use_t38(media::Side::A, t38);
    session_.set_profile(media::Profile::Fax);
    session_.set_bridging(media::Bridging::Both);
  }

  void speak() {
    line_->transmit(linear_);
    media::g711::encode(tdm::Law::A, linear_, octets_);
    size_t octets = sender_.pack(8, octets_, packet_);
    media::send_datagram(ports_.media.get(), gateway_, ByteView(packet_).first(octets));
    packets_.speak();
  }
  // What is measured.
  void pass(TimePoint now) { session_.tick_on_timer(now, 1); }
  void listen(TimePoint now) {
    for (const media::Datagram& one : batch_.receive(ports_.media.get())) {
      auto packet = media::rtp::Packet::parse(one.data);
      if (!packet || packet->payload.size() != kBlock) continue;
      media::g711::decode(tdm::Law::A, packet->payload, linear_);
      line_->receive(linear_);
    }
    packets_.listen(now);
  }
  bool is_finished() const { return line_->is_finished() && packets_.is_finished(); }
  bool went_well() const { return line_->result().success && packets_.went_well(); }

 private:
  media::Session session_;
  media::PortPair ports_;
  SocketAddress gateway_;
  media::rtp::Sender sender_{{1, 1, 1}};
  media::UdpIo batch_;
  std::unique_ptr<t38::AudioFaxMachine> line_;
  support::T38Peer packets_;
  Samples linear_ = Samples(kBlock);
  Bytes octets_ = Bytes(kBlock);
  std::array<uint8_t, media::rtp::kHeaderOctets + kBlock> packet_;
};

// Milliseconds of CPU for each second of line time of one call.
double measure_rtp(const std::vector<Machines>& pairs) {
  media::Config config;
  Counters counters;
  UdpInOwnTime udp;
  NoEvents events;
  media::SessionContext context(config, events, counters, udp, udp, 1);
  media::PortRange ports(30000, 39999);
  std::vector<std::unique_ptr<RtpCall>> calls;
  for (const Machines& both : pairs) calls.push_back(std::make_unique<RtpCall>(both, context, ports));

  double spent = 0;
  int blocks = 0;
  for (; blocks < kMostBlocks && !all_finished(calls); ++blocks) {
    for (auto& call : calls) call->speak();
    double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    udp.wake_up();
    for (auto& call : calls) call->pass(udp.now());
    spent += seconds_of(CLOCK_THREAD_CPUTIME_ID) - before;
    udp.advance();
    for (auto& call : calls) call->listen(udp.now());
  }
  check(calls);
  return 1000 * spent / (blocks * 0.02 * static_cast<double>(calls.size()));
}

// What many calls at once cost in one worker.
struct TdmCost {
  double ms_per_s = 0;       // of CPU for each second of line time of one call
  double longest_block = 0;  // ms of CPU for one block of all calls
  int late_ticks = 0;        // blocks that took longer than they last
};

constexpr size_t kCallsOfSpan = 30;

TdmCost measure_tdm(const std::vector<Machines>& pairs) {
  EventLoop loop;
  Counters counters;
  std::vector<std::unique_ptr<tdm::SpanPair>> spans;
  std::vector<media::BackendOfSpan> backends;
  for (size_t i = 0; i * kCallsOfSpan < pairs.size(); ++i) {
    tdm::SpanPair::Options options;
    options.number_a = options.number_b = static_cast<uint16_t>(i + 1);
    spans.push_back(std::make_unique<tdm::SpanPair>(loop, options));
    backends.push_back({options.number_a, &spans.back()->a()});
  }
  auto service =
      need(media::make_service({.workers = 1, .first_port = 30000, .last_port = 39999}, loop, backends, counters));
  media::PortRange ports(41000, 48999);
  std::vector<std::unique_ptr<TdmCall>> calls;
  SessionId session;
  for (const Machines& both : pairs) {
    auto& span = *spans[calls.size() / kCallsOfSpan];
    auto place = calls.size() % kCallsOfSpan;
    tdm::Timeslot slot{static_cast<uint16_t>(calls.size() / kCallsOfSpan + 1),
                       static_cast<uint8_t>(place < 15 ? place + 1 : place + 2)};
    auto bearer = need(span.b().open_bearer(slot, {.block_octets = kBlock}));
    calls.push_back(std::make_unique<TdmCall>(both, std::move(bearer), need(ports.bind("127.0.0.1"))));
    session = service->open({});
    calls.back()->set_gateway(need(service->add_ip(session, media::Side::A, "127.0.0.1")));
    service->add_bearer(session, media::Side::B, slot);
    service->set_bridging(session, media::Bridging::Both);
    media::T38Settings settings;
    settings.remote = calls.back()->address();
    service->use_t38(session, media::Side::A, settings);
  }
  // All sessions tick in one pass of the worker, and it answers after it.
  auto settle = [&] {
    bool answered = false;
    service->ask_stats(session, [&](auto) { answered = true; });
    while (!answered) loop.step(1s);
  };
  settle();

  clockid_t worker = clock_of_thread("media-0");
  TdmCost cost;
  double spent = 0;
  TimePoint now{};
  int blocks = 0;
  for (; blocks < kMostBlocks && !all_finished(calls); ++blocks) {
    for (auto& call : calls) call->speak();
    double before = seconds_of(worker);
    for (auto& span : spans) span->advance_octets(kBlock);
    settle();
    double block = seconds_of(worker) - before;
    spent += block;
    cost.longest_block = std::max(cost.longest_block, 1000 * block);
    cost.late_ticks += block > 0.02;
    now += 20ms;
    for (auto& call : calls) call->listen(now);
  }
  check(calls);
  cost.ms_per_s = 1000 * spent / (blocks * 0.02 * static_cast<double>(calls.size()));
  return cost;
}

// Half of the channels in each direction.
void run_channels(const fs::path& document, int channels, const fs::path& folder) {
  auto pairs = machines_of(Direction::ToT38, document, channels, folder);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    pairs[i] = machines(Direction::FromT38, document, folder / (std::to_string(i) + ".tif"));
  }
  TdmCost cost = measure_tdm(pairs);
  std::cout << "fax.channels " << channels << " channels\nfax.late_ticks " << cost.late_ticks
            << " ticks\nfax.channels.ms_per_s " << cost.ms_per_s << " ms/s\nfax.channels.longest_tick_ms "
            << cost.longest_block << " ms\n";
}

void run(const fs::path& document, int calls, int repetitions, const fs::path& folder) {
  Least least;
  for (int i = 0; i < repetitions; ++i) {
    for (Direction direction : {Direction::ToT38, Direction::FromT38}) {
      auto pairs = machines_of(direction, document, calls, folder);
      least.keep("fax.tdm.", direction, measure_tdm(pairs).ms_per_s);
      least.keep("fax.rtp.", direction, measure_rtp(pairs));
    }
  }
  least.print();
}

}  // namespace
}  // namespace sg::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "Usage: sg_bench_fax DOCUMENT CALLS REPETITIONS CHANNELS\n";
    return 2;
  }
  const sg::bench::Folder folder;
  sg::bench::run(argv[1], std::stoi(argv[2]), std::stoi(argv[3]), folder.path);
  sg::bench::run_channels(argv[1], std::stoi(argv[4]), folder.path);
  sg::bench::print_delay_and_memory();
}
