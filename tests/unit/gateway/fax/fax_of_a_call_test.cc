#include "gateway/fax/fax_verdict.h"
#include "tests/unit/gateway/call/call_fixture.h"

namespace sg::fax {
namespace {

using call::testing::LegScript;
using media::Side;

// What is said of the faxes of real calls when they are over.
class FaxOfACall : public call::testing::CallTest {
 protected:
  FaxDiagnosis verdict() { return judge(records.back(), counters); }
};

TEST_F(FaxOfACall, ASilentPeerEndsTheCallAndTheRecordSaysSo) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  media::FaxSeen dis;
  dis.event.code = {t38::fcf::kDis};
  media.tell(dis);

  media.tell(media::MediaTimeout{Side::A});
  reactor.settle();

  EXPECT_TRUE(caller.heard_command("release 41"));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(verdict().rule, RuleId::PeerFellSilent);
}

TEST_F(FaxOfACall, ALineThatDiesUnderAFaxIsItsCauseAndWhatEndsTheCall) {
  answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  media.tell(media::FaxSeen{.event = {.code = {t38::fcf::kDis}}, .from = Side::B, .in_audio = true});
  media.tell(media::MediaImpairment{Side::A, media::MediaImpairment::Kind::Slip, 1, 0});
  media.tell(media::FaxSeen{.event = {.code = {t38::fcf::kTsi}}, .from = Side::A, .in_audio = true});
  reactor.advance(4900ms);

  media.tell(media::MediaImpairment{Side::A, media::MediaImpairment::Kind::Slip, 9, 0});
  reactor.advance(100ms);
  called->listener->on_line_changed({.span = 1, .alarms = tdm::kAlarmRed});
  media.tell(media::MediaImpairment{Side::A, media::MediaImpairment::Kind::Slip, 5, 0});
  reactor.advance(5s);
  called->listener->on_released({27});
  reactor.settle();

  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].released_by, call::ReleasedBy::Line);
  EXPECT_EQ(verdict().cause, "Span 1 (called side) went into alarm (RED) 5.0 s after the answer.");
  EXPECT_EQ(records[0].fax_log.sums().slips, 1u) << "the one long before it";
  const FaxStep& last = records[0].fax_log.steps().back();
  EXPECT_EQ(std::make_tuple(last.kind, last.side, last.what),
            std::make_tuple(FaxStep::Kind::Line, Side::B, "span 1: RED"));
}

TEST_F(FaxOfACall, AFaxThatIsEndedHereIsNotBlamedOnItsMachines) {
  const std::pair<std::function<void()>, std::string> cases[] = {
      {[&] { manager.hang_up(id); }, "The call was ended by the operator (spangatectl hangup)."},
      {[&] { manager.hang_up(id, call::HungUp::ForEmergency, {47}); },
       "The call was ended by the gateway, as an emergency call needed its timeslot."},
      {[&] { manager.shut_down([] {}); }, "The call was ended by the gateway, which was shut down."},
  };
  for (const auto& [end, cause] : cases) {
    answered_sip_to_pri();
    media.hear(Side::B, media::HeardTone::V21Preamble);
    media.tell(media::FaxSeen{.event = {.code = {t38::fcf::kDis}}, .from = Side::B, .in_audio = true});

    end();
    reactor.settle();

    EXPECT_EQ(verdict().cause, cause);
  }
  EXPECT_EQ(records.size(), 3u);
}

}  // namespace
}  // namespace sg::fax
