#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include "gateway/sip/obstacle.h"
#include "gateway/sip/peer_probe_impl.h"
#include "gateway/sip/sip_words.h"

namespace sg::sip {

OptionsProbe::OptionsProbe(Path path, const ProbeOptions& options, std::function<void(bool is_up)> on_change)
    : path_(std::move(path)),
      options_(options),
      on_change_(std::move(on_change)),
      health_(options.limits),
      next_(path_.root),
      patience_(path_.root) {
  next_.arm(Duration::zero(), [this] { ask(); });
}

OptionsProbe::~OptionsProbe() {
  stop_asking();
}

void OptionsProbe::stop_asking() {
  patience_.cancel();
  if (!handle_) return;
  ::nua_handle_bind(handle_, nullptr);
  ::nua_handle_destroy(handle_);
  handle_ = nullptr;
}

void OptionsProbe::ask() {
  if (handle_) give_up();
  next_.arm(options_.interval, [this] { ask(); });
  auto uri = "sip:" + path_.authority + path_.parameters;
  auto from = "<sip:" + path_.domain + ">";
  call_id_ = fmt::format("{:016x}{:016x}", random_number(), random_number());
  handle_ =
      ::nua_handle(path_.nua, magic(), NUTAG_URL(uri.c_str()), SIPTAG_CALL_ID_STR(call_id_.c_str()),
                   SIPTAG_TO_STR(("<sip:" + path_.authority + ">").c_str()), SIPTAG_FROM_STR(from.c_str()), TAG_END());
  if (!handle_) return note(false, 0, call::Obstacle::NotSent);
  ::nua_options(handle_, SIPTAG_MAX_FORWARDS_STR("70"), TAG_END());
  patience_.arm(options_.patience, [this] { give_up(); });
}

void OptionsProbe::give_up() {
  stop_asking();
  note(false, 0, call::Obstacle::NoAnswer);
}

void OptionsProbe::on_event(nua_event_t event, int status, const sip_t* sip, tagi_t*) {
  if (event != nua_r_options || status < 200) return;
  // Without a message Sofia tells that nothing can be sent there, or that nothing came. The peer's own 408 and 503 have
  // one.
  const bool is_from_peer = sip && sip->sip_via && !::nta_sip_is_internal(sip);
  const auto obstacle = obstacle_of(status, is_from_peer ? sip : nullptr, take_send_error(call_id_));
  patience_.cancel();
  // The handle is still on Sofia's stack, which keeps it until we are back.
  stop_asking();
  note(is_from_peer && status != 503 && status != 408, is_from_peer ? status : 0, obstacle);
}

std::string OptionsProbe::last_answer() const {
  if (last_status_ != 0) return std::to_string(last_status_);
  return std::string(name_of(obstacle_));
}

void OptionsProbe::note(bool is_alive, int status, call::Obstacle obstacle) {
  last_status_ = status;
  obstacle_ = obstacle;
  bool has_changed = is_alive ? health_.on_answer() : health_.on_miss();
  if (has_changed) on_change_(health_.is_up());
}

}  // namespace sg::sip
