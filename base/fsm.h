#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"

namespace sg {

// What a state machine may do, as one table: for each state the events it takes and the states it may
// go to. State and Event are enums for which `std::string_view name_of(State)` and `name_of(Event)`
// are found by argument-dependent lookup.
template <class State, class Event>
struct FsmTable {
  struct Row {
    State state;
    std::vector<Event> events;
    std::vector<State> successors;
  };

  std::string_view machine;  // "media_mode": prefix of counters and log lines
  std::vector<Row> rows;

  const Row* row(State state) const {
    auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.state == state; });
    return found == rows.end() ? nullptr : &*found;
  }
  bool takes(State state, Event event) const {
    const Row* r = row(state);
    return r && std::find(r->events.begin(), r->events.end(), event) != r->events.end();
  }
  bool leads(State from, State to) const {
    const Row* r = row(from);
    return r && std::find(r->successors.begin(), r->successors.end(), to) != r->successors.end();
  }
};

// One machine that lives by a table. It decides nothing: the owner asks accepts(event), acts, and says enter(state).
// What the table does not have is refused: logged with the place in the code that asked, counted, and an assertion in
// debug builds (`on_bug` is a test's way to see the refusal instead). Owned by one thread.
//
//   if (!fsm_.accepts(Event::Offer)) return;
//   fsm_.enter(State::Offering, now);
template <class State, class Event>
class Fsm {
 public:
  using Table = FsmTable<State, Event>;
  enum class OnBug : uint8_t { Assert, Refuse };

  struct Transition {
    TimePoint at;
    State from;
    State to;
    std::optional<Event> event;  // the one accepted last before it
  };
  static constexpr size_t kHistory = 32;

  // `table` and `counters` outlive the machine. `log` names the owner ("call=17").
  Fsm(const Table& table, State initial, Counters& counters, Log log = {}, OnBug on_bug = OnBug::Assert)
      : table_(table),
        state_(initial),
        refused_(counters.get(fmt::format("fsm.{}.refused", table.machine))),
        log_(std::move(log)),
        on_bug_(on_bug) {}

  State state() const { return state_; }
  // An owner that learns its name later.
  void set_log(Log log) { log_ = std::move(log); }

  // An event that the state does not take is the peer's or the moment's doing, no bug: refused, logged and counted.
  bool accepts(Event event, std::source_location place = std::source_location::current()) {
    if (!table_.takes(state_, event)) {
      refused_.add();
      log_.warning("{} event={} refused state={} at {}:{}", table_.machine, name_of(event), name_of(state_),
                   place.file_name(), place.line());
      return false;
    }
    event_ = event;
    return true;
  }

  // A transition that the table forbids is a bug of ours; the state stays.
  bool enter(State next, TimePoint now, std::source_location place = std::source_location::current()) {
    if (!table_.leads(state_, next)) {
      refused_.add();
      log_.error("{} {} -> {} is forbidden at {}:{}", table_.machine, name_of(state_), name_of(next), place.file_name(),
                 place.line());
      assert(on_bug_ == OnBug::Refuse && "transition forbidden by the state table");
      return false;
    }
    log_.debug("{} {} -> {}", table_.machine, name_of(state_), name_of(next));
    history_[count_++ % kHistory] = {now, state_, next, event_};
    event_.reset();
    state_ = next;
    return true;
  }

  // The last transitions, oldest first.
  std::vector<Transition> history() const {
    std::vector<Transition> transitions;
    for (size_t i = count_ > kHistory ? count_ - kHistory : 0; i < count_; ++i)
      transitions.push_back(history_[i % kHistory]);
    return transitions;
  }

 private:
  const Table& table_;
  State state_;
  Counter& refused_;
  Log log_;
  OnBug on_bug_;
  std::optional<Event> event_;
  std::array<Transition, kHistory> history_{};
  size_t count_ = 0;
};

}  // namespace sg
