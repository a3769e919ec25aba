#pragma once

#include <string>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "base/socket_address.h"
#include "gateway/guard/overload.h"

namespace sg::sip {

// Measures what waits for the signalling thread: on each of Sofia's UDP sockets the kernel's queue, and for what comes
// by TCP, where the peers hold back what we do not read, how late the thread's loop comes round. guard::Overload
// decides; here are the system calls. Owned by the SipAgent; signalling thread only.
class OverloadWatch {
 public:
  // `limits`: of datagrams.
  OverloadWatch(Reactor& reactor, const guard::OverloadLimits& limits, Counters& counters);

  // Sofia has just opened a UDP socket for this address.
  void watch(const SocketAddress& local);
  // A message is looked at: a datagram that came to this address of ours, or part of a stream.
  void on_datagram(const SocketAddress& local);
  void on_stream() { read_last_ = 0; }
  // Whether a new call that the last message begins is one too many.
  bool refuses_calls() const;
  // It has been refused.
  void on_refused();
  bool is_on() const;

 private:
  struct Place {
    std::string name;
    SocketAddress local;
    int fd = -1;
    guard::Overload overload;
    TimePoint since{};
    uint64_t refused = 0;
  };

  void measure(Place& place);
  void look();
  void take(Place& place, const guard::Backlog& backlog);

  Reactor& reactor_;
  const guard::OverloadLimits limits_;
  // The loop, then the sockets.
  std::vector<Place> places_;
  size_t read_last_ = 0;
  TimePoint due_;
  Counter &begun_, &refused_;
  const Log log_{"sip"};
  Timer look_;
};

}  // namespace sg::sip
