#include "tdm/pri/call_table.h"

#include <gtest/gtest.h>

#include "base/manual_reactor.h"

namespace sg::tdm::pri {
namespace {

struct CallTableFixture {
  ManualReactor reactor;
  Counters counters;
  CallTable calls{reactor, counters, "test"};
  char addresses[2];

  // What libpri would give: an address that is never looked into.
  q931_call* handle(int which) { return reinterpret_cast<q931_call*>(&addresses[which]); }
  Call& add(int which) { return calls.add(calls.next_id(), handle(which)); }
};

TEST(CallTable, FindsCallsByIdAndByWhatLibpriKnowsThemBy) {
  CallTableFixture f;
  Call& call = f.add(0);

  EXPECT_EQ(f.calls.find(call.id), &call);
  EXPECT_EQ(f.calls.find(f.handle(0)), &call);
  f.calls.rebind(call, f.handle(1));
  EXPECT_EQ(f.calls.find(f.handle(0)), nullptr);
  EXPECT_EQ(f.calls.find(f.handle(1)), &call);
  f.calls.erase(call.id);
  EXPECT_EQ(f.calls.find(f.handle(1)), nullptr);
  EXPECT_EQ(f.calls.size(), 0u);
}

TEST(CallTable, AnAddressThatLibpriHasGivenAnewIsTheNewCalls) {
  CallTableFixture f;
  Call& old = f.add(0);
  Call& call = f.add(0);

  f.calls.rebind(old, nullptr);

  EXPECT_EQ(f.calls.find(f.handle(0)), &call);
}

TEST(PriCall, AMessageThatComesTooLateIsRefusedAndCounted) {
  CallTableFixture f;
  Call& call = f.add(0);
  EXPECT_TRUE(call.fsm.accepts(CallEvent::SetupAcknowledge));
  call.enter(CallState::Overlap);
  call.enter(CallState::Proceeding);

  EXPECT_FALSE(call.fsm.accepts(CallEvent::SetupAcknowledge));
  EXPECT_TRUE(call.fsm.accepts(CallEvent::Connect));
  call.enter(CallState::Active);
  EXPECT_FALSE(call.fsm.accepts(CallEvent::Connect));

  EXPECT_EQ(f.counters.get("fsm.pri_call.refused").value(), 2u);
}

TEST(PriCall, ARefusedTimeslotIsTriedAnewBeforeItRingsOnly) {
  const auto& table = Call::table();

  for (auto state : {CallState::Overlap, CallState::Proceeding}) EXPECT_TRUE(table.leads(state, CallState::Setup));
  for (auto state : {CallState::Alerting, CallState::Active, CallState::Disconnected, CallState::Announcing}) {
    EXPECT_FALSE(table.leads(state, CallState::Setup)) << name_of(state);
  }
}

TEST(PriCall, EveryStateMayEndAtOnce) {
  const auto& table = Call::table();

  for (const auto& row : table.rows) {
    const bool is_over = row.state == CallState::Over;
    EXPECT_EQ(table.leads(row.state, CallState::Over), !is_over) << name_of(row.state);
  }
}

}  // namespace
}  // namespace sg::tdm::pri
