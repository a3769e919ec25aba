#pragma once

#include <functional>
#include <memory>

#include "base/async_log.h"
#include "base/counters.h"
#include "base/free_memory.h"
#include "base/log.h"
#include "conf/settings.h"
#include "gateway/admin/server.h"
#include "gateway/app/admin_view.h"
#include "gateway/app/call_history.h"
#include "gateway/app/incoming_calls.h"
#include "gateway/app/reloader.h"
#include "gateway/call/call_manager.h"
#include "gateway/routing/call_routing.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/sip/su_root.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/span_watch.h"
#include "gateway/trunk/trunk_factory.h"

namespace sg::app {

// The gateway: builds every part from the settings, introduces them to each other, and takes them down in order.
// Nothing of a call passes it. Signalling thread only.
class Application {
 public:
  // Error: what could not be started, in words for the operator. `root` outlives the application.
  static Result<std::unique_ptr<Application>> start(conf::Settings settings, sip::SuRoot& root);
  ~Application();

  // Clears all calls; `done` when the last is gone, or after a few seconds in any case.
  void shut_down(std::function<void()> done);
  // Log rotation.
  void reopen_files();
  // As Reloader has it.
  void reload();

 private:
  explicit Application(conf::Settings settings, sip::SuRoot& root);
  Result<> start_history();
  Result<> start_backends();
  Result<> start_media();
  Result<> start_sip();
  Result<> start_trunks();
  Result<> start_calls();
  Result<> start_admin();
  void warn_of_settings() const;
  void give_back_memory();

  // As the gateway was started: spans, addresses and all else that no reload changes. What it does change is in
  // routing_.
  const conf::Settings settings_;
  sip::SuRoot& root_;
  const Log log_;
  Counters counters_;
  AsyncLog log_thread_{counters_};

  // Each may use those above it; the destructor goes from the last to the first. So calls end before the trunks and
  // the SIP agent that their legs belong to, and media ends before the spans that it reads. The span watch goes before
  // the agent, which steps the loop until it is gone: nobody hears then of what the backends have told.
  IncomingCalls incoming_;
  std::unique_ptr<CallHistory> history_;
  std::unique_ptr<trunk::Backends> backends_;
  std::unique_ptr<media::Service> media_;
  std::unique_ptr<sip::SipAgent> agent_;  // null: nothing listens for SIP
  std::unique_ptr<trunk::TrunkFactory> trunk_factory_;
  trunk::Trunks trunks_;
  std::unique_ptr<trunk::SpanWatch> span_watch_;
  std::unique_ptr<routing::CallRouting> routing_;
  std::unique_ptr<call::CallManager> calls_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<AdminView> view_;
  std::unique_ptr<admin::Server> admin_;
  Timer shutdown_limit_, memory_timer_;
  FreeMemory free_memory_;
};

}  // namespace sg::app
