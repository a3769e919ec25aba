#include "gateway/sip/tcp_connections.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "gateway/guard/socket_filter.h"
#include "gateway/sip/signalled_hosts.h"

namespace sg::sip {
namespace {

constexpr Duration kSweep = 1s;
// Sofia copies what is left of a read for each message in it: so a read must not be long.
constexpr int kReadBuffer = 16 * 1024;
// Holds what a burst of requests is answered, on top of the backlog that the guard allows.
constexpr int kSendBuffer = 512 * 1024;
// A peer that is gone without a word (power, network) is noticed after two minutes.
constexpr int kKeepAliveIdle = 60, kKeepAliveInterval = 15, kKeepAliveProbes = 4;
// Connections never take the descriptors that media and control need.
constexpr size_t kShareOfDescriptors = 4;

void set(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof(value));
}

template <class T>
bool get(int fd, int level, int name, T& value) {
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, level, name, &value, &size) == 0;
}

guard::ConnectionLimits within_descriptors(guard::ConnectionLimits limits) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return limits;
  const size_t share = std::max<size_t>(1, static_cast<size_t>(descriptors.rlim_cur) / kShareOfDescriptors);
  limits.in_all = limits.in_all ? std::min(limits.in_all, share) : share;
  return limits;
}

size_t octets_in_queue(int fd, unsigned long which) {
  int octets = 0;
  return ::ioctl(fd, which, &octets) == 0 && octets > 0 ? static_cast<size_t>(octets) : 0;
}

guard::ConnectionFacts facts_of(int fd) {
  // The kernel's number (enum in net/tcp_states.h, no header of user space's): the peer has closed, we have not.
  constexpr uint8_t kCloseWait = 8;
  guard::ConnectionFacts facts;
  tcp_info info{};
  if (!get(fd, IPPROTO_TCP, TCP_INFO, info)) return facts;
  facts.is_half_closed = info.tcpi_state == kCloseWait;
  facts.taken = info.tcpi_bytes_acked;
  facts.waiting = octets_in_queue(fd, SIOCOUTQ);
  facts.unread = octets_in_queue(fd, SIOCINQ);
  facts.read = info.tcpi_bytes_received - std::min<uint64_t>(facts.unread, info.tcpi_bytes_received);
  facts.silent_for = std::chrono::milliseconds(std::min(info.tcpi_last_data_recv, info.tcpi_last_data_sent));
  return facts;
}

uint64_t cookie_of(int fd) {
  uint64_t cookie = 0;
  return get(fd, SOL_SOCKET, SO_COOKIE, cookie) ? cookie : 0;
}

}  // namespace

TcpConnections::TcpConnections(Reactor& reactor, const guard::ConnectionLimits& limits, Classify classify,
                               OnGone on_gone, Counters& counters)
    : reactor_(reactor),
      connections_(within_descriptors(limits)),
      classify_(std::move(classify)),
      on_gone_(std::move(on_gone)),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      refused_stranger_(counters.get("sip.tcp.refused_stranger")),
      refused_source_(counters.get("sip.tcp.refused_source_limit")),
      refused_full_(counters.get("sip.tcp.refused_limit")),
      refused_no_descriptor_(counters.get("sip.tcp.refused_no_descriptor")),
      refused_outgoing_(counters.get("sip.tcp.refused_outgoing")),
      closed_peer_gone_(counters.get("sip.tcp.closed_peer_gone")),
      closed_no_message_(counters.get("sip.tcp.closed_no_message")),
      closed_malformed_(counters.get("sip.tcp.closed_malformed")),
      closed_idle_(counters.get("sip.tcp.closed_idle")),
      closed_deaf_(counters.get("sip.tcp.closed_deaf")),
      unheard_(counters.get("sip.tcp.requests_of_deaf")),
      dropped_datagrams_(counters.get("sip.udp.dropped_by_kernel")),
      sweep_(reactor) {
  watch_outgoing_connections(*this);
  sweep_.arm(kSweep, [this] { sweep(); });
}

TcpConnections::~TcpConnections() {
  unwatch_sockets(*this);
}

void TcpConnections::watch(int socket_type, const SocketAddress& local) {
  const int fd = find_socket(socket_type, local);
  if (fd < 0) {
    log_.warning("the socket of {} is not found: what comes to it is not limited", local.to_string());
  } else if (socket_type == SOCK_DGRAM) {
    if (auto done = guard::admit_sip_only(fd); !done) log_.warning("{}: {}", local.to_string(), done.error().message);
    datagrams_.push_back({.fd = fd});
  } else {
    // Accepted sockets have it from the listening one, before their window is told.
    set(fd, SOL_SOCKET, SO_RCVBUF, kReadBuffer);
    watch_listening_socket(fd, *this);
  }
}

bool TcpConnections::hears_request(const SocketAddress& source) {
  auto id = connections_.find(source);
  if (!id || !is_still_open(*id) || connections_.hears_request(*id, facts_of(*id))) return true;
  unheard_.add();
  return false;
}

bool TcpConnections::on_accepted(int fd, const SocketAddress& from) {
  auto peer = unmapped(from);
  auto source = classify_(peer);
  if (!source) return refuse(refused_stranger_, peer, "no trunk allows this address");
  switch (admit(peer, *source)) {
    case guard::Admission::SourceHasTooMany:
      return refuse(refused_source_, peer, "it has max_connections_per_source already");
    case guard::Admission::TooManyInAll:
      return refuse(refused_full_, peer, "there are max_connections already");
    case guard::Admission::Taken:
      break;
  }
  set(fd, SOL_SOCKET, SO_SNDBUF, kSendBuffer);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdle);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveInterval);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  add(fd, peer, *source, guard::Direction::In);
  return true;
}

// The connection would stay in the queue and Sofia would be woken for it without end: it is taken by means of the spare
// descriptor, and closed.
void TcpConnections::on_no_descriptor(int listening_fd) {
  spare_.reset();
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  UniqueFd taken(::accept4(listening_fd, reinterpret_cast<sockaddr*>(&raw), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (taken) refuse(refused_no_descriptor_, SocketAddress::from(raw), "no descriptor is left");
  taken.reset();
  spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// A peer's Via says where its answers go when its connection does not take them: such connections are bounded too.
bool TcpConnections::may_connect(int fd, const SocketAddress& to) {
  auto peer = unmapped(to);
  if (admit(peer, guard::Source::Listed) != guard::Admission::Taken) {
    return refuse(refused_outgoing_, peer, "there are too many connections with it");
  }
  add(fd, peer, guard::Source::Listed, guard::Direction::Out);
  return true;
}

// One that Sofia has closed since the last sweep takes no place.
guard::Admission TcpConnections::admit(const SocketAddress& peer, guard::Source source) {
  auto admission = connections_.admit(peer, source);
  if (admission == guard::Admission::Taken) return admission;
  forget_closed(admission == guard::Admission::SourceHasTooMany ? connections_.ids_from(peer) : connections_.ids());
  return connections_.admit(peer, source);
}

bool TcpConnections::refuse(Counter& counter, const SocketAddress& peer, const char* why) {
  counter.add();
  // A flood must not fill the log: one line each time that the count has doubled.
  if (uint64_t count = counter.value(); (count & (count - 1)) == 0) {
    log_.warning("no TCP connection with {}: {} ({} so far)", peer.to_string(), why, count);
  }
  return false;
}

void TcpConnections::sweep() {
  auto ids = connections_.ids();
  forget_closed(ids);
  for (int id : connections_.ids()) {
    // Sofia finds it hung up, and tidies up as when the peer had done it.
    if (examine(id)) ::shutdown(id, SHUT_RDWR);
  }
  count_dropped_datagrams();
  sweep_.arm(kSweep, [this] { sweep(); });
}

bool TcpConnections::examine(int id) {
  auto ending = connections_.examine(id, facts_of(id), reactor_.now());
  if (!ending) return false;
  switch (*ending) {
    case guard::Ending::PeerIsGone:
      closed_peer_gone_.add();
      break;
    case guard::Ending::NoWholeMessage:
      closed_no_message_.add();
      break;
    case guard::Ending::NotRead:
      closed_malformed_.add();
      break;
    case guard::Ending::Idle:
      closed_idle_.add();
      break;
    case guard::Ending::Deaf:
      closed_deaf_.add();
      break;
  }
  return true;
}

// Numbers are used again: one may stand for a connection that was closed since the last sweep.
void TcpConnections::add(int fd, const SocketAddress& peer, guard::Source source, guard::Direction direction) {
  forget(fd);
  connections_.add(fd, peer, source, direction, reactor_.now());
  cookies_[fd] = cookie_of(fd);
}

void TcpConnections::forget(int id) {
  auto peer = connections_.peer_of(id);
  connections_.remove(id);
  cookies_.erase(id);
  if (peer) on_gone_(*peer);
}

void TcpConnections::forget_closed(const std::vector<int>& ids) {
  for (int id : ids) {
    if (!is_still_open(id)) forget(id);
  }
}

bool TcpConnections::is_still_open(int id) const {
  auto known = cookies_.find(id);
  return known != cookies_.end() && known->second && cookie_of(id) == known->second;
}

void TcpConnections::count_dropped_datagrams() {
  for (auto& socket : datagrams_) {
    uint32_t figures[SK_MEMINFO_VARS] = {};
    if (!get(socket.fd, SOL_SOCKET, SO_MEMINFO, figures)) continue;
    const uint32_t dropped = figures[SK_MEMINFO_DROPS];
    // Unsigned: right over the wrap of the kernel's figure.
    if (uint32_t more = dropped - socket.dropped) dropped_datagrams_.add(more);
    socket.dropped = dropped;
  }
}

}  // namespace sg::sip
