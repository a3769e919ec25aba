#pragma once

#include <map>

#include "gateway/admin/command.h"

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
  std::map<CallId, std::string> fax_lines;
  std::string file_of_records;
  std::vector<std::string> numbers;
  std::vector<std::string> blocked;  // and unblocked, in words
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
  void ask_fax(CallId id, std::function<void(std::optional<std::string>)> answer) override {
    auto found = fax_lines.find(id);
    answer(found == fax_lines.end() ? std::nullopt : std::optional(found->second));
  }
  std::vector<std::string> faxes() const override {
    std::vector<std::string> lines;
    for (const auto& [id, line] : fax_lines) lines.push_back(line);
    return lines;
  }
  size_t most_faxes() const override { return 20; }
  std::string records_file() const override { return file_of_records; }
  Result<std::vector<std::string>> fax_numbers(const std::string& trunk, const std::string& number) const override {
    std::vector<std::string> page;
    for (const std::string& each : numbers) {
      const Json known = Json::parse(each);
      if (std::pair<std::string, std::string>(known["trunk"], known["number"]) > std::pair(trunk, number)) {
        page.push_back(each);
      }
    }
    if (page.size() > 2) page.resize(2);
    return page;
  }
  Result<size_t> forget_fax_number(const std::string& number, const std::string&) override {
    return std::erase_if(numbers, [&](const std::string& each) { return each.find(number) != std::string::npos; });
  }
  Result<ImportView> import_fax_numbers(const std::vector<std::string>& lines) override {
    numbers.insert(numbers.end(), lines.begin(), lines.end());
    return ImportView{lines.size(), 0};
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
  Result<BlockView> set_blocked(const Blockable& what, bool is_blocked) override {
    if (what.trunk == "none") return fail("there is no trunk none");
    blocked.push_back(fmt::format("{} {}", is_blocked ? "block" : "unblock",
                                  what.slot   ? fmt::format("{}", *what.slot)
                                  : what.span ? fmt::format("span {}", *what.span)
                                              : "trunk " + what.trunk));
    return BlockView{30, is_blocked ? 2u : 0u};
  }
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

// As gateway/records writes it.
inline std::string fax_record() {
  return R"({"call":17,"started":"2026-03-01T09:05:00.250Z",
    "caller":{"trunk":"carrier","called":"+4930","calling":"100"},
    "called":[{"trunk":"pstn","called":"30","calling":"100"}],
    "fax":{"pages":0,"bit_rate":14400,"ecm":true,"verdict":"failed","cause":"The timeslot slipped 2 times.",
      "advice":"Mend the clock.","resolution":"fine","compression":"MMR","retrains":1,"ecm_repeats":0,
      "refused_pages":0,"calling_identity":"+33 1","called_identity":null,"transport":"g711, t38","in":"g711",
      "out":"t38","lost":3,
      "recovered":2,"slips":2,"jitter_ms":1.25,"drift_ppm":-4.5,
      "timeline_left_out":7,"timeline_left_out_from_ms":5200,"timeline_left_out_until_ms":6900,
      "timeline":[{"at_ms":100,"side":"a","kind":"tone","what":"CNG"},
        {"at_ms":2310,"side":"b","kind":"frame","what":"DIS","in":"g711"},
        {"at_ms":2400,"side":"a","kind":"mode","what":"t38: our offer"},
        {"at_ms":5000,"side":"a","kind":"frame","what":"DCS 14400 bit/s ECM","in":"t38"},
        {"at_ms":5100,"side":"a","kind":"training","what":"training 14400 bit/s","in":"t38"},
        {"at_ms":7000,"side":"b","kind":"slip","what":"2 slips"}]}})";
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
