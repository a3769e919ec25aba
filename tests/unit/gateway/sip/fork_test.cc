#include <algorithm>

#include "tests/unit/gateway/sip/sip_dialog.h"

// A call of ours that is forked: several that ring, reliably or not, and one that answers (RFC 3261 section 13.2.2.4,
// RFC 3262).
namespace sg::sip {
namespace {

class SipFork : public SipDialog {
 protected:
  static std::string with_tag(std::string invite, const std::string& tag) {
    auto to = invite.find("\r\nTo: ");
    return invite.insert(invite.find("\r\n", to + 2), ";tag=" + tag);
  }
  static std::string reliably(int sequence) { return fmt::format("Require: 100rel\r\nRSeq: {}\r\n", sequence); }
  long times_received(const std::string& start, const std::string& containing) const {
    return std::count_if(peer.received.begin(), peer.received.end(), [&](const std::string& message) {
      return message.starts_with(start) && message.find(containing) != std::string::npos;
    });
  }
  // PRACK of this fork.
  testing::AssertionResult until_acknowledged(const std::string& tag, int sequence) {
    auto is_it = [&](const std::string& message) {
      return message.starts_with("PRACK") && RawPeer::header(message, "To").ends_with(";tag=" + tag) &&
             RawPeer::header(message, "RAck").starts_with(fmt::format("{} ", sequence));
    };
    auto result = until([&] { return std::ranges::any_of(peer.received, is_it); }, "PRACK");
    if (result) peer.reply(back(), *std::ranges::find_if(peer.received, is_it), "200 OK");
    return result;
  }
};

struct Step {
  const char* status;
  const char* tag;
  int sequence;  // 0: not reliable
};

TEST_F(SipFork, WhoAnswersFirstHasTheCallWhateverTagsRangBefore) {
  struct Row {
    const char* what;
    std::vector<Step> steps;
    const char* answers;
  };
  const std::vector<Row> rows{
      {"who rang", {{"180 Ringing", "first", 1}}, "first"},
      {"another", {{"180 Ringing", "first", 1}}, "second"},
      {"two that rang, the first of them", {{"180 Ringing", "first", 1}, {"180 Ringing", "second", 1}}, "first"},
      {"two that rang, the second of them", {{"180 Ringing", "first", 1}, {"183 -", "second", 7}}, "second"},
      {"each step with a tag of its own", {{"180 Ringing", "a", 1}, {"183 -", "b", 2}, {"180 Ringing", "c", 3}}, "d"},
      {"each step counts on", {{"180 Ringing", "a", 4}, {"183 -", "a", 5}, {"183 -", "b", 1}}, "a"},
      {"some reliable and some not", {{"180 Ringing", "a", 0}, {"183 -", "b", 3}, {"180 Ringing", "c", 0}}, "c"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    auto invite = call_peer();
    for (const Step& step : row.steps) {
      peer.reply(back(), with_tag(invite, step.tag), step.status, step.sequence ? reliably(step.sequence) : "");
      if (step.sequence) {
        ASSERT_TRUE(until_acknowledged(step.tag, step.sequence)) << step.tag;
      }
    }
    peer.reply(back(), with_tag(invite, row.answers), "200 OK", {}, sdp_of(kAudio));

    ASSERT_TRUE(until_heard(caller, "answered"));
    ASSERT_TRUE(until_received("ACK", fmt::format(";tag={}\r\n", row.answers)));
    settle();
    EXPECT_EQ(times_received("BYE", ""), 0);
    // What comes later goes to who answered, with a number above that of every PRACK.
    caller.leg->offer(image_at(4002));
    ASSERT_TRUE(until_received("INVITE", "m=image"));
    auto reinvite = peer.last("INVITE");
    EXPECT_TRUE(RawPeer::header(reinvite, "To").ends_with(fmt::format(";tag={}", row.answers)));
    for (const auto& message : peer.received) {
      if (!message.starts_with("PRACK")) continue;
      EXPECT_LT(std::stol(RawPeer::header(message, "CSeq")), std::stol(RawPeer::header(reinvite, "CSeq")));
    }
    peer.reply(back(), reinvite, "488 Not Acceptable Here");
    ASSERT_TRUE(until_heard(caller, "offer refused"));
    caller.leg->release(call::kNormalClearing);
    ASSERT_TRUE(until_received("BYE", fmt::format(";tag={}\r\n", row.answers)));
    peer.reply(back(), peer.last("BYE"), "200 OK");
    ASSERT_TRUE(until_heard(caller, "released"));
    caller = Party{};
    peer.received.clear();
  }
}

TEST_F(SipFork, AnAcknowledgementGoesWhereItsForkIs) {
  auto invite = call_peer();
  auto proxy = peer.address().to_string();

  peer.reply(back(), with_tag(invite, "first"), "180 Ringing",
             reliably(1) + fmt::format("Record-Route: <sip:{0};lr;n=2>\r\nRecord-Route: <sip:{0};lr;n=1>\r\n", proxy));

  ASSERT_TRUE(until_received("PRACK"));
  auto prack = peer.last("PRACK");
  EXPECT_TRUE(prack.starts_with("PRACK sip:raw@" + proxy)) << "the Contact";
  EXPECT_LT(prack.find(";n=1>"), prack.find(";n=2>")) << "the way back " << prack;
  EXPECT_EQ(RawPeer::header(prack, "RAck"), "1 " + RawPeer::header(invite, "CSeq"));
  EXPECT_EQ(RawPeer::header(prack, "From"), RawPeer::header(invite, "From"));
  EXPECT_EQ(std::stol(RawPeer::header(prack, "CSeq")), std::stol(RawPeer::header(invite, "CSeq")) + 1);
}

// RFC 3262 section 4: in order, and each once.
TEST_F(SipFork, AReliableResponseIsHeardOnce) {
  auto invite = call_peer();
  for (int i = 0; i < 3; ++i) peer.reply(back(), with_tag(invite, "first"), "180 Ringing", reliably(5));
  ASSERT_TRUE(until_acknowledged("first", 5));
  peer.reply(back(), with_tag(invite, "first"), "183 Session Progress", reliably(7));
  settle();

  EXPECT_EQ(caller.times_heard("alerting"), 1);
  EXPECT_FALSE(caller.has_heard("progress")) << "the one before it has not come";
  EXPECT_EQ(times_received("PRACK", "RAck: 7"), 0);
  EXPECT_EQ(times_received("PRACK", "RAck: 5"), 1);
  peer.reply(back(), with_tag(invite, "first"), "183 Session Progress", reliably(6));
  EXPECT_TRUE(until_acknowledged("first", 6));
  EXPECT_TRUE(until_heard(caller, "progress"));
}

TEST_F(SipFork, AForkThatRefusesItsAcknowledgementHurtsNoOther) {
  for (const char* status : {"404 Not Found", "408 Request Timeout", "481 -", "500 -", "401 Unauthorized"}) {
    SCOPED_TRACE(status);
    auto invite = call_peer();
    peer.reply(back(), with_tag(invite, "first"), "180 Ringing", reliably(1));
    ASSERT_TRUE(until_received("PRACK"));
    peer.reply(back(), peer.last("PRACK"), status);
    settle();
    EXPECT_FALSE(caller.has_heard("released"));

    peer.reply(back(), with_tag(invite, "second"), "200 OK", {}, sdp_of(kAudio));

    ASSERT_TRUE(until_heard(caller, "answered"));
    ASSERT_TRUE(until_received("ACK", ";tag=second\r\n"));
    caller = Party{};
    settle();
    peer.received.clear();
  }
}

// RFC 3311: a fork may change its early media, and another one answer.
TEST_F(SipFork, AnUpdateOfOneForkDoesNotMakeItTheCalled) {
  for (const char* answers : {"first", "second"}) {
    SCOPED_TRACE(answers);
    auto invite = call_peer();
    peer.reply(back(), with_tag(invite, "first"), "183 Session Progress", reliably(1), sdp_of(kAudio));
    ASSERT_TRUE(until_acknowledged("first", 1));
    ASSERT_TRUE(until_heard(caller, "progress"));
    auto me = peer.address().to_string();
    auto sdp = sdp_of("m=audio 4100 RTP/AVP 8\r\n", 2);
    auto update = fmt::format(
        "UPDATE sip:4711@{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bK-u-{2}\r\n"
        "Max-Forwards: 70\r\nFrom: {3};tag=first\r\nTo: {4}\r\nCall-ID: {5}\r\nCSeq: 1 UPDATE\r\n"
        "Contact: <sip:first@{1}>\r\nContent-Type: application/sdp\r\nContent-Length: {6}\r\n\r\n{7}",
        back().to_string(), me, answers, RawPeer::header(invite, "To"), RawPeer::header(invite, "From"),
        RawPeer::header(invite, "Call-ID"), sdp.size(), sdp);
    peer.send(back(), update);
    ASSERT_TRUE(until_heard(caller, "offer"));
    EXPECT_EQ(caller.media->audio->rtp.port(), 4100);
    caller.leg->answer_offer(audio_at(4000));
    ASSERT_TRUE(until_received("SIP/2.0 200", " UPDATE\r\n"));
    EXPECT_TRUE(RawPeer::header(peer.last("SIP/2.0 200"), "From").ends_with(";tag=first"));
    peer.send(back(), update);
    settle();
    EXPECT_EQ(times_received("SIP/2.0 200", " UPDATE\r\n"), 2) << "a repeated one gets the same answer";
    EXPECT_EQ(caller.times_heard("offer"), 1);

    peer.reply(back(), with_tag(invite, answers), "200 OK", {}, sdp_of(kAudio));

    ASSERT_TRUE(until_heard(caller, "answered"));
    ASSERT_TRUE(until_received("ACK", fmt::format(";tag={}\r\n", answers)));
    EXPECT_TRUE(peer.last("ACK").starts_with("ACK sip:raw@")) << "the Contact of the answer";
    settle();
    EXPECT_EQ(times_received("BYE", ""), 0);
    caller = Party{};
    settle();
    peer.received.clear();
  }
}

}  // namespace
}  // namespace sg::sip
