#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/counters.h"
#include "base/lifetime.h"
#include "base/reactor.h"
#include "tdm/backend.h"
#include "tdm/cas/config.h"
#include "tdm/cas/port.h"
#include "tdm/signalling.h"

namespace sg::tdm::cas {

// A group of analog ports, or of E&M channels, of one kind as a Signalling. A call to telephones goes to the port whose
// number it has; one to an exchange takes any port that is free. Signalling thread only.
class Group final : public Signalling, private PortOwner {
 public:
  // `backends`: which one each of the spans has. A port whose line cannot be opened is out of service until it can.
  Group(Config config, Reactor& reactor, const std::map<uint16_t, Backend*>& backends, Counters& counters);
  ~Group() override;

  void set_listener(Listener* listener) override { listener_ = listener; }
  Status status() const override;
  Result<OutgoingCall> setup(const Setup& setup) override;
  int refusal_cause() const override;

  void setup_acknowledge(SignallingCallId, bool) override {}
  void proceeding(SignallingCallId) override {}
  void alerting(SignallingCallId, bool) override {}
  void progress(SignallingCallId, Progress, int) override {}
  void answer(SignallingCallId call) override;
  void disconnect_with_announcement(SignallingCallId call, int cause) override { release(call, cause); }
  void information(SignallingCallId, const std::string&) override {}
  void notify(SignallingCallId call, uint8_t description) override;
  void release(SignallingCallId call, int cause) override;
  bool set_blocked(Timeslot slot, bool is_blocked) override;
  void on_alarms_changed(uint16_t span, AlarmSet alarms) override;
  const ToneZone* busy_tones(SignallingCallId call) const override;
  void on_busy_tone(SignallingCallId call) override;

  // Lights the lamp of the telephone, and makes its dial tone stutter. False: there is no such port here.
  bool set_messages_waiting(Timeslot slot, int messages);

 private:
  SignallingCallId new_call(Port& port) override;
  void tell(std::function<void(Listener&)> what) override;
  void end_call(SignallingCallId call, int cause) override;
  void on_port_changed() override;

  // A call out or in. Of one out, for another try: what it is, and how often it was tried.
  struct Call {
    Port* port = nullptr;
    std::optional<Setup> setup = std::nullopt;
    int retries = 0;
  };

  Port* find(SignallingCallId call) const;
  Port* choose(const Setup& setup, int& cause);
  // Null: none is free, `but` this one.
  Port* hunt(const Port* but = nullptr);
  // The far end took the port as we did: the same call on another. False: there is none, or it was tried often enough.
  bool place_again(SignallingCallId id);

  const Config config_;
  Reactor& reactor_;
  Counters& counters_;
  AudioClock clock_;
  Listener* listener_ = nullptr;
  std::vector<std::unique_ptr<Port>> ports_;
  std::map<SignallingCallId, Call> calls_;
  uint64_t last_call_ = 0;
  size_t last_port_ = 0;
  bool is_up_ = false;
  Lifetime lifetime_;
};

}  // namespace sg::tdm::cas
