#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/event_signal.h"
#include "base/result.h"
#include "tdm/dahdi/driver_types.h"
#include "tdm/dahdi/open_channel.h"

namespace sg::tdm::dahdi {

// The channels that carry octets, held open for as long as the backend lives: a channel that nobody has open sends
// 0xFF, which no exchange takes for idle, and another program could seize it. Calls borrow them: one bearer and one
// Line may have a channel at the same time.
// Any thread. Shared by the backend and what it opened, which may outlive it.
class ChannelPool {
 public:
  enum class Use : uint8_t { Bearer, Line };

  ChannelPool(std::string devices, std::shared_ptr<EventSignal> alarm_signal)
      : devices_(std::move(devices)), alarm_signal_(std::move(alarm_signal)) {}

  // Opens the channel, unless it is open, and has idle sent on it. Error: what open_channel() says.
  Result<> hold(const ChannelInfo& channel);
  // Lends the channel, to a bearer with nothing queued. Error: it is lent for this use already, or cannot be opened.
  Result<std::shared_ptr<OpenChannel>> take(const ChannelInfo& channel, Use use);
  // Puts idle on the line where a bearer gives it back.
  void give_back(int channel, Use use, const std::shared_ptr<OpenChannel>& open);
  // The span is gone: lets its channels go, so that the driver can bring it back.
  void release_span(int span);
  // Of the driver's span.
  std::shared_ptr<const LostBlocks> lost_blocks(int span);

 private:
  struct Channel {
    int span = 0;
    std::shared_ptr<OpenChannel> open;
    bool has_bearer = false;
    bool has_line = false;

    bool& is_lent(Use use) { return use == Use::Line ? has_line : has_bearer; }
  };
  Result<std::shared_ptr<OpenChannel>> open(const ChannelInfo& channel);
  const std::shared_ptr<LostBlocks>& lost(int span);

  const std::string devices_;
  const std::shared_ptr<EventSignal> alarm_signal_;
  std::mutex mutex_;
  std::map<int, Channel> channels_;                  // by the driver's number
  std::map<int, std::shared_ptr<LostBlocks>> lost_;  // by the driver's span
};

}  // namespace sg::tdm::dahdi
