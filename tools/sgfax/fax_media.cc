#include "tools/sgfax/fax_media.h"

#include <sys/epoll.h>

#include <random>

#include "media/codec/codec.h"

namespace sg::sgfax {
namespace {

media::rtp::StreamStart random_start() {
  std::random_device random;
  return {.ssrc = random(), .sequence = static_cast<uint16_t>(random()), .timestamp = random()};
}

}  // namespace

FaxMedia::FaxMedia(Reactor& reactor, media::PortPair port, t38::FaxMachineOptions options)
    : reactor_(reactor), port_(std::move(port)), options_(std::move(options)), tick_(reactor), sender_(random_start()) {
  [[maybe_unused]] auto watched = reactor_.watch(port_.media.get(), EPOLLIN, [this](uint32_t) { on_readable(); });
}

FaxMedia::~FaxMedia() {
  reactor_.unwatch(port_.media.get());
}

t38::FaxMachine* FaxMedia::machine() const {
  if (t38_) return t38_.get();
  return audio_.get();
}

bool FaxMedia::stays_with(const t38::FaxMachine* machine) {
  is_at_end_ = is_at_end_ || (machine != nullptr && machine->is_done());
  return is_at_end_;
}

Result<> FaxMedia::use_audio(const call::AudioStream& remote) {
  if (remote.codecs.empty()) return fail("the peer speaks no G.711");
  if (stays_with(t38_.get())) return {};
  remote_ = remote.rtp;
  codecs_ = remote.codecs;
  codec_ = &media::codec_of(codecs_.front().id);
  payload_type_ = codecs_.front().payload_type;
  if (!audio_) {
    t38_.reset();  // first: it holds the file open
    auto machine = t38::AudioFaxMachine::make(options_);
    if (!machine) return tl::unexpected(machine.error());
    audio_ = std::move(*machine);
    jitter_.emplace(media::JitterOptions{.law = codec_->law, .profile = media::Profile::Fax});
  }
  arm();
  return {};
}

Result<> FaxMedia::use_t38(const call::ImageStream& remote) {
  if (stays_with(audio_.get())) return {};
  remote_ = remote.udptl;
  if (t38_) return {};
  audio_.reset();
  auto machine = t38::T38FaxMachine::make(options_, remote.params, *this);
  if (!machine) return tl::unexpected(machine.error());
  t38_ = std::move(*machine);
  udptl_sender_.emplace(t38::UdptlSender::options_for(remote.params, 3));
  udptl_receiver_.emplace(static_cast<t38::UdptlReceiver::Listener&>(*this));
  arm();
  return {};
}

void FaxMedia::arm() {
  if (tick_.is_armed()) return;
  next_tick_ = reactor_.now() + 20ms;
  tick_.arm_at(next_tick_, [this] { on_tick(); });
}

void FaxMedia::on_tick() {
  // On the grid, not after the last: time over the line is counted in samples.
  next_tick_ += 20ms;
  tick_.arm_at(next_tick_, [this] { on_tick(); });
  if (t38_) {
    udptl_receiver_->poll(reactor_.now());
    t38_->advance(kBlock);
  } else {
    play_audio();
  }
}

void FaxMedia::play_audio() {
  std::array<uint8_t, kBlock> octets;
  std::array<int16_t, kBlock> samples;
  jitter_->get(octets, reactor_.now());
  codec_->decode(octets, samples);
  audio_->receive(samples);
  audio_->transmit(samples);
  codec_->encode(samples, octets);
  std::array<uint8_t, kBlock + media::rtp::kHeaderOctets> datagram;
  size_t size = sender_.pack(payload_type_, octets, datagram);
  if (!is_at_end_) media::send_datagram(port_.media.get(), remote_, ByteView(datagram).first(size));
}

void FaxMedia::on_readable() {
  batch_.synchronise(reactor_.now());
  for (const auto& datagram : batch_.receive(port_.media.get())) {
    if (is_at_end_) continue;  // of the new kind, and there is no machine for it
    if (t38_) {
      udptl_receiver_->receive(datagram.data, datagram.arrival);
    } else if (audio_) {
      on_rtp(datagram);
    }
  }
}

void FaxMedia::on_rtp(const media::Datagram& datagram) {
  auto packet = media::rtp::Packet::parse(datagram.data);
  if (!packet) return;
  for (const auto& codec : codecs_) {
    if (codec.payload_type != packet->payload_type) continue;
    auto verdict = receiver_.on_packet(*packet, datagram.arrival);
    if (verdict == media::rtp::Receiver::Verdict::Rejected) return;
    if (verdict == media::rtp::Receiver::Verdict::Restarted) jitter_->restart();
    jitter_->put(packet->timestamp, packet->sequence, packet->payload, media::codec_of(codec.id).law, datagram.arrival);
    return;
  }
}

void FaxMedia::on_ifp(ByteView ifp, int copies) {
  if (is_at_end_) return;
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer;
  auto datagram = udptl_sender_->send(ifp, buffer);
  for (int i = 0; i < copies && !datagram.empty(); ++i) media::send_datagram(port_.media.get(), remote_, datagram);
}

void FaxMedia::on_udptl_ifp(uint16_t sequence, ByteView ifp) {
  t38_->receive_ifp(ifp, sequence);
}

}  // namespace sg::sgfax
