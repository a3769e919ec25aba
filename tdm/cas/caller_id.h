#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/kinds/line.h"
#include "tdm/signalling.h"

// Who calls, as an exchange tells a telephone that is on-hook: frequency shift keying between two bursts of ringing.
namespace sg::tdm::cas {

struct CallerId {
  std::string number;
  std::string name;
  Presentation presentation = Presentation::Allowed;  // Restricted: "P"; Unavailable: "O"

  bool operator==(const CallerId&) const = default;
};

// The message as samples. One thread.
class CallerIdSender {
 public:
  // `at`: local time, part of the message. `standard` is not None.
  CallerIdSender(CallerIdStandard standard, const CallerId& caller, const std::tm& at);
  ~CallerIdSender();
  // Fills the block, with silence after the end. False: the message is over.
  bool generate(std::span<int16_t> linear);
  // Longer than any message lasts.
  static constexpr int kMostMs = 3500;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Listens for a message of any standard. One thread.
class CallerIdReceiver {
 public:
  CallerIdReceiver();
  ~CallerIdReceiver();
  // The message, once its checksum was right.
  std::optional<CallerId> feed(std::span<const int16_t> linear);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::tdm::cas
