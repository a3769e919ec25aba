#include <algorithm>

#include "gateway/records/fax_memory.h"

namespace sg::records {
namespace {

using Step = FaxExperience::Step;
using Verdict = call::FaxOutcome::Verdict;

bool is_at_least(Step step, Step other) {
  return static_cast<int>(step) >= static_cast<int>(other);
}

// Who asked for the T.38 that was agreed upon.
std::string asked_by(const call::LegRecord& leg) {
  for (auto change = leg.modes.rbegin(); change != leg.modes.rend(); ++change) {
    if (change->mode == "t38") return change->reason == "peer's offer" ? "peer" : "us";
  }
  return "";
}

bool went_as_t38(const call::LegRecord& leg) {
  return std::ranges::any_of(leg.modes, [](const auto& change) { return change.mode == "t38"; });
}

}  // namespace

std::string_view name(Step step) {
  switch (step) {
    case Step::None:
      return "";
    case Step::NoV17:
      return "no V.17";
    case Step::NoEcm:
      return "no V.17, no ECM";
    case Step::NoT38:
      return "no T.38";
  }
  return "";
}

Step FaxExperience::step_at(WallTime now) const {
  const auto quiet = std::max(now - last, WallTime::duration::zero());
  const auto back = quiet / kStepBackAfter;
  return static_cast<Step>(std::max<int64_t>(static_cast<int64_t>(step) - back, 0));
}

void FaxExperience::learn(const call::Record& record, const call::LegRecord& leg, WallTime now) {
  const Verdict verdict = record.fax_diagnosis.verdict;
  if (verdict != Verdict::Delivered && verdict != Verdict::Failed) return;
  if (delivered + failed > 0) step = step_at(now);
  last = now;
  if (verdict == Verdict::Delivered) {
    ++delivered;
    failed_in_a_row = 0;
    transport = went_as_t38(leg) ? "t38" : "g711";
    asked_by = records::asked_by(leg);
    bit_rate = record.media.fax.bit_rate;
    ecm = record.media.fax.ecm;
    return;
  }
  ++failed;
  if (++failed_in_a_row < kFailuresForAStep) return;
  failed_in_a_row = 0;
  // After the last cure the first state is as good as any. Without T.38 there is nothing that the gateway can change.
  if (step == kLastStep || !went_as_t38(leg)) {
    step = Step::None;
  } else {
    step = static_cast<Step>(static_cast<int>(step) + 1);
  }
}

void FaxExperience::apply(call::MediaPolicy& policy, WallTime now) const {
  if (is_forgotten(now)) return;
  if (delivered > 0) policy.is_known_fax = true;
  const Step held_back = step_at(now);
  if (held_back == Step::NoT38) {
    policy.t38 = call::T38Ask::Never;
    return;
  }
  if (is_at_least(held_back, Step::NoV17)) {
    policy.t38_params.max_bit_rate = std::min(policy.t38_params.max_bit_rate, 9600);
  }
  if (is_at_least(held_back, Step::NoEcm)) policy.ecm = false;
}

}  // namespace sg::records
