#pragma once

#include "base/reactor.h"
#include "gateway/sip/handle_owner.h"
#include "gateway/sip/path.h"
#include "gateway/sip/peer_probe.h"

namespace sg::sip {

class OptionsProbe final : public PeerProbe, public HandleOwner {
 public:
  OptionsProbe(Path path, const ProbeOptions& options, std::function<void(bool is_up)> on_change);
  ~OptionsProbe() override;

  const PeerHealth& health() const override { return health_; }
  std::string last_answer() const override;
  call::Obstacle obstacle() const override { return obstacle_; }
  void on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) override;

 private:
  void ask();
  void stop_asking();
  void give_up();
  void note(bool is_alive, int status, call::Obstacle obstacle);

  const Path path_;
  const ProbeOptions options_;
  const std::function<void(bool is_up)> on_change_;
  PeerHealth health_;
  int last_status_ = 0;  // 0: the peer said nothing
  call::Obstacle obstacle_ = call::Obstacle::None;
  std::string call_id_;
  nua_handle_t* handle_ = nullptr;
  Timer next_, patience_;
};

}  // namespace sg::sip
