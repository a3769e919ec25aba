#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "base/unique_fd.h"
#include "gateway/guard/connections.h"
#include "gateway/sip/sofia_sockets.h"

namespace sg::sip {

// Sofia's sockets, as far as it does not look after them itself: takes or closes what comes by TCP, ends connections
// whose peers are gone, say nothing or do not read, and has the kernel drop what is no SIP on UDP. guard::Connections
// decides; here are the system calls. Owned by the SipAgent; signalling thread only.
class TcpConnections final : public SocketWatch {
 public:
  // Not set: an address that is not spoken with.
  using Classify = std::function<std::optional<guard::Source>(const SocketAddress& peer)>;
  // The connection with this peer is closed, whoever closed it. Told within a second or so.
  using OnGone = std::function<void(const SocketAddress& peer)>;

  TcpConnections(Reactor& reactor, const guard::ConnectionLimits& limits, Classify classify, OnGone on_gone,
                 Counters& counters);
  ~TcpConnections() override;

  // Sofia has just opened the sockets for this address.
  void watch(int socket_type, const SocketAddress& local);
  // Whether this request is to be heard, as far as the connection that it came on is concerned.
  bool hears_request(const SocketAddress& source);

 private:
  bool on_accepted(int fd, const SocketAddress& from) override;
  void on_no_descriptor(int listening_fd) override;
  bool may_connect(int fd, const SocketAddress& to) override;

  void sweep();
  // Whether it goes.
  bool examine(int id);
  void add(int fd, const SocketAddress& peer, guard::Source source, guard::Direction direction);
  void forget(int id);
  void forget_closed(const std::vector<int>& ids);
  bool is_still_open(int id) const;
  void count_dropped_datagrams();
  guard::Admission admit(const SocketAddress& peer, guard::Source source);
  bool refuse(Counter& counter, const SocketAddress& peer, const char* why);

  struct Datagrams {
    int fd = -1;
    uint32_t dropped = 0;  // by the kernel, as counted last
  };

  Reactor& reactor_;
  guard::Connections connections_;
  const Classify classify_;
  const OnGone on_gone_;
  // Which socket a descriptor was: numbers are used again.
  std::map<int, uint64_t> cookies_;
  std::vector<Datagrams> datagrams_;
  // Given up for a moment when there are no others.
  UniqueFd spare_;
  Counter &refused_stranger_, &refused_source_, &refused_full_, &refused_no_descriptor_, &refused_outgoing_;
  Counter &closed_peer_gone_, &closed_no_message_, &closed_malformed_, &closed_idle_, &closed_deaf_, &unheard_,
      &dropped_datagrams_;
  const Log log_{"sip"};
  Timer sweep_;
};

}  // namespace sg::sip
