#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/settings.h"
#include "gateway/call/trunk.h"
#include "gateway/sip/sip_agent.h"

namespace sg::trunk {

// A SIP peer that calls come from and go to. Owned by Trunks; signalling thread only.
class SipTrunk final : public call::Trunk {
 public:
  struct Options {
    sip::Target target;  // its trunk is the name
    SocketAddress peer;
    std::vector<conf::AddressRange> allow_from;  // whose calls are this trunk's
    // Of calls that come from there; local_host is empty where media goes by the address that signalling goes by.
    call::MediaPolicy media_policy;
    T38Ask t38_to = T38Ask::Preamble;  // of calls that go there
    call::CauseMap causes = {};
    call::Patience patience = {};
    bool takes_transfers = true;
    bool carries_data = true;
    Duration probe{};  // between OPTIONS; 0: none are sent
  };

  // `agent` outlives the trunk.
  SipTrunk(Options options, sip::SipAgent& agent);

  const std::string& name() const override { return options_.target.trunk; }
  call::TrunkState state() const override { return {is_up(), false, is_up() ? std::string{} : words()}; }
  const call::CauseMap& causes() const override { return options_.causes; }
  call::Patience patience() const override { return options_.patience; }
  tl::expected<call::OutgoingLeg, call::Cause> make_leg() override;
  void on_called(call::Obstacle obstacle) override { called_obstacle_ = obstacle; }
  bool allows_transfer() const override { return options_.takes_transfers; }
  bool carries_data() const override { return options_.carries_data; }

  // After a reload: calls from here on go by these; those that are under way keep what they have. The name stays.
  void change(Options options);

  // How closely the trunk lists this address: the longest prefix of its blocks that hold it; -1: none does.
  int prefix_for(const SocketAddress& source) const { return conf::prefix_for(options_.allow_from, source); }
  bool is_peer(const SocketAddress& source) const { return options_.peer == source; }
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
  const sip::IdentityPolicy& identity() const { return options_.target.identity; }

 private:
  void start_probe();

  Options options_;
  sip::SipAgent& agent_;
  std::optional<call::Obstacle> called_obstacle_;  // of the latest call that told; not set: none has
  std::unique_ptr<sip::PeerProbe> probe_;          // null: the peer is never asked
};

}  // namespace sg::trunk
