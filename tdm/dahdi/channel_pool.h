#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "tdm/dahdi/driver_types.h"

namespace sg::tdm::dahdi {

// The channels that carry octets, held open for as long as the backend lives: a channel that nobody has open sends
// 0xFF, which no exchange takes for idle, and another program could seize it. Calls borrow them.
// Any thread. Shared by the backend and its bearers, which may outlive it.
class ChannelPool {
 public:
  explicit ChannelPool(std::string devices) : devices_(std::move(devices)) {}

  // Opens the channel, unless it is open, and has idle sent on it. Error: what open_channel() says.
  Result<> hold(const ChannelInfo& channel);
  // Lends the channel, with nothing queued. Error: it is lent already, or cannot be opened.
  Result<UniqueFd> take(const ChannelInfo& channel);
  // Puts idle on the line. `fd` owns nothing: the channel is gone.
  void give_back(int channel, UniqueFd fd);
  // The span is gone: lets its channels go, so that the driver can bring it back.
  void release_span(int span);

 private:
  struct Channel {
    int span = 0;
    UniqueFd idle;
    bool is_lent = false;
  };
  Result<UniqueFd> open(const ChannelInfo& channel) const;

  const std::string devices_;
  std::mutex mutex_;
  std::map<int, Channel> channels_;  // by the driver's number
};

}  // namespace sg::tdm::dahdi
