#pragma once

#include <sys/socket.h>

#include <array>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/socket_address.h"
#include "base/unique_fd.h"

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
  // A hint: at most ticks this socket holds nothing, as one of T.38. To be taken back before the socket is closed.
  virtual void watch(int) {}
  virtual void unwatch(int) {}
};

// UDP. Room for the datagrams of one recvmmsg(2) call, allocated once for all sessions of a worker. To ask a socket
// that holds nothing costs a third of what a datagram does: of all watched ones an epoll set tells at once which hold
// something. Media-worker thread only.
class DatagramBatch final : public DatagramIo {
 public:
  static constexpr size_t kDatagrams = 16;
  static constexpr size_t kOctets = 2048;

  DatagramBatch();
  // Once each wake-up. The socket's clock stamps wall time: from here on arrival is told on the steady clock. What
  // comes to a watched socket later waits for the next wake-up.
  void synchronise(TimePoint now);
  // Up to kDatagrams, of a non-blocking socket.
  std::span<const Datagram> receive(int fd) override;
  bool send(int fd, const SocketAddress& to, ByteView data) override;
  void watch(int fd) override;
  void unwatch(int fd) override;

 private:
  // What is known of a socket. Unwatched: it is to be asked.
  enum class Holds : uint8_t { Unwatched, Something, Nothing };
  struct Slot {
    std::array<uint8_t, kOctets> data;
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(timespec))> control;
    sockaddr_storage source;
    iovec vector;
  };
  TimePoint arrival_of(const msghdr& header) const;
  void find_what_came();
  bool holds_nothing(int fd) const;
  void note_drained(int fd);

  TimePoint now_{};
  Duration steady_minus_wall_{};
  std::vector<Slot> slots_;
  std::array<mmsghdr, kDatagrams> headers_{};
  size_t used_ = kDatagrams;  // of the headers, since they were last made ready
  std::array<Datagram, kDatagrams> datagrams_;
  UniqueFd epoll_;            // of the watched sockets, once there is one
  std::vector<Holds> holds_;  // by file descriptor
};

// Sends at once or not at all: UDP to a peer that is gone must not hold up the tick. False: the kernel refused it.
bool send_datagram(int fd, const SocketAddress& to, ByteView data);

}  // namespace sg::media
