#include "tdm/cesop/backend.h"

#include <netinet/ip.h>
#include <pthread.h>
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/owner_thread.h"
#include "base/unique_fd.h"
#include "tdm/cesop/span.h"

namespace sg::tdm::cesop {

namespace {

constexpr size_t kDatagramsAtOnce = 16;
constexpr size_t kMaxDatagram = 1472;  // what an Ethernet packet leaves to UDP over IPv4
constexpr Duration kPublishEvery = 200ms;
constexpr int kExpeditedForwarding = 46 << 2;  // RFC 3246, the example of RFC 5086 section 8

// A span with its lock and socket. Shared by the backend and all that is open on it.
struct LiveSpan {
  LiveSpan(const SpanConfig& config_, UniqueFd socket_)
      : config(config_), socket(std::move(socket_)), span(config_, std::chrono::steady_clock::now()) {}

  const SpanConfig config;
  const UniqueFd socket;
  std::atomic<bool> is_gone{false};
  mutable std::mutex mutex;
  Span span;  // under the mutex

  // The pump's.
  TimePoint wake;
  AlarmSet told = kNoAlarm;
  std::vector<uint64_t> published;

  tl::unexpected<Error> gone() const { return fail("span {}: closed", config.number); }
};

class CesopBearer final : public Bearer {
 public:
  CesopBearer(std::shared_ptr<LiveSpan> live, uint8_t slot, std::shared_ptr<BearerPort> port)
      : live_(std::move(live)), slot_(slot), port_(std::move(port)) {}
  ~CesopBearer() override {
    std::lock_guard lock(live_->mutex);
    live_->span.close(slot_);
  }

  Law law() const override { return law_of(live_->config.type); }
  size_t block_octets() const override { return port_->block_octets(); }
  TickSource& ticks() override { return port_->ticks(); }
  Result<bool> read(std::span<uint8_t> block) override {
    if (live_->is_gone) return live_->gone();
    return port_->read(block);
  }
  Result<bool> write(ByteView block) override {
    if (live_->is_gone) return live_->gone();
    return port_->write(block);
  }
  BearerStats stats() const override { return port_->stats(); }

 private:
  std::shared_ptr<LiveSpan> live_;
  uint8_t slot_;
  std::shared_ptr<BearerPort> port_;
};

class CesopDChannel final : public DChannel {
 public:
  CesopDChannel(std::shared_ptr<LiveSpan> live, uint8_t slot, std::shared_ptr<DChannelPort> port)
      : live_(std::move(live)), slot_(slot), port_(std::move(port)) {}
  ~CesopDChannel() override {
    std::lock_guard lock(live_->mutex);
    live_->span.close(slot_);
  }

  int fd() const override { return port_->ready.fd(); }

  Result<size_t> read(std::span<uint8_t> frame) override {
    if (live_->is_gone) return live_->gone();
    std::lock_guard lock(live_->mutex);
    auto& received = port_->received;
    // A frame that the reader has no room for is passed over.
    while (!received.empty() && received.front().size() > frame.size()) received.pop_front();
    size_t octets = 0;
    if (!received.empty()) {
      octets = received.front().size();
      std::copy(received.front().begin(), received.front().end(), frame.begin());
      received.pop_front();
    }
    if (received.empty()) port_->ready.clear();
    return octets;
  }

  Result<> write(ByteView frame) override {
    if (live_->is_gone) return live_->gone();
    std::lock_guard lock(live_->mutex);
    if (port_->framer.queue(frame)) return {};
    return fail("span {}: the D-channel takes no frame of {} octets now", live_->config.number, frame.size());
  }

  DChannelStats stats() const override {
    std::lock_guard lock(live_->mutex);
    return port_->framer.stats();
  }

 private:
  std::shared_ptr<LiveSpan> live_;
  uint8_t slot_;
  std::shared_ptr<DChannelPort> port_;
};

// Where alarms are told; outlives the backend until the reactor came round.
struct ListenerSlot {
  std::mutex mutex;
  Backend::Listener* listener = nullptr;
};

class CesopBackend final : public Backend {
 public:
  CesopBackend(std::vector<std::shared_ptr<LiveSpan>> spans, Reactor& reactor, Counters& counters)
      : spans_(std::move(spans)), reactor_(reactor), counters_(counters) {}
  ~CesopBackend() override;
  Result<> start();

  std::vector<SpanStatus> status() const override;
  Result<std::unique_ptr<Bearer>> open_bearer(Timeslot slot, const BearerOptions& options) override;
  Result<std::unique_ptr<DChannel>> open_dchannel(Timeslot slot) override;
  void set_listener(Listener* listener) override {
    std::lock_guard lock(listener_->mutex);
    listener_->listener = listener;
  }

  void set_ppm(uint16_t span, double ppm) override {
    with(span, [&](Span& s) { s.set_ppm(ppm); });
  }
  void send_ais(uint16_t span, bool on) override {
    with(span, [&](Span& s) { s.faults().ais = on; });
  }
  void send_rai(uint16_t span, bool on) override {
    with(span, [&](Span& s) { s.faults().rai = on; });
  }
  void stop_sending(uint16_t span, bool on) override {
    with(span, [&](Span& s) { s.faults().silent = on; });
  }
  void cut_dchannel(uint16_t span, bool on) override {
    with(span, [&](Span& s) { s.faults().dchannel_cut = on; });
  }
  void set_bit_error_rate(uint16_t span, uint8_t timeslot, double rate) override {
    with(span, [&](Span& s) {
      s.faults().bit_error_timeslot = timeslot;
      s.faults().bit_error_rate = rate;
    });
  }

 private:
  std::shared_ptr<LiveSpan> find(uint16_t number) const;
  template <class Action>
  void with(uint16_t number, Action action) {
    auto live = find(number);
    if (!live) return;
    std::lock_guard lock(live->mutex);
    action(live->span);
  }

  // On the pump thread.
  void pump();
  void serve(LiveSpan& live, TimePoint now);
  void drain(LiveSpan& live, TimePoint now);
  void publish(LiveSpan& live);
  void tell_alarms(uint16_t span, AlarmSet alarms);

  std::vector<std::shared_ptr<LiveSpan>> spans_;
  Reactor& reactor_;
  Counters& counters_;
  std::shared_ptr<ListenerSlot> listener_ = std::make_shared<ListenerSlot>();
  UniqueFd epoll_;
  EventSignal stop_;
  OwnerThread pump_;
  std::thread thread_;
  std::array<std::array<uint8_t, kMaxDatagram + 1>, kDatagramsAtOnce> buffers_;
};

CesopBackend::~CesopBackend() {
  stop_.signal();
  if (thread_.joinable()) thread_.join();
  for (auto& live : spans_) {
    std::lock_guard lock(live->mutex);
    live->is_gone = true;
    live->span.signal_all();
  }
  set_listener(nullptr);
}

Result<> CesopBackend::start() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  bool watched = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_.fd(), &event) == 0;
  for (auto& live : spans_) {
    // A given clock looks at its socket when its own time has come: half the wake-ups.
    if (live->config.clock == ClockSource::Given) continue;
    event.data.ptr = live.get();
    watched &= ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, live->socket.get(), &event) == 0;
  }
  if (!watched) return fail("epoll: {}", std::strerror(errno));

  thread_ = std::thread([this] { pump(); });
  ::pthread_setname_np(thread_.native_handle(), "cesop");
  sched_param priority{.sched_priority = 10};
  if (int error = ::pthread_setschedparam(thread_.native_handle(), SCHED_FIFO, &priority)) {
    Log("cesop").debug("no real-time priority: {}", std::strerror(error));
  }
  return {};
}

std::shared_ptr<LiveSpan> CesopBackend::find(uint16_t number) const {
  for (const auto& live : spans_) {
    if (live->config.number == number) return live;
  }
  return nullptr;
}

std::vector<SpanStatus> CesopBackend::status() const {
  std::vector<SpanStatus> all;
  for (const auto& live : spans_) {
    std::lock_guard lock(live->mutex);
    all.push_back(live->span.status());
  }
  return all;
}

Result<std::unique_ptr<Bearer>> CesopBackend::open_bearer(Timeslot slot, const BearerOptions& options) {
  auto live = find(slot.span);
  if (!live) return fail("no pseudowire span {}", slot.span);
  std::lock_guard lock(live->mutex);
  auto port = live->span.open_bearer(slot, options);
  if (!port) return tl::unexpected(port.error());
  return std::make_unique<CesopBearer>(live, slot.number, *port);
}

Result<std::unique_ptr<DChannel>> CesopBackend::open_dchannel(Timeslot slot) {
  auto live = find(slot.span);
  if (!live) return fail("no pseudowire span {}", slot.span);
  std::lock_guard lock(live->mutex);
  auto port = live->span.open_dchannel(slot);
  if (!port) return tl::unexpected(port.error());
  return std::make_unique<CesopDChannel>(live, slot.number, *port);
}

void CesopBackend::pump() {
  pump_.take();
  TimePoint publish_at = std::chrono::steady_clock::now() + kPublishEvery;
  std::array<epoll_event, 64> ready;
  for (;;) {
    TimePoint wake = publish_at;
    for (const auto& live : spans_) wake = std::min(wake, live->wake);
    auto wait = std::max(Duration::zero(), wake - std::chrono::steady_clock::now());
    timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
    int count = ::epoll_pwait2(epoll_.get(), ready.data(), ready.size(), &timeout, nullptr);

    TimePoint now = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      auto* live = static_cast<LiveSpan*>(ready[static_cast<size_t>(i)].data.ptr);
      if (!live) return;
      live->wake = now;
    }
    for (const auto& live : spans_) {
      if (live->wake <= now) serve(*live, now);
    }
    if (publish_at > now) continue;
    publish_at = now + kPublishEvery;
    for (const auto& live : spans_) publish(*live);
  }
}

void CesopBackend::serve(LiveSpan& live, TimePoint now) {
  pump_.check();
  std::lock_guard lock(live.mutex);
  drain(live, now);
  while (live.span.is_due(now)) {
    ByteView datagram = live.span.tick(now);
    // What cannot be sent is lost on the way: the peer fills it in, and says so by its R bit.
    if (!datagram.empty()) {
      ::sendto(live.socket.get(), datagram.data(), datagram.size(), MSG_DONTWAIT, live.config.remote.raw(),
               live.config.remote.raw_size());
    }
  }
  live.span.signal_blocks();
  live.wake = live.span.next_wake(now);
  if (live.span.alarms() == live.told) return;
  live.told = live.span.alarms();
  tell_alarms(live.config.number, live.told);
}

void CesopBackend::drain(LiveSpan& live, TimePoint now) {
  std::array<mmsghdr, kDatagramsAtOnce> messages{};
  std::array<iovec, kDatagramsAtOnce> vectors;
  std::array<sockaddr_storage, kDatagramsAtOnce> senders;
  for (size_t i = 0; i < kDatagramsAtOnce; ++i) {
    vectors[i] = {.iov_base = buffers_[i].data(), .iov_len = buffers_[i].size()};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &senders[i];
    messages[i].msg_hdr.msg_namelen = sizeof senders[i];
  }
  int count = ::recvmmsg(live.socket.get(), messages.data(), messages.size(), MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    auto at = static_cast<size_t>(i);
    if (SocketAddress::from(senders[at]) == live.config.remote) {
      live.span.receive(ByteView(buffers_[at]).first(messages[at].msg_len), now);
    } else {
      live.span.count_foreign();
    }
  }
}

// Adds to the process's counters what was counted since last time.
void CesopBackend::publish(LiveSpan& live) {
  pump_.check();
  SpanStatus status;
  {
    std::lock_guard lock(live.mutex);
    status = live.span.status();
  }
  live.published.resize(status.counters.size());
  for (size_t i = 0; i < status.counters.size(); ++i) {
    const auto& [name, value] = status.counters[i];
    if (value > live.published[i]) counters_.get("cesop." + name).add(value - live.published[i]);
    live.published[i] = value;
  }
}

void CesopBackend::tell_alarms(uint16_t span, AlarmSet alarms) {
  reactor_.post([slot = std::weak_ptr(listener_), span, alarms] {
    auto alive = slot.lock();
    if (!alive) return;
    Listener* listener;
    {
      std::lock_guard lock(alive->mutex);
      listener = alive->listener;
    }
    if (listener) listener->on_alarms_changed(span, alarms);
  });
}

Result<> check(const SpanConfig& config) {
  if (config.type == SpanType::Bri) return fail("a pseudowire is an E1 or a T1, not a BRI");
  if (!config.local.is_set() || config.local.port() == 0) return fail("no local address and port");
  if (!config.remote.is_set() || config.remote.port() == 0) return fail("no remote address and port");
  if (config.local.is_ipv6() != config.remote.is_ipv6()) return fail("local and remote are of different IP versions");
  size_t most = (kMaxDatagram - kControlWordOctets - kRtpHeaderOctets) / timeslots_of(config.type);
  if (config.frames_per_packet < 1 || config.frames_per_packet > most) {
    return fail("{} frames a packet: there may be 1 to {}", config.frames_per_packet, most);
  }
  if (config.playout_packets > 200) return fail("{} packets held back: at most 200", config.playout_packets);
  if (config.ppm < -10000 || config.ppm > 10000) return fail("a clock off by {} ppm: at most 10000", config.ppm);
  return {};
}

Result<UniqueFd> open_socket(const SpanConfig& config) {
  UniqueFd socket(::socket(config.local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail("cannot make a socket: {}", std::strerror(errno));
  if (::bind(socket.get(), config.local.raw(), config.local.raw_size()) < 0) {
    return fail("cannot bind {}: {}", config.local.to_string(), std::strerror(errno));
  }
  // Half a second of packets; and priority on the way, where somebody grants it. Neither is worth a refusal.
  int buffer = 1 << 20;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (config.local.is_ipv6()) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_TCLASS, &kExpeditedForwarding, sizeof kExpeditedForwarding);
  } else {
    ::setsockopt(socket.get(), IPPROTO_IP, IP_TOS, &kExpeditedForwarding, sizeof kExpeditedForwarding);
    // RFC 5086 section 4.2: "Don't Fragment" must be set.
    int never_fragment = IP_PMTUDISC_DO;
    ::setsockopt(socket.get(), IPPROTO_IP, IP_MTU_DISCOVER, &never_fragment, sizeof never_fragment);
  }
  return socket;
}

}  // namespace

Result<std::unique_ptr<Backend>> make_backend(const std::vector<SpanConfig>& spans, Reactor& reactor,
                                              Counters& counters) {
  std::vector<std::shared_ptr<LiveSpan>> live;
  for (const SpanConfig& config : spans) {
    for (const auto& other : live) {
      if (other->config.number == config.number) return fail("span {} is there twice", config.number);
    }
    if (auto checked = check(config); !checked) return fail_with(checked.error(), "span {}", config.number);
    auto socket = open_socket(config);
    if (!socket) return fail_with(socket.error(), "span {}", config.number);
    live.push_back(std::make_shared<LiveSpan>(config, std::move(*socket)));
  }
  auto backend = std::make_unique<CesopBackend>(std::move(live), reactor, counters);
  if (auto started = backend->start(); !started) return tl::unexpected(started.error());
  return backend;
}

}  // namespace sg::tdm::cesop
