#include "media/service.h"

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "base/owner_thread.h"
#include "media/worker.h"

namespace sg::media {
namespace {

class WorkerService final : public Service, private EventSink {
 public:
  WorkerService(const Config& config, Reactor& signalling)
      : signalling_(signalling), ports_(config.first_port, config.last_port) {}

  Result<> start(const Config& config, const std::vector<BackendOfSpan>& backends, Counters& counters) {
    unsigned wanted = config.workers ? config.workers : std::max(1u, std::thread::hardware_concurrency());
    for (unsigned number = 0; number < wanted; ++number) {
      auto worker = Worker::start(number, config, backends, *this, counters);
      if (!worker) return tl::unexpected(worker.error());
      workers_.push_back({std::move(*worker), 0});
    }
    return {};
  }

  void set_listener(Listener* listener) override { listener_ = listener; }

  SessionId open(CallId) override {
    owner_.check();
    SessionId id{++last_id_};
    auto least = std::ranges::min_element(workers_, {}, &WorkerEntry::sessions);
    ++least->sessions;
    places_.emplace(id, static_cast<size_t>(least - workers_.begin()));
    order(id, OpenSession{});
    return id;
  }

  Result<SocketAddress> add_ip(SessionId session, Side side, const std::string& local_host) override {
    owner_.check();
    if (!places_.contains(session)) return fail("there is no media session {}", session);
    auto ports = ports_.bind(local_host);
    if (!ports) return tl::unexpected(ports.error());
    SocketAddress local = ports->local;
    order(session, GivePorts{side, std::move(*ports)});
    return local;
  }

  void add_bearer(SessionId session, Side side, tdm::Timeslot slot, const tdm::ToneZone* busy_tones) override {
    owner_.check();
    if (!places_.contains(session)) return;
    stop_waiting(session, side);
    auto [held, is_free] = slots_.try_emplace(slot, Holder{{session, side}, {}});
    bool is_ours = held->second.has == SideOfSession{session, side};
    if (is_free || is_ours) {
      order(session, GiveTimeslot{side, slot, busy_tones});
    } else {
      held->second.waits = SideOfSession{session, side};
      held->second.busy_tones = busy_tones;
    }
  }
  void remove_bearer(SessionId session, Side side) override {
    stop_waiting(session, side);
    order(session, TakeTimeslot{side});
  }
  void use_rtp(SessionId session, Side side, const RtpSettings& settings) override {
    order(session, UseRtp{side, settings});
  }
  void use_t38(SessionId session, Side side, const T38Settings& settings) override {
    order(session, UseT38{side, settings});
  }
  void set_bridging(SessionId session, Bridging bridging) override { order(session, SetBridging{bridging}); }
  void set_profile(SessionId session, Profile profile) override { order(session, SetProfile{profile}); }
  void play(SessionId session, Side side, Tone tone, const tdm::ToneZone& zone) override {
    order(session, PlayTone{side, tone, &zone});
  }
  void send_digit(SessionId session, Side side, char digit, std::chrono::milliseconds length) override {
    order(session, SendDigit{side, digit, length});
  }
  void close(SessionId session) override { order(session, CloseSession{}); }

  Snapshot snapshot() const override {
    return {.workers = static_cast<unsigned>(workers_.size()), .sessions = places_.size()};
  }

  void ask_stats(SessionId session, std::function<void(std::optional<SessionStats>)> answer) override {
    if (places_.contains(session)) return order(session, AskStats{std::move(answer)});
    signalling_.post([answer = std::move(answer)] { answer(std::nullopt); });
  }

 private:
  struct WorkerEntry {
    std::unique_ptr<Worker> worker;
    size_t sessions = 0;
  };

  struct SideOfSession {
    SessionId session;
    Side side;
    bool operator==(const SideOfSession&) const = default;
  };
  // A timeslot is open in one session at a time. Sessions live on different workers, so who comes next waits here
  // until the worker of the one before says that it is closed.
  struct Holder {
    SideOfSession has;
    std::optional<SideOfSession> waits;
    const tdm::ToneZone* busy_tones = nullptr;  // that who waits listens for
  };

  void stop_waiting(SessionId session, Side side) {
    for (auto& [slot, holder] : slots_) {
      if (holder.waits == SideOfSession{session, side}) holder.waits.reset();
    }
  }

  void on_slot_free(tdm::Timeslot slot) {
    owner_.check();
    auto held = slots_.find(slot);
    if (held == slots_.end()) return;
    const Holder before = held->second;
    slots_.erase(held);
    if (before.waits) add_bearer(before.waits->session, before.waits->side, slot, before.busy_tones);
  }

  template <class What>
  void order(SessionId session, What what) {
    owner_.check();
    auto place = places_.find(session);
    if (place != places_.end()) workers_[place->second].worker->send({session, std::move(what)});
  }

  // EventSink, on a worker's thread. What is on its way when the service goes is not told any more.
  void send(SessionId session, Event event) override {
    signalling_.post([this, alive = std::weak_ptr(alive_), session, event = std::move(event)] {
      if (alive.lock()) on_event(session, event);
    });
  }
  void send_slot_free(tdm::Timeslot slot) override {
    signalling_.post([this, alive = std::weak_ptr(alive_), slot] {
      if (alive.lock()) on_slot_free(slot);
    });
  }
  void send_stats(std::function<void(std::optional<SessionStats>)> answer, std::optional<SessionStats> stats) override {
    signalling_.post([alive = std::weak_ptr(alive_), answer = std::move(answer), stats] {
      if (alive.lock()) answer(stats);
    });
  }

  void on_event(SessionId session, const Event& event) {
    owner_.check();
    auto place = places_.find(session);
    if (place == places_.end()) return;
    if (std::holds_alternative<Closed>(event)) {
      --workers_[place->second].sessions;
      places_.erase(place);
    }
    if (listener_) listener_->on_media_event(session, event);
  }

  OwnerThread owner_;
  Reactor& signalling_;
  PortRange ports_;
  Listener* listener_ = nullptr;
  uint64_t last_id_ = 0;
  std::unordered_map<SessionId, size_t> places_;  // which worker has a session; until it was told to be closed
  std::unordered_map<tdm::Timeslot, Holder> slots_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::vector<WorkerEntry> workers_;  // last, and so first to go: their threads use all of the above
};

}  // namespace

Result<std::unique_ptr<Service>> make_service(const Config& config, Reactor& signalling,
                                              const std::vector<BackendOfSpan>& backends, Counters& counters) {
  if (config.block_octets == 0 || config.block_octets > 480) {
    return fail("blocks of {} octets: 1 to 480 are wanted (60 ms)", config.block_octets);
  }
  auto service = std::make_unique<WorkerService>(config, signalling);
  if (auto started = service->start(config, backends, counters); !started) return tl::unexpected(started.error());
  return service;
}

}  // namespace sg::media
