#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/socket_address.h"
#include "base/unique_fd.h"

namespace sg::media {

// Room in front of a datagram and behind it, in its buffer: what protects it on its way (a DTLS record's header and
// nonce, 21 octets; an SRTP tag with MKI and SRTCP's index, 24) is put around it and taken off in place.
constexpr size_t kHeadRoom = 32, kTailRoom = 32;

// Octets of a datagram that may be changed in place, with that room around them. Only a DatagramBuffer makes one.
class RoomySpan : public std::span<uint8_t> {
 public:
  RoomySpan() = default;
  // Octets that are there begin at kHeadRoom.
  std::span<uint8_t> with_room() const { return {data() - kHeadRoom, kHeadRoom + size() + kTailRoom}; }

 private:
  template <size_t>
  friend class DatagramBuffer;
  explicit RoomySpan(std::span<uint8_t> octets) : span(octets) {}
};

// Holds one datagram of this many octets, or of fewer.
template <size_t kOctets>
class DatagramBuffer {
 public:
  std::span<uint8_t, kOctets> octets() { return std::span(all_).template subspan<kHeadRoom, kOctets>(); }
  RoomySpan first(size_t count) { return RoomySpan(octets().first(count)); }

 private:
  std::array<uint8_t, kHeadRoom + kOctets + kTailRoom> all_;
};

// One received datagram. The view is good until the next receive() into the same batch.
struct Datagram {
  RoomySpan data;
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
  // A hint of what this session's media socket is used for from now on, until it is let go, which is to be before it is
  // closed.
  enum class Comes : uint8_t {
    EachTick,    // RTP
    NowAndThen,  // T.38: at most ticks the socket holds nothing
    Hardly       // of a session at rest, which asks for nothing until it is told that something came
  };
  virtual void adopt(int, Comes, SessionId) {}
  virtual void let_go(int) {}
};

// UDP. Room for the datagrams of one recvmmsg(2) call, allocated once for all sessions of a worker. To ask a socket
// that holds nothing costs a third of what a datagram does: of those to which datagrams come now and then an epoll set
// tells at once which hold something. To look up the route of each datagram costs a tenth of sending it: an adopted
// socket that has sent to one address for a second gets a twin that is connected to it. Media-worker thread only.
class UdpIo final : public DatagramIo {
 public:
  static constexpr size_t kDatagrams = 16;
  static constexpr size_t kOctets = 2048;

  UdpIo();
  // Sent to one address, one after the other, before a twin is connected to it.
  static constexpr int kRun = 50;

  // Once each wake-up. The socket's clock stamps wall time: from here on arrival is told on the steady clock. What
  // comes later to a socket of T.38 waits for the next wake-up.
  void synchronise(TimePoint now);
  // Sessions at rest for which something came before the last wake-up.
  std::span<const SessionId> came_for() const { return came_for_; }
  // Up to kDatagrams, of a non-blocking socket.
  std::span<const Datagram> receive(int fd) override;
  bool send(int fd, const SocketAddress& to, ByteView data) override;
  void adopt(int fd, Comes comes, SessionId session) override;
  void let_go(int fd) override;

 private:
  // What is known of a socket. Unwatched: it is to be asked.
  struct Watch {
    enum class Holds : uint8_t { Unwatched, Something, Nothing } holds = Holds::Unwatched;
    SessionId at_rest;  // is told when something comes
  };
  using Holds = Watch::Holds;
  struct Adopted {
    Comes comes{};
    Watch watch;
    SocketAddress latest;  // where its datagrams go, and how many went there since they went elsewhere
    int run = 0;
    // Has the same port. What comes from `peer` is here, and what comes from anybody else is in the adopted one.
    UniqueFd twin;
    Watch twin_watch;
    SocketAddress peer;
  };
  struct Slot {
    DatagramBuffer<kOctets> data;
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(timespec))> control;
    sockaddr_storage source;
    iovec vector;
  };
  Adopted* adopted(int fd);
  bool has_twin_to(Adopted& socket, int fd, const SocketAddress& to);
  void give_twin(Adopted& socket, int fd, const SocketAddress& to);
  void take(int fd, Watch& watch);
  TimePoint arrival_of(const msghdr& header) const;
  void watch_as_needed(Adopted& socket, int fd);
  void watch(int fd, Watch& watch);
  void unwatch(int fd, Watch& watch);
  void find_what_came();

  TimePoint now_{};
  Duration steady_minus_wall_{};
  std::vector<Slot> slots_;
  std::array<mmsghdr, kDatagrams> headers_{};
  size_t used_ = kDatagrams;  // of the headers
  std::array<Datagram, kDatagrams> datagrams_;
  UniqueFd epoll_;                                 // of the watched sockets, once there is one
  std::vector<std::unique_ptr<Adopted>> adopted_;  // by file descriptor
  std::vector<SessionId> came_for_;
};

// Sends at once or not at all: UDP to a peer that is gone must not hold up the tick. False: the kernel refused it.
bool send_datagram(int fd, const SocketAddress& to, ByteView data);

}  // namespace sg::media
