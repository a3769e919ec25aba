#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "gateway/call/call.h"

namespace sg::call {

// All calls of the gateway: takes incoming legs, asks the router, carries media events to their call, hands over the
// record of each call that ends. Owned by the Application; signalling thread only.
class CallManager final : public media::Service::Listener {
 public:
  using RecordSink = std::function<void(const Record&)>;

  CallManager(const Context& context, Router& router, RecordSink records);
  ~CallManager() override;

  // A trunk has a new incoming call; the leg is kept until it is released.
  CallId on_incoming(Call::Incoming incoming);

  const Call* find(CallId id) const;
  std::vector<const Call*> calls() const;  // oldest first
  // Calls that come from or go to this trunk now.
  size_t calls_of(const std::string& trunk) const;
  // False: there is no such call.
  bool hang_up(CallId id, Cause cause = kNormalClearing);
  // Clears all calls and takes no more; `done` once none is left.
  void shut_down(std::function<void()> done);

 private:
  void on_media_event(SessionId session, const media::Event& event) override;
  void on_closed(Call& call);
  void reap();

  const Context context_;
  Router& router_;
  const RecordSink records_;
  uint64_t last_id_ = 0;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::unordered_map<SessionId, Call*> by_session_;
  // Calls that ended; they may still be on the stack.
  std::vector<CallId> ended_;
  Timer reaper_;
  std::function<void()> when_empty_;
};

}  // namespace sg::call
