#pragma once

#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/unique_fd.h"
#include "media/command.h"
#include "media/datagrams.h"
#include "media/session.h"

namespace sg::media {

// One media thread and the sessions it owns. Sessions with a timeslot run when their tick source is readable; those
// without run on a timer's grid of one block. UDP sockets are not waited on: each session drains its own on its tick,
// so that a packet costs no wake-up and all sessions of a span run in one pass. Those that are at rest run no more
// until something comes for them.
// Made and destroyed by the Service; send() from any thread; all else on the worker's own thread.
class Worker {
 public:
  // Error: the kernel gives no epoll or timer.
  static Result<std::unique_ptr<Worker>> start(unsigned number, const Config& config,
                                               std::vector<BackendOfSpan> backends, EventSink& events,
                                               Counters& counters);
  // Stops the thread. Sessions still open are closed without an event.
  ~Worker();

  void send(Command command) { mailbox_.send(std::move(command)); }

 private:
  struct TickGroup {
    tdm::TickSource* source;
    std::vector<Session*> sessions;
  };

  Worker(unsigned number, const Config& config, std::vector<BackendOfSpan> backends, EventSink& events,
         Counters& counters);
  Result<> set_up();
  void run();
  void tick(int fd, TimePoint now);
  void tick_on_timer(TimePoint now);
  void arm_timer();
  void mend();

  void handle(Command command);
  void open_session(SessionId id);
  void close_session(Session& session);
  void drop_bearer(Session& session, Side side);
  void give_timeslot(Session& session, const GiveTimeslot& to);
  Result<std::unique_ptr<tdm::Bearer>> open_bearer(tdm::Timeslot slot);
  void apply(Session& session, Command& command);

  void join_group(Session& session, Side side);
  void leave_group(Session& session, Side side);
  void place_on_timer(Session& session);
  void wake(Session& session, TimePoint now);
  void look_after_resting(TimePoint now);

  // Passed by argument.
  const unsigned number_;
  const Config config_;
  const std::vector<BackendOfSpan> backends_;
  EventSink& events_;

  // Made by this.
  UniqueFd epoll_;
  UniqueFd timer_;
  Mailbox<Command> mailbox_;
  UdpIo datagrams_;
  SteadyClock clock_;
  SessionContext context_;
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  std::unordered_map<int, TickGroup> groups_;  // by the tick source's file descriptor
  std::vector<Session*> timed_;                // without a timeslot, on the timer
  std::vector<Session*> resting_;              // of those, without ticks
  size_t next_resting_ = 0;                    // is looked after next
  std::vector<Session*> failed_;               // a timeslot of theirs failed on this pass
  Duration timer_period_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sg::media
