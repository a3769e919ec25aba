#include "gateway/app/doctor.h"

#include <algorithm>
#include <map>

#include "gateway/records/writer.h"

namespace sg::app {
namespace {

using admin::Finding;
using Grade = admin::Finding::Grade;
using tdm::dahdi::ChannelKind;

bool is_dahdi(const SpanFacts& span) {
  return span.settings.backend == conf::SpanBackend::Dahdi;
}
std::string name_of(const SpanFacts& span) {
  return fmt::format("span {}", span.settings.number);
}
uint64_t counter(const SpanFacts& span, std::string_view name) {
  auto found = std::ranges::find(span.view.span.counters, name, &std::pair<std::string, uint64_t>::first);
  return found == span.view.span.counters.end() ? 0 : found->second;
}
bool has(const SpanFacts& span, tdm::AlarmSet alarm) {
  return (span.view.span.alarms & alarm) != 0;
}

void examine_driver(const Facts& facts, std::vector<Finding>& findings) {
  if (!facts.driver_error.empty()) {
    findings.push_back({"driver", Grade::Fault, facts.driver_error, "mend it, then restart spangated"});
  } else if (!facts.driver_version.empty()) {
    findings.push_back({"driver", Grade::Good, facts.driver_version, ""});
  }
}

// The card and /etc/dahdi/system.conf. False: nothing more can be said of this span.
bool examine_card(const Facts& facts, const SpanFacts& span, std::vector<Finding>& findings) {
  int number = span.settings.number_in_driver();
  if (!facts.driver_error.empty()) return false;
  if (!span.driver) {
    findings.push_back({name_of(span), Grade::Fault, fmt::format("the driver has no span {}", number),
                        "load the card's module (dahdi_hardware names it, /etc/dahdi/modules lists it), describe the "
                        "span in /etc/dahdi/system.conf, run dahdi_cfg; see /proc/dahdi"});
    return false;
  }
  auto is_idle = [](const tdm::dahdi::ChannelInfo& channel) { return channel.kind == ChannelKind::NotConfigured; };
  auto idle = std::ranges::count_if(span.channels, is_idle);
  if (idle == std::ssize(span.channels)) {
    findings.push_back({name_of(span), Grade::Fault, fmt::format("{} is not configured", span.driver->name),
                        fmt::format("describe driver span {} in /etc/dahdi/system.conf (span=, bchan=, dchan=), then "
                                    "run dahdi_cfg",
                                    number)});
    return false;
  }
  if (idle > 0) {
    findings.push_back(
        {name_of(span), Grade::Warning,
         fmt::format("{} of {} channels are not configured: calls on them fail", idle, span.channels.size()),
         "name them in /etc/dahdi/system.conf (bchan=), then run dahdi_cfg"});
  }
  if (!span.role) return true;
  auto dchannel = std::ranges::find(span.channels, span.dchannel, &tdm::dahdi::ChannelInfo::position);
  bool is_one = dchannel != span.channels.end() &&
                (dchannel->kind == ChannelKind::Hdlc || dchannel->kind == ChannelKind::HardHdlc);
  if (span.dchannel != 0 && !is_one) {
    findings.push_back({name_of(span), Grade::Fault,
                        fmt::format("timeslot {} is to be the D-channel, but is {} in the driver", span.dchannel,
                                    dchannel == span.channels.end() ? "not" : name_of(dchannel->kind)),
                        "make it dchan= (hardhdlc= for cards that frame by themselves) in /etc/dahdi/system.conf and "
                        "run dahdi_cfg, or set the trunk's dchannel to the timeslot that is one"});
  }
  if (span.driver->irq_misses > 0) {
    findings.push_back({name_of(span), Grade::Warning,
                        fmt::format("the card missed {} interrupts", span.driver->irq_misses),
                        "see /proc/interrupts: the card should share its interrupt with no disk or network card"});
  }
  return true;
}

// A row for each alarm. First what is likeliest.
struct AlarmRow {
  tdm::AlarmSet alarm;
  const char* says;
  const char* mend_card;
  const char* mend_pseudowire;
};
constexpr AlarmRow kAlarms[] = {
    {tdm::kAlarmRed, "RED: no signal, or no frame in it, arrives",
     "see that the cable is in and right (crossed between two cards), that the far end is on, and that framing, line "
     "code and CRC-4 in the span= line are the far end's",
     "no packets arrive: see that the far end runs and sends here, that both ends agree on addresses, and that no "
     "firewall is between them"},
    {tdm::kAlarmBlue, "BLUE: the far end sends the alarm indication signal",
     "the fault lies beyond the far end's equipment: ask the carrier", "the far end's own line is broken: look there"},
    {tdm::kAlarmYellow, "YELLOW: the far end does not hear us",
     "see the transmit pair of the cable, and framing, line code and CRC-4 at the far end",
     "our packets do not arrive there: see remote, and firewalls"},
    {tdm::kAlarmLoopback, "LOOPBACK: what we send comes back", "end the loop: dahdi_maint -s N -l, or at the far end",
     "end the loop at the far end"},
};

// False: the line carries nothing, so nothing more can be said.
bool examine_line(const SpanFacts& span, std::vector<Finding>& findings) {
  for (const AlarmRow& row : kAlarms) {
    if (!has(span, row.alarm)) continue;
    findings.push_back({name_of(span), Grade::Fault, row.says, is_dahdi(span) ? row.mend_card : row.mend_pseudowire});
    return false;
  }
  return true;
}

void examine_blocks(const SpanFacts& span, std::vector<Finding>& findings) {
  if (span.view.blocked == 0) return;
  findings.push_back({name_of(span), Grade::Warning,
                      fmt::format("timeslots that are blocked, and take no call: {}", span.view.blocked),
                      fmt::format("to use them again: spangatectl unblock span {}", span.view.span.number)});
}

void examine_echo_canceller(const SpanFacts& span, std::vector<Finding>& findings) {
  uint64_t failures = counter(span, "echo canceller failures");
  if (failures == 0) return;
  findings.push_back({name_of(span), Grade::Warning, fmt::format("{} calls found no echo canceller", failures),
                      "attach one in /etc/dahdi/system.conf (echocanceller=oslec,1-31), load its module and run "
                      "dahdi_cfg; or set the trunk's echo_canceller = 0"});
}

void examine_ports(const SpanFacts& span, std::vector<Finding>& findings) {
  std::map<std::string, size_t> ports, working;  // of each trunk
  for (const admin::TimeslotView& port : span.ports) {
    std::string subject = fmt::format("port {}", port.slot);
    ++ports[port.trunk];
    if (port.state == tdm::Signalling::SlotState::OutOfService) {
      findings.push_back(
          {subject, Grade::Fault, port.detail.empty() ? "out of service" : port.detail,
           "see this channel in /etc/dahdi/system.conf (a telephone: fxoks=, an exchange's line: fxsks=, "
           "a tie line: em_w=) and in [[line]], then run dahdi_cfg; it is tried again every 5 s"});
    } else if (port.state == tdm::Signalling::SlotState::InAlarm) {
      findings.push_back({subject, Grade::Fault, "in alarm: no battery, or the card lost the port",
                          "see the cable; on an fxo port, whether the exchange's line is alive"});
    } else if (port.detail == "left off-hook") {
      findings.push_back({subject, Grade::Warning, "the telephone was left off-hook", "hang it up"});
    } else {
      ++working[port.trunk];
    }
  }
  for (const auto& [trunk, count] : ports) {
    if (working[trunk] != count) continue;
    auto whose = ports.size() > 1 ? fmt::format(" of trunk {}", trunk) : std::string();
    findings.push_back({name_of(span), Grade::Good, fmt::format("{} ports{} work", count, whose), ""});
  }
}

void examine_dchannel(const SpanFacts& span, std::vector<Finding>& findings) {
  if (!span.role) {
    findings.push_back({name_of(span), Grade::Warning, "no trunk uses it", "name it in a trunk's spans"});
  } else if (!span.view.signalling_is_up) {
    findings.push_back(
        {name_of(span), Grade::Fault,
         span.dchannel == 0
             ? "no D-channel of its trunk answers, though the line is clean"
             : fmt::format("no answer on the D-channel (timeslot {}), though the line is clean", span.dchannel),
         fmt::format("one end must be role = \"user\" and the other \"network\" (here: \"{}\"); both "
                     "must have the D-channel in the same timeslot; the far end's ISDN must be started",
                     name_of(*span.role))});
  } else {
    findings.push_back({name_of(span), Grade::Good, "line clean, layer 2 up", ""});
  }
}

// How to mend what stands in the way of calls to a peer.
const char* mend_of(call::Obstacle obstacle) {
  switch (obstacle) {
    case call::Obstacle::ConnectionRefused:
      return "the host is there, and nobody listens at this port by this transport: see that the peer runs, and that "
             "peer names its port and transport";
    case call::Obstacle::NoRoute:
      return "see the peer's address, and this machine's routes (ip route get ADDRESS)";
    case call::Obstacle::PasswordWanted:
      return "have the peer know this gateway by its address, without a password: Spangate does not register and sends "
             "none";
    case call::Obstacle::None:
    case call::Obstacle::NoAnswer:
    case call::Obstacle::NotSent:
      break;
  }
  return "see that the peer runs, takes calls, that its address and transport are right, and that it lets this "
         "gateway's "
         "OPTIONS in; probe = \"0s\" calls it without asking";
}

// What may pass by itself does not fail a gateway yet.
void examine_peer(const PeerFacts& peer, std::vector<Finding>& findings) {
  const bool is_clear = peer.obstacle == call::Obstacle::None && !peer.has_missed;
  // A password may be wanted of OPTIONS and not of calls.
  const bool is_question_alone = peer.obstacle == call::Obstacle::PasswordWanted && !peer.has_met_call;
  const bool may_pass = peer.obstacle == call::Obstacle::None || peer.obstacle == call::Obstacle::NoAnswer ||
                        peer.obstacle == call::Obstacle::NotSent || is_question_alone;
  const auto grade = peer.is_up && is_clear ? Grade::Good : peer.is_up && may_pass ? Grade::Warning : Grade::Fault;
  findings.push_back({"trunk " + peer.trunk, grade, peer.state, grade == Grade::Good ? "" : mend_of(peer.obstacle)});
}

// What is left of a disk when it is time to act: at a fault a night of records no longer fits.
constexpr uint64_t kAlmostFull = uint64_t{16} << 20;
constexpr uint64_t kFillingUp = uint64_t{256} << 20;

std::string megabytes(uint64_t octets) {
  return fmt::format("{} MB", octets >> 20);
}

void examine_file(const FileFacts& file, std::vector<Finding>& findings) {
  auto tell = [&](Grade grade, std::string says, std::string mend) {
    findings.push_back({file.subject, grade, std::move(says), std::move(mend)});
  };
  const auto in_vain = file.waiting ? fmt::format("; records that wait: {}", file.waiting) : std::string();
  if (file.file.empty()) return tell(Grade::Good, "off: the configuration names no file", "");
  if (!file.error.empty()) {
    return tell(Grade::Fault, fmt::format("{}: {}{}", file.file, file.error, in_vain),
                "make room, or let the gateway's user write there; call records that wait are lost only if the gateway "
                "is killed; see the log");
  }
  if (file.free && *file.free < kAlmostFull) {
    return tell(Grade::Fault,
                fmt::format("the disk of {} is full: {} left{}", file.file, megabytes(*file.free), in_vain),
                "make room; rotate the files");
  }
  if (file.free && *file.free < kFillingUp) {
    return tell(Grade::Warning, fmt::format("the disk of {} fills up: {} left", file.file, megabytes(*file.free)),
                "make room; rotate the files");
  }
  // Some always wait for a moment.
  if (file.waiting > records::Writer::kManyWaiting) {
    return tell(Grade::Warning, fmt::format("{} cannot keep up{}", file.file, in_vain),
                "a faster disk for [records] file");
  }
  tell(Grade::Good, fmt::format("{} is written", file.file), "");
}

void examine_ports(const PortFacts& ports, std::vector<Finding>& findings) {
  if (ports.all == 0) return;
  const auto says = fmt::format("{} of {} pairs are in use", ports.in_use, ports.all);
  const auto grade = ports.in_use >= ports.all            ? Grade::Fault
                     : ports.in_use * 10 >= ports.all * 9 ? Grade::Warning
                                                          : Grade::Good;
  findings.push_back({"media ports", grade, says,
                      grade == Grade::Good ? "" : "widen [media] ports: a call takes two ports for each SIP side"});
}

bool is_software(const SpanFacts& span) {
  return span.driver->name.starts_with("DYN/");
}

void examine_card_clocks(const Facts& facts, std::vector<Finding>& findings) {
  const SpanFacts* leader = nullptr;
  for (const SpanFacts& span : facts.spans) {
    // Software spans run by the driver's own timer, whatever is said of them.
    if (!span.driver || is_software(span)) continue;
    int source = span.driver->sync_source;
    bool is_user = span.role == IsdnRole::User;
    if (source == 0 && is_user) {
      findings.push_back(
          {"clock", Grade::Fault,
           fmt::format("{} runs free, though the network there gives a clock: it will slip", name_of(span)),
           fmt::format("set timing to 1 in system.conf: span={},1,…; then run dahdi_cfg", span.driver->number)});
    }
    if (source == span.driver->number && span.role == IsdnRole::Network) {
      findings.push_back(
          {"clock", Grade::Warning,
           fmt::format("{} takes its clock from a line on which we are the network: if the far end "
                       "does the same, nobody gives one",
                       name_of(span)),
           fmt::format("set timing to 0 in system.conf: span={},0,…; then run dahdi_cfg", span.driver->number)});
    }
    if (uint64_t slips = counter(span, "timing slips"); slips > 0) {
      findings.push_back({"clock", Grade::Warning,
                          fmt::format("{} has slipped {} times since the driver was loaded", name_of(span), slips),
                          "if the number grows, the two ends run by different clocks: see timing in system.conf, here "
                          "and at the far end"});
    }
    if (source != 0 && leader && leader->driver->sync_source != source) {
      findings.push_back({"clock", Grade::Warning,
                          fmt::format("{} takes its clock from driver span {}, {} from driver span {}: two clocks, and "
                                      "calls between them slip unless they come from one network",
                                      name_of(*leader), leader->driver->sync_source, name_of(span), source),
                          "join the cards by a timing cable, and number the spans' timing in system.conf 1, 2, …, best "
                          "source first"});
    }
    if (source != 0 && !leader) leader = &span;
  }
}

void examine_pseudowire_clock(const SpanFacts& span, std::vector<Finding>& findings) {
  bool gives = span.settings.clock == ClockSource::Given;
  uint64_t slips = counter(span, "slips");
  if (span.role == IsdnRole::User && gives) {
    findings.push_back(
        {"clock", slips > 0 ? Grade::Fault : Grade::Warning,
         fmt::format("{} gives a clock to the network, which has its own: {} slips so far", name_of(span), slips),
         "set clock = \"recovered\", unless the far end recovers ours"});
  }
  if (span.role == IsdnRole::Network && !gives) {
    findings.push_back({"clock", Grade::Warning,
                        fmt::format("{} takes its clock from a line on which we are the network: if the far end does "
                                    "the same, nobody gives one",
                                    name_of(span)),
                        "set clock = \"given\", unless the far end gives it"});
  }
}

}  // namespace

std::vector<Finding> examine_clocks(const Facts& facts) {
  std::vector<Finding> findings;
  examine_card_clocks(facts, findings);
  for (const SpanFacts& span : facts.spans) {
    if (!is_dahdi(span)) examine_pseudowire_clock(span, findings);
  }
  return findings;
}

std::vector<Finding> examine(const Facts& facts) {
  std::vector<Finding> findings;
  examine_driver(facts, findings);
  for (const SpanFacts& span : facts.spans) {
    if (is_dahdi(span) && !examine_card(facts, span, findings)) continue;
    examine_blocks(span, findings);
    if (!examine_line(span, findings)) continue;
    examine_echo_canceller(span, findings);
    if (span.is_analog) {
      examine_ports(span, findings);
    } else {
      examine_dchannel(span, findings);
    }
  }
  for (const PeerFacts& peer : facts.peers) examine_peer(peer, findings);
  for (const FileFacts& file : facts.files) examine_file(file, findings);
  examine_ports(facts.ports, findings);
  if (facts.is_overloaded) {
    findings.push_back({"sip", Grade::Fault, "more calls come than can be set up: new ones are refused with 503",
                        "see which trunk they come from (spangatectl calls, the log) and bound it by max_cps; see what "
                        "else runs on this machine"});
  }
  auto clocks = examine_clocks(facts);
  if (clocks.empty() && !facts.spans.empty()) clocks.push_back({"clock", Grade::Good, "no contradiction", ""});
  std::ranges::move(clocks, std::back_inserter(findings));
  return findings;
}

}  // namespace sg::app
