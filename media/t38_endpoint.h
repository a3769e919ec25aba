#pragma once

#include <array>

#include "media/endpoint.h"
#include "media/peer_address.h"
#include "media/session_context.h"
#include "media/side_ports.h"
#include "t38/ifp.h"
#include "t38/udptl.h"

namespace sg::media {

// One IP side of a session that speaks T.38 over UDPTL. Knows its ports only to send to; received datagrams are handed
// in. Two clocks: `now` is the wall's, `line` counts blocks and so runs as fast as the line does.
// Owned by its SessionSide. Media-worker thread only.
class T38Endpoint final : public PacketEndpoint, public t38::IfpSink {
 public:
  // `listener` gets the peer's IFPs, in order.
  T38Endpoint(SessionContext& context, SidePorts& ports, const T38Settings& settings,
              t38::UdptlReceiver::Listener& listener, TimePoint now, TimePoint line);

  // A new negotiation within a running fax: address and limits are the new ones. The stream, what is known of the
  // peer's, and the version that both are in the middle of go on.
  void change(const T38Settings& settings);

  // The peer's audio has shown where it is behind its NAT.
  void take_over(const PeerAddress& audio) { peer_.take_over(audio); }

  bool is_audio() const override { return false; }
  bool hear(AudioBlock&, TimePoint) override { return false; }
  void say(AudioBlock&) override {}

  std::optional<char> on_media(const Datagram& datagram) override;
  // Gives up IFPs that were waited for long enough, repeats what no later datagram repeats, and shows a peer that was
  // not heard yet that we live.
  void poll(TimePoint line) override;
  // To the peer. One that must not be lost, as nothing may follow it for long, has more than one of `copies`.
  void on_ifp(ByteView ifp, int copies) override;
  std::optional<RedundancyDepth::Rise> follow_loss() override { return depth_.take_rise(); }
  bool has_timed_out(TimePoint now) const override;

  const T38Settings& settings() const { return settings_; }
  // When something last came from the peer or, once it was heard, was sent to it that is part of a fax: during a long
  // page only one of them talks.
  TimePoint last_active() const { return last_active_; }
  UdptlStats stats() const;

 private:
  void take_datagram(const Datagram& datagram);
  void send(ByteView ifp, int copies);
  void send_datagram();
  void repeat();
  void raise_redundancy();
  void take_limits();
  void tell_peer(TimePoint now);

  SessionContext& context_;
  SidePorts& ports_;
  T38Settings settings_;
  TimePoint line_;
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

  // The latest datagram, and its copies to come: each is changed on its way by itself.
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> latest_;
  size_t latest_octets_ = 0;
  DatagramBuffer<t38::UdptlSender::kMaxDatagram> out_;
  int repeats_left_ = 0;
  Duration repeat_after_{};
  TimePoint next_repeat_;
};

}  // namespace sg::media
