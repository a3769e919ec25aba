#pragma once

#include <string>

#include "conf/settings.h"
#include "gateway/call/call_manager.h"
#include "gateway/call/trunk.h"
#include "gateway/sip/sip_agent.h"

namespace sg::app {

// A SIP peer that calls come from and go to. Owned by the Application; signalling thread only.
class SipTrunk final : public call::Trunk {
 public:
  SipTrunk(const conf::SipTrunk& settings, const conf::Settings& all, sip::SipAgent& agent);

  const std::string& name() const override { return settings_.name; }
  const call::MediaPolicy& media_policy() const override { return policy_; }
  call::Patience patience() const override { return {settings_.first_response, settings_.first_progress}; }
  tl::expected<std::unique_ptr<call::Leg>, call::Cause> make_leg() override;

  bool allows(const SocketAddress& source) const { return settings_.allows(source); }
  bool is_peer(const SocketAddress& source) const { return settings_.peer.address == source; }
  // The policy for a leg that came to this local address of ours.
  call::MediaPolicy policy_at(const SocketAddress& local) const;
  // Set once the calls can be counted.
  void limit_by(const call::CallManager* calls) { calls_ = calls; }
  bool is_full() const;

 private:
  const conf::SipTrunk settings_;
  const std::string media_address_;  // empty: that of the leg
  sip::SipAgent& agent_;
  sip::Target target_;
  call::MediaPolicy policy_;
  const call::CallManager* calls_ = nullptr;
};

}  // namespace sg::app
