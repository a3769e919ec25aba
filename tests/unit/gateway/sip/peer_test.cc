#include "base/log.h"
#include "gateway/sip/obstacle.h"
#include "tests/unit/gateway/sip/sip_dialog.h"

namespace sg::sip {
namespace {

TEST(PeerHealth, GoesDownAfterThreeMissesInARowAndUpAfterTwoAnswers) {
  PeerHealth health;
  EXPECT_TRUE(health.is_up());
  EXPECT_FALSE(health.on_miss());
  EXPECT_FALSE(health.on_miss());
  EXPECT_FALSE(health.on_answer());
  EXPECT_FALSE(health.on_miss());
  EXPECT_FALSE(health.on_miss());
  EXPECT_TRUE(health.is_up()) << "an answer in between starts the count anew";

  EXPECT_TRUE(health.on_miss());
  EXPECT_FALSE(health.is_up());
  EXPECT_FALSE(health.on_answer());
  EXPECT_FALSE(health.on_miss());
  EXPECT_FALSE(health.on_answer());
  EXPECT_FALSE(health.is_up());
  EXPECT_TRUE(health.on_answer());
  EXPECT_TRUE(health.is_up());
}

struct SipProbe : SipDialog {
  void watch() {
    ProbeOptions options;
    options.interval = 40ms;
    probe = std::move(*calling_agent->probe(peer_target(), options, [this](bool is_up) { changes.push_back(is_up); }));
  }
  // Answers the peer's OPTIONS so from now on, until the condition holds.
  template <class Condition>
  testing::AssertionResult answering(const char* status, Condition&& condition, const char* what) {
    return until(
        [&] {
          for (auto& message : std::exchange(peer.received, {})) {
            if (*status) peer.reply(back(), message, status);
          }
          return condition();
        },
        what);
  }
  std::unique_ptr<PeerProbe> probe;
  std::vector<bool> changes;
};

TEST_F(SipProbe, APeerThatDoesNotAnswerIsDownAndOneThatAnswersAgainIsUp) {
  watch();
  ASSERT_TRUE(until_received("OPTIONS"));
  EXPECT_TRUE(probe->health().is_up());

  ASSERT_TRUE(answering(
      "", [&] { return changes.size() == 1; }, "the peer is down"));
  EXPECT_FALSE(probe->health().is_up());
  EXPECT_EQ(probe->last_answer(), "no answer");

  ASSERT_TRUE(answering(
      "200 OK", [&] { return changes.size() == 2; }, "the peer is up"));
  EXPECT_TRUE(probe->health().is_up());
  EXPECT_EQ(probe->last_answer(), "200");
}

TEST_F(SipProbe, AnyAnswerButServiceUnavailableSaysThatThePeerIsThere) {
  watch();
  ASSERT_TRUE(answering(
      "503 Service Unavailable", [&] { return changes.size() == 1; }, "the peer is down"));
  EXPECT_EQ(probe->last_answer(), "503");

  ASSERT_TRUE(answering(
      "404 Not Found", [&] { return changes.size() == 2; }, "the peer is up"));
  EXPECT_EQ(probe->last_answer(), "404");
}

// A port where nobody listens any more.
SocketAddress closed_port(Reactor& reactor) {
  return RawPeer(reactor).address();
}

struct ObstacleRow {
  const char* answer;  // of the peer; null: none
  bool is_there;       // else its port is closed
  Transport transport;
  call::Obstacle met;
  int sip_status;
};

class SipObstacle : public SipDialog, public testing::WithParamInterface<ObstacleRow> {};

TEST_P(SipObstacle, IsToldApartInCallsAndProbes) {
  const ObstacleRow& row = GetParam();
  transaction_patience = 400ms;
  start({row.transport, *SocketAddress::parse("127.0.0.1:0")});
  auto to = peer_target();
  to.transport = row.transport;
  if (!row.is_there) to.port = closed_port(root).port();

  caller.leg = std::move(*calling_agent->make_leg(to));
  caller.leg->set_listener(&caller);
  caller.leg->setup(setup_to("100"), audio_at(4000));
  ProbeOptions options;
  options.interval = options.patience = 200ms;
  auto probe = std::move(*calling_agent->probe(to, options, [](bool) {}));
  auto ends = [&] {
    for (auto& message : std::exchange(peer.received, {})) {
      if (row.answer && !message.starts_with("ACK")) peer.reply(back(), message, row.answer);
    }
    return caller.cause && !probe->last_answer().empty();
  };
  ASSERT_TRUE(until(ends, "both have come to nothing"));

  EXPECT_EQ(caller.cause->obstacle, row.met) << name_of(caller.cause->obstacle);
  EXPECT_EQ(probe->obstacle(), row.met) << name_of(probe->obstacle());
  EXPECT_EQ(caller.cause->sip_status, row.sip_status);
  EXPECT_EQ(caller.cause->is_peers_status(), row.answer != nullptr);
  EXPECT_EQ(probe->last_answer(), row.answer ? std::string(row.answer, 3) : std::string(name_of(row.met)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SipObstacle,
    testing::Values(ObstacleRow{"401 Unauthorized", true, Transport::Udp, call::Obstacle::PasswordWanted, 401},
                    ObstacleRow{"407 Proxy Authentication Required", true, Transport::Udp,
                                call::Obstacle::PasswordWanted, 407},
                    ObstacleRow{"503 Service Unavailable", true, Transport::Udp, call::Obstacle::None, 503},
                    ObstacleRow{"408 Request Timeout", true, Transport::Udp, call::Obstacle::None, 408},
                    ObstacleRow{nullptr, true, Transport::Udp, call::Obstacle::NoAnswer, 408},
                    ObstacleRow{nullptr, false, Transport::Udp, call::Obstacle::ConnectionRefused, 503},
                    ObstacleRow{nullptr, false, Transport::Tcp, call::Obstacle::ConnectionRefused, 503}));

TEST(SipObstacleOfErrors, IsWhatTheSystemSaid) {
  for (auto [error, met] : {std::pair{ECONNREFUSED, call::Obstacle::ConnectionRefused},
                            {EHOSTUNREACH, call::Obstacle::NoRoute},
                            {ENETUNREACH, call::Obstacle::NoRoute},
                            {ETIMEDOUT, call::Obstacle::NoAnswer},
                            {EPERM, call::Obstacle::NotSent},
                            {0, call::Obstacle::NotSent}}) {
    EXPECT_EQ(obstacle_of(503, nullptr, error), met) << error;
  }
}

TEST_F(SipDialog, OptionsSaysWhenNoCallsAreTaken) {
  answers_options_with = 503;

  peer.request(agent(), "OPTIONS", 1);

  ASSERT_TRUE(until_received("SIP/2.0 503", " OPTIONS\r\n"));
  EXPECT_FALSE(RawPeer::header(peer.last("SIP/2.0 503"), "Retry-After").empty());
}

TEST_F(SipDialog, WhoIsNotAdmittedGetsNoAnswerAtAllAndIsCounted) {
  admits_all = false;
  for (const char* method : {"INVITE", "OPTIONS", "REGISTER", "BYE"}) peer.request(agent(), method, 1);
  ASSERT_TRUE(until([&] { return counters.get("sip.unknown_source").value() == 4; }, "all four are counted"));
  settle();

  EXPECT_TRUE(peer.received.empty());
  EXPECT_EQ(invites, 0);
}

TEST_F(SipDialog, AMethodThatIsRefusedIsCountedAndLoggedOnceASource) {
  trunks["127.0.0.1"] = "ata1";
  set_up_logging(LogLevel::Warning);
  testing::internal::CaptureStderr();
  for (const char* method : {"REGISTER", "PUBLISH", "BREW"}) {
    for (int i = 1; i <= 3; ++i) peer.request(agent(), method, i);
  }
  peer.request(agent(), "OPTIONS", 1);
  const bool are_counted =
      until([&] { return counters.get("sip.rx.refused_methods").value() == 9; }, "all are counted");
  const bool are_answered =
      until_received("SIP/2.0 405", " REGISTER\r\n") && until_received("SIP/2.0 501", " BREW\r\n");
  const std::string log = testing::internal::GetCapturedStderr();
  set_up_logging(LogLevel::Error);

  EXPECT_TRUE(are_counted) << counters.get("sip.rx.refused_methods").value();
  EXPECT_TRUE(are_answered);
  for (const char* words : {"REGISTER from 127.0.0.1:", "(trunk ata1) is refused: Spangate is no registrar;",
                            "PUBLISH from 127.0.0.1:", "BREW from 127.0.0.1:"}) {
    const auto at = log.find(words);
    ASSERT_NE(at, std::string::npos) << words << "\n" << log;
    EXPECT_EQ(log.find(words, at + 1), std::string::npos) << "once: " << words;
  }
}

TEST_F(SipDialog, InvitesAboveTheLimitAreNotTakenAndCounted) {
  limits.invites_per_second = 2;
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")});
  refuse_with = 486;

  for (int i = 1; i <= 5; ++i) {
    // Each a call of its own: the Call-ID is made from the port.
    RawPeer other(root);
    other.request(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio));
  }

  ASSERT_TRUE(until([&] { return counters.get("sip.rx.invites_above_limit").value() == 3; }, "three are not taken"));
  ASSERT_TRUE(until([&] { return invites == 2; }, "two get through"));
}

TEST_F(SipDialog, OurOwnInviteThatComesBackIsALoop) {
  auto invite = call_peer();
  auto come_back = [&](const std::string& user) {
    auto copy = invite;
    copy.replace(copy.find("sip:100@"), 8, "sip:" + user + "@");
    copy.insert(copy.find("Via:"),
                fmt::format("Via: SIP/2.0/UDP {};branch=z9hG4bK-proxy-{}\r\n", peer.address().to_string(), user));
    peer.send(back(), copy);
  };

  come_back("100");
  ASSERT_TRUE(until_received("SIP/2.0 482"));
  EXPECT_EQ(counters.get("sip.rx.loops").value(), 1u);
  EXPECT_EQ(invites, 0);
}

TEST_F(SipDialog, ASpiralIsNoLoop) {
  auto invite = call_peer();
  invite.replace(invite.find("sip:100@"), 8, "sip:200@");
  invite.insert(invite.find("Via:"),
                fmt::format("Via: SIP/2.0/UDP {};branch=z9hG4bK-proxy\r\n", peer.address().to_string()));

  peer.send(back(), invite);

  ASSERT_TRUE(until([&] { return invites == 1; }, "the forwarded call arrives"));
  EXPECT_EQ(last_setup.called.digits, "200");
}

TEST_F(SipDialog, NoCallGoesOnWithoutForwardsLeft) {
  auto setup = setup_to("100");
  setup.max_forwards = -1;
  call(audio_at(4000), setup);

  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_EQ(caller.cause->sip_status, 483);
  EXPECT_EQ(invites, 0);
}

}  // namespace
}  // namespace sg::sip
