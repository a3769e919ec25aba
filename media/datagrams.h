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

// The packet network as sessions see it: a socket is named by its file descriptor. What a session does is the same over
// UDP and over the fax lab's network under virtual time.
class DatagramIo {
 public:
  virtual ~DatagramIo() = default;
  // Takes some of what waits in a socket. Datagrams that did not fit whole have empty data.
  virtual std::span<const Datagram> receive(int fd) = 0;
  // Sends at once or not at all. False: it was refused.
  virtual bool send(int fd, const SocketAddress& to, ByteView data) = 0;
};

// UDP. Room for the datagrams of one recvmmsg(2) call, allocated once for all sessions of a worker. Media-worker thread
// only.
class DatagramBatch final : public DatagramIo {
 public:
  static constexpr size_t kDatagrams = 16;
  static constexpr size_t kOctets = 2048;

  DatagramBatch();
  // The socket's clock stamps wall time: call this once each wake-up, so that arrival is told on the steady clock.
  void synchronise(TimePoint now);
  // Up to kDatagrams, of a non-blocking socket.
  std::span<const Datagram> receive(int fd) override;
  bool send(int fd, const SocketAddress& to, ByteView data) override;

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
  size_t used_ = kDatagrams;  // of the headers, since they were last made ready
  std::array<Datagram, kDatagrams> datagrams_;
};

// Sends at once or not at all: UDP to a peer that is gone must not hold up the tick. False: the kernel refused it.
bool send_datagram(int fd, const SocketAddress& to, ByteView data);

}  // namespace sg::media
