#pragma once

#include "base/socket_address.h"

namespace sg::sip {

// Sofia accepts TCP connections and opens them without asking anybody, and has no way to be asked. But its library
// calls accept() and connect() by name, and this program defines these two names: the dynamic linker binds the library
// to ours. On sockets that nobody watches they do what the system's do.
class SocketWatch {
 public:
  virtual ~SocketWatch() = default;
  // A connection has been taken from a watched socket. False: it is closed before Sofia hears of it.
  virtual bool on_accepted(int fd, const SocketAddress& peer) = 0;
  // accept() has failed for want of descriptors, and will at once be called again: make room.
  virtual void on_no_descriptor(int listening_fd) = 0;
  // Sofia is about to open a TCP connection. False: it fails with ENOBUFS.
  virtual bool may_connect(int fd, const SocketAddress& peer) = 0;
};

// The socket of this process that is bound to this address: a datagram one, or one that listens. -1: there is none.
int find_socket(int socket_type, const SocketAddress& local);
// From now on the watch is asked about connections that come to this socket. For the calling thread, which is Sofia's.
void watch_listening_socket(int fd, SocketWatch& watch);
// And about those that the calling thread opens; the last watch that was named is asked.
void watch_outgoing_connections(SocketWatch& watch);
// No longer, for neither.
void unwatch_sockets(SocketWatch& watch);

}  // namespace sg::sip
