#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "media/service.h"
#include "tdm/signalling.h"
#include "tdm/span_history.h"
#include "tdm/types.h"

// What the admin commands see of the gateway: values, never live objects.
namespace sg::admin {

struct LegView {
  std::string trunk;
  std::string name;  // call::Leg::name()
  std::string state;
  std::string called;
  std::string calling;
  std::optional<tdm::Timeslot> slot;
};

struct CallView {
  CallId id;
  std::string uid;
  std::string state;
  std::string media_mode;
  std::chrono::milliseconds age{0};
  std::optional<std::chrono::milliseconds> talking;  // since the answer
  LegView from;
  std::optional<LegView> to;
};

// One step in a call's life, for `call ID`.
struct StepView {
  std::chrono::milliseconds at{0};  // since the call began
  std::string what;
};

struct CallDetail {
  CallView call;
  std::vector<StepView> history;
  std::optional<media::SessionStats> media;
};

struct SpanView {
  tdm::SpanStatus span;
  std::string trunk;                                // empty: none uses it; "lines, phones": analog trunks that share it
  std::string signalling;                           // "EuroISDN user, span 1, D-channel 16"
  bool signalling_is_up = false;                    // of all of them
  size_t idle = 0, in_use = 0, out_of_service = 0;  // timeslots
  size_t blocked = 0;                               // by the operator, with a call on them or without
  tdm::SpanHistory::View history;
};

// What came of an import of fax numbers.
struct ImportView {
  size_t taken = 0;
  size_t older = 0;  // passed over: newer is known, or they are past remembering
};

struct TrunkView {
  std::string name;
  std::string kind;  // "sip", "tdm"
  bool is_up = false;
  std::string state;  // "down: no answer, 5 in a row"
  size_t calls = 0;
  size_t max_calls = 0;  // 0: no limit
};

struct TimeslotView {
  tdm::Timeslot slot;
  std::string trunk;
  tdm::Signalling::SlotState state = tdm::Signalling::SlotState::Idle;
  CallId call;              // when InUse
  std::string detail = {};  // of an analog port: "ringing", or why it does not work
  bool is_blocked = false;  // by the operator; a call may stand on it still
};

// What `block` and `unblock` are about: one of them is set.
struct Blockable {
  std::optional<tdm::Timeslot> slot = std::nullopt;
  std::optional<uint16_t> span = std::nullopt;
  std::string trunk = {};
};

struct BlockView {
  size_t timeslots = 0;  // that it was about
  size_t calls = 0;      // that are up on them, and go on
};

struct StatusView {
  std::string version;
  std::chrono::seconds uptime{0};
  size_t calls = 0;
  size_t sessions = 0;
  unsigned media_workers = 0;
  size_t records_waiting = 0;
  bool is_overloaded = false;          // more calls come by SIP than can be set up
  std::vector<std::string> listening;  // "udp:127.0.0.1:5060"
};

// One thing that `doctor` looked at.
struct Finding {
  enum class Grade : uint8_t { Good, Warning, Fault };
  std::string subject;  // "span 1", "driver", "clock"
  Grade grade = Grade::Good;
  std::string says;
  std::string mend;  // what to do; empty: nothing
};

// A call that nobody makes: where would it go?
struct RouteQuestion {
  std::string from;  // trunk
  std::string called, calling;
  std::string at;               // "Tue 10:00"; empty: now
  std::string media = "voice";  // "voice", "fax", "data"; empty: voice
  std::string ton;              // "national" …; empty: unknown, or international where there is a +
  std::string line;             // the extension of a [[line]] that calls; wins over `calling`
};

struct RouteView {
  struct Considered {
    std::string route, pattern, fate;
  };
  struct Target {
    std::string trunk;
    std::string state;            // as it is now
    std::string called, calling;  // what it would be sent; empty where it cannot be
    std::string note;
    std::string message;  // the SETUP or INVITE in words
  };
  std::string called, calling;  // in the plan's form
  // What lines that were called make of it, a sentence each. All after `considered` is of the last that forwards
  // always.
  std::vector<std::string> forwards;
  std::vector<Considered> considered;
  std::string route, outcome;
  std::string media = "voice";  // or "fax", "data": as a line, a profile or the question says
  int cause = 0;                // where it goes nowhere
  bool is_emergency = false;
  std::string limit;  // that would refuse it now; empty: none
  std::vector<Target> targets;
};

// What came of reading the file anew.
struct ReloadView {
  std::string file;
  size_t routes = 0, patterns = 0, tests = 0;
  std::vector<std::string> needs_restart;  // "[span.1] remote"
};

// The gateway as the admin commands may see and touch it; implemented in gateway/app. Signalling thread only.
class View {
 public:
  virtual ~View() = default;
  virtual StatusView status() const = 0;
  virtual std::vector<CallView> calls() const = 0;
  // The media's figures come from its worker, so the answer is given later, on the signalling thread, exactly once.
  // Empty: there is no such call (any more).
  virtual void ask_call(CallId id, std::function<void(std::optional<CallDetail>)> answer) = 0;
  // The record of a fax that is up or among the latest, as its line of JSON; answered as ask_call(). Empty: not here.
  virtual void ask_fax(CallId id, std::function<void(std::optional<std::string>)> answer) = 0;
  virtual std::vector<std::string> faxes() const = 0;  // records of the latest faxes, as JSON, the latest first
  virtual size_t most_faxes() const = 0;               // so many are kept
  virtual std::string records_file() const = 0;        // empty: no call records are kept
  // Error: nothing is remembered here.
  // As JSON, an object each: some of those that come after this trunk and number. Empty: there are no more.
  virtual Result<std::vector<std::string>> fax_numbers(const std::string& trunk, const std::string& number) const = 0;
  // How many were forgotten: the number may be known to several trunks. `trunk`: only there; empty: everywhere.
  // Error: there is no such trunk, or none knows the number.
  virtual Result<size_t> forget_fax_number(const std::string& number, const std::string& trunk) = 0;
  // Of objects as fax_numbers() gives them, all or none. Error: which line is wrong and why.
  virtual Result<ImportView> import_fax_numbers(const std::vector<std::string>& lines) = 0;
  virtual std::vector<SpanView> spans() const = 0;
  virtual std::vector<TrunkView> trunks() const = 0;
  virtual std::vector<TimeslotView> timeslots() const = 0;
  // The lines and what they stand on, and what is to be done.
  virtual std::vector<Finding> examine() const = 0;
  virtual std::vector<std::pair<std::string, uint64_t>> counters() const = 0;
  // Error: what is wrong with the question.
  virtual Result<RouteView> explain_route(const RouteQuestion& question) const = 0;
  // Reads the file anew. The answer comes later, on the signalling thread, exactly once unless the gateway ends.
  // Error: what is wrong with the file; then nothing has changed.
  virtual void reload(std::function<void(Result<ReloadView>)> answer) = 0;
  // Takes timeslots out of use, or into it again. Error: there is no such thing, or nothing to block in it.
  virtual Result<BlockView> set_blocked(const Blockable& what, bool is_blocked) = 0;
  // False: there is no such call.
  virtual bool hang_up(CallId id) = 0;
};

}  // namespace sg::admin
