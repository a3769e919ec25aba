#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/reactor.h"
#include "tdm/backend.h"
#include "tdm/signalling.h"
#include "tools/pstnsim/config.h"
#include "tools/pstnsim/data_tester.h"
#include "tools/pstnsim/json.h"
#include "tools/pstnsim/lines.h"
#include "tools/pstnsim/terminal.h"

namespace sg::pstnsim {

// A call of the exchange's, to or from one of its subscribers. Owned by the exchange.
struct Call {
  Call(uint64_t number, Trunk& on, tdm::SignallingCallId signalling_id, Reactor& reactor)
      : id(number), trunk(on), signalling(signalling_id), timer(reactor) {}

  bool is_data() const { return capability == BearerCapability::Unrestricted; }

  uint64_t id;
  Trunk& trunk;
  tdm::SignallingCallId signalling;
  tdm::Timeslot slot;
  bool outgoing = false;
  std::string local, far;  // numbers
  const Subscriber* subscriber = nullptr;
  BearerCapability capability = BearerCapability::Audio31k;
  std::string state = "setup";
  std::filesystem::path document, received;
  std::unique_ptr<tdm::Bearer> bearer;
  std::unique_ptr<Terminal> terminal;  // who is on the line: the subscriber, or a tone of the exchange
  std::optional<DataTester> tester;    // in its place: data
  bool reported = false;               // its fax was told of
  Json fax;
  Timer timer;
};

// As the control socket tells it.
Json describe(const Call& call);

}  // namespace sg::pstnsim
