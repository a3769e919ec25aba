#include "gateway/app/admin_view.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "gateway/app/call_views.h"
#include "gateway/app/explain.h"
#include "gateway/app/version.h"
#include "gateway/fax/fax_verdict.h"
#include "gateway/records/json.h"

namespace sg::app {
namespace {

using SlotStatus = tdm::Signalling::SlotStatus;

// Octets that the disk of a file has left for this process. Not set: the file is none that takes room, or cannot be
// asked.
std::optional<uint64_t> free_beside(const std::string& file) {
  struct stat what {};
  struct statvfs disk {};
  if (::stat(file.c_str(), &what) != 0 || !S_ISREG(what.st_mode)) return std::nullopt;
  if (::statvfs(file.c_str(), &disk) != 0) return std::nullopt;
  return static_cast<uint64_t>(::geteuid() == 0 ? disk.f_bfree : disk.f_bavail) * disk.f_frsize;
}

// Several analog trunks may have the span.
void add_interface(admin::SpanView& view, const std::string& trunk, const tdm::Signalling::Status& interface) {
  bool is_first = view.trunk.empty();
  view.trunk += (is_first ? "" : ", ") + trunk;
  view.signalling += (is_first ? "" : "; ") + interface.name;
  view.signalling_is_up = interface.is_up && (is_first || view.signalling_is_up);
}

void count(admin::SpanView& view, const SlotStatus& slot) {
  view.blocked += slot.is_blocked;
  switch (slot.state) {
    case tdm::Signalling::SlotState::Idle:
      ++view.idle;
      break;
    case tdm::Signalling::SlotState::InUse:
      ++view.in_use;
      break;
    case tdm::Signalling::SlotState::Blocked:
      break;
    case tdm::Signalling::SlotState::OutOfService:
    case tdm::Signalling::SlotState::Restarting:
    case tdm::Signalling::SlotState::InAlarm:
      ++view.out_of_service;
      break;
  }
}

// "up", "up, 3 of 30 blocked"
std::string words_of(const trunk::TdmTrunk& trunk, bool is_up) {
  size_t all = 0, blocked = 0;
  for (const auto& interface : trunk.status()) {
    all += interface.slots.size();
    blocked += static_cast<size_t>(std::ranges::count_if(interface.slots, &SlotStatus::is_blocked));
  }
  std::string word = is_up ? "up" : "down";
  return blocked == 0 ? word : fmt::format("{}, {} of {} blocked", word, blocked, all);
}

PeerFacts facts_of(const trunk::SipTrunk& trunk) {
  return {trunk.name(), trunk.is_up(), trunk.words(), trunk.obstacle(), trunk.has_missed(), trunk.has_met_call()};
}

}  // namespace

AdminView::AdminView(const Parts& parts)
    : parts_(parts),
      started_(parts.reactor.now()),
      fax_numbers_(parts.history.fax_memory(), parts.history.fax_memory_error(), parts.routing, parts.trunks) {}

admin::StatusView AdminView::status() const {
  owner_.check();
  admin::StatusView view;
  view.version = kVersion;
  view.uptime = std::chrono::duration_cast<std::chrono::seconds>(parts_.reactor.now() - started_);
  view.calls = parts_.calls.size();
  const auto media = parts_.media.snapshot();
  view.sessions = media.sessions;
  view.media_workers = media.workers;
  const auto* writer = parts_.history.writer();
  view.records_waiting = writer ? writer->waiting() : 0;
  view.is_overloaded = parts_.agent && parts_.agent->is_overloaded();
  view.listening = listening();
  return view;
}

std::vector<std::string> AdminView::listening() const {
  std::vector<std::string> addresses;
  if (!parts_.agent) return addresses;
  for (const auto& listen : parts_.agent->bound()) {
    addresses.push_back(fmt::format("{}:{}", name_of(listen.transport), listen.address.to_string()));
  }
  return addresses;
}

std::vector<admin::CallView> AdminView::calls() const {
  owner_.check();
  std::vector<admin::CallView> views;
  for (const call::Call* call : parts_.calls.calls()) views.push_back(view_of(*call));
  return views;
}

void AdminView::ask_call(CallId id, std::function<void(std::optional<admin::CallDetail>)> answer) {
  owner_.check();
  const call::Call* call = parts_.calls.find(id);
  if (!call) {
    answer(std::nullopt);
    return;
  }
  parts_.media.ask_stats(call->session(),
                         [detail = admin::CallDetail{view_of(*call), history_of(*call), std::nullopt},
                          answer = std::move(answer)](std::optional<media::SessionStats> stats) mutable {
                           detail.media = stats;
                           answer(std::move(detail));
                         });
}

// Of a call that is up, what is known so far.
void AdminView::ask_fax(CallId id, std::function<void(std::optional<std::string>)> answer) {
  owner_.check();
  const call::Call* call = parts_.calls.find(id);
  if (!call || !call->record().fax) return answer(parts_.history.faxes().find(id));
  call::Record record = call->record_so_far();
  parts_.media.ask_stats(call->session(), [record = std::move(record), answer = std::move(answer)](
                                              std::optional<media::SessionStats> stats) mutable {
    if (stats) record.media = *stats;
    answer(records::to_json(record, fax::under_way()));
  });
}

Result<size_t> AdminView::forget_fax_number(const std::string& number, const std::string& trunk) {
  return fax_numbers_.forget(number, trunk);
}

Result<admin::ImportView> AdminView::import_fax_numbers(const std::vector<std::string>& lines) {
  return fax_numbers_.import(lines);
}

Result<admin::RouteView> AdminView::explain_route(const admin::RouteQuestion& question) const {
  owner_.check();
  return app::explain_route(question, parts_.routing, parts_.trunks);
}

void AdminView::reload(std::function<void(Result<admin::ReloadView>)> answer) {
  parts_.reloader.reload(std::move(answer));
}

std::vector<admin::SpanView> AdminView::spans() const {
  owner_.check();
  std::map<uint16_t, admin::SpanView> by_number;
  for (auto& span : parts_.backends.status()) {
    admin::SpanView& view = by_number[span.number];
    view.history = parts_.span_watch.history(span);
    view.span = std::move(span);
  }
  for (const auto& trunk : parts_.trunks.tdm()) {
    for (const auto& interface : trunk->status()) {
      std::set<uint16_t> met;  // of its spans
      for (const auto& slot : interface.slots) {
        auto found = by_number.find(slot.slot.span);
        if (found == by_number.end()) continue;
        if (met.insert(slot.slot.span).second) add_interface(found->second, trunk->name(), interface);
        count(found->second, slot);
      }
    }
  }
  std::vector<admin::SpanView> views;
  for (auto& [number, view] : by_number) views.push_back(std::move(view));
  return views;
}

std::vector<admin::TrunkView> AdminView::trunks() const {
  owner_.check();
  std::vector<admin::TrunkView> views;
  auto add = [&](const call::Trunk& trunk, const char* kind, bool is_up, std::string words) {
    const conf::Trunk* settings = parts_.routing.settings().trunk(trunk.name());
    const auto most = static_cast<size_t>(settings ? settings->max_calls : 0);
    views.push_back({trunk.name(), kind, is_up, std::move(words), trunk.calls().size(), most});
  };
  for (const auto& sip : parts_.trunks.sip()) add(*sip, "sip", sip->is_up(), sip->words());
  for (const auto& tdm : parts_.trunks.tdm()) {
    const bool is_up = tdm->state().is_up;
    add(*tdm, "tdm", is_up, words_of(*tdm, is_up));
  }
  return views;
}

std::vector<admin::TimeslotView> AdminView::timeslots() const {
  owner_.check();
  const auto calls = calls_by_slot(parts_.calls);
  std::vector<admin::TimeslotView> views;
  for (const auto& trunk : parts_.trunks.tdm()) {
    for (const auto& interface : trunk->status()) {
      for (const auto& slot : interface.slots) {
        auto call = calls.find(slot.slot);
        views.push_back({slot.slot, trunk->name(), slot.state, call == calls.end() ? CallId{} : call->second,
                         slot.detail, slot.is_blocked});
      }
    }
  }
  return views;
}

// Timeslots keep to it as long as the gateway runs: no file says so, and a reload changes no trunk on spans.
Result<admin::BlockView> AdminView::set_blocked(const admin::Blockable& what, bool is_blocked) {
  owner_.check();
  trunk::Trunks& trunks = parts_.trunks;
  if (!what.trunk.empty()) {
    if (!trunks.find(what.trunk)) return fail("there is no trunk {}", what.trunk);
    if (!trunks.find_tdm(what.trunk)) return fail("trunk {} has no timeslots: it is a SIP peer", what.trunk);
  }
  admin::BlockView done;
  for (const admin::TimeslotView& slot : timeslots()) {
    const bool is_meant = what.slot   ? slot.slot == *what.slot
                          : what.span ? slot.slot.span == *what.span
                                      : slot.trunk == what.trunk;
    if (!is_meant) continue;
    trunks.find_tdm(slot.trunk)->set_blocked(slot.slot, is_blocked);
    ++done.timeslots;
    done.calls += slot.call ? 1 : 0;
  }
  if (done.timeslots > 0) return done;
  if (what.slot) return fail("timeslot {} carries no calls: no trunk has it, or it is a D-channel", *what.slot);
  return fail("no trunk has timeslots on a span {}", what.span.value_or(0));
}

Facts AdminView::facts() const {
  owner_.check();
  const conf::Settings& settings = parts_.settings;
  const auto* writer = parts_.history.writer();
  Facts facts;
  for (const auto& sip : parts_.trunks.sip()) facts.peers.push_back(app::facts_of(*sip));
  facts.files.push_back({.subject = "records",
                         .file = settings.records.file,
                         .error = writer ? writer->trouble() : std::string(),
                         .waiting = writer ? writer->waiting() : 0,
                         .free = free_beside(settings.records.file)});
  facts.files.push_back({.subject = "fax memory",
                         .file = settings.fax.memory,
                         .error = fax_numbers_.trouble(),
                         .free = free_beside(settings.fax.memory)});
  facts.ports = {.in_use = ports_in_use(parts_.calls),
                 .all = (static_cast<size_t>(settings.media.last_port) - settings.media.first_port + 1) / 2};
  facts.driver_version = parts_.backends.driver_version();
  facts.driver_error = parts_.backends.driver_error();
  facts.is_overloaded = parts_.agent && parts_.agent->is_overloaded();
  std::map<uint16_t, std::vector<admin::TimeslotView>> slots;
  for (auto& slot : timeslots()) slots[slot.slot.span].push_back(std::move(slot));
  for (auto& view : spans()) {
    const uint16_t number = view.span.number;
    facts.spans.push_back(facts_of(std::move(view), std::move(slots[number])));
  }
  return facts;
}

SpanFacts AdminView::facts_of(admin::SpanView view, std::vector<admin::TimeslotView> slots) const {
  const conf::Settings& settings = parts_.settings;
  const uint16_t number = view.span.number;
  SpanFacts span;
  span.settings = *settings.span(number);
  for (const auto& trunk : settings.pri_trunks) {
    if (std::ranges::count(trunk.spans, number) == 0) continue;
    span.role = trunk.role;
    auto with_dchannel = trunk.dchannel_spans();
    if (std::ranges::count(with_dchannel, number) == 0) continue;
    span.dchannel = trunk.dchannel != 0 ? static_cast<uint8_t>(trunk.dchannel) : dchannel_of(view.span.type);
  }
  span.is_analog = !settings.analog_trunks_on(number).empty();
  if (span.is_analog) span.ports = std::move(slots);
  span.driver = parts_.backends.driver_span(number);
  span.channels = parts_.backends.driver_channels(number);
  span.view = std::move(view);
  return span;
}

}  // namespace sg::app
