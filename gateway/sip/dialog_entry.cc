#include "gateway/sip/dialog_entry.h"

#include <sofia-sip/msg_addr.h>

#include <utility>

#include "gateway/sip/signalled_hosts.h"

namespace sg::sip {

DialogEntry::~DialogEntry() {
  if (leg_) dialogs_.remove(call_id_, *leg_);
}

void DialogEntry::begin(const std::string& call_id, Dialogs::Leg leg, const std::string& host) {
  call_id_ = call_id;
  leg.goes_to_name = host.empty();
  if (!host.empty()) leg.hosts.insert(host);
  leg_ = &dialogs_.add(call_id, std::move(leg));
}

void DialogEntry::set_answered() {
  if (leg_) leg_->is_answered = true;
}

void DialogEntry::note_hosts(const sip_t& message) {
  // A route of a hundred proxies is no peer's.
  constexpr size_t kMostHosts = 32;
  for (const auto& host : signalled_hosts(message)) {
    if (leg_ && leg_->hosts.size() < kMostHosts) leg_->hosts.insert(host);
  }
}

void DialogEntry::note_who_answers(nua_t* nua) {
  if (!leg_ || !std::exchange(leg_->goes_to_name, false)) return;
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::msg_get_address(::nua_current_request(nua), reinterpret_cast<su_sockaddr_t*>(&raw), &size) != 0) return;
  leg_->hosts.insert(unmapped(SocketAddress::from(raw)).host());
}

}  // namespace sg::sip
