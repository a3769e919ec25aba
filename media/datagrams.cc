#include "media/datagrams.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace sg::media {
namespace {

Duration to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

DatagramBatch::DatagramBatch() : slots_(kDatagrams) {
  for (size_t i = 0; i < kDatagrams; ++i) {
    slots_[i].vector = {slots_[i].data.data(), slots_[i].data.size()};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &slots_[i].source;
    header.msg_iov = &slots_[i].vector;
    header.msg_iovlen = 1;
    header.msg_control = slots_[i].control.data();
  }
}

void DatagramBatch::synchronise(TimePoint now) {
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  now_ = now;
  steady_minus_wall_ = now.time_since_epoch() - to_duration(wall);
  find_what_came();
}

// Edge-triggered: the set tells of each arrival once, and of a socket that was not drained nothing more. Which ones
// those are is in holds_.
void DatagramBatch::watch(int fd) {
  if (!epoll_) epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.fd = fd}};
  // Where the kernel refuses, the socket is asked each time.
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;
  const auto place = static_cast<size_t>(fd);
  if (place >= holds_.size()) holds_.resize(place + 1, Holds::Unwatched);
  holds_[place] = Holds::Something;
}

void DatagramBatch::unwatch(int fd) {
  const auto place = static_cast<size_t>(fd);
  if (place >= holds_.size() || holds_[place] == Holds::Unwatched) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  holds_[place] = Holds::Unwatched;
}

void DatagramBatch::find_what_came() {
  if (!epoll_) return;
  std::array<epoll_event, 64> came;
  int count = 0;
  do {
    count = ::epoll_wait(epoll_.get(), came.data(), static_cast<int>(came.size()), 0);
    for (int i = 0; i < count; ++i) {
      holds_[static_cast<size_t>(came[static_cast<size_t>(i)].data.fd)] = Holds::Something;
    }
  } while (count == static_cast<int>(came.size()));
}

bool DatagramBatch::holds_nothing(int fd) const {
  const auto place = static_cast<size_t>(fd);
  return place < holds_.size() && holds_[place] == Holds::Nothing;
}

void DatagramBatch::note_drained(int fd) {
  const auto place = static_cast<size_t>(fd);
  if (place < holds_.size() && holds_[place] == Holds::Something) holds_[place] = Holds::Nothing;
}

TimePoint DatagramBatch::arrival_of(const msghdr& header) const {
  const cmsghdr* part = CMSG_FIRSTHDR(&header);
  if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) return now_;
  timespec stamp;
  std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
  // A datagram cannot have come later than it is read; the wall clock may have been set meanwhile.
  return std::min(now_, TimePoint(to_duration(stamp) + steady_minus_wall_));
}

std::span<const Datagram> DatagramBatch::receive(int fd) {
  if (holds_nothing(fd)) return {};
  for (mmsghdr& header : std::span(headers_).first(used_)) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    header.msg_hdr.msg_controllen = sizeof(Slot::control);
  }
  int received = ::recvmmsg(fd, headers_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
  used_ = static_cast<size_t>(std::max(received, 0));
  const bool is_drained = received >= 0 ? used_ < kDatagrams : errno == EAGAIN;
  if (is_drained) note_drained(fd);
  for (size_t i = 0; i < used_; ++i) {
    bool whole = !(headers_[i].msg_hdr.msg_flags & MSG_TRUNC);
    datagrams_[i].data = ByteView(slots_[i].data).first(whole ? headers_[i].msg_len : 0);
    datagrams_[i].source = SocketAddress::from(slots_[i].source);
    datagrams_[i].arrival = arrival_of(headers_[i].msg_hdr);
  }
  return std::span(datagrams_).first(used_);
}

bool DatagramBatch::send(int fd, const SocketAddress& to, ByteView data) {
  return send_datagram(fd, to, data);
}

bool send_datagram(int fd, const SocketAddress& to, ByteView data) {
  return ::sendto(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.raw(), to.raw_size()) ==
         static_cast<ssize_t>(data.size());
}

}  // namespace sg::media
