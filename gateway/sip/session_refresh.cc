#include "gateway/sip/session_refresh.h"

#include <sofia-sip/nua_tag.h>

#include <utility>

#include "gateway/sip/headers.h"

namespace sg::sip {

SessionRefresh::SessionRefresh(Reactor& reactor, std::chrono::seconds interval, std::function<void()> send)
    : interval_(interval), send_(std::move(send)), timer_(reactor) {}

void SessionRefresh::note(const sip_t& message) {
  if (message.sip_allow) peer_allows_update_ = allows_update(message);
  if (const auto* expires = message.sip_session_expires) {
    const std::chrono::seconds asked(expires->x_delta);
    if (interval_.count() == 0 || asked < interval_) interval_ = asked;
  }
}

void SessionRefresh::restart(nua_handle_t* handle) {
  ::nua_set_hparams(handle, NUTAG_UPDATE_REFRESH(peer_allows_update_), TAG_END());
  if (peer_allows_update_ || interval_.count() == 0) return timer_.cancel();
  timer_.arm(interval_ * 2 / 5, [this, handle] {
    send_();
    restart(handle);
  });
}

}  // namespace sg::sip
