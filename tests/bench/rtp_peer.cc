// The far side of many RTP calls: each 20 ms it sends a packet on every socket and takes what came, and nothing else.
// So it is both the peer that a benchmark needs and the measure of what bare UDP costs a process: it takes no part in
// what the media plane does to spend less.
//
//   sg_bench_rtp HOST COUNT
// prints the ports of COUNT sockets in one line, reads as many HOST:PORT to send to in one line, goes on until its
// input is closed, and prints how many packets it sent and received.

#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <array>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "media/codec/g711.h"
#include "media/port_pair.h"
#include "media/rtp/sender.h"
#include "tests/bench/signals.h"

namespace sg::bench {
namespace {

struct Call {
  media::PortPair ports;
  SocketAddress remote;
  media::rtp::Sender sender;
};

class RtpPeer {
 public:
  RtpPeer(const std::string& host, size_t count) : speech_(kSpeech) {
    media::g711::encode(tdm::Law::A, speech_like(kSpeech), speech_);
    media::PortRange range(40000, 49999);
    for (size_t i = 0; i < count; ++i) {
      media::rtp::StreamStart start{.ssrc = static_cast<uint32_t>(i + 1)};
      calls_.push_back({range.bind(host).value(), {}, media::rtp::Sender(start)});
    }
  }

  void print_ports() const {
    for (const Call& call : calls_) std::cout << call.ports.local.port() << ' ';
    std::cout << std::endl;
  }
  // False: too few, or no addresses.
  bool read_remotes(const std::string& line) {
    std::istringstream words(line);
    for (Call& call : calls_) {
      std::string word;
      if (!(words >> word)) return false;
      auto colon = word.rfind(':');
      if (colon == word.npos) return false;
      auto remote =
          SocketAddress::parse(word.substr(0, colon), static_cast<uint16_t>(std::stoi(word.substr(colon + 1))));
      if (!remote) return false;
      call.remote = *remote;
    }
    return true;
  }
  void run_until_input_ends() {
    UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    timespec period{.tv_sec = 0, .tv_nsec = 20'000'000};
    itimerspec setting{.it_interval = period, .it_value = period};
    ::timerfd_settime(timer.get(), 0, &setting, nullptr);
    pollfd ready[] = {{.fd = timer.get(), .events = POLLIN, .revents = 0}, {.fd = 0, .events = POLLIN, .revents = 0}};
    for (;;) {
      ::poll(ready, 2, -1);
      if (ready[1].revents) return;
      uint64_t expirations = 0;
      if (::read(timer.get(), &expirations, sizeof expirations) != sizeof expirations) continue;
      for (uint64_t i = 0; i < expirations; ++i) send();
      receive();
    }
  }
  void print_totals() const { std::cout << sent_ << ' ' << received_ << std::endl; }

 private:
  static constexpr size_t kSpeech = 100 * kBlock;

  void send() {
    ByteView block = ByteView(speech_).subspan(at_, kBlock);
    at_ = (at_ + kBlock) % kSpeech;
    for (Call& call : calls_) {
      size_t length = call.sender.pack(8, block, datagram_);
      ssize_t sent =
          ::sendto(call.ports.media.get(), datagram_.data(), length, 0, call.remote.raw(), call.remote.raw_size());
      sent_ += sent == static_cast<ssize_t>(length);
    }
  }
  void receive() {
    for (Call& call : calls_) {
      while (::recv(call.ports.media.get(), datagram_.data(), datagram_.size(), MSG_DONTWAIT) > 0) ++received_;
    }
  }

  Bytes speech_;
  size_t at_ = 0;
  std::vector<Call> calls_;
  std::array<uint8_t, media::rtp::kHeaderOctets + kBlock> datagram_;
  uint64_t sent_ = 0, received_ = 0;
};

}  // namespace
}  // namespace sg::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "Usage: sg_bench_rtp HOST COUNT\n";
    return 2;
  }
  sg::bench::RtpPeer peer(argv[1], std::stoul(argv[2]));
  peer.print_ports();
  std::string line;
  if (!std::getline(std::cin, line) || !peer.read_remotes(line)) {
    std::cerr << "sg_bench_rtp: an address for each port is needed\n";
    return 2;
  }
  peer.run_until_input_ends();
  peer.print_totals();
}
