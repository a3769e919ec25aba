#include "tdm/memory/memory_line.h"

#include <utility>

namespace sg::tdm {

MemoryLine::MemoryLine(std::shared_ptr<void> owner, std::mutex& mutex, AnalogWire& wire, size_t index, Timeslot slot)
    : owner_(std::move(owner)), mutex_(mutex), wire_(wire), index_(index), slot_(slot) {
  wire_.open(index_);
}

MemoryLine::~MemoryLine() {
  std::lock_guard lock(mutex_);
  wire_.close(index_);
}

std::optional<LineEvent> MemoryLine::next() {
  std::lock_guard lock(mutex_);
  auto& end = wire_.end(index_);
  std::optional<LineEvent> event;
  if (!end.events.empty()) {
    event = end.events.front();
    end.events.pop_front();
  }
  if (end.events.empty()) end.ready.clear();
  return event;
}

bool MemoryLine::is_far_end_off_hook() const {
  std::lock_guard lock(mutex_);
  return wire_.is_far_end_off_hook(index_);
}

AlarmSet MemoryLine::alarms() const {
  std::lock_guard lock(mutex_);
  return wire_.end(index_).alarms;
}

template <class... Parameters, class... Arguments>
Result<> MemoryLine::command(Result<> (AnalogWire::*what)(size_t, Parameters...), const Arguments&... arguments) {
  std::lock_guard lock(mutex_);
  auto done = (wire_.*what)(index_, arguments...);
  return done ? done : fail_with(done.error(), "port {}", slot_);
}

Result<> MemoryLine::seize() {
  return command(&AnalogWire::seize);
}
Result<> MemoryLine::release() {
  return command(&AnalogWire::release);
}
Result<> MemoryLine::wink() {
  return command(&AnalogWire::wink);
}
Result<> MemoryLine::flash() {
  return command(&AnalogWire::flash);
}
Result<> MemoryLine::dial_pulses(std::string_view digits) {
  return command(&AnalogWire::dial_pulses, digits);
}
Result<> MemoryLine::ring(const RingCadence& cadence) {
  return command(&AnalogWire::ring, cadence);
}
Result<> MemoryLine::stop_ringing() {
  return command(&AnalogWire::stop_ringing);
}
Result<> MemoryLine::pass_audio_on_hook(std::chrono::milliseconds length) {
  return command(&AnalogWire::pass_audio_on_hook, length);
}
Result<> MemoryLine::reverse_polarity(bool reversed) {
  return command(&AnalogWire::reverse_polarity, reversed);
}
Result<> MemoryLine::set_messages_waiting(int messages) {
  return command(&AnalogWire::set_messages_waiting, messages);
}

}  // namespace sg::tdm
