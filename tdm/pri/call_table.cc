#include "tdm/pri/call_table.h"

namespace sg::tdm::pri {

Call& CallTable::add(SignallingCallId id, q931_call* handle, Reactor& reactor) {
  auto& call = by_id_[id] = std::make_unique<Call>(id, handle, reactor);
  by_handle_[handle] = call.get();
  return *call;
}

Call* CallTable::find(SignallingCallId id) {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

Call* CallTable::find(q931_call* handle) {
  auto found = by_handle_.find(handle);
  return found == by_handle_.end() ? nullptr : found->second;
}

void CallTable::rebind(Call& call, q931_call* handle) {
  // libpri may have given the old address to a new call already.
  if (auto old = by_handle_.find(call.handle); old != by_handle_.end() && old->second == &call) by_handle_.erase(old);
  call.handle = handle;
  if (handle) by_handle_[handle] = &call;
}

void CallTable::erase(SignallingCallId id) {
  if (Call* call = find(id)) {
    rebind(*call, nullptr);
    by_id_.erase(id);
  }
}

std::vector<SignallingCallId> CallTable::ids() const {
  std::vector<SignallingCallId> all;
  for (const auto& [id, call] : by_id_) all.push_back(id);
  return all;
}

}  // namespace sg::tdm::pri
