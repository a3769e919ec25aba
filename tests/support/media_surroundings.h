#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include "base/clock.h"
#include "media/datagrams.h"
#include "media/port_pair.h"
#include "media/session_context.h"
#include "t38/fax_machine.h"
#include "t38/udptl.h"

// What surrounds media sessions that run inside a test or a benchmark, under its own clock.
namespace sg::support {

// A datagram as it comes from a socket.
class CameIn {
 public:
  CameIn(ByteView octets, const SocketAddress& source, TimePoint arrival) {
    std::ranges::copy(octets, buffer_.octets().begin());
    datagram_ = {buffer_.first(octets.size()), source, arrival};
  }
  CameIn(const CameIn&) = delete;
  CameIn& operator=(const CameIn&) = delete;
  operator const media::Datagram&() const { return datagram_; }

 private:
  media::DatagramBuffer<media::UdpIo::kOctets> buffer_;
  media::Datagram datagram_;
};

// UDP whose datagrams arrive at a time that advance() alone moves. As in a worker, each tick begins with wake_up().
class UdpInOwnTime final : public media::DatagramIo, public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance() { now_ += 20ms; }
  void wake_up() { batch_.synchronise(now_); }
  std::span<const media::Datagram> receive(int fd) override {
    auto received = batch_.receive(fd);
    auto stamped = std::span(stamped_).first(received.size());
    std::ranges::copy(received, stamped.begin());
    for (media::Datagram& one : stamped) one.arrival = now_;
    return stamped;
  }
  bool send(int fd, const SocketAddress& to, ByteView data) override { return batch_.send(fd, to, data); }
  void adopt(int fd, Comes comes, SessionId session) override { batch_.adopt(fd, comes, session); }
  void let_go(int fd) override { batch_.let_go(fd); }

 private:
  TimePoint now_ = TimePoint{} + 1h;
  media::UdpIo batch_;
  std::array<media::Datagram, media::UdpIo::kDatagrams> stamped_;
};

// Nobody asks what the sessions tell.
struct NoEvents final : media::EventSink {
  void send(SessionId, media::Event) override {}
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<media::SessionStats>)>,
                  std::optional<media::SessionStats>) override {}
};

// A fax machine behind a UDP port that speaks T.38. Throws what FaxMachineOptions are refused with.
class T38Peer final : private t38::IfpSink, private t38::UdptlReceiver::Listener {
 public:
  T38Peer(const t38::FaxMachineOptions& options, media::PortPair ports)
      : ports_(std::move(ports)), machine_(t38::T38FaxMachine::make(options, t38::Params{}, *this).value()) {}

  const SocketAddress& address() const { return ports_.local; }
  void set_gateway(const SocketAddress& gateway) { gateway_ = gateway; }
  void speak() { machine_->advance(160); }
  void listen(TimePoint now) {
    for (const media::Datagram& one : batch_.receive(ports_.media.get())) receiver_.receive(one.data, now);
    receiver_.poll(now);
  }
  bool is_finished() const { return machine_->is_finished(); }
  bool went_well() const { return machine_->result().success; }

 private:
  void on_ifp(ByteView ifp, int copies) override {
    ByteView datagram = sender_.send(ifp, buffer_);
    for (int i = 0; i < copies; ++i) media::send_datagram(ports_.media.get(), gateway_, datagram);
  }
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { machine_->receive_ifp(ifp, sequence); }

  media::PortPair ports_;
  SocketAddress gateway_;
  t38::UdptlSender sender_{t38::UdptlSender::options_for(t38::Params{}, 3)};
  t38::UdptlReceiver receiver_{*this};
  media::UdpIo batch_;
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer_;
  std::unique_ptr<t38::T38FaxMachine> machine_;
};

}  // namespace sg::support
