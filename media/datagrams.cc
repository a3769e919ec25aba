#include "media/datagrams.h"

#include <algorithm>
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
  for (mmsghdr& header : std::span(headers_).first(used_)) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    header.msg_hdr.msg_controllen = sizeof(Slot::control);
  }
  int received = ::recvmmsg(fd, headers_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
  used_ = static_cast<size_t>(std::max(received, 0));
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
