#pragma once

#include <optional>

#include "media/datagrams.h"
#include "media/port_pair.h"

namespace sg::media {

// The ports of one side of a session: all of its packets come in and go out here, and may be changed in place on their
// way.
// Owned by its SessionSide, once made for good: endpoints refer to it. Media-worker thread only.
class SidePorts {
 public:
  SidePorts(DatagramIo& io, SessionId session) : io_(io), session_(session) {}
  ~SidePorts() { let_go(); }
  SidePorts(const SidePorts&) = delete;
  SidePorts& operator=(const SidePorts&) = delete;

  // In place of those before.
  void give(PortPair pair) {
    let_go();
    pair_ = std::move(pair);
    adopt();
  }
  bool are_there() const { return pair_.has_value(); }
  // How often media will come from now on.
  void expect(DatagramIo::Comes comes) {
    comes_ = comes;
    if (pair_) adopt();
  }

  // What waits in the media port, but for a flood: that waits for the next tick.
  template <class Take>
  void drain_media(Take take) {
    if (!pair_) return;
    for (int i = 0; i < kMostBatchesPerTick; ++i) {
      auto batch = io_.receive(pair_->media.get());
      for (const Datagram& datagram : batch) take(datagram);
      if (batch.size() < UdpIo::kDatagrams) return;
    }
  }
  template <class Take>
  void drain_control(Take take) {
    if (!pair_) return;
    for (const Datagram& datagram : io_.receive(pair_->control.get())) take(datagram);
  }

  // At once or not at all. False: it was refused.
  bool send_media(const SocketAddress& to, RoomySpan datagram) {
    return pair_ && io_.send(pair_->media.get(), to, datagram);
  }
  bool send_control(const SocketAddress& to, RoomySpan datagram) {
    return pair_ && io_.send(pair_->control.get(), to, datagram);
  }

 private:
  static constexpr int kMostBatchesPerTick = 4;

  void adopt() { io_.adopt(pair_->media.get(), comes_, session_); }
  void let_go() {
    if (pair_) io_.let_go(pair_->media.get());
  }

  DatagramIo& io_;
  const SessionId session_;
  std::optional<PortPair> pair_;
  DatagramIo::Comes comes_ = DatagramIo::Comes::EachTick;
};

}  // namespace sg::media
