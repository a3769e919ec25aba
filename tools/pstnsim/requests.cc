#include "tools/pstnsim/requests.h"

#include <algorithm>

namespace sg::pstnsim {
namespace {

constexpr size_t kResultsKept = 1000;

}  // namespace

void Requests::handle(const Json& request, Answer answer) {
  if (!request.is_object()) return answer(refusal("a request is a JSON object"));
  try {
    this->answer(request, answer);
  } catch (const Json::exception& error) {
    answer(refusal(error.what()));
  }
}

void Requests::answer(const Json& request, const Answer& answer) {
  const std::string command = request.value("command", "");
  if (command == "originate") {
    auto call = exchange_.originate(request.at("from"), request.at("to"), request.value("send", ""),
                                    request.value("span", uint16_t{0}));
    return answer(call ? Json{{"ok", true}, {"call", *call}} : refusal(call.error().message));
  }
  if (command == "calls") return answer({{"ok", true}, {"calls", calls()}});
  if (command == "status") return answer(status());
  if (command == "hangup") {
    auto done = exchange_.hang_up(request.at("call").get<uint64_t>(), request.value("cause", 16));
    return answer(done ? Json{{"ok", true}} : refusal(done.error().message));
  }
  if (command == "wait") {
    return wait(request.at("call"), std::chrono::milliseconds(request.value("timeout_ms", int64_t{600'000})), answer);
  }
  if (Faults::knows(command)) return answer(faults_.set(command, request));
  answer(refusal("the commands are originate, calls, status, hangup, wait, clock, alarm, dchannel and bit_errors"));
}

void Requests::on_released(uint64_t call, Json result) {
  results_[call] = result;
  if (results_.size() > kResultsKept) results_.erase(results_.begin());
  auto [first, last] = waiters_.equal_range(call);
  std::vector<Answer> answers;
  for (auto at = first; at != last; ++at) answers.push_back(std::move(at->second.answer));
  waiters_.erase(first, last);
  result["ok"] = true;
  for (auto& answer : answers) answer(result);
}

void Requests::wait(uint64_t call, std::chrono::milliseconds limit, Answer answer) {
  if (auto over = results_.find(call); over != results_.end()) {
    Json result = over->second;
    result["ok"] = true;
    return answer(result);
  }
  if (!exchange_.all_calls().contains(call)) return answer({{"ok", false}, {"error", "there is no such call"}});
  auto waiter = waiters_.emplace(call, Waiter{std::move(answer), std::make_unique<Timer>(reactor_)});
  waiter->second.timer->arm(limit, [this, waiter] {
    Answer late = std::move(waiter->second.answer);
    waiters_.erase(waiter);
    late({{"ok", false}, {"error", "the call goes on"}});
  });
}

Json Requests::calls() const {
  Json all = Json::array();
  for (const auto& [id, call] : exchange_.all_calls()) all.push_back(describe(*call));
  return all;
}

Json Requests::status() const {
  Json spans = Json::array();
  auto lines = exchange_.lines().status();
  for (const auto& trunk : exchange_.lines().trunks()) {
    auto status = trunk->interface->status();
    auto slots = [&](tdm::Signalling::SlotState state) {
      return std::ranges::count(status.slots, state, &tdm::Signalling::SlotStatus::state);
    };
    Json span = {{"span", trunk->number()},
                 {"interface", status.name},
                 {"up", status.is_up},
                 {"in_use", slots(tdm::Signalling::SlotState::InUse)},
                 {"idle", slots(tdm::Signalling::SlotState::Idle)}};
    for (const auto& line : lines) {
      if (line.number != trunk->number()) continue;
      span["alarms"] = tdm::to_string(line.alarms);
      span["clock"] = line.clock;
      for (const auto& [name, value] : line.counters) span["counters"][name] = value;
    }
    for (const auto& [name, value] : status.counters) span["counters"][name] = value;
    spans.push_back(span);
  }
  return {{"ok", true}, {"spans", spans}, {"calls", exchange_.calls()}};
}

}  // namespace sg::pstnsim
