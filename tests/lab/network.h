#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "base/unique_fd.h"
#include "media/datagrams.h"
#include "media/port_pair.h"
#include "tests/lab/condition.h"
#include "tests/lab/g1050.h"

namespace sg::lab {

// One direction of a packet leg: what is sent comes later, or twice, or never, as the faults and the seed have it.
class Path {
 public:
  Path(const NetworkFaults& faults, uint64_t seed);

  void send(TimePoint now, ByteView datagram);
  // The next that has come by now.
  std::optional<std::pair<TimePoint, Bytes>> take(TimePoint now);

  uint64_t sent() const { return sent_; }
  uint64_t lost() const { return lost_; }

 private:
  struct InFlight {
    TimePoint at;
    uint64_t order;
    Bytes datagram;
    bool operator>(const InFlight& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  std::optional<TimePoint> arrival(TimePoint now, size_t octets);
  bool is_lost();
  bool happens(double share) { return share > 0 && std::uniform_real_distribution<>(0, 1)(random_) < share; }
  std::optional<Duration> wait_for_link(TimePoint now, size_t octets);

  const NetworkFaults faults_;
  std::mt19937_64 random_;
  std::optional<G1050Path> g1050_;
  Hostile hostile_;
  std::optional<TimePoint> began_;
  Duration falls_behind_after_{};
  std::priority_queue<InFlight, std::vector<InFlight>, std::greater<>> in_flight_;
  uint64_t sent_ = 0, lost_ = 0, order_ = 0;
  bool in_burst_ = false;
  TimePoint link_is_free_, last_arrival_;
};

// The sockets of all gateways and machines of one call, and the paths between them.
class Network final : public media::DatagramIo {
 public:
  explicit Network(const Clock& clock) : clock_(clock) {}

  // A pair of ports of its own. The descriptors are but names: nothing is ever read from or written to them.
  media::PortPair open();
  // Joins the media ports of two pairs, a path each way. Whatever else is sent (RTCP) goes nowhere.
  void join(const media::PortPair& a, const media::PortPair& b, const NetworkFaults& faults, std::mt19937_64& random);

  std::span<const media::Datagram> receive(int fd) override;
  bool send(int fd, const SocketAddress& to, ByteView data) override;

 private:
  static constexpr size_t kBatch = 16;
  static constexpr size_t kMaxOctets = media::UdpIo::kOctets;
  struct Socket {
    SocketAddress local, remote;
    Path* in = nullptr;
    Path* out = nullptr;
  };

  const Clock& clock_;
  std::map<int, Socket> sockets_;
  std::deque<Path> paths_;
  uint16_t next_port_ = 10000;
  std::array<media::DatagramBuffer<kMaxOctets>, kBatch> octets_;
  std::array<media::Datagram, kBatch> batch_;
};

}  // namespace sg::lab
