#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "media/datagrams.h"
#include "media/session_tools.h"

// What surrounds media sessions that run inside a benchmark, under its own clock.
namespace sg::bench {

// A fault of the benchmark's own surroundings: there is nothing to measure then.
[[noreturn]] inline void give_up(const std::string& why) {
  std::cerr << "sg_bench_fax: " << why << '\n';
  std::exit(1);
}
template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

// UDP whose datagrams arrive at the benchmark's own time.
class UdpInBenchTime final : public media::DatagramIo, public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance() { now_ += 20ms; }
  std::span<const media::Datagram> receive(int fd) override {
    auto received = batch_.receive(fd);
    std::ranges::copy(received, stamped_.begin());
    for (media::Datagram& one : stamped_) one.arrival = now_;
    return std::span(stamped_).first(received.size());
  }
  bool send(int fd, const SocketAddress& to, ByteView data) override { return batch_.send(fd, to, data); }

 private:
  TimePoint now_ = TimePoint{} + 1h;
  media::DatagramBatch batch_;
  std::array<media::Datagram, media::DatagramBatch::kDatagrams> stamped_;
};

// Nobody asks what the sessions tell.
struct NoEvents final : media::EventSink {
  void send(SessionId, media::Event) override {}
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<media::SessionStats>)>,
                  std::optional<media::SessionStats>) override {}
};

}  // namespace sg::bench
