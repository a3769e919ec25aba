#include "tests/unit/tdm/pri/exchange_line.h"

// HOLD and RETRIEVE (Q.932 clause 6). libpri sends neither here: the user's NOTIFY goes out as one.
namespace sg::tdm::pri {
namespace {

constexpr uint8_t kHold = 0x24, kHoldAcknowledge = 0x28, kHoldReject = 0x30;
constexpr uint8_t kRetrieve = 0x31, kRetrieveAcknowledge = 0x33, kRetrieveReject = 0x37;
constexpr size_t kMessageType =
    8;  // after Q.921's address and control, the discriminator and a reference of two octets

struct Holding : testing::Test {
  Holding() {
    line.come_up();
    line.network.on_call = [this](SignallingCallId id) {
      if (answers) line.network.interface->answer(id);
    };
  }

  void call() {
    outgoing = line.user.interface->setup(ExchangeLine::call_to("200"))->call;
    line.reactor.advance(1s);
    slot = line.network.slot.number;
    line.network.heard.clear();
  }
  // The network's answer.
  Bytes send(uint8_t type, const Bytes& elements = {}) {
    line.user.dchannel->change = [&](Bytes& frame) {
      if (frame.size() <= kMessageType) return;
      frame.resize(kMessageType);
      frame.push_back(type);
      frame.insert(frame.end(), elements.begin(), elements.end());
    };
    answer.clear();
    line.network.dchannel->change = [&](Bytes& frame) {
      if (frame.size() > kMessageType) answer.assign(frame.begin() + kMessageType, frame.end());
    };
    line.user.interface->notify(outgoing, 0);
    line.reactor.advance(1s);
    line.user.dchannel->change = line.network.dchannel->change = nullptr;
    return answer;
  }
  static Bytes channel(uint8_t number, bool is_exclusive) {
    return {0x18, 3, static_cast<uint8_t>(is_exclusive ? 0xa9 : 0xa1), 0x83, static_cast<uint8_t>(0x80 | number)};
  }

  ExchangeLine line;
  bool answers = true;
  SignallingCallId outgoing;
  uint8_t slot = 0;
  Bytes answer;
};

TEST_F(Holding, FreesTheTimeslotUntilTheCallIsRetrieved) {
  call();

  EXPECT_EQ(send(kHold).at(0), kHoldAcknowledge);

  EXPECT_EQ(line.network.heard, (std::vector<std::string>{"timeslot left", "notify 121"}));
  EXPECT_EQ(line.network.state_of(slot), Signalling::SlotState::Idle);
  EXPECT_EQ(line.network.interface->calls(), 1u);

  line.network.heard.clear();
  Bytes retrieved = send(kRetrieve, channel(7, false));
  ASSERT_EQ(retrieved.size(), 6u);
  EXPECT_EQ(retrieved[0], kRetrieveAcknowledge);
  EXPECT_EQ(retrieved[5] & 0x7f, 7) << "the channel that was asked for";
  EXPECT_EQ(line.network.heard, (std::vector<std::string>{"timeslot 7", "notify 122"}));
  EXPECT_EQ(line.network.state_of(7), Signalling::SlotState::InUse);
}

TEST_F(Holding, GivesAnyTimeslotWhereNoneIsNamedOrThePreferredOneIsTaken) {
  call();
  for (const Bytes& wanted : {Bytes{}, channel(16, false)}) {
    ASSERT_EQ(send(kHold).at(0), kHoldAcknowledge);
    EXPECT_EQ(send(kRetrieve, wanted).at(0), kRetrieveAcknowledge);
    EXPECT_EQ(line.network.count(Signalling::SlotState::InUse), 1u);
  }
}

TEST_F(Holding, IsKeptWhereTheOneTimeslotThatWouldDoCannotBeHad) {
  call();
  ASSERT_EQ(send(kHold).at(0), kHoldAcknowledge);

  EXPECT_EQ(send(kRetrieve, channel(16, true)).at(0), kRetrieveReject) << "that of the D-channel";
  EXPECT_EQ(send(kRetrieve).at(0), kRetrieveAcknowledge);
}

TEST_F(Holding, IsRefusedTwiceAndBeforeTheAnswer) {
  answers = false;
  call();
  EXPECT_EQ(send(kHold).at(0), kHoldReject);
  EXPECT_EQ(send(kRetrieve).at(0), kRetrieveReject);

  line.network.interface->answer(line.network.call);
  line.reactor.advance(1s);
  EXPECT_EQ(send(kHold).at(0), kHoldAcknowledge);
  EXPECT_EQ(send(kHold).at(0), kHoldReject);
}

TEST_F(Holding, EndsWithTheCall) {
  call();
  ASSERT_EQ(send(kHold).at(0), kHoldAcknowledge);

  line.network.interface->release(line.network.call, 16);
  line.reactor.advance(10s);

  EXPECT_TRUE(line.network.has_heard("released 16"));
  EXPECT_EQ(line.network.interface->calls() + line.user.interface->calls(), 0u);
  EXPECT_EQ(line.network.count(Signalling::SlotState::InUse), 0u);
}

}  // namespace
}  // namespace sg::tdm::pri
