#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "gateway/call/trunk.h"
#include "gateway/trunk/tdm_leg.h"
#include "tdm/signalling.h"

namespace sg::trunk {

// ISDN interfaces, or a group of analog ports, that calls go out by and come in from. Spreads outgoing calls over its
// interfaces in their order, and collects the digits of overlapped incoming ones. Owned by Trunks; signalling
// thread only.
class TdmTrunk final : public call::Trunk {
 public:
  struct Options {
    std::string name;
    call::MediaPolicy media_policy;  // of what a caller hears; the rest is for IP legs
    call::CauseMap causes;
    BearerCapability bearer = BearerCapability::Audio31k;  // of calls sent out
    bool carries_data = true;                              // analog lines do not
    bool joins_in_switch = false;                          // two calls of one interface: its far end is asked to
    bool takes_transfers = true;                           // the far end may have two calls of its own joined
    std::vector<std::unique_ptr<tdm::Signalling>> interfaces;
  };
  using IncomingSink = std::function<void(TdmTrunk&, std::unique_ptr<call::Leg>, const call::Setup&)>;

  TdmTrunk(Options options, Reactor& reactor, Counters& counters, IncomingSink incoming);
  ~TdmTrunk() override;

  const std::string& name() const override { return options_.name; }
  call::TrunkState state() const override;
  const call::CauseMap& causes() const override { return options_.causes; }
  tl::expected<call::OutgoingLeg, call::Cause> make_leg() override;
  bool carries_data() const override { return options_.carries_data; }
  bool joins_in_switch() const { return options_.joins_in_switch; }
  bool allows_transfer() const override { return options_.takes_transfers; }

  // Of a call that comes from there.
  const call::MediaPolicy& media_policy() const { return options_.media_policy; }
  // Each interface as it stands, in order.
  std::vector<tdm::Signalling::Status> status() const;
  // Timeslots or ports that are in service, whether a call is on them or not.
  size_t lines() const;
  // Of calls sent out from here on.
  void set_bearer(BearerCapability bearer) { options_.bearer = bearer; }
  void set_tone_zone(const tdm::ToneZone& zone) { options_.media_policy.tone_zone = &zone; }
  void set_causes(call::CauseMap causes) { options_.causes = std::move(causes); }
  Reactor& reactor() { return reactor_; }
  // As tdm::Signalling has it. False: none of its interfaces has the timeslot.
  bool set_blocked(tdm::Timeslot slot, bool is_blocked);
  bool is_blocked(tdm::Timeslot slot) const override;
  void on_alarms_changed(uint16_t span, tdm::AlarmSet alarms);

 private:
  friend class TdmLeg;
  class Interface;  // one tdm::Signalling and its Listener

  struct Key {
    const tdm::Signalling* signalling;
    tdm::SignallingCallId call;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<const void*>{}(key.signalling) ^ std::hash<tdm::SignallingCallId>{}(key.call);
    }
  };

  // Sends the leg's call out on the first interface that takes it, or tells why none does.
  tl::expected<void, call::Cause> place(TdmLeg& leg, const call::Setup& setup);
  void forget(const tdm::Signalling& signalling, tdm::SignallingCallId call);
  TdmLeg* find(const tdm::Signalling& signalling, tdm::SignallingCallId call) const;
  void take(tdm::Signalling& signalling, tdm::SignallingCallId call, tdm::Timeslot slot, const tdm::Setup& setup);
  call::Cause why_not() const;

  Options options_;
  Reactor& reactor_;
  Counter& refused_full_;
  const IncomingSink incoming_;
  const Log log_;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  std::unordered_map<Key, TdmLeg*, KeyHash> legs_;
};

}  // namespace sg::trunk
