#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/owner_thread.h"
#include "base/reactor.h"
#include "gateway/call/trunk.h"
#include "gateway/fax/fax_memory.h"
#include "gateway/route/forward.h"
#include "gateway/route/limits.h"
#include "gateway/routing/dial_plan.h"
#include "gateway/trunk/trunks.h"

namespace sg::routing {

// Where calls go: asks the dial plan, holds calls to its limits, follows lines that forward theirs, and knows how faxes
// went there before. Owned by the Application; signalling thread only.
class CallRouting final : public call::Router {
 public:
  // What it works with; it outlives this.
  struct Context {
    const trunk::Trunks& trunks;
    const fax::FaxMemory* fax_memory;  // null: nothing is remembered
    Reactor& reactor;
    Counters& counters;
  };
  CallRouting(std::shared_ptr<const DialPlan> plan, const Context& context);

  call::Routing route(const call::Trunk& from, const call::Setup& setup) override;
  call::Reach reach(const call::Trunk& from, const call::Setup& setup) override;
  std::optional<call::Refusal> admit(const call::Target& target) override;
  // Whether a call from this trunk is for an emergency number.
  bool is_emergency(const std::string& from, const call::Setup& setup) const;

  const DialPlan& plan() const { return *plan_; }
  const conf::Settings& settings() const { return *plan_->settings; }
  // After a reload: calls are asked of this one from here on. The one before.
  std::shared_ptr<const DialPlan> change(std::shared_ptr<const DialPlan> fresh);

  // For people who want to know. How many calls a trunk has, and which turn the next call has.
  size_t calls_on(const std::string& trunk) const;
  uint32_t turn() const { return calls_routed_; }
  bool is_at_max_calls(const call::Trunk& trunk) const;
  // The limit that a call which is decided so would break now.
  std::optional<route::Limit> limit_on(const route::Decision& decision) const;

 private:
  // What the dial plan is asked about a call, and, where lines forward it, about what becomes of it.
  struct Question {
    std::shared_ptr<const DialPlan> plan;
    route::Query query;
    call::Setup setup;
    std::vector<std::string> forwards;  // so far, as PlanRecord has them
  };
  // The decision; and as long as the called line forwards all its calls, that on what comes of it.
  call::Routing answer(Question question);
  route::Decision decide(const Question& question);
  void fill(call::Routing& routing, const Question& question, const route::Decision& decision);
  call::Target target_of(const Question& question, route::Attempt attempt, const route::Decision& decision) const;
  std::optional<Question> forwarded(const Question& question, const route::Decision& decision,
                                    route::ForwardOn on) const;
  std::function<call::Routing()> forwarding(const Question& question, const route::Decision& decision,
                                            route::ForwardOn on);
  bool is_forwarded_too_often(const Question& question);
  // What the fax memory and a line's profile have other than the trunk. Null: nothing.
  std::function<void(call::MediaPolicy&)> adapter(const std::string& trunk, const std::string& number,
                                                  const conf::Profile* profile) const;

  // What refuses a call. Not set: it may go on; there may be no route all the same.
  std::optional<call::Refusal> refusal(const Question& question, const route::Decision& decision);
  std::optional<route::Limit> max_calls_of(const std::string& trunk) const;
  // What one trunk may hold of the other's lines, where it holds as much.
  std::optional<route::Limit> share_of(const std::string& from, const call::Trunk& on) const;
  call::Refusal refused(const route::Limit& limit, int cause);

  OwnerThread owner_;
  std::shared_ptr<const DialPlan> plan_;
  const Context context_;
  const Log log_;
  route::Limits limits_;
  uint32_t calls_routed_ = 0;
  Counter &emergencies_, &refused_by_route_, &forward_loops_;
  std::array<Counter*, route::kLimitKinds> refused_by_limit_;
};

}  // namespace sg::routing
