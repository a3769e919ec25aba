#include <algorithm>

#include <fmt/format.h>

#include "gateway/fax/log/fax_log.h"

namespace sg::fax {
namespace {

using Kind = FaxStep::Kind;

bool is_impairment(const FaxStep& step) {
  return step.kind == Kind::Loss || step.kind == Kind::Slip;
}

std::string words_of(const FaxStep& step) {
  std::string words = step.kind == Kind::Slip ? fmt::format("{} slip{}", step.count, step.count == 1 ? "" : "s")
                                              : fmt::format("{} lost, {} recovered", step.count, step.recovered);
  if (step.until == step.at) return words;
  return words + fmt::format(" in {:.1f} s", static_cast<double>((step.until - step.at).count()) / 1000);
}

}  // namespace

void FaxSteps::add(FaxStep step) {
  if (is_impairment(step)) {
    if (join(step)) return;
    step.what = words_of(step);
  }
  kept_.push_back(std::move(step));
  if (kept_.size() <= kMost) return;
  // Losses and slips are in the sums as well. What the machines said is nowhere else: its middle goes last.
  auto impairment = std::ranges::find_if(kept_, is_impairment);
  leave_out(impairment == kept_.end() ? kHead : static_cast<size_t>(impairment - kept_.begin()));
}

uint64_t FaxSteps::forget_slips(Milliseconds since) {
  uint64_t count = 0;
  std::erase_if(kept_, [&](const FaxStep& step) {
    const bool is_late = step.kind == Kind::Slip && step.at >= since;
    if (is_late) count += step.count;
    return is_late;
  });
  return count;
}

bool FaxSteps::join(const FaxStep& step) {
  bool is_alone = true;
  for (auto earlier = kept_.rbegin(); earlier != kept_.rend(); ++earlier) {
    if (!is_alone && step.at - earlier->at > kOneBurst) return false;
    if (earlier->side != step.side) continue;
    if (earlier->kind != step.kind || earlier->in_audio != step.in_audio) {
      is_alone = false;
      continue;
    }
    earlier->until = step.until;
    earlier->count += step.count;
    earlier->recovered += step.recovered;
    earlier->what = words_of(*earlier);
    return true;
  }
  return false;
}

void FaxSteps::leave_out(size_t index) {
  const FaxStep& step = kept_[index];
  left_out_.from = left_out_.steps == 0 ? step.at : std::min(left_out_.from, step.at);
  left_out_.until = std::max({left_out_.until, step.at, step.until});
  ++left_out_.steps;
  kept_.erase(kept_.begin() + static_cast<ptrdiff_t>(index));
}

}  // namespace sg::fax
