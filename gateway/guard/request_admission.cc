#include "gateway/guard/request_admission.h"

namespace sg::guard {
namespace {

// A trunk that lists a whole network is flooded from all of it by whoever forges addresses.
constexpr double kTrunkShare = 4;

// By unanswered questions a peer takes us for dead: they are answered as long as that costs no more than the flood
// itself.
constexpr double kQuestionShare = 20;

// Digits by INFO are the densest that a dialog sends.
constexpr double kInDialogPerSecond = 50;

}  // namespace

Verdict RequestAdmission::on_request(const Request& request, TimePoint now) {
  if (!request.is_whole) return is_within_rates(request, now) ? Verdict::Pass : Verdict::Drop;
  if (request.kind == RequestKind::Ack) return on_ack(request, now);
  if (request.is_of_dialog) {
    return dialogs_.take(request.call_id, kInDialogPerSecond, now) ? Verdict::Pass : Verdict::Drop;
  }
  // Resent, as the answer was lost or is late: the transaction answers, and nothing is new. To refuse it would be to
  // refuse what is under way.
  if (transactions_.knows(request.transaction, now)) {
    return repeats_.take(request.source, 2 * limits_.requests_per_second, now) ? Verdict::Pass : Verdict::Drop;
  }
  return on_new(request, now);
}

Verdict RequestAdmission::on_ack(const Request& request, TimePoint now) {
  const bool was_open = transactions_.close(request.transaction, now);
  if (was_open) return Verdict::Pass;
  if (request.is_of_dialog) {
    return dialogs_.take(request.call_id, kInDialogPerSecond, now) ? Verdict::Pass : Verdict::Drop;
  }
  return is_within_rates(request, now) ? Verdict::Pass : Verdict::Drop;
}

Verdict RequestAdmission::on_new(const Request& request, TimePoint now) {
  const bool is_full = limits_.transactions > 0 && transactions_.size(now) >= limits_.transactions;
  if (!is_full && !request.is_too_much && is_within_rates(request, now)) {
    transactions_.open(request.transaction, now);
    return Verdict::Pass;
  }
  if (request.kind == RequestKind::Question) {
    const double rate = kQuestionShare * limits_.requests_per_second;
    return questions_.take(request.source, rate, now) ? Verdict::Refuse : Verdict::Drop;
  }
  // Not more refusals than calls might have been: whoever forges an address would have us flood its owner.
  return refusals_.take(request.source, limits_.requests_per_second, now) ? Verdict::Refuse : Verdict::Drop;
}

bool RequestAdmission::is_within_rates(const Request& request, TimePoint now) {
  return requests_.take(request.source, limits_.requests_per_second, now) &&
         trunks_.take(request.trunk, kTrunkShare * limits_.requests_per_second, now) &&
         (request.kind != RequestKind::Invite || invites_.take(request.source, limits_.invites_per_second, now));
}

}  // namespace sg::guard
