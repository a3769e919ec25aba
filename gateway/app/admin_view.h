#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/owner_thread.h"
#include "conf/settings.h"
#include "gateway/admin/view.h"
#include "gateway/app/call_history.h"
#include "gateway/app/doctor.h"
#include "gateway/app/fax_numbers.h"
#include "gateway/app/reloader.h"
#include "gateway/call/call_manager.h"
#include "gateway/routing/call_routing.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/span_watch.h"
#include "gateway/trunk/trunks.h"

namespace sg::app {

// What the admin commands see of the gateway, and the little that they may change. Every list is made in one pass.
// Owned by the Application; signalling thread only.
class AdminView final : public admin::View {
 public:
  // What it tells of; it outlives this.
  struct Parts {
    const conf::Settings& settings;  // as the gateway was started
    const Reactor& reactor;
    const Counters& counters;
    const CallHistory& history;
    const trunk::Backends& backends;
    const trunk::SpanWatch& span_watch;
    const sip::SipAgent* agent;  // null: nothing listens for SIP
    const routing::CallRouting& routing;
    media::Service& media;     // asked for figures of calls
    trunk::Trunks& trunks;     // blocked and unblocked
    call::CallManager& calls;  // hung up
    Reloader& reloader;
  };
  explicit AdminView(const Parts& parts);

  admin::StatusView status() const override;
  std::vector<admin::CallView> calls() const override;
  void ask_call(CallId id, std::function<void(std::optional<admin::CallDetail>)> answer) override;
  void ask_fax(CallId id, std::function<void(std::optional<std::string>)> answer) override;
  std::vector<std::string> faxes() const override { return parts_.history.faxes().all(); }
  size_t most_faxes() const override { return parts_.history.faxes().most(); }
  std::string records_file() const override { return parts_.settings.records.file; }
  Result<std::vector<std::string>> fax_numbers(const std::string& trunk, const std::string& number) const override {
    return fax_numbers_.page(trunk, number);
  }
  Result<size_t> forget_fax_number(const std::string& number, const std::string& trunk) override;
  Result<admin::ImportView> import_fax_numbers(const std::vector<std::string>& lines) override;
  std::vector<admin::SpanView> spans() const override;
  std::vector<admin::TrunkView> trunks() const override;
  std::vector<admin::TimeslotView> timeslots() const override;
  std::vector<admin::Finding> examine() const override { return app::examine(facts()); }
  std::vector<std::pair<std::string, uint64_t>> counters() const override { return parts_.counters.snapshot(); }
  Result<admin::RouteView> explain_route(const admin::RouteQuestion& question) const override;
  void reload(std::function<void(Result<admin::ReloadView>)> answer) override;
  Result<admin::BlockView> set_blocked(const admin::Blockable& what, bool is_blocked) override;
  bool hang_up(CallId id) override { return parts_.calls.hang_up(id); }

  // "udp:127.0.0.1:5060"
  std::vector<std::string> listening() const;
  // All that `examine` goes by.
  Facts facts() const;

 private:
  SpanFacts facts_of(admin::SpanView view, std::vector<admin::TimeslotView> slots) const;

  OwnerThread owner_;
  const Parts parts_;
  const TimePoint started_;
  FaxNumbers fax_numbers_;
};

}  // namespace sg::app
