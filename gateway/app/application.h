#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async_log.h"
#include "base/counters.h"
#include "base/free_memory.h"
#include "base/log.h"
#include "conf/settings.h"
#include "gateway/admin/server.h"
#include "gateway/admin/view.h"
#include "gateway/app/analog.h"
#include "gateway/app/dial_plan.h"
#include "gateway/app/doctor.h"
#include "gateway/app/fax_archive.h"
#include "gateway/app/sip_trunk.h"
#include "gateway/call/call_manager.h"
#include "gateway/records/fax_memory.h"
#include "gateway/records/writer.h"
#include "gateway/route/forward.h"
#include "gateway/route/limits.h"
#include "gateway/route/plan.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/sip/su_root.h"
#include "gateway/trunk/span_watch.h"
#include "gateway/trunk/tdm_trunk.h"
#include "tdm/backend.h"
#include "tdm/cesop/backend.h"
#include "tdm/dahdi/backend.h"

namespace sg::app {

tdm::BearerCapability bearer_of(conf::Bearer bearer);

// The gateway: builds every part from the settings, introduces them to each other, and takes them down in order.
// Signalling thread only.
class Application final : public sip::SipAgent::Listener,
                          public call::Router,
                          public tdm::Backend::Listener,
                          public admin::View {
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
  void start_dahdi();
  Result<> start_media();
  Result<> start_sip();
  Result<> start_trunks();
  void add_tdm_trunk(trunk::TdmTrunk::Options options);
  void start_analog_trunk(const conf::AnalogTrunk& settings);
  Result<> start_routes();
  Result<> start_records();
  void start_fax_memory();
  void on_call_over(const call::Record& record);
  std::function<void(call::MediaPolicy&)> remembering(const std::string& trunk, const std::string& number,
                                                      std::function<void(call::MediaPolicy&)> first) const;
  Result<> start_admin();
  void give_back_memory();

  void on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const sip::InviteInfo& info) override;
  bool admits(const SocketAddress& source) override;
  std::string trunk_of(const SocketAddress& source) override;
  sip::IdentityPolicy identity_towards(const SocketAddress& source) override;
  bool is_listed(const std::string& trunk, const SocketAddress& source) override;
  int options_status(const SocketAddress& source) override;
  bool is_emergency(const call::Setup& setup, const SocketAddress& source) override;
  call::Routing route(const call::Trunk& from, const call::Setup& setup) override;
  call::Reach reach(const call::Trunk& from, const call::Setup& setup) override;
  void on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) override;

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

  admin::ReloadView swap(std::shared_ptr<const DialPlan> fresh);
  void change_sip_trunks(const conf::Settings& settings, admin::ReloadView& view);
  // What the dial plan is asked about a call, and, where lines forward it, about what becomes of it.
  struct PlanQuestion {
    std::shared_ptr<const DialPlan> plan;
    route::Query query;
    call::Setup setup;
    std::vector<std::string> forwards;  // so far, as PlanRecord has them
  };
  // The decision; and as long as the called line forwards all its calls, that on what comes of it.
  call::Routing answer(PlanQuestion question);
  void fill(call::Routing& routing, const PlanQuestion& question, const route::Decision& decision);
  std::optional<PlanQuestion> forwarded(const PlanQuestion& question, const route::Decision& decision,
                                        route::ForwardOn on) const;
  std::function<call::Routing()> forwarding(const PlanQuestion& question, const route::Decision& decision,
                                            route::ForwardOn on);
  bool is_forwarded_too_often(const PlanQuestion& question);
  // The dial plan's part in a call: what refuses it, and what each target has to ask first.
  std::optional<call::Refusal> refusal(const std::string& from, const route::Decision& decision, bool is_forwarded);
  call::Target target_of(const std::string& from, route::Attempt attempt, const route::Decision& decision,
                         const call::Setup& setup);
  std::optional<call::Refusal> admit(const std::string& from, const std::string& trunk, bool is_emergency);
  // What one trunk may hold of the other's lines, where it holds as much; "share = 90 of trunk pbx on pstn".
  std::optional<std::string> exceeded_share(const std::string& from, const std::string& to) const;
  bool make_room(const std::string& trunk);
  call::Refusal refused(int cause, std::string limit);
  bool is_at_max_calls(const std::string& trunk) const;

  route::Decision explain_forwards(route::Query query, route::Decision decision, route::Explanation& explanation,
                                   admin::RouteView& view) const;
  Facts facts() const;
  size_t ports_in_use() const;  // pairs
  // Every span there is, by number.
  std::vector<tdm::SpanStatus> span_status() const;
  Result<std::unique_ptr<tdm::Signalling>> make_interface(const conf::PriTrunk& trunk,
                                                          const std::vector<uint16_t>& numbers);
  std::vector<std::string> listening() const;  // "udp:127.0.0.1:5060"
  SipTrunk* sip_trunk_of(const SocketAddress& source) const;
  call::Trunk* trunk(const std::string& name) const;
  CallId call_on(tdm::Timeslot slot) const;
  std::string words_of(const std::string& tdm_trunk, bool is_up) const;
  std::vector<route::TrunkState> trunk_states() const;
  std::string describe_trunk(const std::string& name) const;

  // As the gateway was started: spans, addresses and all else that no reload changes. What it does change is in plan_.
  const conf::Settings settings_;
  sip::SuRoot& root_;
  const TimePoint started_;
  const Log log_;
  Counters counters_;
  AsyncLog log_thread_{counters_};
  FaxArchive faxes_;

  // Each may use those above it; the destructor goes from the last to the first. So calls end before the trunks and
  // the SIP agent that their legs belong to, and media ends before the spans that it reads.
  std::unique_ptr<records::Writer> records_;
  std::unique_ptr<records::FaxMemory> fax_memory_;  // null: nothing is remembered
  std::unique_ptr<tdm::cesop::Backend> cesop_;
  std::unique_ptr<tdm::dahdi::DahdiBackend> dahdi_;
  std::unique_ptr<MissingBackend> missing_backend_;
  std::string fax_memory_error_;  // why nothing is, though a file is named
  std::string dahdi_error_;       // why there is none, though a span wants one
  std::unique_ptr<trunk::SpanWatch> span_watch_;
  std::unique_ptr<media::Service> media_;
  std::unique_ptr<sip::SipAgent> agent_;
  std::vector<std::unique_ptr<trunk::TdmTrunk>> tdm_trunks_;
  std::vector<std::unique_ptr<SipTrunk>> sip_trunks_;
  std::vector<std::unique_ptr<SipTrunk>> retired_trunks_;  // that calls may still have among their targets
  std::shared_ptr<const DialPlan> plan_;
  PlanLoader plan_loader_;
  route::Limits limits_;
  uint32_t calls_routed_ = 0;
  std::unique_ptr<call::CallManager> manager_;
  std::unique_ptr<admin::Server> admin_;
  Timer shutdown_limit_, memory_timer_;
  FreeMemory free_memory_;
  bool is_shutting_down_ = false;
};

}  // namespace sg::app
