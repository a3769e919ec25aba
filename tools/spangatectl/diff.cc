#include "tools/spangatectl/diff.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>

#include "base/iso_time.h"
#include "conf/settings.h"
#include "gateway/records/read.h"
#include "gateway/route/normalise.h"
#include "gateway/route/replay.h"

namespace sg::spangatectl {
namespace {

route::RoutedCall routed_call(const call::Record& record) {
  route::RoutedCall call;
  call.query.from_trunk = record.caller.trunk;
  call.query.called = record.setup.called;
  call.query.calling = record.setup.calling.number;
  if (record.setup.redirection) call.query.redirecting = record.setup.redirection->from;
  if (record.setup.bearer == BearerCapability::Unrestricted) call.query.media = CallMedia::Data;
  call.query.now = record.started;
  call.route = record.plan.route;
  call.outcome = record.plan.outcome;
  call.called = record.plan.called;
  call.calling = record.plan.calling;
  return call;
}

}  // namespace

Result<> check_since(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0;
  auto number = [&](size_t at, size_t count, auto& value) {
    auto digits = text.substr(at, count);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  const bool is_date =
      text.size() >= 10 && text[4] == '-' && text[7] == '-' && number(0, 4, year) && number(5, 2, month) &&
      number(8, 2, day) && (text.size() == 10 || text[10] == 'T') &&
      std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)).ok();
  if (is_date) return {};
  return fail("--since: \"{}\" is no date such as 2026-03-01 or 2026-03-01T09:00", text);
}

Result<Json> diff(const DiffQuestion& question) {
  auto settings = conf::load(question.file);
  if (!settings) return tl::unexpected(settings.error());
  auto plan = route::Plan::make(*settings);
  if (!plan) return tl::unexpected(plan.error());
  const std::string& records = question.records.empty() ? settings->records.file : question.records;
  if (records.empty()) return fail("{} names no [records] file: say which with --records", question.file);
  std::ifstream file(records);
  if (!file) return fail("{}: {}", records, std::strerror(errno));

  size_t calls = 0, skipped = 0;
  Json elsewhere = Json::array();
  for (std::string line; std::getline(file, line);) {
    auto record = records::from_json(line);
    if (!record) {
      ++skipped;
      continue;
    }
    std::string started = iso8601(record->started);
    // Times of one form and one zone: their letters are in their order.
    if (started < question.since) continue;
    ++calls;
    auto call = routed_call(*record);
    auto would_go = route::goes_elsewhere(call, *plan);
    if (!would_go) continue;
    elsewhere.push_back({{"call", record->call.value},
                         {"started", started},
                         {"from", record->caller.trunk},
                         {"called", route::text_of(record->setup.called)},
                         {"route", call.route},
                         {"went", call.outcome},
                         {"would_go", *would_go}});
  }
  return Json{{"file", question.file},
              {"records", records},
              {"calls", calls},
              {"skipped", skipped},
              {"elsewhere", std::move(elsewhere)}};
}

}  // namespace sg::spangatectl
