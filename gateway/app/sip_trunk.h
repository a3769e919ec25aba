#pragma once

#include <string>

#include "conf/settings.h"
#include "gateway/call/trunk.h"
#include "gateway/sip/sip_agent.h"

namespace sg::app {

// How a trunk's causes differ from the table.
call::CauseMap causes_of(const conf::Trunk& trunk);

// A SIP peer that calls come from and go to. Owned by the Application; signalling thread only.
class SipTrunk final : public call::Trunk {
 public:
  SipTrunk(const conf::SipTrunk& settings, const conf::Settings& all, sip::SipAgent& agent);

  const std::string& name() const override { return settings_.name; }
  const call::MediaPolicy& media_policy() const override { return policy_; }
  call::TrunkState state() const override { return {is_up(), false, is_up() ? std::string{} : words()}; }
  const call::CauseMap& causes() const override { return causes_; }
  call::Patience patience() const override { return {settings_.first_response, settings_.first_progress}; }
  tl::expected<std::unique_ptr<call::Leg>, call::Cause> make_leg() override;
  void on_called(call::Obstacle obstacle) override { called_obstacle_ = obstacle; }
  bool allows_transfer() const override { return settings_.transfer; }
  bool carries_data() const override { return settings_.clearmode; }

  // After a reload: calls from here on go by these; those that are under way keep what they have.
  void change(const conf::SipTrunk& settings);

  // As conf::SipTrunk::prefix_for().
  int prefix_for(const SocketAddress& source) const { return settings_.prefix_for(source); }
  bool is_peer(const SocketAddress& source) const { return settings_.peer.address == source; }
  // The policy for an incoming leg, which came to this local address of ours.
  call::MediaPolicy policy_at(const SocketAddress& local) const;
  // What the probe found; up where there is none.
  bool is_up() const { return !probe_ || probe_->health().is_up(); }
  // Whether the probe's latest question had no answer, or 503.
  bool has_missed() const { return probe_ && probe_->health().misses() > 0; }
  // What stands in the way of calls there, as the probe or else the latest call has met it.
  call::Obstacle obstacle() const;
  // Whether the latest call that told has met one.
  bool has_met_call() const { return called_obstacle_.value_or(call::Obstacle::None) != call::Obstacle::None; }
  // "up", "down: 503, 4 in a row", "not probed", "up: the peer asks for a password; this trunk has none"
  std::string words() const;
  const sip::IdentityPolicy& identity() const { return target_.identity; }

 private:
  void start_probe();

  conf::SipTrunk settings_;
  const std::string media_address_;  // empty: that of the leg
  sip::SipAgent& agent_;
  sip::Target target_;
  call::MediaPolicy policy_;
  call::CauseMap causes_;
  std::optional<call::Obstacle> called_obstacle_;  // of the latest call that told; not set: none has
  std::unique_ptr<sip::PeerProbe> probe_;          // null: the peer is never asked
};

// What a profile says otherwise.
void apply(const conf::Profile& profile, call::MediaPolicy& policy);

}  // namespace sg::app
