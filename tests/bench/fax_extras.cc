#include "tests/bench/fax_extras.h"

#include <malloc.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <memory>
#include <vector>

#include "media/port_pair.h"
#include "media/session.h"
#include "tests/bench/in_process.h"
#include "tests/bench/signals.h"

namespace sg::bench {
namespace {

using media::Side;

// A timeslot whose other end is the benchmark: octets in the order of the line.
struct Line {
  std::deque<uint8_t> to_gateway, from_gateway;
};

class LineBearer final : public tdm::Bearer {
 public:
  explicit LineBearer(Line& line) : line_(line) {}
  tdm::Law law() const override { return tdm::Law::A; }
  size_t block_octets() const override { return kBlock; }
  tdm::TickSource& ticks() override { return ticks_; }
  Result<bool> read(std::span<uint8_t> block) override {
    if (line_.to_gateway.size() < block.size()) return false;
    std::copy_n(line_.to_gateway.begin(), block.size(), block.begin());
    line_.to_gateway.erase(line_.to_gateway.begin(), line_.to_gateway.begin() + static_cast<int64_t>(block.size()));
    return true;
  }
  Result<bool> write(ByteView block) override {
    line_.from_gateway.insert(line_.from_gateway.end(), block.begin(), block.end());
    return true;
  }
  tdm::BearerStats stats() const override { return {}; }

 private:
  struct NoTicks final : tdm::TickSource {
    int fd() const override { return -1; }
    void acknowledge() override {}
  };
  Line& line_;
  NoTicks ticks_;
};

struct Surroundings {
  media::Config config;
  Counters counters;
  UdpInOwnTime udp;
  NoEvents events;
  media::SessionContext context{config, events, counters, udp, udp, 1};
  media::PortRange ports{30000, 39999};
};

// A session with a timeslot on side A.
struct Call {
  explicit Call(Surroundings& all) : session({}, all.context) {
    session.give_bearer(Side::A, {1, 1}, std::make_unique<LineBearer>(line));
    session.set_bridging(media::Bridging::Both);
  }
  void say(std::span<const uint8_t> block) {
    line.to_gateway.insert(line.to_gateway.end(), block.begin(), block.end());
  }

  Line line;
  media::Session session;
};

void talk_rtp(Call& call, media::PortPair ports, const SocketAddress& remote, media::Profile profile) {
  media::RtpSettings settings;
  settings.remote = remote;
  call.session.give_ports(Side::B, std::move(ports));
  call.session.use_rtp(Side::B, settings);
  call.session.set_profile(profile);
}

// Line time from an octet on the first line to the same one on the second, two gateways and a network without delay of
// its own between them. A block that is read has come before, one that is written goes out after the one ahead of it:
// so places in the two streams are times.
double measure_delay(media::Profile profile) {
  Surroundings all;
  Call first(all), second(all);
  auto at_first = need(all.ports.bind("127.0.0.1")), at_second = need(all.ports.bind("127.0.0.1"));
  SocketAddress to_first = at_first.local, to_second = at_second.local;
  talk_rtp(first, std::move(at_first), to_second, profile);
  talk_rtp(second, std::move(at_second), to_first, profile);

  const Bytes silence(kBlock, tdm::idle_octet(tdm::Law::A));
  constexpr size_t kSettled = 250;  // blocks
  constexpr uint8_t kMark = 0x12;   // a loud octet
  for (size_t block = 0; block < 2 * kSettled; ++block) {
    first.say(block == kSettled ? Bytes(kBlock, kMark) : silence);
    second.say(silence);
    all.udp.wake_up();
    first.session.tick(all.udp.now());
    second.session.tick(all.udp.now());
    all.udp.advance();
  }
  auto& heard = second.line.from_gateway;
  auto mark = std::ranges::find(heard, kMark);
  if (mark == heard.end()) give_up("nothing came through RTP");
  auto octets = static_cast<double>(mark - heard.begin()) - static_cast<double>(kSettled * kBlock);
  return octets / 8;
}

double resident_kb() {
  long all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1024;
}

// Of sessions between a timeslot and an IP peer, after some seconds of line time. What the kernel keeps for their
// sockets is not in it.
template <class Begin>
double measure_memory(Begin begin) {
  constexpr size_t kCalls = 200;
  constexpr int kBlocks = 150;
  Surroundings all;
  std::vector<std::unique_ptr<Call>> calls;
  const Bytes silence(kBlock, tdm::idle_octet(tdm::Law::A));
  ::malloc_trim(0);  // what was free already would be taken unseen
  const double before = resident_kb();
  for (size_t i = 0; i < kCalls; ++i) {
    auto& call = *calls.emplace_back(std::make_unique<Call>(all));
    auto ports = need(all.ports.bind("127.0.0.1"));
    // To itself: what it sends is read again.
    SocketAddress remote = ports.local;
    begin(call, std::move(ports), remote);
  }
  for (int block = 0; block < kBlocks; ++block, all.udp.advance()) {
    all.udp.wake_up();
    for (auto& call : calls) {
      call->say(silence);
      call->session.tick(all.udp.now());
      call->line.from_gateway.clear();
    }
  }
  return (resident_kb() - before) / kCalls;
}

void talk_t38(Call& call, media::PortPair ports, const SocketAddress& remote) {
  // As in life: audio first.
  talk_rtp(call, std::move(ports), remote, media::Profile::Fax);
  media::T38Settings settings;
  settings.remote = remote;
  call.session.use_t38(Side::B, settings);
}

}  // namespace

void print_delay_and_memory() {
  std::cout << "fax.delay_ms " << measure_delay(media::Profile::Fax) << " ms\nfax.voice_delay_ms "
            << measure_delay(media::Profile::Voice) << " ms\n";
  double pass_through = measure_memory([](Call& call, media::PortPair ports, const SocketAddress& remote) {
    talk_rtp(call, std::move(ports), remote, media::Profile::Fax);
  });
  double t38 = measure_memory(talk_t38);
  std::cout << "fax.memory_per_call_kb " << t38 << " kB\nfax.memory_per_call_kb_passthrough " << pass_through
            << " kB\n";
}

}  // namespace sg::bench
