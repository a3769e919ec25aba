#pragma once

#include <optional>
#include <string>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "gateway/guard/request_admission.h"
#include "gateway/sip/counted_warning.h"
#include "gateway/sip/dialogs.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/overload_watch.h"
#include "gateway/sip/refused_methods.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/sip/tcp_connections.h"

namespace sg::sip {

// Which messages Sofia gets to see: who sends is asked first, then whether it may speak in the dialog that it names,
// then how much of it there has been. What is turned away is counted and told.
// Owned by the SipAgent; signalling thread only.
class Screening final : public Intake::Listener {
 public:
  // All outlive it.
  struct Neighbours {
    Reactor& reactor;
    SipAgent::Listener& listener;
    const Dialogs& dialogs;
    TcpConnections& connections;
    OverloadWatch& overload;
  };
  Screening(const Neighbours& neighbours, const AgentConfig& config, Counters& counters);

  // What a source is as long as it has said nothing. Not set: it is not spoken with.
  std::optional<guard::Source> classify(const SocketAddress& source) const;

  void on_message(const std::optional<SocketAddress>& local) override;
  Reception on_request(const sip_t& request, const SocketAddress& source, bool is_whole) override;
  bool on_response(const sip_t& response, const SocketAddress& source) override;
  void on_garbage(const SocketAddress& source) override;
  bool has_answered(const char* call_id) override { return with_.dialogs.has_answered(call_id); }
  bool is_calling(const char* call_id, const char* tag) override { return with_.dialogs.is_calling(call_id, tag); }

 private:
  // Whether a leg with this Call-ID is the peer's there.
  bool is_dialog_of(const std::string& call_id, const SocketAddress& source) const;
  // Whether the sender may speak at all, and in the dialog that it names. `is_own`: it is its dialog.
  bool may_speak(const sip_t& request, const SocketAddress& source, bool is_own, bool names_dialog);
  // A new call when more come than can be set up. One in a dialog, or that takes the place of one, is not new.
  bool is_too_much(const sip_t& invite, const SocketAddress& source);
  Reception refusal(const sip_t& request, const SocketAddress& source, bool is_too_much);
  void note_above_limit(const sip_t& request, const SocketAddress& source);
  void note_refused_method(const sip_t& request, const SocketAddress& source, const std::string& trunk);
  void forget_transactions();

  const Neighbours with_;
  const Log log_{"sip"};
  guard::RequestAdmission admission_;
  RefusedMethods refused_methods_;
  Counter& refused_;
  CountedWarning unknown_source_, foreign_in_dialog_, foreign_response_, malformed_;
  CountedWarning invites_above_limit_, requests_above_limit_;
  Timer forgetting_;
};

}  // namespace sg::sip
