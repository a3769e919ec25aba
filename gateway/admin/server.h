#pragma once

#include <memory>
#include <string>

#include "base/counters.h"
#include "base/reactor.h"
#include "base/result.h"
#include "gateway/admin/view.h"

namespace sg::admin {

// The control socket: a Unix stream on which a client sends one JSON object a line, {"command": "call", "call": 17},
// and gets one line back, {"ok": true, "result": …} or {"ok": false, "error": "…"}. Clients are served on a thread of
// its own; each command runs on the signalling reactor and answers by value. Owned by the Application; made and
// destroyed on the signalling thread. `view` and `counters` outlive it, and `signalling` too, with the tasks that it
// was posted.
class Server {
 public:
  // Error: the socket cannot be made, or another process answers on it. A socket file that nobody serves any more is
  // replaced.
  static Result<std::unique_ptr<Server>> start(const std::string& path, View& view, Reactor& signalling,
                                               Counters& counters);
  virtual ~Server() = default;
};

}  // namespace sg::admin
