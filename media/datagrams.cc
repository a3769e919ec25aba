#include "media/datagrams.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "media/port_pair.h"

namespace sg::media {
namespace {

Duration to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

UdpIo::UdpIo() : slots_(kDatagrams) {
  for (size_t i = 0; i < kDatagrams; ++i) {
    slots_[i].vector = {slots_[i].data.octets().data(), kOctets};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &slots_[i].source;
    header.msg_iov = &slots_[i].vector;
    header.msg_iovlen = 1;
    header.msg_control = slots_[i].control.data();
  }
}

void UdpIo::synchronise(TimePoint now) {
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  now_ = now;
  steady_minus_wall_ = now.time_since_epoch() - to_duration(wall);
  find_what_came();
}

void UdpIo::adopt(int fd, Comes comes, SessionId session) {
  const auto place = static_cast<size_t>(fd);
  if (place >= adopted_.size()) adopted_.resize(place + 1);
  if (!adopted_[place]) adopted_[place] = std::make_unique<Adopted>();
  Adopted& socket = *adopted_[place];
  socket.comes = comes;
  socket.watch.at_rest = socket.twin_watch.at_rest = comes == Comes::Hardly ? session : SessionId{};
  watch_as_needed(socket, fd);
}

// Beside a twin, the first holds nothing at most ticks.
void UdpIo::watch_as_needed(Adopted& socket, int fd) {
  const bool is_seldom = socket.comes != Comes::EachTick;
  if (is_seldom || socket.twin) {
    watch(fd, socket.watch);
  } else {
    unwatch(fd, socket.watch);
  }
  if (is_seldom && socket.twin) {
    watch(socket.twin.get(), socket.twin_watch);
  } else {
    unwatch(socket.twin.get(), socket.twin_watch);
  }
}

void UdpIo::let_go(int fd) {
  Adopted* socket = adopted(fd);
  if (!socket) return;
  unwatch(fd, socket->watch);
  unwatch(socket->twin.get(), socket->twin_watch);
  adopted_[static_cast<size_t>(fd)].reset();
}

UdpIo::Adopted* UdpIo::adopted(int fd) {
  const auto place = static_cast<size_t>(fd);
  return place < adopted_.size() ? adopted_[place].get() : nullptr;
}

bool UdpIo::has_twin_to(Adopted& socket, int fd, const SocketAddress& to) {
  if (socket.twin && to == socket.peer) return true;
  if (to != socket.latest) {
    socket.latest = to;
    socket.run = 0;
  }
  if (++socket.run != kRun) return false;
  give_twin(socket, fd, to);
  return static_cast<bool>(socket.twin);
}

// In place of the twin before, if any, to whose peer nothing was sent for long.
void UdpIo::give_twin(Adopted& socket, int fd, const SocketAddress& to) {
  unwatch(socket.twin.get(), socket.twin_watch);
  socket.twin.reset();
  socket.twin = connected_twin(fd, to);
  if (socket.twin) socket.peer = to;
  watch_as_needed(socket, fd);
}

// Edge-triggered: the set tells of each arrival once, and of a socket that was not drained nothing more.
void UdpIo::watch(int fd, Watch& watch) {
  if (watch.holds != Holds::Unwatched) return;
  if (!epoll_) epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = &watch}};
  // Where the kernel refuses, the socket is asked each time.
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) watch.holds = Holds::Something;
}

void UdpIo::unwatch(int fd, Watch& watch) {
  if (watch.holds == Holds::Unwatched) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  watch.holds = Holds::Unwatched;
}

void UdpIo::find_what_came() {
  came_for_.clear();
  if (!epoll_) return;
  std::array<epoll_event, 64> came;
  int count = 0;
  do {
    count = ::epoll_wait(epoll_.get(), came.data(), static_cast<int>(came.size()), 0);
    for (int i = 0; i < count; ++i) {
      auto& watch = *static_cast<Watch*>(came[static_cast<size_t>(i)].data.ptr);
      watch.holds = Holds::Something;
      if (watch.at_rest) came_for_.push_back(watch.at_rest);
    }
  } while (count == static_cast<int>(came.size()));
}

TimePoint UdpIo::arrival_of(const msghdr& header) const {
  const cmsghdr* part = CMSG_FIRSTHDR(&header);
  if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) return now_;
  timespec stamp;
  std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
  // A datagram cannot have come later than it is read; the wall clock may have been set meanwhile.
  return std::min(now_, TimePoint(to_duration(stamp) + steady_minus_wall_));
}

// The peer's first: a flood from elsewhere must not keep them waiting.
std::span<const Datagram> UdpIo::receive(int fd) {
  for (mmsghdr& header : std::span(headers_).first(used_)) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    header.msg_hdr.msg_controllen = sizeof(Slot::control);
  }
  used_ = 0;
  if (Adopted* socket = adopted(fd)) {
    if (socket->twin) take(socket->twin.get(), socket->twin_watch);
    take(fd, socket->watch);
  } else {
    Watch none;
    take(fd, none);
  }
  for (size_t i = 0; i < used_; ++i) {
    bool whole = !(headers_[i].msg_hdr.msg_flags & MSG_TRUNC);
    datagrams_[i].data = slots_[i].data.first(whole ? headers_[i].msg_len : 0);
    datagrams_[i].source = SocketAddress::from(slots_[i].source);
    datagrams_[i].arrival = arrival_of(headers_[i].msg_hdr);
  }
  return std::span(datagrams_).first(used_);
}

// Behind those that were taken already.
void UdpIo::take(int fd, Watch& watch) {
  const size_t room = kDatagrams - used_;
  if (room == 0 || watch.holds == Holds::Nothing) return;
  const auto ask = [&] {
    return ::recvmmsg(fd, headers_.data() + used_, static_cast<unsigned>(room), MSG_DONTWAIT, nullptr);
  };
  int received = ask();
  // That the peer does not take what we send is told to a connected socket once, and in place of what came.
  if (received < 0 && errno != EAGAIN) received = ask();
  const bool is_drained = received < 0 ? errno == EAGAIN : static_cast<size_t>(received) < room;
  if (is_drained && watch.holds == Holds::Something) watch.holds = Holds::Nothing;
  used_ += static_cast<size_t>(std::max(received, 0));
}

bool UdpIo::send(int fd, const SocketAddress& to, ByteView data) {
  Adopted* socket = adopted(fd);
  // It refuses one datagram, and sends none, after the peer refused an earlier one.
  if (socket && has_twin_to(*socket, fd, to) &&
      ::send(socket->twin.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
          static_cast<ssize_t>(data.size())) {
    return true;
  }
  return send_datagram(fd, to, data);
}

bool send_datagram(int fd, const SocketAddress& to, ByteView data) {
  return ::sendto(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.raw(), to.raw_size()) ==
         static_cast<ssize_t>(data.size());
}

}  // namespace sg::media
