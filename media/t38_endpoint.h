#pragma once

#include <array>

#include "media/peer_address.h"
#include "media/redundancy_depth.h"
#include "media/session_tools.h"
#include "t38/udptl.h"

namespace sg::media {

// One IP side of a session that speaks T.38 over UDPTL. Knows sockets only to send to; received datagrams are handed
// in. Two clocks: `now` is the wall's, `line` counts blocks and so runs as fast as the line does.
// Owned by the Session. Media-worker thread only.
class T38Endpoint {
 public:
  // `listener` gets the peer's IFPs, in order.
  T38Endpoint(SessionTools& tools, const T38Settings& settings, t38::UdptlReceiver::Listener& listener, TimePoint now,
              TimePoint line);

  // A new negotiation within a running fax: address and limits are the new ones. The stream, what is known of the
  // peer's, and the version that both are in the middle of go on.
  void change(const T38Settings& settings);

  // The peer's audio has shown where it is behind its NAT.
  void take_over(const PeerAddress& audio) { peer_.take_over(audio); }

  void on_media(const Datagram& datagram, TimePoint line);
  // Once a block: gives up IFPs that were waited for long enough, repeats what no later datagram repeats, and shows a
  // peer that was not heard yet that we live.
  void poll(int fd, TimePoint line);
  // One that must not be lost, as nothing may follow it for long, has more than one of `copies`.
  void send_ifp(ByteView ifp, int copies, int fd, TimePoint now);

  const T38Settings& settings() const { return settings_; }
  // When something last came from the peer or, once it was heard, was sent to it that is part of a fax: during a long
  // page only one of them talks.
  TimePoint last_active() const { return last_active_; }
  UdptlStats stats() const;
  std::optional<RedundancyDepth::Rise> take_rise() { return depth_.take_rise(); }

 private:
  void send_no_signal(int fd);
  void send(ByteView ifp, int copies, int fd);
  void send_datagram(int fd);
  void repeat(int fd, TimePoint line);
  void mind_loss();
  void take_limits();
  void tell_peer(TimePoint now);

  SessionTools& tools_;
  T38Settings settings_;
  PeerAddress peer_{PeerAddress::Lock::Firm};
  t38::UdptlReceiver receiver_;
  t38::UdptlSender sender_;
  bool is_heard_ = false;
  TimePoint next_no_signal_;
  int greetings_left_ = 3;
  TimePoint last_active_;
  uint64_t packets_sent_ = 0;
  RedundancyDepth depth_{0, 0};
  size_t most_ifp_ = 0;             // octets that the peer takes at once
  bool later_ones_repeat_ = false;  // redundancy is in use

  // The latest datagram, and its copies to come.
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> out_;
  size_t out_octets_ = 0;
  int repeats_left_ = 0;
  Duration repeat_after_{};
  TimePoint next_repeat_;
};

}  // namespace sg::media
