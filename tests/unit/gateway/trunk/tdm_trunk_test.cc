#include "gateway/trunk/tdm_trunk.h"

#include <gmock/gmock.h>

#include "base/manual_reactor.h"
#include "tests/unit/gateway/trunk/fake_signalling.h"

namespace sg::trunk {
namespace {

using testing::FakeSignalling;

// A trunk of two interfaces with two timeslots each.
class TdmTrunkTest : public ::testing::Test {
 protected:
  ~TdmTrunkTest() override { incoming.clear(); }  // legs end before their trunk
  FakeSignalling& add(TdmTrunk::Options& options, uint16_t span) {
    auto interface = std::make_unique<FakeSignalling>(reactor, span, uint8_t{2});
    FakeSignalling& kept = *interface;
    options.interfaces.push_back(std::move(interface));
    return kept;
  }
  std::unique_ptr<call::Leg> call_out(const char* number) {
    auto out = trunk->make_leg();
    if (!out) return nullptr;
    call::Setup setup;
    setup.called.digits = number;
    out->leg->setup(setup, std::nullopt);
    reactor.settle();
    return std::move(out->leg);
  }

  ManualReactor reactor;
  Counters counters;
  std::vector<std::unique_ptr<call::Leg>> incoming;
  std::vector<call::Setup> setups;
  FakeSignalling *first = nullptr, *second = nullptr;
  std::unique_ptr<TdmTrunk> trunk = [this] {
    TdmTrunk::Options options;
    options.name = "pstn";
    options.bearer = BearerCapability::Speech;
    first = &add(options, 1);
    second = &add(options, 2);
    return std::make_unique<TdmTrunk>(std::move(options), reactor, counters,
                                      [this](TdmTrunk&, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
                                        incoming.push_back(std::move(leg));
                                        setups.push_back(setup);
                                      });
  }();
};

TEST_F(TdmTrunkTest, FillsItsInterfacesInTheirOrderAndIsFullThen) {
  std::vector<std::unique_ptr<call::Leg>> legs;
  for (const char* number : {"1", "2", "3", "4"}) legs.push_back(call_out(number));

  EXPECT_EQ(first->setups.size(), 2u);
  EXPECT_EQ(second->setups.size(), 2u);
  EXPECT_EQ(legs[2]->name(), "timeslot 2/1");
  EXPECT_EQ(trunk->make_leg().error(), call::kNoCircuit);
  EXPECT_TRUE(trunk->state().is_full);

  legs[1].reset();
  reactor.settle();

  EXPECT_FALSE(trunk->state().is_full);
  EXPECT_TRUE(trunk->make_leg());
}

TEST_F(TdmTrunkTest, IsDownWhereNoInterfaceIsUpAndFullWhereOneLives) {
  first->is_up = false;
  EXPECT_TRUE(trunk->state().is_up);
  call_out("1");
  EXPECT_EQ(second->setups.size(), 1u);

  second->is_up = false;
  EXPECT_FALSE(trunk->state().is_up);
  EXPECT_EQ(trunk->make_leg().error(), call::kDestinationOutOfOrder);

  second->is_up = true;
  for (auto& slot : second->slots) slot.state = tdm::Signalling::SlotState::InUse;
  EXPECT_TRUE(trunk->state().is_full);
  EXPECT_EQ(trunk->make_leg().error(), call::kNoCircuit);
}

TEST_F(TdmTrunkTest, ACallInIsHandedOnWithItsLeg) {
  tdm::Setup setup;
  setup.called.digits = "300";
  setup.calling.number.digits = "100";

  second->call(setup);

  ASSERT_EQ(setups.size(), 1u);
  EXPECT_EQ(setups[0].called.digits, "300");
  EXPECT_EQ(setups[0].calling.number.digits, "100");
  EXPECT_EQ(incoming[0]->name(), "timeslot 2/1");
}

TEST_F(TdmTrunkTest, SendsItsOwnBearerButDataStaysData) {
  call_out("1");
  auto out = trunk->make_leg();
  call::Setup data;
  data.bearer = BearerCapability::Unrestricted;
  out->leg->setup(data, std::nullopt);

  EXPECT_EQ(first->setups[0].bearer, BearerCapability::Speech);
  EXPECT_EQ(first->setups[1].bearer, BearerCapability::Unrestricted);
}

TEST_F(TdmTrunkTest, CountsTheLinesInServiceAndKnowsWhichAreBlocked) {
  using State = tdm::Signalling::SlotState;
  EXPECT_EQ(trunk->lines(), 4u);
  first->slots[0].state = State::OutOfService;
  first->slots[1].state = State::InUse;
  second->slots[0].state = State::Restarting;
  EXPECT_EQ(trunk->lines(), 3u);

  EXPECT_TRUE(trunk->set_blocked({2, 1}, true));
  EXPECT_FALSE(trunk->set_blocked({3, 1}, true));
  EXPECT_TRUE(trunk->is_blocked({2, 1}));
  EXPECT_FALSE(trunk->is_blocked({2, 2}));
}

}  // namespace
}  // namespace sg::trunk
