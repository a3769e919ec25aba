#pragma once

#include <array>
#include <memory>
#include <optional>

#include "base/reactor.h"
#include "base/socket_address.h"
#include "gateway/call/media_description.h"
#include "media/datagrams.h"
#include "media/jitter/jitter_buffer.h"
#include "media/port_pair.h"
#include "media/rtp/receiver.h"
#include "media/rtp/sender.h"
#include "t38/fax_machine.h"
#include "t38/udptl.h"

namespace sg::sgfax {

// The media of one fax call: a UDP port, a fax machine, and RTP or UDPTL between the two, driven by a timer of 20 ms.
// Owned by its FaxCall, on its reactor.
class FaxMedia final : t38::IfpSink, t38::UdptlReceiver::Listener {
 public:
  FaxMedia(Reactor& reactor, media::PortPair port, t38::FaxMachineOptions options);
  ~FaxMedia() override;

  SocketAddress local() const { return port_.local; }
  // Starts, or goes on with, a fax over audio; swaps from T.38 with a new machine. Error: a file cannot be used.
  // A fax that is done stays with the machine that had it, whatever the peer swaps to: no more is said then.
  Result<> use_audio(const call::AudioStream& remote);
  // Swaps to T.38 with a new machine: whoever was heard over audio will say it again (T.30 T4).
  Result<> use_t38(const call::ImageStream& remote);
  void stop() { tick_.cancel(); }

  // Null before the first use.
  t38::FaxMachine* machine() const;
  // The machine speaks, or spoke, T.38.
  bool is_t38() const { return t38_ != nullptr; }

 private:
  // For a peer that swaps: whether the fax is done, and this machine's.
  bool stays_with(const t38::FaxMachine* machine);
  void arm();
  void on_tick();
  void on_readable();
  void on_rtp(const media::Datagram& datagram);
  void play_audio();
  void on_ifp(ByteView ifp, int copies) override;
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override;

  static constexpr size_t kBlock = 160;  // samples in 20 ms

  Reactor& reactor_;
  media::PortPair port_;
  t38::FaxMachineOptions options_;
  Timer tick_;
  TimePoint next_tick_;
  media::UdpIo batch_;
  SocketAddress remote_;
  bool is_at_end_ = false;  // the peer swapped when the fax was done

  // Audio.
  std::unique_ptr<t38::AudioFaxMachine> audio_;
  const media::Codec* codec_ = &media::codec_of(CodecId::Pcma);  // of what is said
  uint8_t payload_type_ = 8;
  std::vector<call::AudioCodec> codecs_;
  media::rtp::Sender sender_;
  media::rtp::Receiver receiver_;
  std::optional<media::JitterBuffer> jitter_;

  // T.38.
  std::unique_ptr<t38::T38FaxMachine> t38_;
  std::optional<t38::UdptlSender> udptl_sender_;
  std::optional<t38::UdptlReceiver> udptl_receiver_;
};

}  // namespace sg::sgfax
