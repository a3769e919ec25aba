#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/free_memory.h"
#include "base/log.h"
#include "conf/settings.h"
#include "gateway/admin/server.h"
#include "gateway/admin/view.h"
#include "gateway/app/doctor.h"
#include "gateway/app/fax_archive.h"
#include "gateway/call/call_manager.h"
#include "gateway/records/fax_memory.h"
#include "gateway/records/writer.h"
#include "gateway/route/plan.h"
#include "gateway/routing/call_routing.h"
#include "gateway/routing/dial_plan.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/sip/su_root.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/span_watch.h"
#include "gateway/trunk/trunk_factory.h"
#include "gateway/trunk/trunks.h"

namespace sg::app {

// The gateway: builds every part from the settings, introduces them to each other, and takes them down in order.
// Signalling thread only.
class Application final : public sip::SipAgent::Listener, public admin::View {
 public:
  // Error: what could not be started, in words for the operator. `root` outlives the application.
  static Result<std::unique_ptr<Application>> start(conf::Settings settings, sip::SuRoot& root);
  ~Application() override;

  // Clears all calls; `done` when the last is gone, or after a few seconds in any case.
  void shut_down(std::function<void()> done);
  // Log rotation.
  void reopen_files();
  // Reads the file anew, on a thread of its own, and goes on by it where it is good; where it is not, everything stays
  // as it is. Calls under way keep what they have. `answer`: once, later.
  void reload(std::function<void(Result<admin::ReloadView>)> answer) override;

 private:
  explicit Application(conf::Settings settings, sip::SuRoot& root);
  Result<> start_backends();
  Result<> start_media();
  Result<> start_sip();
  Result<> start_trunks();
  Result<> start_routes();
  Result<> start_records();
  void start_fax_memory();
  void on_call_over(const call::Record& record);
  Result<> start_admin();
  void give_back_memory();

  void on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const sip::InviteInfo& info) override;
  bool admits(const SocketAddress& source) override;
  std::string trunk_of(const SocketAddress& source) override;
  sip::IdentityPolicy identity_towards(const SocketAddress& source) override;
  bool is_listed(const std::string& trunk, const SocketAddress& source) override;
  int options_status(const SocketAddress& source) override;
  bool is_emergency(const call::Setup& setup, const SocketAddress& source) override;

  admin::StatusView status() const override;
  std::vector<admin::CallView> calls() const override;
  void ask_call(CallId id, std::function<void(std::optional<admin::CallDetail>)> answer) override;
  void ask_fax(CallId id, std::function<void(std::optional<std::string>)> answer) override;
  std::vector<std::string> faxes() const override { return faxes_.all(); }
  size_t most_faxes() const override { return faxes_.most(); }
  std::string records_file() const override { return settings_.records.file; }
  Result<std::vector<std::string>> fax_numbers() const override;
  tl::unexpected<Error> no_memory() const;
  // Error: no SIP trunk has this name.
  Result<> has_memory_of(const std::string& name) const;
  Result<size_t> forget_fax_number(const std::string& number, const std::string& trunk) override;
  Result<admin::ImportView> import_fax_numbers(const std::vector<std::string>& lines) override;
  std::vector<admin::SpanView> spans() const override;
  std::vector<admin::TrunkView> trunks() const override;
  std::vector<admin::TimeslotView> timeslots() const override;
  std::vector<admin::Finding> examine() const override;
  std::vector<std::pair<std::string, uint64_t>> counters() const override;
  Result<admin::RouteView> explain_route(const admin::RouteQuestion& question) const override;
  Result<admin::BlockView> set_blocked(const admin::Blockable& what, bool is_blocked) override;
  bool hang_up(CallId id) override;

  admin::ReloadView swap(std::shared_ptr<const routing::DialPlan> fresh);
  route::Decision explain_forwards(route::Query query, route::Decision decision, route::Explanation& explanation,
                                   admin::RouteView& view) const;
  Facts facts() const;
  size_t ports_in_use() const;                 // pairs
  std::vector<std::string> listening() const;  // "udp:127.0.0.1:5060"
  CallId call_on(tdm::Timeslot slot) const;
  std::string words_of(const std::string& tdm_trunk, bool is_up) const;
  std::string describe_trunk(const std::string& name) const;

  // As the gateway was started: spans, addresses and all else that no reload changes. What it does change is in
  // routing_.
  const conf::Settings settings_;
  sip::SuRoot& root_;
  const TimePoint started_;
  const Log log_;
  Counters counters_;
  FaxArchive faxes_;

  // Each may use those above it; the destructor goes from the last to the first. So calls end before the trunks and
  // the SIP agent that their legs belong to, and media ends before the spans that it reads.
  std::unique_ptr<records::Writer> records_;
  std::unique_ptr<records::FaxMemory> fax_memory_;  // null: nothing is remembered
  std::string fax_memory_error_;                    // why nothing is, though a file is named
  std::unique_ptr<trunk::Backends> backends_;
  std::unique_ptr<media::Service> media_;
  std::unique_ptr<sip::SipAgent> agent_;
  std::optional<trunk::TrunkFactory> trunk_factory_;
  trunk::Trunks trunks_;
  // It goes before the agent, which steps the loop until it is gone: nobody hears then of what the backends have told.
  std::unique_ptr<trunk::SpanWatch> span_watch_;
  routing::PlanLoader plan_loader_;
  std::unique_ptr<routing::CallRouting> routing_;
  std::unique_ptr<call::CallManager> manager_;
  std::unique_ptr<admin::Server> admin_;
  Timer shutdown_limit_, memory_timer_;
  FreeMemory free_memory_;
  bool is_shutting_down_ = false;
};

}  // namespace sg::app
