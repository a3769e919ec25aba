#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/owner_thread.h"
#include "gateway/call/call.h"
#include "gateway/call/transfer_leg.h"

namespace sg::call {

// All calls of the gateway: takes incoming legs, asks the router, carries media events to their call, hands over the
// record of each call that ends. Owned by the Application; signalling thread only.
class CallManager final : public media::Service::Listener, private CallOwner {
 public:
  using RecordSink = std::function<void(const Record&)>;

  CallManager(const Context& context, Router& router, RecordSink records);
  // Who is told of each call that has begun, as far as it has come, and again once it is answered.
  void set_begun(RecordSink begun) { begun_ = std::move(begun); }
  ~CallManager() override;

  // Calls are numbered from here on: those up to this one are told of in the records of an earlier run.
  void begin_after(CallId last) { last_id_ = last.value; }
  // A trunk has a new incoming call; the leg is kept until it is released.
  CallId on_incoming(Call::Incoming incoming);

  const Call* find(CallId id) const;
  std::vector<const Call*> calls() const;  // oldest first
  size_t size() const { return calls_.size(); }
  // False: there is no such call.
  bool hang_up(CallId id, HungUp why = HungUp::ByOperator, Cause cause = kNormalClearing);
  // Clears all calls and takes no more; `done` once none is left.
  void shut_down(std::function<void()> done);

 private:
  void on_media_event(SessionId session, const media::Event& event) override;
  void on_closed(Call& call) override;
  void on_answered(const Call& call) override;
  void reap();
  void remember_dialogs(const Call& call);
  void forget_dialogs();

  // Transfers (transfers.cc).
  bool on_transfer(Call& call, Party& by, const TransferRequest& request) override;
  void on_replacing(Call& call) override;
  void on_party_gone(Call& call, const Party& gone) override;
  void on_clearing(Call& call) override;
  bool make_room(const Trunk& on) override;
  bool transfer_blind(Call& call, Party& by, const TransferRequest& request);
  // Whether there is such a dialog: then the far ends of both are joined, from the loop.
  bool transfer_attended(Call& call, Party& by, const TransferRequest& request);
  void on_transfer_step(CallId to, TransferLeg::Step step, Cause cause);
  void lead_over(Call& from, media::Side by, Call& to);
  Call* find_call(CallId id) const;
  struct Dialog {
    Call* call = nullptr;
    media::Side side = media::Side::A;
  };
  template <class Matches>
  std::optional<Dialog> find_party(Matches matches) const;
  std::optional<Dialog> find_dialog(const Replaces& replaces) const;
  std::optional<Dialog> find_leg(const Leg& leg) const;
  // Whether Replaces or Join names what has ended a short time ago.
  bool has_ended(const Replaces& replaces) const;
  int refusal_of_unknown(const Replaces& replaces) const { return has_ended(replaces) ? 603 : 481; }
  // What an attended transfer names.
  std::optional<Dialog> find_named(const TransferRequest& request) const;
  // Whether a blind transfer from here, or to here, is under way.
  bool is_transferring(const Call& call) const;

  // Conferences (conference.cc).
  bool on_conference(Call& call, Party& by, const Leg& other) override;
  void on_joining(Call& call) override;
  bool may_confer(const Call& call, const Party& by) const;

  OwnerThread owner_;
  const Context context_;
  Router& router_;
  const RecordSink records_;
  RecordSink begun_;
  uint64_t last_id_ = 0;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::unordered_map<SessionId, Call*> by_session_;
  // A call whose other party is to go to a new call, once that one is answered.
  struct Transfer {
    CallId from;
    media::Side by;  // who asked for it
    CallId to;
  };
  std::vector<Transfer> transfers_;
  // Dialogs that ended, the newest last, for as long as requests for them may come.
  std::deque<std::pair<TimePoint, Replaces>> ended_dialogs_;
  Timer forgetting_;
  // Calls that ended; they may still be on the stack.
  std::vector<CallId> ended_;
  Timer reaper_;
  std::function<void()> when_empty_;
};

}  // namespace sg::call
