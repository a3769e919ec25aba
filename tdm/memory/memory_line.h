#pragma once

#include <memory>
#include <mutex>

#include "tdm/line.h"
#include "tdm/memory/analog_wire.h"

namespace sg::tdm {

// One end of an AnalogWire as a Line. Holds its owner alive, and takes the owner's lock for each call.
class MemoryLine final : public Line {
 public:
  // The lock is held.
  MemoryLine(std::shared_ptr<void> owner, std::mutex& mutex, AnalogWire& wire, size_t index, Timeslot slot);
  ~MemoryLine() override;

  Timeslot slot() const override { return slot_; }
  LineKind kind() const override { return wire_.end(index_).kind; }
  LineStart start() const override { return wire_.start(); }
  int fd() const override { return wire_.end(index_).ready.fd(); }
  std::optional<LineEvent> next() override;
  bool is_far_end_off_hook() const override;
  AlarmSet alarms() const override;

  Result<> seize() override;
  Result<> release() override;
  Result<> wink() override;
  Result<> flash() override;
  Result<> dial_pulses(std::string_view digits) override;
  Result<> ring(const RingCadence& cadence) override;
  Result<> stop_ringing() override;
  Result<> pass_audio_on_hook(std::chrono::milliseconds length) override;
  Result<> reverse_polarity(bool reversed) override;
  Result<> set_messages_waiting(int messages) override;

 private:
  template <class... Parameters, class... Arguments>
  Result<> command(Result<> (AnalogWire::*what)(size_t, Parameters...), const Arguments&... arguments);

  const std::shared_ptr<void> owner_;
  std::mutex& mutex_;
  AnalogWire& wire_;
  const size_t index_;
  const Timeslot slot_;
};

}  // namespace sg::tdm
