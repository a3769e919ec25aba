#include "tools/pstnsim/exchange_impl.h"

// What comes by the control socket.
namespace sg::pstnsim {

void Exchange::handle(const Json& request, Answer answer) {
  auto refuse = [&](const std::string& why) { answer({{"ok", false}, {"error", why}}); };
  if (!request.is_object()) return refuse("a request is a JSON object");
  try {
    std::string command = request.value("command", "");
    if (command == "originate") {
      auto call = originate(request.at("from"), request.at("to"), request.value("send", ""),
                            request.value("span", uint16_t{0}));
      if (!call) return refuse(call.error().message);
      return answer({{"ok", true}, {"call", *call}});
    }
    if (command == "calls") {
      Json all = Json::array();
      for (const auto& [id, call] : calls_) all.push_back(describe(*call));
      return answer({{"ok", true}, {"calls", all}});
    }
    if (command == "status") return answer(status());
    if (command == "hangup") {
      auto found = calls_.find(request.at("call").get<uint64_t>());
      if (found == calls_.end()) return refuse("there is no such call");
      found->second->trunk.interface->release(found->second->signalling, request.value("cause", 16));
      return answer({{"ok", true}});
    }
    if (command == "wait") {
      return wait(request.at("call"), std::chrono::milliseconds(request.value("timeout_ms", int64_t{600'000})),
                  std::move(answer));
    }
    if (command == "clock" || command == "alarm" || command == "dchannel" || command == "bit_errors") {
      return answer(set_fault(command, request));
    }
    return refuse("the commands are originate, calls, status, hangup, wait, clock, alarm, dchannel and bit_errors");
  } catch (const Json::exception& error) {
    return refuse(error.what());
  }
}

Exchange::Json Exchange::set_fault(const std::string& command, const Json& request) {
  auto span = request.value("span", config_.spans.front().cesop.number);
  Trunk* trunk = find_trunk(span);
  if (!trunk) return {{"ok", false}, {"error", "there is no such span"}};
  if (trunk->config.backend != SpanBackend::Cesop) {
    if (command != "dchannel" || trunk->config.is_analog())
      return {{"ok", false}, {"error", "a span of this backend and type cannot do that"}};
    trunk->dchannel_is_cut = request.at("cut");
    return {{"ok", true}};
  }
  bool on = request.value("on", true);
  if (command == "clock") {
    cesop_->set_ppm(span, request.at("ppm"));
  } else if (command == "dchannel") {
    cesop_->cut_dchannel(span, request.at("cut"));
  } else if (command == "bit_errors") {
    cesop_->set_bit_error_rate(span, request.value("timeslot", uint8_t{0}), request.at("rate"));
  } else {
    std::string kind = request.at("kind");
    if (kind == "ais")
      cesop_->send_ais(span, on);
    else if (kind == "rai")
      cesop_->send_rai(span, on);
    else if (kind == "los")
      cesop_->stop_sending(span, on);
    else
      return {{"ok", false}, {"error", "an alarm is ais, rai or los"}};
  }
  return {{"ok", true}};
}

void Exchange::wait(uint64_t call, std::chrono::milliseconds limit, Answer answer) {
  if (auto over = results_.find(call); over != results_.end()) {
    Json result = over->second;
    result["ok"] = true;
    return answer(result);
  }
  if (!calls_.contains(call)) return answer({{"ok", false}, {"error", "there is no such call"}});
  auto waiter = waiters_.emplace(call, Waiter{std::move(answer), std::make_unique<Timer>(reactor_)});
  waiter->second.timer->arm(limit, [this, waiter] {
    Answer late = std::move(waiter->second.answer);
    waiters_.erase(waiter);
    late({{"ok", false}, {"error", "the call goes on"}});
  });
}

Exchange::Json Exchange::describe(const Call& call) const {
  Json described = {{"call", call.id},           {"span", call.slot.span}, {"timeslot", call.slot.number},
                    {"outgoing", call.outgoing}, {"number", call.local},   {"far", call.far},
                    {"state", call.state}};
  if (!call.fax.is_null()) described["fax"] = call.fax;
  if (call.tester) {
    described["data"] = {{"octets", call.tester->octets()},
                         {"errors", call.tester->errors()},
                         {"clean", call.tester->clean()},
                         {"slips", call.tester->slips()}};
  }
  if (call.terminal && call.terminal->fax() && call.fax.is_null()) {
    auto progress = call.terminal->fax()->progress();
    described["progress"] = {
        {"page", progress.page}, {"bit_rate", progress.bit_rate}, {"ecm", progress.ecm}, {"phase", progress.phase}};
  }
  return described;
}

Exchange::Json Exchange::status() const {
  Json spans = Json::array();
  auto lines = span_status();
  for (const auto& trunk : trunks_) {
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
  return {{"ok", true}, {"spans", spans}, {"calls", calls_.size()}};
}

}  // namespace sg::pstnsim
