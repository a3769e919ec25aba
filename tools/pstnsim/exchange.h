#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/reactor.h"
#include "tools/pstnsim/call.h"
#include "tools/pstnsim/config.h"
#include "tools/pstnsim/json.h"
#include "tools/pstnsim/lines.h"
#include "tools/pstnsim/terminal.h"

namespace sg::pstnsim {

class Requests;

// A telephone exchange: spans, ISDN or analog lines on them, and subscribers who answer and call. Media and signalling
// run on one Reactor, in one thread.
class Exchange final : private tdm::Backend::Listener {
 public:
  using Json = pstnsim::Json;
  using Events = std::function<void(const Json&)>;

  // Error: a port in use, a configuration that contradicts itself.
  // `given`: what brings the spans whose backend is Given, by their numbers.
  using Given = Lines::Given;
  static Result<std::unique_ptr<Exchange>> make(Config config, Reactor& reactor, Counters& counters, Events events,
                                                Given given = {});
  ~Exchange() override;

  // One request of the control socket; the answer comes at once, or later for "wait".
  void handle(const Json& request, Answer answer);

  // Calls a number from a subscriber, whose fax machine sends `document` (empty: none). The call's number.
  Result<uint64_t> originate(const std::string& from, const std::string& to, const std::filesystem::path& document,
                             uint16_t span);
  Result<> hang_up(uint64_t call, int cause);
  size_t calls() const { return calls_.size(); }
  const std::map<uint64_t, std::unique_ptr<Call>>& all_calls() const { return calls_; }
  Lines& lines() { return *lines_; }

 private:
  static constexpr size_t kBlock = 160;

  class LineListener;

  Exchange(Config config, Reactor& reactor, Counters& counters, Events events, Given given);
  Result<> start();

  const Subscriber* find_subscriber(const std::string& number) const;
  Call* find(const Trunk& trunk, tdm::SignallingCallId id);

  void on_setup(Trunk& trunk, tdm::SignallingCallId id, tdm::Timeslot slot, const tdm::Setup& setup);
  void on_digits(Call& call, const std::string& digits);
  void route(Call& call);
  void ring(Call& call);
  void answer(Call& call);
  void announce(Call& call);
  void on_answered(Call& call);
  void on_released(Call& call, int cause);
  void on_interface_changed();
  void on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) override;

  Result<std::unique_ptr<Terminal>> make_terminal(Call& call, bool calling, const std::filesystem::path& document);
  bool connect_terminal(Call& call, bool calling);
  void open_bearer(Call& call);
  void close_bearer(Call& call);
  // `fd`: of a TickSource, which the bearers of one span may share.
  void tick(int fd);
  void exchange_blocks(Call& call);
  void report_fax(Call& call);

  Config config_;
  Reactor& reactor_;
  Counters& counters_;
  Events events_;
  const Given given_;
  std::vector<std::unique_ptr<LineListener>> listeners_;
  std::unique_ptr<Lines> lines_;
  std::map<uint64_t, std::unique_ptr<Call>> calls_;
  std::unique_ptr<Requests> requests_;
  uint64_t last_call_ = 0;
  bool was_ready_ = false;
};

}  // namespace sg::pstnsim
