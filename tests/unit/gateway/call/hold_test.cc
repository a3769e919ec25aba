#include "call_fixture.h"

// Hold and retrieve, as they go through a call.
namespace sg::call {
namespace {

using namespace testing;
using media::Side;

class HoldTest : public CallTest {
 protected:
  // The leg of an answered call between these trunks that `holder` names, and the other one.
  struct Ends {
    LegScript& holder;
    LegScript& held;
    Side side;  // of the one that is held
  };
  Ends answered(FakeTrunk& from, FakeTrunk& to, bool caller_holds) {
    targets = {&to};
    bool is_ip = &from == &sip;
    LegScript& caller = incoming(from, is_ip ? std::optional(audio_at("192.0.2.1:4000")) : std::nullopt);
    LegScript& answering = *to.legs.back();
    answering.listener->on_answered(&to == &sip ? std::optional(audio_at("192.0.2.9:5000")) : std::nullopt);
    reactor.settle();
    return caller_holds ? Ends{caller, answering, Side::B} : Ends{answering, caller, Side::A};
  }
};

TEST_F(HoldTest, TheOtherSideIsToldAndHearsMusicWhicheverHolds) {
  struct Row {
    const char* name;
    FakeTrunk &from, &to;
    bool caller_holds;
  };
  for (const Row& row : {Row{"sip to pri, caller", sip, pri, true}, Row{"sip to pri, called", sip, pri, false},
                         Row{"pri to sip, caller", pri, sip, true}, Row{"pri to sip, called", pri, sip, false},
                         Row{"sip to sip", sip, sip, true}, Row{"pri to pri", pri, pri, false}}) {
    SCOPED_TRACE(row.name);
    Ends ends = answered(row.from, row.to, row.caller_holds);

    ends.holder.listener->on_held();

    EXPECT_EQ(ends.held.heard.back(), "hold");
    EXPECT_EQ(media.tones[ends.side], media::Tone::Music);

    ends.holder.listener->on_retrieved();

    EXPECT_EQ(ends.held.heard.back(), "retrieve");
    EXPECT_EQ(media.tones[ends.side], media::Tone::None);
    EXPECT_FALSE(ends.holder.heard_command("hold"));
    EXPECT_EQ(media.bridging, media::Bridging::Both);
    ends.holder.listener->on_released(kNormalClearing);
    reactor.settle();
  }
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(HoldTest, BothMayHoldAndEachIsRetrievedByTheOther) {
  Ends ends = answered(sip, sip, true);
  ends.holder.listener->on_held();
  ends.held.listener->on_held();
  EXPECT_EQ(ends.holder.heard.back(), "hold");

  ends.holder.listener->on_retrieved();

  EXPECT_EQ(ends.held.heard.back(), "retrieve");
  EXPECT_EQ(ends.holder.heard.back(), "hold") << "it is still held itself";
  EXPECT_EQ(media.tones[Side::A], media::Tone::Music);
}

TEST_F(HoldTest, WhatIsToldTwiceIsPassedOnOnce) {
  Ends ends = answered(sip, pri, true);

  ends.holder.listener->on_held();
  ends.holder.listener->on_held();

  EXPECT_EQ(std::count(ends.held.heard.begin(), ends.held.heard.end(), "hold"), 1);
  EXPECT_EQ(counters.get("call.held").value(), 1u);
}

TEST_F(HoldTest, NewMediaThatIsNoHoldDisturbsNobody) {
  Ends ends = answered(sip, pri, true);
  size_t said = ends.held.heard.size();

  ends.holder.listener->on_offer(audio_at("192.0.2.7:4100", {{CodecId::Pcmu, 0}}));
  ends.holder.listener->on_offer(t38_at("192.0.2.7:4100"));

  EXPECT_EQ(ends.held.heard.size(), said);
  EXPECT_NE(media.tones[Side::B], media::Tone::Music);
}

TEST_F(HoldTest, AFaxHearsNoMusic) {
  Ends ends = answered(sip, pri, true);
  media.hear(Side::B, media::HeardTone::Ced);

  ends.holder.listener->on_held();

  EXPECT_NE(media.tones[Side::B], media::Tone::Music);
}

TEST_F(HoldTest, SilenceOnHoldEndsNoCall) {
  Ends ends = answered(sip, pri, true);
  ends.holder.listener->on_held();

  media.tell(media::MediaTimeout{Side::A});
  EXPECT_EQ(manager.calls().size(), 1u);

  ends.holder.listener->on_retrieved();
  media.tell(media::MediaTimeout{Side::A});
  reactor.settle();
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(HoldTest, WhoIsHeldMayHangUp) {
  Ends ends = answered(sip, pri, true);
  ends.holder.listener->on_held();

  ends.held.listener->on_released(kNormalClearing);
  reactor.settle();

  EXPECT_TRUE(ends.holder.heard_command("release 16"));
  EXPECT_TRUE(manager.calls().empty());
}

}  // namespace
}  // namespace sg::call
