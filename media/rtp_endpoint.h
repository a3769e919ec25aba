#pragma once

#include <optional>

#include "media/endpoint.h"
#include "media/jitter/jitter_buffer.h"
#include "media/peer_address.h"
#include "media/rtp/packetiser.h"
#include "media/rtp/receiver.h"
#include "media/rtp/redundancy.h"
#include "media/rtp/rtcp.h"
#include "media/rtp/sender.h"
#include "media/rtp/telephone_event.h"
#include "media/session_context.h"
#include "media/side_ports.h"

namespace sg::media {

// One IP side of a session that speaks G.711 over RTP. Knows its ports only to send to; received datagrams are handed
// in. Lives on, dormant, while the side speaks T.38, so that stream and figures go on after it.
// Owned by its SessionSide. Media-worker thread only.
class RtpEndpoint final : public PacketEndpoint {
 public:
  RtpEndpoint(SessionContext& context, SidePorts& ports, const RtpSettings& settings, Profile profile, TimePoint now);

  // A new negotiation, from which on silence is measured. Stream, figures and what waits in the jitter buffer go on.
  void change(const RtpSettings& settings, TimePoint now);
  void set_profile(Profile profile, DepthChange deepen = DepthChange::Fully);
  // After T.38 or a rest: what comes next has nothing to do with what was heard last.
  void restart() { jitter_.restart(); }

  std::optional<char> on_media(const Datagram& datagram) override;
  void on_control(const Datagram& datagram) override;

  bool hear(AudioBlock& block, TimePoint now) override;
  // The same where it goes on as packets, to `to`.
  enum class Goes : uint8_t {
    On,
    Later,   // a fax, of which nothing has come that could go on: packets that come late but come go on late
    Nowhere  // voice that pauses: time passes, and nothing is said
  };
  Goes relay(AudioBlock& block, RtpEndpoint& to, TimePoint now);
  // Sends a block to the peer, or a telephone event that is due in its place.
  void say(AudioBlock& block) override;
  // Lets a block's time pass without sending.
  void skip(size_t octets) { sender_.skip(octets); }
  bool has_own_digits() const override { return takes_events() || settings_.digits_by_signalling; }
  // By RFC 4733, but for a digit that is not for media to tell.
  bool send_digit(char digit, std::chrono::milliseconds length) override;

  // Sends the RTCP report, and the packet that keeps a stream alive, when they are due.
  void report(TimePoint now) override;
  // Repeats more of the earlier packets (RFC 2198).
  std::optional<RedundancyDepth::Rise> follow_loss() override;
  bool has_timed_out(TimePoint now) const override;
  void say_goodbye(TimePoint now);

  // Of the octets that are sent.
  tdm::Law law() const { return sent_codec().law; }
  const PeerAddress& peer() const { return peer_; }
  RtpStats stats() const;

 private:
  enum class Carries : uint8_t { Nothing, Audio, RedundantAudio, Digits };
  Carries what_carries(uint8_t payload_type) const;
  const Codec* own_codec(uint8_t payload_type) const;
  const Codec* codec(uint8_t payload_type) const;
  const Codec& sent_codec() const { return codec_of(settings_.codec.id); }
  void tell_peer(TimePoint now);
  bool is_foreign(const SocketAddress& source, const PeerAddress::Place& place, TimePoint now);
  void on_audio(const rtp::Packet& packet, Carries carries, TimePoint arrival);
  void send_packet(ByteView octets);
  size_t pack_audio(ByteView octets);
  bool takes_events() const { return settings_.telephone_event.has_value(); }
  void raise_redundancy();
  bool repeats_earlier() const { return settings_.redundancy && depth_.depth() > 0 && is_fax(); }
  bool is_quiet(TimePoint now) const { return !settings_.receive || events_in_.is_pressed(now); }
  bool is_fax() const { return jitter_.profile() == Profile::Fax; }
  uint64_t lost() const;
  void send_control(size_t octets);
  void keep_alive(TimePoint now);
  bool is_control_host(const SocketAddress& host) const;
  SocketAddress control_address() const;
  JitterOptions jitter_options(Profile profile) const;

  SessionContext& context_;
  SidePorts& ports_;
  RtpSettings settings_;
  PeerAddress peer_{PeerAddress::Lock::UntilToldComes};
  SocketAddress control_source_;  // of the last valid RTCP packet of the peer
  JitterBuffer jitter_;
  rtp::Receiver receiver_;
  rtp::Sender sender_;
  rtp::Packetiser packetiser_;
  rtp::RedundancyWriter redundancy_;
  RedundancyDepth depth_;
  uint64_t reports_seen_ = 0;  // of the peer's, when depth_ was last looked at
  rtp::EventSender events_out_;
  rtp::EventReceiver events_in_;
  rtp::Rtcp rtcp_;
  TimePoint last_heard_;
  TimePoint last_sent_;       // as seen by keep_alive()
  uint64_t sent_before_ = 0;  // packets, when it looked last
  uint64_t malformed_ = 0;
  DatagramBuffer<rtp::kHeaderOctets + rtp::Packetiser::kMaxOctets> out_;
};

}  // namespace sg::media
