#pragma once

#include <gtest/gtest.h>

#include "fakes.h"

namespace sg::call::testing {

// A gateway of two trunks, "sip" and "pri", whose calls all go to the other one.
class CallTest : public ::testing::Test, public Router {
 protected:
  Routing route(const Trunk&, const call::Setup& setup) override {
    Routing routing;
    for (FakeTrunk* trunk : targets) {
      Target& target = routing.targets.emplace_back();
      target.trunk = trunk;
      target.setup = setup;
    }
    return routing;
  }

  // Numbers are of three digits, and begin with 2; 29 may stand alone.
  Reach reach(const Trunk&, const call::Setup& setup) override {
    const std::string& digits = setup.called.digits;
    if (!digits.empty() && digits[0] != '2') return Reach::None;
    if (digits.size() >= 3) return Reach::Complete;
    return digits == "29" ? Reach::MayGrow : Reach::Partial;
  }

  LegScript& dials(FakeTrunk& from, const std::string& digits) {
    number = digits;
    is_complete = false;
    return incoming(from, std::nullopt);
  }
  LegScript& incoming(FakeTrunk& from, std::optional<MediaDescription> offer) {
    call::Setup setup;
    setup.called.digits = number;
    setup.called_complete = is_complete;
    setup.calling.number.digits = "100";
    auto leg = from.incoming_leg();
    LegScript& script = *from.legs.back();
    id = manager.on_incoming({std::move(leg), setup, std::move(offer), &from, from.policy});
    reactor.settle();
    return script;
  }
  LegScript& sip_to_pri() {
    targets = {&pri};
    LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
    called = pri.legs.back().get();
    called->listener->on_timeslot({1, 3});
    return caller;
  }
  LegScript& answered_sip_to_pri() {
    LegScript& caller = sip_to_pri();
    called->listener->on_alerting(false, std::nullopt);
    called->listener->on_answered(std::nullopt);
    reactor.settle();
    return caller;
  }

  ManualReactor reactor;
  Counters counters;
  FakeMedia media{reactor};
  FakeTrunk sip{"sip", MediaKind::Ip, reactor};
  FakeTrunk pri{"pri", MediaKind::Tdm, reactor};
  // Further targets.
  FakeTrunk full{"full", MediaKind::Tdm, reactor}, broken{"broken", MediaKind::Tdm, reactor};
  FakeTrunk carrier{"carrier", MediaKind::Tdm, reactor};
  FakeTrunk other_pri{"pbx", MediaKind::Tdm, reactor}, other_sip{"other", MediaKind::Ip, reactor};
  std::vector<FakeTrunk*> targets;
  std::string number = "200";
  bool is_complete = true;
  std::vector<Record> records;
  CallManager manager{{media, reactor, counters}, *this, [this](const Record& record) { records.push_back(record); }};
  CallId id;
  LegScript* called = nullptr;
};

}  // namespace sg::call::testing
