// What the admin commands see of the Application (admin::View).

#include "gateway/app/application.h"

#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "gateway/app/version.h"
#include "gateway/fax/fax_experience.h"
#include "gateway/fax/fax_verdict.h"
#include "gateway/records/json.h"
#include "gateway/route/normalise.h"

namespace sg::app {
namespace {

using std::chrono::milliseconds;

std::string_view media_mode_of(const call::Call& call) {
  // The IP leg's mode tells; between two of them the one that is not plain audio.
  for (const call::Party* party : {&call.caller(), call.called()}) {
    if (party && party->mode() != call::MediaModeState::Audio) return name(party->mode());
  }
  return name(call::MediaModeState::Audio);
}

admin::LegView view_of(const call::Party& party) {
  const auto& record = party.record();
  return {record.trunk,  record.leg,     party.is_released() ? "released" : "up",
          record.called, record.calling, party.slot()};
}

admin::CallView view_of(const call::Call& call) {
  const auto& record = call.record();
  admin::CallView view;
  view.id = call.id();
  view.uid = record.uid;
  view.state = name(call.state());
  view.media_mode = media_mode_of(call);
  view.age = call.age();
  view.talking = call.talking();
  view.from = view_of(call.caller());
  if (call.called()) view.to = view_of(*call.called());
  return view;
}

std::vector<admin::StepView> history_of(const call::Call& call) {
  std::vector<admin::StepView> steps;
  auto since_start = [&](call::WallTime at) {
    return std::chrono::duration_cast<milliseconds>(at - call.record().started);
  };
  auto began = call.began();
  for (const auto& transition : call.history()) {
    steps.push_back(
        {std::chrono::duration_cast<milliseconds>(transition.at - began), std::string(name(transition.to))});
  }
  for (const call::Party* party : {&call.caller(), call.called()}) {
    if (!party) continue;
    for (const auto& change : party->record().modes) {
      steps.push_back({since_start(change.at), fmt::format("{}: {} ({})", party->trunk(), name(change.mode),
                                                           words_of(change.reason, change.refused_with))});
    }
  }
  std::stable_sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return steps;
}

// Octets that the disk of a file has left for this process. Not set: the file is none that takes room, or cannot be
// asked.
std::optional<uint64_t> free_beside(const std::string& file) {
  struct stat what {};
  struct statvfs disk {};
  if (::stat(file.c_str(), &what) != 0 || !S_ISREG(what.st_mode)) return std::nullopt;
  if (::statvfs(file.c_str(), &disk) != 0) return std::nullopt;
  return static_cast<uint64_t>(::geteuid() == 0 ? disk.f_bfree : disk.f_bavail) * disk.f_frsize;
}

// Numbers that people write as calls of a trunk have them: "+493012345" is 03012345 where a trunk's numbers are
// national.
class WrittenNumbers {
 public:
  explicit WrittenNumbers(const conf::Settings& settings)
      : settings_(settings), normaliser_(route::Normaliser::make(settings)) {}

  std::string on(const std::string& trunk, const std::string& number) const {
    if (!normaliser_ || !number.starts_with('+')) return number;
    auto plain = "+" + fax::remembered_form(number);
    auto form = normaliser_->to_trunk(plain, route::numbering_of(settings_, trunk), route::number_of(plain));
    return form ? form->digits : number;
  }

 private:
  const conf::Settings& settings_;
  const Result<route::Normaliser> normaliser_;
};

// Several analog trunks may have the span.
void add_interface(admin::SpanView& view, const std::string& trunk, const tdm::Signalling::Status& interface) {
  bool is_first = view.trunk.empty();
  view.trunk += (is_first ? "" : ", ") + trunk;
  view.signalling += (is_first ? "" : "; ") + interface.name;
  view.signalling_is_up = interface.is_up && (is_first || view.signalling_is_up);
}

}  // namespace

admin::StatusView Application::status() const {
  admin::StatusView view;
  view.version = kVersion;
  view.uptime = std::chrono::duration_cast<std::chrono::seconds>(root_.now() - started_);
  view.calls = manager_->calls().size();
  auto media = media_->snapshot();
  view.sessions = media.sessions;
  view.media_workers = media.workers;
  view.records_waiting = records_ ? records_->waiting() : 0;
  view.is_overloaded = agent_ && agent_->is_overloaded();
  view.listening = listening();
  return view;
}

std::vector<std::string> Application::listening() const {
  std::vector<std::string> addresses;
  if (!agent_) return addresses;
  for (const auto& listen : agent_->bound()) {
    addresses.push_back(fmt::format("{}:{}", sip::to_string(listen.transport), listen.address.to_string()));
  }
  return addresses;
}

std::vector<admin::CallView> Application::calls() const {
  std::vector<admin::CallView> views;
  for (const call::Call* call : manager_->calls()) views.push_back(view_of(*call));
  return views;
}

void Application::ask_call(CallId id, std::function<void(std::optional<admin::CallDetail>)> answer) {
  const call::Call* call = manager_->find(id);
  if (!call) {
    answer(std::nullopt);
    return;
  }
  media_->ask_stats(call->session(), [detail = admin::CallDetail{view_of(*call), history_of(*call), std::nullopt},
                                      answer = std::move(answer)](std::optional<media::SessionStats> stats) mutable {
    detail.media = std::move(stats);
    answer(std::move(detail));
  });
}

// Of a call that is up, what is known so far.
void Application::ask_fax(CallId id, std::function<void(std::optional<std::string>)> answer) {
  const call::Call* call = manager_->find(id);
  if (!call || !call->record().fax) return answer(faxes_.find(id));
  call::Record record = call->record_so_far();
  media_->ask_stats(call->session(), [record = std::move(record),
                                      answer = std::move(answer)](std::optional<media::SessionStats> stats) mutable {
    if (stats) record.media = std::move(*stats);
    answer(records::to_json(record, fax::under_way()));
  });
}

Result<std::vector<std::string>> Application::fax_numbers() const {
  if (!fax_memory_) return no_memory();
  const auto now = std::chrono::system_clock::now();
  std::vector<std::string> lines;
  for (const auto& known : fax_memory_->all(now)) lines.push_back(fax::to_json(known, now));
  return lines;
}

tl::unexpected<Error> Application::no_memory() const {
  if (fax_memory_error_.empty()) return fail("nothing is remembered: [fax] memory names no file");
  return fail("nothing is remembered: {}", fax_memory_error_);
}

// "there is no SIP trunk "carier"; there are carrier, pbx"
Result<> Application::has_memory_of(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& sip_trunk : sip_trunks_) names.push_back(sip_trunk->name());
  if (std::ranges::find(names, name) != names.end()) return {};
  return fail("there is no SIP trunk \"{}\"; there are {}", name, fmt::join(names, ", "));
}

Result<size_t> Application::forget_fax_number(const std::string& number, const std::string& trunk) {
  if (!fax_memory_) return no_memory();
  auto trunks = fax_memory_->trunks();
  // What the settings have named once can be forgotten still.
  if (!trunk.empty() && !trunks.contains(trunk)) {
    if (auto known = has_memory_of(trunk); !known) return tl::unexpected(known.error());
  }
  const WrittenNumbers numbers(*plan_->settings);
  size_t forgotten = 0;
  for (const std::string& name : trunks) {
    if (!trunk.empty() && name != trunk) continue;
    forgotten += fax_memory_->forget(name, numbers.on(name, number)) || fax_memory_->forget(name, number);
  }
  if (forgotten == 0) return fail("nothing is remembered of {}{}", number, trunk.empty() ? "" : " on trunk " + trunk);
  return forgotten;
}

Result<admin::ImportView> Application::import_fax_numbers(const std::vector<std::string>& lines) {
  if (!fax_memory_) return no_memory();
  const auto now = std::chrono::system_clock::now();
  const WrittenNumbers written(*plan_->settings);
  std::vector<fax::FaxExperience> numbers;
  for (const std::string& line : lines) {
    auto known = fax::experience_of(line, now);
    if (!known) return fail("line {}: {}", numbers.size() + 1, known.error().message);
    if (auto trunk = has_memory_of(known->trunk); !trunk) {
      return fail("line {}: {}", numbers.size() + 1, trunk.error().message);
    }
    known->number = written.on(known->trunk, known->number);
    numbers.push_back(std::move(*known));
  }
  auto imported = fax_memory_->import(std::move(numbers), now);
  if (!imported) return tl::unexpected(imported.error());
  return admin::ImportView{imported->taken, imported->older};
}

std::vector<tdm::SpanStatus> Application::span_status() const {
  std::vector<tdm::SpanStatus> all;
  if (cesop_) all = cesop_->status();
  if (dahdi_) std::ranges::move(dahdi_->status(), std::back_inserter(all));
  for (const auto& span : settings_.spans) {
    if (span.backend != conf::SpanBackend::Dahdi || dahdi_) continue;
    tdm::SpanStatus status;
    status.number = span.number;
    status.name = fmt::format("dahdi span {}: no driver", span.number_in_driver());
    status.alarms = tdm::kAlarmRemoved;
    all.push_back(std::move(status));
  }
  std::ranges::sort(all, {}, &tdm::SpanStatus::number);
  return all;
}

std::vector<admin::SpanView> Application::spans() const {
  std::vector<admin::SpanView> views;
  for (auto& span : span_status()) {
    admin::SpanView view;
    view.span = span;
    if (span_watch_) view.history = span_watch_->history(span);
    for (const auto& tdm_trunk : tdm_trunks_) {
      for (const auto& interface : tdm_trunk->status()) {
        auto is_on_it = [&](const auto& slot) { return slot.slot.span == span.number; };
        if (std::ranges::none_of(interface.slots, is_on_it)) continue;
        add_interface(view, tdm_trunk->name(), interface);
        for (const auto& slot : interface.slots) {
          if (!is_on_it(slot)) continue;
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
            default:
              ++view.out_of_service;
              break;
          }
        }
      }
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<admin::TrunkView> Application::trunks() const {
  std::vector<admin::TrunkView> views;
  for (const auto& state : trunk_states()) {
    const auto* sip = dynamic_cast<const SipTrunk*>(trunk(state.name));
    auto word = sip ? sip->words() : words_of(state.name, state.is_up);
    views.push_back({state.name, sip ? "sip" : "tdm", state.is_up, std::move(word), state.calls, state.max_calls});
  }
  return views;
}

// "up", "up, 3 of 30 blocked"
std::string Application::words_of(const std::string& tdm_trunk, bool is_up) const {
  size_t all = 0, blocked = 0;
  for (const auto& slot : timeslots()) {
    if (slot.trunk != tdm_trunk) continue;
    ++all;
    blocked += slot.is_blocked;
  }
  std::string word = is_up ? "up" : "down";
  return blocked == 0 ? word : fmt::format("{}, {} of {} blocked", word, blocked, all);
}

// Timeslots keep to it as long as the gateway runs: no file says so, and a reload changes no trunk on spans.
Result<admin::BlockView> Application::set_blocked(const admin::Blockable& what, bool is_blocked) {
  if (!what.trunk.empty()) {
    if (!trunk(what.trunk)) return fail("there is no trunk {}", what.trunk);
    if (std::ranges::none_of(tdm_trunks_, [&](const auto& each) { return each->name() == what.trunk; })) {
      return fail("trunk {} has no timeslots: it is a SIP peer", what.trunk);
    }
  }
  admin::BlockView done;
  for (const admin::TimeslotView& slot : timeslots()) {
    const bool is_meant = what.slot   ? slot.slot == *what.slot
                          : what.span ? slot.slot.span == *what.span
                                      : slot.trunk == what.trunk;
    if (!is_meant) continue;
    for (auto& tdm_trunk : tdm_trunks_) {
      if (tdm_trunk->name() == slot.trunk) tdm_trunk->set_blocked(slot.slot, is_blocked);
    }
    ++done.timeslots;
    done.calls += slot.call ? 1 : 0;
  }
  if (done.timeslots > 0) return done;
  if (what.slot) return fail("timeslot {} carries no calls: no trunk has it, or it is a D-channel", *what.slot);
  return fail("no trunk has timeslots on a span {}", what.span.value_or(0));
}

std::vector<admin::TimeslotView> Application::timeslots() const {
  std::vector<admin::TimeslotView> views;
  for (const auto& tdm_trunk : tdm_trunks_) {
    for (const auto& interface : tdm_trunk->status()) {
      for (const auto& slot : interface.slots)
        views.push_back({slot.slot, tdm_trunk->name(), slot.state, call_on(slot.slot), slot.detail, slot.is_blocked});
    }
  }
  return views;
}

std::vector<admin::Finding> Application::examine() const {
  return app::examine(facts());
}

size_t Application::ports_in_use() const {
  size_t pairs = 0;
  for (const call::Call* call : manager_->calls()) {
    for (const call::Party* party : {&call->caller(), call->called(), call->third()}) {
      pairs += party && party->is_ip();
    }
  }
  return pairs;
}

Facts Application::facts() const {
  Facts facts;
  for (const auto& sip_trunk : sip_trunks_) {
    facts.peers.push_back({sip_trunk->name(), sip_trunk->is_up(), sip_trunk->words(), sip_trunk->obstacle(),
                           sip_trunk->has_missed(), sip_trunk->has_met_call()});
  }
  facts.files.push_back({.subject = "records",
                         .file = settings_.records.file,
                         .error = records_ ? records_->trouble() : std::string(),
                         .waiting = records_ ? records_->waiting() : 0,
                         .free = free_beside(settings_.records.file)});
  facts.files.push_back({.subject = "fax memory",
                         .file = settings_.fax.memory,
                         .error = fax_memory_ ? fax_memory_->trouble() : fax_memory_error_,
                         .free = free_beside(settings_.fax.memory)});
  facts.ports = {.in_use = ports_in_use(),
                 .all = (static_cast<size_t>(settings_.media.last_port) - settings_.media.first_port + 1) / 2};
  if (dahdi_) facts.driver_version = dahdi_->driver_version();
  facts.driver_error = dahdi_error_;
  facts.is_overloaded = agent_ && agent_->is_overloaded();
  for (auto& view : spans()) {
    SpanFacts span;
    span.settings = *settings_.span(view.span.number);
    for (const auto& trunk : settings_.pri_trunks) {
      if (std::ranges::count(trunk.spans, view.span.number) == 0) continue;
      span.role = trunk.role;
      auto with_dchannel = trunk.dchannel_spans();
      if (std::ranges::count(with_dchannel, view.span.number) == 0) continue;
      span.dchannel = trunk.dchannel != 0 ? static_cast<uint8_t>(trunk.dchannel) : tdm::dchannel_of(view.span.type);
    }
    span.is_analog = !settings_.analog_trunks_on(view.span.number).empty();
    for (const auto& slot : timeslots()) {
      if (span.is_analog && slot.slot.span == view.span.number) span.ports.push_back(slot);
    }
    if (dahdi_ && span.settings.backend == conf::SpanBackend::Dahdi) {
      span.driver = dahdi_->driver_span(view.span.number);
      span.channels = dahdi_->channels(view.span.number);
    }
    span.view = std::move(view);
    facts.spans.push_back(std::move(span));
  }
  return facts;
}

std::vector<std::pair<std::string, uint64_t>> Application::counters() const {
  return counters_.snapshot();
}

bool Application::hang_up(CallId id) {
  return manager_->hang_up(id);
}

CallId Application::call_on(tdm::Timeslot slot) const {
  for (const call::Call* call : manager_->calls()) {
    for (const call::Party* party : {&call->caller(), call->called()}) {
      if (party && !party->is_released() && party->slot() == slot) return call->id();
    }
  }
  return {};
}

}  // namespace sg::app
