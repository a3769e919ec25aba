#pragma once

#include "base/reactor.h"
#include "gateway/sip/handle_owner.h"
#include "gateway/sip/peer_probe.h"
#include "gateway/sip/sip_leg_impl.h"

namespace sg::sip {

class OptionsProbe final : public PeerProbe, public HandleOwner {
 public:
  OptionsProbe(Path path, const ProbeOptions& options, std::function<void(bool is_up)> on_change);
  ~OptionsProbe() override;

  const PeerHealth& health() const override { return health_; }
  const std::string& last_answer() const override { return last_answer_; }
  void on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) override;

 private:
  void ask();
  void stop_asking();
  void give_up();
  void note(bool is_alive, std::string answer);

  const Path path_;
  const ProbeOptions options_;
  const std::function<void(bool is_up)> on_change_;
  PeerHealth health_;
  std::string last_answer_;
  nua_handle_t* handle_ = nullptr;
  Timer next_, patience_;
};

}  // namespace sg::sip
