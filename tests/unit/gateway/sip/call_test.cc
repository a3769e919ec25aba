#include "tests/unit/gateway/sip/two_agents.h"

namespace sg::sip {
namespace {

struct OverEachTransport : TwoAgents, testing::WithParamInterface<Listen> {
  void SetUp() override { start(GetParam()); }
  std::string host() const { return GetParam().address.host(); }
};

TEST_P(OverEachTransport, ACallIsAnsweredAndTheCallerHangsUp) {
  call(audio_at(4000, host().c_str()));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  EXPECT_EQ(last_setup.called.digits, "100");
  EXPECT_EQ(last_setup.calling.number.digits, "4711");
  EXPECT_EQ(last_info.source.host(), host());
  EXPECT_EQ(last_info.transport, GetParam().transport);
  ASSERT_TRUE(last_info.offer && last_info.offer->audio);
  EXPECT_EQ(last_info.offer->audio->rtp.to_string(), audio_at(4000, host().c_str()).audio->rtp.to_string());

  callee.leg->alert(false, std::nullopt);
  ASSERT_TRUE(until_heard(caller, "alerting"));
  EXPECT_FALSE(caller.inband);
  callee.leg->answer(audio_at(5000, host().c_str()));
  ASSERT_TRUE(until_heard(caller, "answered"));
  EXPECT_EQ(caller.media->audio->rtp.port(), 5000);
  caller.leg->release(call::kNormalClearing);

  ASSERT_TRUE(until_heard(caller, "released"));
  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_EQ(callee.cause->q850, 16);
}

TEST_P(OverEachTransport, TheCalleeHangsUpWithItsCause) {
  call(audio_at(4000, host().c_str()));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  callee.leg->answer(audio_at(5000, host().c_str()));
  ASSERT_TRUE(until_heard(caller, "answered"));
  settle();

  callee.leg->release(call::Cause{31});

  ASSERT_TRUE(until_heard(caller, "released"));
  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_EQ(caller.cause->q850, 31);
  settle();
  EXPECT_EQ(caller.times_heard("released"), 1);
  EXPECT_EQ(callee.times_heard("released"), 1);
}

INSTANTIATE_TEST_SUITE_P(Loopback, OverEachTransport,
                         testing::Values(Listen{Transport::Udp, *SocketAddress::parse("127.0.0.1:0")},
                                         Listen{Transport::Tcp, *SocketAddress::parse("127.0.0.1:0")},
                                         Listen{Transport::Udp, *SocketAddress::parse("[::1]:0")},
                                         Listen{Transport::Tcp, *SocketAddress::parse("[::1]:0")}),
                         [](const auto& each) {
                           return std::string(name_of(each.param.transport)) +
                                  (each.param.address.is_ipv6() ? "_ipv6" : "_ipv4");
                         });

using SipCall = TwoAgents;

TEST_F(SipCall, ACallThatIsForwardedGoesOnAfter181) {
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")});
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

  callee.leg->forwarded();
  ASSERT_TRUE(until_heard(caller, "progress"));
  EXPECT_FALSE(caller.inband);

  callee.leg->alert(false, std::nullopt);
  ASSERT_TRUE(until_heard(caller, "alerting"));
  callee.leg->answer(audio_at(5000));
  ASSERT_TRUE(until_heard(caller, "answered"));
}

TEST_F(SipCall, TheAgentTellsThePortsItBound) {
  EXPECT_NE(calling_agent->bound().front().address.port(), 0);
  EXPECT_NE(called_agent->bound().front().address.port(), calling_agent->bound().front().address.port());
}

TEST_F(SipCall, ABusyPortIsOneClearError) {
  for (auto transport : {Transport::Udp, Transport::Tcp}) {
    start({transport, *SocketAddress::parse("127.0.0.1:0")});
    AgentConfig config;
    config.listen = called_agent->bound();

    auto second = SipAgent::start(root, config, *this, counters);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, fmt::format("cannot listen on {} {}: the port is in use by another program",
                                                  name_of(transport), config.listen.front().address.to_string()));
  }
}

TEST_F(SipCall, ACancelledCallEndsOnBothSidesBeforeItRings) {
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

  caller.leg->release(call::kNoAnswer);

  ASSERT_TRUE(until_heard(caller, "released"));
  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_EQ(caller.cause->q850, 19);
  EXPECT_EQ(callee.cause->q850, 19) << "the CANCEL's Reason";
}

TEST_F(SipCall, ACancelledCallEndsOnBothSidesWhileItRings) {
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  callee.leg->alert(false, std::nullopt);
  ASSERT_TRUE(until_heard(caller, "alerting"));

  caller.leg->release(call::kNormalClearing);

  ASSERT_TRUE(until_heard(caller, "released"));
  ASSERT_TRUE(until_heard(callee, "released"));
  settle();
  EXPECT_EQ(caller.times_heard("released"), 1);
}

TEST_F(SipCall, ACancelThatCrossesTheAnswerStillEndsTheCall) {
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  callee.leg->alert(false, std::nullopt);
  ASSERT_TRUE(until_heard(caller, "alerting"));

  callee.leg->answer(audio_at(5000));
  caller.leg->release(call::kNormalClearing);

  ASSERT_TRUE(until_heard(caller, "released"));
  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_FALSE(caller.has_heard("answered"));
}

TEST_F(SipCall, ARefusalCarriesItsCauseInBothWorlds) {
  struct Case {
    int q850, status;
  };
  for (auto [q850, status] : {Case{17, 486}, Case{1, 404}, Case{34, 503}, Case{27, 502}}) {
    caller = Party{};
    callee = Party{};
    call(audio_at(4000));
    ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

    callee.leg->release(call::Cause{q850});

    ASSERT_TRUE(until_heard(caller, "released"));
    ASSERT_TRUE(until_heard(callee, "released"));
    EXPECT_EQ(caller.cause->q850, q850);
    EXPECT_EQ(caller.cause->sip_status, status);
  }
}

TEST_F(SipCall, AListenerMayRefuseAtOnce) {
  refuse_with = 403;
  call(audio_at(4000));

  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_EQ(caller.cause->sip_status, 403);
}

TEST_F(SipCall, ADroppedLegIsARefusedCall) {
  drop = true;
  call(audio_at(4000));

  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_GE(caller.cause->sip_status, 400);
}

TEST_F(SipCall, ALegMayBeDestroyedAtAnyTime) {
  call(audio_at(4000));
  caller.leg.reset();
  settle();
  callee.leg.reset();
  settle();

  establish();
  caller.leg.reset();

  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_TRUE(caller.times_heard("released") == 0) << "a destroyed leg is silent";
}

TEST_F(SipCall, EarlyMediaIsHeardBeforeTheAnswer) {
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

  callee.leg->progress(true, audio_at(5000));
  ASSERT_TRUE(until_heard(caller, "progress"));
  EXPECT_TRUE(caller.inband);
  EXPECT_EQ(caller.media->audio->rtp.port(), 5000);
  caller.media.reset();
  callee.leg->answer(std::nullopt);

  ASSERT_TRUE(until_heard(caller, "answered"));
  EXPECT_FALSE(caller.media) << "what came early stands";
}

TEST_F(SipCall, IdentityAndItsRestrictionCross) {
  auto setup = setup_to("100");
  setup.calling.number = {.digits = "493012345", .type = TypeOfNumber::International, .plan = NumberingPlan::Isdn};
  setup.calling.name = "Fax \"Nord\"";
  setup.calling.screening = ScreeningIndicator::Network;
  setup.calling.presentation = Presentation::Restricted;
  setup.redirection = party::Redirection{.from = {.digits = "555"}, .reason = 2};
  setup.max_forwards = 12;

  call(audio_at(4000), setup);
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

  EXPECT_EQ(last_info.from_user, "anonymous");
  EXPECT_EQ(last_setup.calling.number, setup.calling.number);
  EXPECT_EQ(last_setup.calling.name, setup.calling.name);
  EXPECT_EQ(last_setup.calling.presentation, Presentation::Restricted);
  ASSERT_TRUE(last_setup.redirection);
  EXPECT_EQ(last_setup.redirection->from.digits, "555");
  EXPECT_EQ(last_setup.redirection->reason, 2);
  EXPECT_EQ(last_setup.max_forwards, 11);
}

TEST_F(SipCall, ACallThatHasBeenForwardedTooOftenGoesNoFurther) {
  auto setup = setup_to("100");
  setup.max_forwards = -1;

  call(audio_at(4000), setup);

  EXPECT_TRUE(caller.heard.empty()) << "nothing is told from inside setup()";
  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_EQ(caller.cause->sip_status, 483);
  EXPECT_EQ(invites, 0);
}

TEST_F(SipCall, AnInviteWithoutSdpIsOfferedOursAndAnswersInItsAck) {
  call(std::nullopt);
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  EXPECT_FALSE(last_info.offer);

  callee.leg->answer(audio_at(5000));
  ASSERT_TRUE(until_heard(caller, "offer"));
  EXPECT_EQ(caller.media->audio->rtp.port(), 5000);
  caller.leg->answer_offer(audio_at(4000));

  ASSERT_TRUE(until_heard(callee, "offer answered"));
  EXPECT_EQ(callee.media->audio->rtp.port(), 4000);
}

TEST_F(SipCall, SignalledDigitsCross) {
  establish();

  caller.leg->send_digits("12#");

  ASSERT_TRUE(until([&] { return callee.digits == "12#"; }, "three digits came"));
}

}  // namespace
}  // namespace sg::sip
