#include "gateway/sip/screening.h"

#include <functional>

#include "gateway/guard/network.h"
#include "gateway/sip/capabilities.h"
#include "gateway/sip/headers.h"

namespace sg::sip {
namespace {

// To be answered with 405 or 501 (RFC 3261 section 8.2.1), or whatever Sofia finds to say, outside of any dialog.
bool is_refused_method(sip_method_t method) {
  switch (method) {
    case sip_method_invite:
    case sip_method_ack:
    case sip_method_bye:
    case sip_method_cancel:
    case sip_method_options:
    case sip_method_prack:
    case sip_method_update:
    case sip_method_info:
    case sip_method_refer:
      return false;
    default:
      return true;
  }
}

// A request and its ACK have one `call`.
guard::TransactionKey transaction_of(const sip_t& request) {
  const auto method = request.sip_request->rq_method;
  const bool is_invite = method == sip_method_invite || method == sip_method_ack;
  auto text = [](const char* words) { return std::string_view(words ? words : ""); };
  std::string call = fmt::format("{}\n{}\n{}\n{}", text(request.sip_call_id ? request.sip_call_id->i_id : nullptr),
                                 text(request.sip_from ? request.sip_from->a_tag : nullptr),
                                 request.sip_cseq ? request.sip_cseq->cs_seq : 0,
                                 is_invite ? "INVITE" : text(request.sip_request->rq_method_name));
  std::string branch;
  if (const auto* via = request.sip_via) {
    branch = fmt::format("{}\n{}\n{}", text(via->v_branch), text(via->v_host), text(via->v_port));
  }
  return {.call = std::hash<std::string>{}(call), .branch = std::hash<std::string>{}(branch)};
}

guard::RequestKind kind_of(sip_method_t method) {
  switch (method) {
    case sip_method_invite:
      return guard::RequestKind::Invite;
    case sip_method_ack:
      return guard::RequestKind::Ack;
    case sip_method_options:
      return guard::RequestKind::Question;
    default:
      return guard::RequestKind::Other;
  }
}

std::string call_id_of(const sip_t& message) {
  return message.sip_call_id ? message.sip_call_id->i_id : "";
}

}  // namespace

Screening::Screening(const Neighbours& neighbours, const AgentConfig& config, Counters& counters)
    : with_(neighbours),
      admission_(config.limits, config.transaction_patience),
      refused_(counters.get("sip.rx.refused_methods")),
      unknown_source_(counters.get("sip.unknown_source"), log_),
      foreign_in_dialog_(counters.get("sip.rx.foreign_in_dialog"), log_),
      foreign_response_(counters.get("sip.rx.foreign_responses"), log_),
      malformed_(counters.get("sip.rx.malformed"), log_),
      invites_above_limit_(counters.get("sip.rx.invites_above_limit"), log_),
      requests_above_limit_(counters.get("sip.rx.requests_above_limit"), log_),
      forgetting_(neighbours.reactor) {
  forget_transactions();
}

// Also where no more requests come, whose coming would do it.
void Screening::forget_transactions() {
  constexpr auto kInterval = 5s;
  forgetting_.arm(kInterval, [this] {
    admission_.transactions(with_.reactor.now());
    forget_transactions();
  });
}

std::optional<guard::Source> Screening::classify(const SocketAddress& source) const {
  const bool is_listed = !with_.listener.trunk_of(source).empty() || with_.dialogs.has_led_to(source.host());
  if (is_listed) return guard::Source::Listed;
  if (with_.listener.admits(source)) return guard::Source::Stranger;
  return std::nullopt;
}

bool Screening::is_dialog_of(const std::string& call_id, const SocketAddress& source) const {
  return with_.dialogs.any(call_id, [&](const Dialogs::Leg& leg) {
    return leg.hosts.contains(source.host()) || (!leg.trunk.empty() && with_.listener.is_listed(leg.trunk, source));
  });
}

void Screening::on_message(const std::optional<SocketAddress>& local) {
  if (local) return with_.overload.on_datagram(*local);
  with_.overload.on_stream();
}

Reception Screening::on_request(const sip_t& request, const SocketAddress& source, bool is_whole) {
  Reception dropped{.kind = Reception::Kind::Drop};
  if (!with_.connections.hears_request(source)) return dropped;
  const auto& line = *request.sip_request;
  const std::string call_id = call_id_of(request);
  const bool is_own = is_dialog_of(call_id, source);
  // CANCEL and the ACK of a refusal are of their INVITE, which may have had no tag of ours.
  const bool names_dialog = (request.sip_to && request.sip_to->a_tag) || line.rq_method == sip_method_cancel;
  if (!may_speak(request, source, is_own, names_dialog)) return dropped;
  if (!is_whole) malformed_.add("a malformed {} from {}", line.rq_method_name, source.to_string());
  guard::Request facts;
  facts.source = guard::network_of(source);
  facts.trunk = with_.listener.trunk_of(source);
  facts.is_whole = is_whole;
  facts.is_of_dialog = is_own && names_dialog;
  facts.call_id = call_id;
  facts.kind = kind_of(line.rq_method);
  if (is_whole) facts.transaction = transaction_of(request);
  facts.is_too_much = is_whole && facts.kind == guard::RequestKind::Invite && is_too_much(request, source);
  switch (admission_.on_request(facts, with_.reactor.now())) {
    case guard::Verdict::Pass:
      if (is_whole && !facts.is_of_dialog && is_refused_method(line.rq_method)) {
        note_refused_method(request, source, facts.trunk);
      }
      return {};
    case guard::Verdict::Refuse:
      return refusal(request, source, facts.is_too_much);
    case guard::Verdict::Drop:
      break;
  }
  note_above_limit(request, source);
  return dropped;
}

bool Screening::may_speak(const sip_t& request, const SocketAddress& source, bool is_own, bool names_dialog) {
  if (is_own) return true;
  const char* method = request.sip_request->rq_method_name;
  const bool knows_dialog = with_.dialogs.knows(call_id_of(request));
  if (!with_.listener.admits(source)) {
    if (knows_dialog) {
      foreign_in_dialog_.add("{} from {} is dropped: the dialog that it names is not with this address", method,
                             source.to_string());
    } else {
      unknown_source_.add("{} from {} is dropped: no trunk allows this address", method, source.to_string());
    }
    return false;
  }
  if (!knows_dialog || !names_dialog) return true;
  foreign_in_dialog_.add("{} from {} is dropped: the dialog that it names is another trunk's", method,
                         source.to_string());
  return false;
}

bool Screening::is_too_much(const sip_t& invite, const SocketAddress& source) {
  if (!with_.overload.refuses_calls() || (invite.sip_to && invite.sip_to->a_tag) || invite.sip_replaces) return false;
  return !with_.listener.is_emergency(read_setup(invite), source);
}

void Screening::note_above_limit(const sip_t& request, const SocketAddress& source) {
  if (request.sip_request->rq_method == sip_method_invite) {
    invites_above_limit_.add("INVITEs from {} come too fast and are not taken", source.host());
  } else {
    requests_above_limit_.add("requests from {} come too fast and are not taken", source.host());
  }
}

void Screening::note_refused_method(const sip_t& request, const SocketAddress& source, const std::string& trunk) {
  refused_.add();
  const std::string method = request.sip_request->rq_method_name;
  if (!refused_methods_.on_refused(source.host(), method, with_.reactor.now())) return;
  log_.warning("{} from {}{} is refused: {}", method, source.to_string(), trunk.empty() ? "" : " (trunk " + trunk + ")",
               request.sip_request->rq_method == sip_method_register
                   ? "Spangate is no registrar; have the device call without registering, from a fixed address that is "
                     "its trunk's peer"
                   : "Spangate has no use for it; turn it off there if the peer does without");
}

// A peer that asks whether we are there is told so even now; a call that cannot be taken goes elsewhere at once.
Reception Screening::refusal(const sip_t& request, const SocketAddress& source, bool is_too_much) {
  if (is_too_much) {
    with_.overload.on_refused();
  } else {
    note_above_limit(request, source);
  }
  const auto method = request.sip_request->rq_method;
  if (method == sip_method_options) {
    return {Reception::Kind::Answer, with_.listener.options_status(source),
            fmt::format("Allow: {}\r\nAccept: {}\r\nSupported: {}\r\n", kMethods, kAccept, kSupported)};
  }
  if (method != sip_method_invite) return {.kind = Reception::Kind::Drop};
  return {Reception::Kind::Answer, 503, "Retry-After: 2\r\n"};
}

bool Screening::on_response(const sip_t& response, const SocketAddress& source) {
  const std::string call_id = call_id_of(response);
  const bool may_answer = with_.listener.admits(source) || is_dialog_of(call_id, source) ||
                          with_.dialogs.any(call_id, [](const Dialogs::Leg& leg) { return leg.goes_to_name; });
  if (!may_answer) {
    foreign_response_.add("a response from {} is dropped: nothing was sent to this address", source.to_string());
  }
  return may_answer;
}

void Screening::on_garbage(const SocketAddress& source) {
  if (with_.listener.admits(source)) return malformed_.add("no SIP message from {}", source.to_string());
  unknown_source_.add("no SIP message from {}, which no trunk allows", source.to_string());
}

}  // namespace sg::sip
