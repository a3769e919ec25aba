#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/counters.h"
#include "base/reactor.h"
#include "base/unique_fd.h"

namespace sg {

// Serves the clients of a Unix stream socket (base/unix_socket.h): each sends requests, a line each, and gets a line
// for each, in order. A client's next request is read once the one before is answered, and while it takes no answers
// nothing is read from it, so that no buffer grows. The reactor's thread only.
class LineServer {
 public:
  using Client = uint64_t;
  // It is answered within, or at any time later.
  using OnRequest = std::function<void(Client, std::string line)>;
  struct Limits {
    size_t clients = 32;
    size_t octets = 64 * 1024;      // of a request
    std::string told_above_octets;  // a line, before the connection is closed
  };
  struct Counted {
    Counter& too_long;       // requests
    Counter& turned_away;    // clients for whom there was no room
    Counter& dropped_idle;   // clients that made room for another
    Counter& accept_errors;  // times that a client could not be let in
  };

  LineServer(Reactor& reactor, UniqueFd listening, Limits limits, Counted counted, OnRequest on_request);
  ~LineServer();
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  // A client that has gone gets nothing.
  void answer(Client client, std::string_view line);

 private:
  struct Connection {
    UniqueFd fd;
    std::string in, out;
    bool is_waiting = false;  // for the answer to a request of its
    bool is_served = false;   // serve() looks at it
    bool is_leaving = false;  // closed once `out` is sent
    TimePoint heard;          // when it connected, or its last octet came
  };

  void listen();
  void accept_one();
  bool make_room();
  void on_accept_error(int error);
  void on_ready(Client client, uint32_t events);
  void serve(Client client);
  void flush(Client client);
  void drop(Client client);

  Reactor& reactor_;
  UniqueFd listening_;
  const Limits limits_;
  const Counted counted_;
  const OnRequest on_request_;
  Timer pause_;
  std::map<Client, Connection> connections_;
  Client last_ = 0;
};

}  // namespace sg
