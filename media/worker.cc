#include "media/worker.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/overloaded.h"

namespace sg::media {
namespace {

// How often sessions are looked at whose timeslot has stopped ticking.
constexpr Duration kHousekeeping = 250ms;
// Each session at rest is looked after once in so many ticks.
constexpr size_t kTicksBetweenLooks = 50;
// A thread that was held up for longer than this skips what it missed: nobody wants to hear it late.
constexpr uint64_t kMostBlocksAtOnce = 5;

}  // namespace

Worker::Worker(unsigned number, const Config& config, std::vector<BackendOfSpan> backends, EventSink& events,
               Counters& counters)
    : number_(number),
      config_(config),
      backends_(std::move(backends)),
      events_(events),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      context_(config_, events, counters, datagrams_, clock_, std::random_device{}()) {}

Result<std::unique_ptr<Worker>> Worker::start(unsigned number, const Config& config,
                                              std::vector<BackendOfSpan> backends, EventSink& events,
                                              Counters& counters) {
  std::unique_ptr<Worker> worker(new Worker(number, config, std::move(backends), events, counters));
  if (auto ready = worker->set_up(); !ready) return tl::unexpected(ready.error());
  return worker;
}

Result<> Worker::set_up() {
  for (int fd : {mailbox_.fd(), timer_.get()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return fail("media worker {}: {}", number_, std::strerror(errno));
    }
  }
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), ("media-" + std::to_string(number_)).c_str());
  return {};
}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  send({{}, StopWorker{}});
  thread_.join();
}

void Worker::run() {
  std::array<epoll_event, 64> ready;
  while (!stopping_) {
    int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), -1);
    TimePoint now = std::chrono::steady_clock::now();
    datagrams_.synchronise(now);
    for (SessionId session : datagrams_.came_for()) {
      if (auto found = sessions_.find(session); found != sessions_.end()) wake(*found->second, now);
    }
    bool has_mail = false;
    for (int i = 0; i < count; ++i) {
      int fd = ready[static_cast<size_t>(i)].data.fd;
      if (fd == mailbox_.fd()) {
        has_mail = true;
      } else if (fd == timer_.get()) {
        tick_on_timer(now);
      } else {
        tick(fd, now);
      }
    }
    mend();
    // After the ticks: who asks for figures after a block came sees that block in them.
    if (has_mail) mailbox_.drain([this](Command command) { handle(std::move(command)); });
  }
  // Bearers were opened on this thread and so must go on it.
  while (!sessions_.empty()) close_session(*sessions_.begin()->second);
}

void Worker::tick(int fd, TimePoint now) {
  auto group = groups_.find(fd);
  if (group == groups_.end()) return;
  group->second.source->acknowledge();
  for (Session* session : group->second.sessions) {
    session->tick(now);
    if (session->has_failed_bearer()) failed_.push_back(session);
  }
}

void Worker::tick_on_timer(TimePoint now) {
  uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
  const uint64_t blocks = std::min(expirations, kMostBlocksAtOnce);
  std::erase_if(timed_, [&](Session* session) {
    session->tick_on_timer(now, blocks);
    if (!session->is_quiet()) return false;
    session->rest();
    context_.counters.rested.add();
    resting_.push_back(session);
    return true;
  });
  look_after_resting(now);
  for (auto& [fd, group] : groups_) {
    for (Session* session : group.sessions) session->check_stalled(now);
  }
}

void Worker::look_after_resting(TimePoint now) {
  const size_t share = (resting_.size() + kTicksBetweenLooks - 1) / kTicksBetweenLooks;
  for (size_t i = 0; i < share; ++i) resting_[next_resting_++ % resting_.size()]->look_after_at_rest(now);
}

void Worker::wake(Session& session, TimePoint now) {
  if (std::erase(resting_, &session) == 0) return;
  session.wake(now);
  timed_.push_back(&session);
}

// Sessions at rest wake in the grid too.
void Worker::arm_timer() {
  Duration period{};
  if (!timed_.empty() || !resting_.empty()) {
    period = context_.block_time;
  } else if (!sessions_.empty()) {
    period = kHousekeeping;
  }
  if (period == timer_period_) return;
  timer_period_ = period;
  timespec interval{.tv_sec = period / 1s, .tv_nsec = (period % 1s).count()};
  itimerspec setting{.it_interval = interval, .it_value = interval};
  ::timerfd_settime(timer_.get(), 0, &setting, nullptr);
}

void Worker::mend() {
  for (Session* session : failed_) {
    for (Side side : kSides) {
      if (!session->bearer_has_failed(side)) continue;
      drop_bearer(*session, side);
    }
    place_on_timer(*session);
  }
  failed_.clear();
}

void Worker::handle(Command command) {
  if (std::holds_alternative<StopWorker>(command.what)) {
    stopping_ = true;
    return;
  }
  if (std::holds_alternative<OpenSession>(command.what)) return open_session(command.session);
  auto found = sessions_.find(command.session);
  if (found != sessions_.end()) return apply(*found->second, command);
  // Gone meanwhile, as after a close that was sent twice. Only a question must be answered.
  if (auto* ask = std::get_if<AskStats>(&command.what)) events_.send_stats(std::move(ask->answer), std::nullopt);
}

void Worker::apply(Session& session, Command& command) {
  if (!std::holds_alternative<AskStats>(command.what)) wake(session, clock_.now());
  std::visit(Overloaded{
                 [&](GivePorts& to) { session.give_ports(to.side, std::move(to.ports)); },
                 [&](GiveTimeslot& to) { give_timeslot(session, to); },
                 [&](TakeTimeslot& from) {
                   drop_bearer(session, from.side);
                   place_on_timer(session);
                 },
                 [&](UseRtp& to) { session.use_rtp(to.side, to.settings); },
                 [&](UseT38& to) { session.use_t38(to.side, to.settings); },
                 [&](SetBridging& to) { session.set_bridging(to.bridging); },
                 [&](SetProfile& to) { session.set_profile(to.profile); },
                 [&](PlayTone& to) { session.play(to.side, to.tone, *to.zone); },
                 [&](SendDigit& to) { session.send_digit(to.side, to.digit, to.length); },
                 [&](AskStats& to) { events_.send_stats(std::move(to.answer), session.stats()); },
                 [&](CloseSession&) {
                   SessionId id = session.id();
                   session.hear_last_words();
                   SessionStats stats = session.stats();
                   close_session(session);
                   events_.send(id, Closed{stats});
                 },
                 [](OpenSession&) {},
                 [](StopWorker&) {},
             },
             command.what);
}

void Worker::open_session(SessionId id) {
  auto [at, is_new] = sessions_.emplace(id, std::make_unique<Session>(id, context_));
  if (is_new) place_on_timer(*at->second);
}

void Worker::close_session(Session& session) {
  for (Side side : kSides) drop_bearer(session, side);
  std::erase(timed_, &session);
  std::erase(resting_, &session);
  sessions_.erase(session.id());
  arm_timer();
}

void Worker::give_timeslot(Session& session, const GiveTimeslot& to) {
  const auto [side, slot, busy_tones] = to;
  if (session.timeslot(side) == slot) return;
  drop_bearer(session, side);
  if (auto bearer = open_bearer(slot)) {
    session.give_bearer(side, slot, std::move(*bearer), busy_tones);
    join_group(session, side);
  } else {
    events_.send_slot_free(slot);
    events_.send(session.id(), SideFailed{side, bearer.error().message});
  }
  place_on_timer(session);
}

void Worker::drop_bearer(Session& session, Side side) {
  if (!session.bearer(side)) return;
  tdm::Timeslot slot = session.timeslot(side);
  leave_group(session, side);
  session.drop_bearer(side);
  events_.send_slot_free(slot);
}

Result<std::unique_ptr<tdm::Bearer>> Worker::open_bearer(tdm::Timeslot slot) {
  auto found = std::ranges::find(backends_, slot.span, &BackendOfSpan::span);
  if (found == backends_.end()) return fail("timeslot {}: there is no span {}", slot, slot.span);
  auto bearer = found->backend->open_bearer(slot, {.block_octets = config_.block_octets, .group = number_});
  if (bearer && (*bearer)->block_octets() != config_.block_octets) {
    return fail("timeslot {}: the span gives blocks of {} octets, and the media plane wants {}", slot,
                (*bearer)->block_octets(), config_.block_octets);
  }
  return bearer;
}

void Worker::join_group(Session& session, Side side) {
  tdm::TickSource& source = session.bearer(side)->ticks();
  auto [group, is_new] = groups_.try_emplace(source.fd(), TickGroup{&source, {}});
  if (is_new) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = source.fd()}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source.fd(), &event);
  }
  // A session with two timeslots behind one source ticks once a wake-up: it looks at both.
  auto& sessions = group->second.sessions;
  if (std::ranges::find(sessions, &session) == sessions.end()) sessions.push_back(&session);
  failed_.reserve(3 * sessions_.size());
}

void Worker::leave_group(Session& session, Side side) {
  tdm::Bearer* bearer = session.bearer(side);
  if (!bearer) return;
  int fd = bearer->ticks().fd();
  for (Side other : kSides) {
    if (other != side && session.bearer(other) && session.bearer(other)->ticks().fd() == fd) return;
  }
  auto group = groups_.find(fd);
  if (group == groups_.end()) return;
  std::erase(group->second.sessions, &session);
  if (!group->second.sessions.empty()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  groups_.erase(group);
}

void Worker::place_on_timer(Session& session) {
  std::erase(timed_, &session);
  if (!session.has_bearer()) timed_.push_back(&session);
  arm_timer();
}

}  // namespace sg::media
