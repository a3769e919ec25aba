#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "media/datagrams.h"
#include "media/port_pair.h"
#include "media/service.h"
#include "tdm/memory/span_pair.h"

namespace sg::media {

// A SIP peer's media port: two real UDP sockets on loopback.
class UdpPeer {
 public:
  explicit UdpPeer(const std::string& host = "127.0.0.1") {
    PortRange range(41000, 48999);
    ports_ = std::move(range.bind(host).value());
  }

  const SocketAddress& address() const { return ports_.local; }
  void send(const SocketAddress& to, ByteView datagram) {
    ASSERT_TRUE(send_datagram(ports_.media.get(), to, datagram));
  }
  void send_control(SocketAddress to, ByteView datagram) {
    to.set_port(static_cast<uint16_t>(to.port() + 1));
    ASSERT_TRUE(send_datagram(ports_.control.get(), to, datagram));
  }
  // What waits, in order.
  std::vector<Bytes> receive() { return receive_from(ports_.media.get()); }
  std::vector<Bytes> receive_control() { return receive_from(ports_.control.get()); }

 private:
  std::vector<Bytes> receive_from(int fd) {
    std::vector<Bytes> all;
    for (;;) {
      auto batch = batch_.receive(fd);
      if (batch.empty()) return all;
      for (const Datagram& one : batch) all.emplace_back(one.data.begin(), one.data.end());
    }
  }
  PortPair ports_;
  UdpIo batch_;
};

// The service with real worker threads; its timeslots are one end of a span pair whose other end, and clock, the test
// holds.
class ServiceFixture : public ::testing::Test, private Service::Listener {
 protected:
  static constexpr size_t kBlock = 160;

  // Before anything else, where the defaults will not do.
  // Without more depth in a fax's silences: what is said within a second is heard within it.
  Config config{.first_port = 30000, .last_port = 39999, .fax_jitter_max = std::chrono::milliseconds(60)};
  SpanType span_type = SpanType::E1;

  ~ServiceFixture() override { service_.reset(); }

  Service& service() {
    if (!service_) {
      pair_ = std::make_unique<tdm::SpanPair>(loop, tdm::SpanPair::Options{.type = span_type});
      service_ = make_service(config, loop, {{1, &pair_->a()}}, counters).value();
      service_->set_listener(this);
    }
    return *service_;
  }
  tdm::SpanPair& span() {
    service();
    return *pair_;
  }
  void stop_service() { service_.reset(); }

  // The far end of a timeslot: what stands behind the exchange.
  std::unique_ptr<tdm::Bearer> far_end(uint8_t timeslot) {
    auto bearer = span().b().open_bearer({1, timeslot}, {.block_octets = kBlock}).value();
    return bearer;
  }

  // Steps the signalling loop until `done`; false after a generous deadline.
  bool until(const std::function<bool()>& done) {
    TimePoint deadline = loop.now() + 20s;
    while (!done()) {
      if (loop.now() > deadline) return false;
      loop.step(1ms);
    }
    return true;
  }
  // Returns when the session's worker has done all it was asked, and run every block that came, before this call.
  SessionStats settle(SessionId session) {
    bool answered = false;
    std::optional<SessionStats> stats;
    service().ask_stats(session, [&](std::optional<SessionStats> figures) {
      stats = figures;
      answered = true;
    });
    EXPECT_TRUE(until([&] { return answered; })) << "the worker did not answer";
    return stats.value_or(SessionStats{});
  }
  // One block of line time, all of it done when this returns.
  void step(SessionId session) {
    span().advance_octets(kBlock);
    settle(session);
  }
  SessionStats close(SessionId session) {
    service().close(session);
    EXPECT_TRUE(until([&] { return closed.contains(session); })) << "no Closed";
    return closed[session];
  }

  template <class What>
  std::vector<What> heard() const {
    std::vector<What> all;
    for (const auto& [session, event] : events) {
      if (auto* what = std::get_if<What>(&event)) all.push_back(*what);
    }
    return all;
  }

  EventLoop loop;
  Counters counters;
  std::vector<std::pair<SessionId, Event>> events;
  std::map<SessionId, SessionStats> closed;

 private:
  void on_media_event(SessionId session, const Event& event) override {
    EXPECT_FALSE(closed.contains(session)) << "an event came after Closed";
    events.emplace_back(session, event);
    if (auto* end = std::get_if<Closed>(&event)) closed[session] = end->stats;
  }

  std::unique_ptr<tdm::SpanPair> pair_;
  std::unique_ptr<Service> service_;
};

inline uint64_t value_of(Counters& counters, std::string_view name) {
  return counters.get(name).value();
}

}  // namespace sg::media
