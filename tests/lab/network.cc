#include "tests/lab/network.h"

#include <fcntl.h>

#include <algorithm>
#include <stdexcept>

namespace sg::lab {
namespace {

constexpr size_t kHeaders = 28 + 18;  // IPv4, UDP and Ethernet

}  // namespace

Path::Path(const NetworkFaults& faults, uint64_t seed)
    : faults_(faults), random_(seed), hostile_(faults.hand, random_()) {
  // Within a fax of a page.
  if (faults.late_step > 0s)
    falls_behind_after_ =
        Duration(std::uniform_int_distribution<int64_t>(Duration(5s).count(), Duration(45s).count())(random_));
  if (faults.g1050) g1050_.emplace(*g1050_severity(faults.g1050), draw_g1050_rates(random_), random_());
}

// Gilbert's model: losses come in bursts of the mean length asked for, and make up the share asked for. A burst of 1 is
// plain chance.
bool Path::is_lost() {
  if (faults_.loss <= 0) return false;
  if (faults_.burst <= 1) return happens(faults_.loss);
  double ends = 1 / faults_.burst;
  double begins = std::min(1.0, ends * faults_.loss / (1 - faults_.loss));
  in_burst_ = happens(in_burst_ ? 1 - ends : begins);
  return in_burst_;
}

std::optional<Duration> Path::wait_for_link(TimePoint now, size_t octets) {
  if (faults_.rate_kbit_s <= 0) return Duration{};
  link_is_free_ = std::max(link_is_free_, now);
  if (link_is_free_ - now > faults_.rate_queue) return std::nullopt;
  std::chrono::duration<double, std::milli> takes(static_cast<double>(8 * (octets + kHeaders)) / faults_.rate_kbit_s);
  link_is_free_ += std::chrono::duration_cast<Duration>(takes);
  return link_is_free_ - now;
}

// Nothing: it is lost.
std::optional<TimePoint> Path::arrival(TimePoint now, size_t octets) {
  if (g1050_) return g1050_->pass(now, octets + kHeaders);
  auto waited = wait_for_link(now, octets);
  if (is_lost() || !waited) return std::nullopt;
  const Duration behind = now - *began_ < falls_behind_after_ ? Duration{} : faults_.late_step;
  return now + *waited + faults_.delay + behind;
}

void Path::send(TimePoint now, ByteView datagram) {
  ++sent_;
  if (!began_) began_ = now;
  if (faults_.silent_after > 0s && now - *began_ >= faults_.silent_after) return;
  auto arrives = arrival(now, datagram.size());
  if (!arrives) {
    ++lost_;
    return;
  }
  int copies = happens(faults_.duplicate) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto extra = Duration(std::uniform_int_distribution<int64_t>(0, faults_.jitter.count())(random_));
    TimePoint at = *arrives + extra;
    if (!faults_.reorders) at = std::max(at, last_arrival_);
    last_arrival_ = std::max(at, last_arrival_);
    Bytes octets(datagram.begin(), datagram.end());
    if (happens(faults_.mangled)) hostile_.change(octets);
    in_flight_.push({at, order_++, std::move(octets)});
  }
}

std::optional<std::pair<TimePoint, Bytes>> Path::take(TimePoint now) {
  if (in_flight_.empty() || in_flight_.top().at > now) return std::nullopt;
  std::pair<TimePoint, Bytes> first(in_flight_.top().at, in_flight_.top().datagram);
  in_flight_.pop();
  return first;
}

media::PortPair Network::open() {
  media::PortPair pair;
  pair.media.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  pair.control.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!pair.media || !pair.control) throw std::runtime_error("no file descriptor is free");
  pair.local = SocketAddress::parse("192.0.2.1", next_port_).value();
  next_port_ = static_cast<uint16_t>(next_port_ + 2);
  sockets_[pair.media.get()].local = pair.local;
  return pair;
}

void Network::join(const media::PortPair& a, const media::PortPair& b, const NetworkFaults& faults,
                   std::mt19937_64& random) {
  Path& there = paths_.emplace_back(faults, random());
  Path& back = paths_.emplace_back(faults, random());
  sockets_[a.media.get()] = {a.local, b.local, &back, &there};
  sockets_[b.media.get()] = {b.local, a.local, &there, &back};
}

std::span<const media::Datagram> Network::receive(int fd) {
  auto socket = sockets_.find(fd);
  if (socket == sockets_.end() || socket->second.in == nullptr) return {};
  size_t count = 0;
  while (count < kBatch) {
    auto one = socket->second.in->take(clock_.now());
    if (!one) break;
    const Bytes& octets = one->second;
    const size_t whole = octets.size() <= kMaxOctets ? octets.size() : 0;
    std::copy_n(octets.begin(), whole, octets_[count].octets().begin());
    batch_[count] = {octets_[count].first(whole), socket->second.remote, one->first};
    ++count;
  }
  return std::span(batch_).first(count);
}

bool Network::send(int fd, const SocketAddress& to, ByteView data) {
  auto socket = sockets_.find(fd);
  if (socket == sockets_.end() || socket->second.out == nullptr || !(to == socket->second.remote)) return true;
  socket->second.out->send(clock_.now(), data);
  return true;
}

}  // namespace sg::lab
