#pragma once

#include <sys/socket.h>

#include <array>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/socket_address.h"

namespace sg::media {

// One received datagram. The view is good until the next receive() into the same batch.
struct Datagram {
  ByteView data;
  SocketAddress source;
  TimePoint arrival;  // the kernel's receive time
};

// Room for the datagrams of one recvmmsg(2) call, allocated once for all sessions of a worker. Media-worker thread
// only.
class DatagramBatch {
 public:
  static constexpr size_t kDatagrams = 16;
  static constexpr size_t kOctets = 2048;

  DatagramBatch();
  // The socket's clock stamps wall time: call this once each wake-up, so that arrival is told on the steady clock.
  void synchronise(TimePoint now);
  // Takes what waits in a non-blocking socket, up to kDatagrams. Datagrams that did not fit whole have empty data.
  std::span<const Datagram> receive(int fd);

 private:
  struct Slot {
    std::array<uint8_t, kOctets> data;
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(timespec))> control;
    sockaddr_storage source;
    iovec vector;
  };
  TimePoint arrival_of(const msghdr& header) const;

  TimePoint now_{};
  Duration steady_minus_wall_{};
  std::vector<Slot> slots_;
  std::array<mmsghdr, kDatagrams> headers_{};
  std::array<Datagram, kDatagrams> datagrams_;
};

// Sends at once or not at all: UDP to a peer that is gone must not hold up the tick. False: the kernel refused it.
bool send_datagram(int fd, const SocketAddress& to, ByteView data);

}  // namespace sg::media
