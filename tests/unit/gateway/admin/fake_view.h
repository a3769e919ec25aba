#pragma once

#include <map>

#include "gateway/admin/view.h"

namespace sg::admin {

inline StatusView some_status() {
  StatusView status;
  status.version = "1.2.3";
  status.listening = {"udp:127.0.0.1:5060"};
  return status;
}

// A gateway of a test's making.
struct FakeView final : View {
  StatusView status_view = some_status();
  std::vector<CallView> call_views;
  std::vector<SpanView> span_views;
  std::vector<TrunkView> trunk_views;
  std::vector<TimeslotView> slot_views;
  std::vector<Finding> findings;
  std::vector<std::pair<std::string, uint64_t>> counter_values;
  Result<ReloadView> reload_result = ReloadView{"spangate.toml", 3, 4, 2, {"[span.1] remote"}};
  // Set: ask_call leaves its answer here to be given later.
  bool answers_later = false;
  std::vector<std::function<void(std::optional<CallDetail>)>> owed;

  StatusView status() const override { return status_view; }
  std::vector<CallView> calls() const override { return call_views; }
  void ask_call(CallId id, std::function<void(std::optional<CallDetail>)> answer) override {
    if (answers_later) return owed.push_back(std::move(answer));
    for (const CallView& call : call_views) {
      if (call.id == id)
        return answer(CallDetail{
            .call = call, .history = {{std::chrono::milliseconds(250), "setup"}}, .media = media::SessionStats{}});
    }
    answer(std::nullopt);
  }
  std::vector<SpanView> spans() const override { return span_views; }
  std::vector<TrunkView> trunks() const override { return trunk_views; }
  std::vector<TimeslotView> timeslots() const override { return slot_views; }
  std::vector<Finding> examine() const override { return findings; }
  std::vector<std::pair<std::string, uint64_t>> counters() const override { return counter_values; }
  Result<RouteView> explain_route(const RouteQuestion& question) const override {
    if (question.from != "pbx") return fail("there is no trunk \"{}\"", question.from);
    RouteView view;
    view.called = "+" + question.called;
    view.calling = question.calling;
    view.considered = {{"out", "+*", "wins"}, {"all", "*", "is less specific"}};
    view.route = "out";
    view.outcome = "carrier";
    view.targets = {{"carrier", "up, 3 calls", "+" + question.called, question.calling, "", "INVITE"}};
    return view;
  }
  void reload(std::function<void(Result<ReloadView>)> answer) override { answer(reload_result); }
  bool hang_up(CallId id) override {
    return std::erase_if(call_views, [&](const CallView& call) { return call.id == id; }) > 0;
  }
};

inline CallView fax_call() {
  CallView call;
  call.id = CallId{17};
  call.state = "answered";
  call.media_mode = "t38";
  call.age = std::chrono::milliseconds(65'250);
  call.talking = std::chrono::milliseconds(60'000);
  call.from.trunk = "carrier";
  call.from.called = "+4930";
  call.from.calling = "100";
  LegView& to = call.to.emplace();
  to.trunk = "pstn";
  to.called = "30";
  to.calling = "100";
  to.slot = tdm::Timeslot{1, 3};
  return call;
}

inline SpanView idle_span() {
  SpanView view;
  view.span.number = 1;
  view.span.name = "cesop";
  view.span.clock = "recovered";
  view.span.counters = {{"slips", 2}};
  view.trunk = "pstn";
  view.signalling_is_up = true;
  view.idle = 30;
  return view;
}

inline TimeslotView slot_of(uint8_t number, tdm::Signalling::SlotState state, CallId call = {}) {
  return {.slot = {1, number}, .trunk = "pstn", .state = state, .call = call};
}

}  // namespace sg::admin
