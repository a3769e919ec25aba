#include <algorithm>

#include "gateway/call/call_manager.h"

// Transfers: a party of one call takes the place of one in another (RFC 3515, RFC 3891, RFC 5589).
namespace sg::call {
namespace {

// For how long it is known that a dialog was there: as long as an INVITE may be sent again (64 times T1).
constexpr auto kRememberDialogs = 32s;
// No more than these may wait for the next call that ends.
constexpr size_t kFewDialogs = 100;

constexpr int kRinging = 180, kProgress = 183, kOk = 200;

// What was to be taken over only while it rang (RFC 3891 section 3).
bool is_too_late(const Replaces& replaces, const Call& call) {
  return replaces.early_only && call.state() == CallState::Answered;
}

}  // namespace

Call* CallManager::find_call(CallId id) const {
  auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

template <class Matches>
std::optional<CallManager::Dialog> CallManager::find_party(Matches matches) const {
  for (const auto& [id, call] : calls_) {
    for (media::Side side : media::kSides) {
      Party* party = call->at(side);
      if (party && !party->is_leaving() && matches(*party)) return Dialog{call.get(), side};
    }
  }
  return std::nullopt;
}

std::optional<CallManager::Dialog> CallManager::find_dialog(const Replaces& replaces) const {
  return find_party([&](Party& party) { return party.leg().is_dialog(replaces); });
}

void CallManager::remember_dialogs(const Call& call) {
  for (Replaces& dialog : call.ended_dialogs()) {
    ended_dialogs_.emplace_back(context_.reactor.now(), std::move(dialog));
  }
  forget_dialogs();
}

// Many by a clock, not when another call ends: what a flood of calls leaves lies between memory that would be given
// back.
void CallManager::forget_dialogs() {
  auto now = context_.reactor.now();
  while (!ended_dialogs_.empty() && ended_dialogs_.front().first + kRememberDialogs <= now) ended_dialogs_.pop_front();
  if (ended_dialogs_.size() <= kFewDialogs || forgetting_.is_armed()) return;
  forgetting_.arm_at(ended_dialogs_.front().first + kRememberDialogs, [this] { forget_dialogs(); });
}

bool CallManager::has_ended(const Replaces& replaces) const {
  auto is_named = [&](const Replaces& dialog) {
    return dialog.call_id == replaces.call_id && dialog.to_tag == replaces.to_tag &&
           dialog.from_tag == replaces.from_tag;
  };
  auto now = context_.reactor.now();
  bool is_remembered = std::ranges::any_of(ended_dialogs_, [&](const auto& ended) {
    return ended.first + kRememberDialogs >= now && is_named(ended.second);
  });
  return is_remembered || std::ranges::any_of(calls_, [&](const auto& call) {
           return std::ranges::any_of(call.second->ended_dialogs(), is_named);
         });
}

std::optional<CallManager::Dialog> CallManager::find_leg(const Leg& leg) const {
  return find_party([&](Party& party) { return party.side() != media::Side::C && &party.leg() == &leg; });
}

std::optional<CallManager::Dialog> CallManager::find_named(const TransferRequest& request) const {
  if (request.other_call) return find_leg(*request.other_call);
  return request.replaces ? find_dialog(*request.replaces) : std::nullopt;
}

bool CallManager::is_transferring(const Call& call) const {
  return std::ranges::any_of(
      transfers_, [&](const Transfer& transfer) { return transfer.from == call.id() || transfer.to == call.id(); });
}

bool CallManager::on_transfer(Call& call, Party& by, const TransferRequest& request) {
  bool is_busy = std::ranges::any_of(transfers_, [&](const Transfer& transfer) { return transfer.from == call.id(); });
  bool may = by.trunk_of() && by.trunk_of()->allows_transfer() && !is_busy && !when_empty_;
  if (may && (request.replaces || request.other_call) && transfer_attended(call, by, request)) return true;
  if (may && !request.to.digits.empty() && transfer_blind(call, by, request)) return true;
  context_.counted.transfer_refused.add();
  return false;
}

// The new call comes from the trunk of the one who transfers, and by its number: the dial plan decides whether that may
// call there. But who is transferred will talk, and so is shown as calling, as if it had followed the REFER itself (RFC
// 5589 section 6.1); Referred-By tells who sent it (RFC 3892).
bool CallManager::transfer_blind(Call& call, Party& by, const TransferRequest& request) {
  CallId to{last_id_ + 1};
  transfers_.push_back({call.id(), by.side(), to});
  Call::Incoming incoming;
  incoming.leg = std::make_unique<TransferLeg>(
      context_.reactor, fmt::format("transfer of call {}", call.id()),
      [this, to](TransferLeg::Step step, Cause cause) { on_transfer_step(to, step, cause); });
  incoming.setup.called = request.to;
  incoming.setup.calling = by.identity();
  if (Party* stays = call.other(by.side()); stays && stays->trunk_of())
    incoming.setup.shown = ShownCaller{stays->trunk_of()->name(), stays->identity()};
  incoming.setup.referred_by = request.referred_by;
  incoming.setup.replaces = request.replaces;
  incoming.from = by.trunk_of();
  incoming.is_transfer = true;
  on_incoming(std::move(incoming));
  return true;
}

bool CallManager::transfer_attended(Call& call, Party& by, const TransferRequest& request) {
  auto too_late = [request](const Call& target) { return request.replaces && is_too_late(*request.replaces, target); };
  auto named = find_named(request);
  if (!named || named->call == &call || too_late(*named->call)) return false;
  // The leg is still deciding on the REFER: go on from the loop.
  context_.reactor.post([this, from = call.id(), side = by.side(), request, too_late] {
    Call* held = find_call(from);
    Party* asks = held ? held->at(side) : nullptr;
    if (!asks || !held->may_transfer(*asks)) return;
    auto target = find_named(request);
    Party* stays = target ? target->call->other(target->side) : nullptr;
    // Beside a call that stands, one that rings can be joined, in its caller's place.
    auto state = target ? target->call->state() : CallState::Closed;
    bool rings = (state == CallState::Trying || state == CallState::Alerting) && target->side == media::Side::A &&
                 !target->call->is_data();
    bool can_join = stays && !stays->is_leaving() && (rings || target->call->may_transfer(*stays));
    if (!can_join || target->call == held) return asks->transfer_progress(481);
    if (too_late(*target->call)) return asks->transfer_progress(486);
    target->call->take(*held, other_side(side), target->side, "attended");
    asks->transfer_progress(kOk);
    held->end_transferred();
  });
  return true;
}

void CallManager::lead_over(Call& from, media::Side by, Call& to) {
  std::erase_if(transfers_, [&](const Transfer& transfer) { return transfer.to == to.id(); });
  to.take(from, other_side(by), media::Side::A, "blind");
}

void CallManager::on_transfer_step(CallId to, TransferLeg::Step step, Cause cause) {
  auto found = std::ranges::find(transfers_, to, &Transfer::to);
  if (found == transfers_.end()) return;
  Transfer transfer = *found;
  Call* from = find_call(transfer.from);
  Call* next = find_call(to);
  Party* by = from ? from->at(transfer.by) : nullptr;
  if (!by || !next) return;
  switch (step) {
    case TransferLeg::Step::Progress:
      return by->transfer_progress(kProgress);
    case TransferLeg::Step::Alerting:
      from->ring_transferred(*by, true);
      return by->transfer_progress(kRinging);
    case TransferLeg::Step::Answered:
      if (!from->may_transfer(*by) || next->state() != CallState::Answered) return;
      lead_over(*from, transfer.by, *next);
      by->transfer_progress(kOk);
      return from->end_transferred();
    case TransferLeg::Step::Failed:
      std::erase_if(transfers_, [&](const Transfer& over) { return over.to == to; });
      from->ring_transferred(*by, false);
      return by->transfer_progress(sip_status_of(cause));
  }
}

// Who transfers may hang up as soon as the REFER is accepted: the other party then waits in the new call.
void CallManager::on_party_gone(Call& call, const Party& gone) {
  auto found = std::ranges::find(transfers_, call.id(), &Transfer::from);
  if (found == transfers_.end() || found->by != gone.side()) return;
  Call* to = find_call(found->to);
  Party* stays = call.other(gone.side());
  bool is_open = to && to->state() != CallState::Releasing && to->state() != CallState::Closed;
  if (is_open && stays && !stays->is_leaving()) lead_over(call, gone.side(), *to);
}

void CallManager::on_clearing(Call& call) {
  auto found = std::ranges::find(transfers_, call.id(), &Transfer::from);
  if (found == transfers_.end()) return;
  CallId to = found->to;
  transfers_.erase(found);
  if (Call* next = find_call(to)) next->hang_up(kNormalClearing);
}

// RFC 3891 section 3.
void CallManager::on_replacing(Call& call) {
  auto refuse = [&](int status) { call.hang_up(cause_of_sip(status)); };
  Party& joins = *call.at(media::Side::A);
  if (!joins.trunk_of() || !joins.trunk_of()->allows_transfer()) return refuse(403);
  auto named = find_dialog(*call.setup().replaces);
  if (!named) return refuse(refusal_of_unknown(*call.setup().replaces));
  if (is_too_late(*call.setup().replaces, *named->call)) return refuse(486);
  // What rings may be answered elsewhere, where we began that dialog; not what somebody else began.
  if (named->side == media::Side::B && named->call->may_be_picked_up()) {
    named->call->pick_up(call);
    return call.end_transferred();
  }
  Party* stays = named->call->other(named->side);
  if (!stays || !named->call->may_transfer(*stays)) return refuse(481);
  if (call.is_data()) return refuse(488);
  named->call->take(call, media::Side::A, named->side, "replaces");
  call.end_transferred();
}

}  // namespace sg::call
