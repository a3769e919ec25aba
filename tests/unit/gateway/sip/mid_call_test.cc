#include "tests/unit/gateway/sip/sip_dialog.h"

// Redirection, forking, hold, transfer, digits: what happens to calls between their beginning and their end.
namespace sg::sip {
namespace {

class SipFlow : public SipDialog {
 protected:
  void acknowledge(int cseq, const std::string& tag) { peer.request(agent(), "ACK", cseq, tag); }
  std::string with_tag(std::string invite, const char* tag) const {
    auto to = invite.find("\r\nTo: ");
    return invite.insert(invite.find("\r\n", to + 2), std::string(";tag=") + tag);
  }
};

TEST_F(SipFlow, ARedirectionTellsItsContactsBestFirst) {
  auto invite = call_peer(setup_to("100"), {}, true);

  peer.reply(back(), invite, "302 Moved Temporarily",
             "Contact: <sip:201@127.0.0.1:9>;q=0.1\r\nContact: <sip:+49302@127.0.0.1:9>;q=0.9\r\n");

  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_EQ(caller.cause->sip_status, 302);
  ASSERT_EQ(caller.redirects.size(), 3u) << "and the one that the peer adds to every reply";
  auto best = std::find_if(caller.redirects.begin(), caller.redirects.end(),
                           [](const auto& redirect) { return redirect.called.digits == "49302"; });
  ASSERT_NE(best, caller.redirects.end());
  EXPECT_EQ(best->called.type, TypeOfNumber::International);
  EXPECT_EQ(best->uri, "sip:+49302@127.0.0.1:9");
  EXPECT_EQ(caller.redirects.back().called.digits, "201");
  settle();
  EXPECT_EQ(std::count_if(peer.received.begin(), peer.received.end(),
                          [](const auto& message) { return message.starts_with("INVITE"); }),
            1);
}

// It would come back to us as a loop: what it names is for the dial plan.
TEST_F(SipFlow, AContactThatIsOurselvesIsToldAsSuch) {
  auto ours = back().to_string();
  struct Row {
    std::string uri;
    bool is_own;
  };
  for (const Row& row : {Row{"sip:200@" + ours, true}, Row{"sip:+49200@" + ours + ";transport=udp", true},
                         Row{fmt::format("sip:200@127.0.0.1:{}", peer.address().port()), false},
                         Row{fmt::format("sip:200@127.0.0.2:{}", back().port()), false},
                         Row{fmt::format("sip:200@[::1]:{}", back().port()), false}, Row{"sip:200@127.0.0.1", false},
                         Row{"sip:200@gw.example", false}, Row{"tel:+49200", false}}) {
    SCOPED_TRACE(row.uri);
    auto invite = call_peer(setup_to("100"), {}, true);

    peer.reply(back(), invite, "302 Moved Temporarily", fmt::format("Contact: <{}>;q=1.0\r\n", row.uri));

    ASSERT_TRUE(until_heard(caller, "redirected"));
    auto found = std::find_if(caller.redirects.begin(), caller.redirects.end(),
                              [](const auto& redirect) { return redirect.called.digits != "raw"; });
    ASSERT_NE(found, caller.redirects.end());
    EXPECT_EQ(found->is_own, row.is_own);
    ASSERT_TRUE(until_heard(caller, "released"));
    caller = Party{};
    peer.received.clear();
  }
}

TEST_F(SipFlow, ARedirectionThatMayNotBeFollowedIsARefusal) {
  auto invite = call_peer();

  peer.reply(back(), invite, "302 Moved Temporarily");

  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_EQ(caller.cause->sip_status, 302);
  EXPECT_FALSE(caller.has_heard("redirected"));
}

TEST_F(SipFlow, ACallThatWasRedirectedGoesWhereItWasSent) {
  auto setup = setup_to("100");
  setup.request_uri = fmt::format("sip:555@{}", peer.address().to_string());

  auto invite = call_peer(setup);

  EXPECT_TRUE(invite.starts_with("INVITE sip:555@" + peer.address().to_string()));
}

TEST_F(SipFlow, OfSeveralForksTheLatestIsHeardAndTheOneThatAnswersStands) {
  auto invite = call_peer();
  auto media = [](int port) { return sdp_of(fmt::format("m=audio {} RTP/AVP 8\r\n", port)); };

  peer.reply(back(), with_tag(invite, "one"), "183 Session Progress", {}, media(6000));
  ASSERT_TRUE(until_heard(caller, "progress"));
  EXPECT_EQ(caller.media->audio->rtp.port(), 6000);
  peer.reply(back(), with_tag(invite, "two"), "180 Ringing", {}, media(6002));
  ASSERT_TRUE(until_heard(caller, "alerting"));
  EXPECT_EQ(caller.media->audio->rtp.port(), 6002);
  peer.reply(back(), with_tag(invite, "one"), "200 OK", {}, media(6000));

  ASSERT_TRUE(until_heard(caller, "answered"));
  EXPECT_EQ(caller.media->audio->rtp.port(), 6000);
  ASSERT_TRUE(until_received("ACK"));
  EXPECT_NE(RawPeer::header(peer.last("ACK"), "To").find("tag=one"), std::string::npos);
}

// RFC 3261 section 13.2.2.4: each 2xx is acknowledged; one dialog stands, the others are ended.
TEST_F(SipFlow, ASecondForkThatAnswersTooIsAcknowledgedAndEnded) {
  auto invite = call_peer();
  peer.reply(back(), with_tag(invite, "one"), "200 OK", {}, sdp_of(kAudio));
  ASSERT_TRUE(until_heard(caller, "answered"));
  ASSERT_TRUE(until_received("ACK"));

  peer.reply(back(), with_tag(invite, "two"), "200 OK", {}, sdp_of(kAudio));

  ASSERT_TRUE(until_received("ACK", ";tag=two"));
  ASSERT_TRUE(until_received("BYE", ";tag=two"));
  peer.reply(back(), peer.last("BYE"), "200 OK");
  settle();
  EXPECT_FALSE(caller.has_heard("released"));
  EXPECT_EQ(caller.times_heard("answered"), 1);
}

TEST_F(SipFlow, AnAnswerThatComesLongAfterOurCancelIsAcknowledgedAndEnded) {
  auto invite = call_peer();
  peer.reply(back(), invite, "180 Ringing");
  ASSERT_TRUE(until_heard(caller, "alerting"));

  caller.leg->release(call::kNoAnswer);
  ASSERT_TRUE(until_received("CANCEL"));
  peer.reply(back(), peer.last("CANCEL"), "200 OK");
  // The leg does not wait for that peer.
  ASSERT_TRUE(until_heard(caller, "released"));
  caller.leg.reset();
  peer.reply(back(), invite, "200 OK", {}, sdp_of(kAudio));

  ASSERT_TRUE(until_received("ACK"));
  ASSERT_TRUE(until_received("BYE"));
  peer.reply(back(), peer.last("BYE"), "200 OK");
  settle();
}

TEST_F(SipFlow, ARepeatedInviteIsOneCall) {
  auto once = [&] { peer.request(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio)); };
  once();
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  once();
  once();
  settle();

  EXPECT_EQ(invites, 1);
}

TEST_F(SipFlow, ASessionIntervalThatIsTooSmallIsRefusedWithOurs) {
  peer.request(agent(), "INVITE", 1, {}, "Supported: timer\r\nSession-Expires: 60\r\n", sdp_of(kAudio));

  ASSERT_TRUE(until_received("SIP/2.0 422"));
  EXPECT_EQ(RawPeer::header(peer.last("SIP/2.0 422"), "Min-SE"), "90");
  EXPECT_EQ(invites, 0);
}

TEST_F(SipFlow, ASessionIntervalThatThePeerFindsTooSmallIsOfferedAnew) {
  auto invite = call_peer();
  EXPECT_EQ(RawPeer::header(invite, "Session-Expires").substr(0, 4), "1800");

  peer.received.clear();
  peer.reply(back(), invite, "422 Session Interval Too Small", "Min-SE: 3600\r\n");

  ASSERT_TRUE(until_received("INVITE"));
  auto again = peer.last("INVITE");
  EXPECT_EQ(RawPeer::header(again, "Session-Expires").substr(0, 4), "3600");
  EXPECT_EQ(RawPeer::header(again, "Min-SE"), "3600");
  EXPECT_FALSE(caller.has_heard("released"));
}

TEST_F(SipFlow, HoldByThePeerIsSeenInItsDirection) {
  struct Row {
    const char* media;
    const char* heard;
  };
  auto tag = establish_from_peer();
  int cseq = 1;
  for (const Row& row :
       {Row{"m=audio 4000 RTP/AVP 8 0\r\na=sendonly\r\n", "held"},
        Row{"m=audio 4000 RTP/AVP 8 0\r\na=sendrecv\r\n", "retrieved"},
        Row{"m=audio 4000 RTP/AVP 8 0\r\na=inactive\r\n", "held"}, Row{"m=audio 4000 RTP/AVP 8 0\r\n", "retrieved"},
        Row{"m=audio 4000 RTP/AVP 8 0\r\nc=IN IP4 0.0.0.0\r\n", "held"}}) {
    callee.heard.clear();
    ++cseq;
    peer.request(agent(), "INVITE", cseq, tag, {}, sdp_of(row.media, cseq));
    ASSERT_TRUE(until_heard(callee, "offer"));
    callee.leg->answer_offer(audio_at(5000));
    ASSERT_TRUE(until_heard(callee, row.heard)) << row.media;
    acknowledge(cseq, tag);
    settle();
    EXPECT_EQ(callee.times_heard("held") + callee.times_heard("retrieved"), 1) << row.media;
  }
}

TEST_F(SipFlow, WeHoldAndRetrieveByReInvite) {
  establish();

  caller.leg->hold();
  ASSERT_TRUE(until_heard(callee, "offer"));
  EXPECT_EQ(callee.media->audio->direction, call::Direction::SendOnly);
  auto answer = audio_at(5000);
  answer.audio->direction = call::Direction::RecvOnly;
  callee.leg->answer_offer(answer);
  ASSERT_TRUE(until_heard(callee, "held"));
  settle();

  caller.leg->retrieve();
  ASSERT_TRUE(until_heard(callee, "offer", 2));
  EXPECT_EQ(callee.media->audio->direction, call::Direction::SendRecv);
  callee.leg->answer_offer(audio_at(5000));
  ASSERT_TRUE(until_heard(callee, "retrieved"));
  settle();
  EXPECT_FALSE(caller.has_heard("offer answered")) << "the call's own media is not touched";
}

TEST_F(SipFlow, AHoldOffersTheLawInUseFirst) {
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  auto answer = audio_at(5000);
  std::swap(answer.audio->codecs[0], answer.audio->codecs[1]);
  callee.leg->answer(answer);
  ASSERT_TRUE(until_heard(caller, "answered"));
  settle();

  caller.leg->hold();

  ASSERT_TRUE(until_heard(callee, "offer"));
  EXPECT_EQ(callee.media->audio->codecs, answer.audio->codecs);
}

TEST_F(SipFlow, AHoldThatMeetsAnOfferOfThePeerIsTriedAgain) {
  establish();

  caller.leg->hold();
  callee.leg->offer(image_at(5000));
  ASSERT_TRUE(until_heard(callee, "offer refused"));
  EXPECT_EQ(callee.refused_with, 491);

  ASSERT_TRUE(until_heard(callee, "offer"));
  auto answer = audio_at(5000);
  answer.audio->direction = call::Direction::RecvOnly;
  callee.leg->answer_offer(answer);
  ASSERT_TRUE(until_heard(callee, "held"));
}

// Whatever direction our answer would have by itself: who is held must hear so again (RFC 3264 section 8.4).
TEST_F(SipFlow, AHeldPeerThatOffersIsAnsweredAsHeld) {
  using call::Direction;
  establish();
  caller.leg->hold();
  ASSERT_TRUE(until_heard(callee, "offer"));
  auto held = audio_at(5000);
  held.audio->direction = Direction::RecvOnly;
  callee.leg->answer_offer(held);
  ASSERT_TRUE(until_heard(callee, "held"));
  settle();

  int offers = 0;
  for (auto [ours, said] :
       {std::pair(Direction::SendRecv, Direction::SendOnly), std::pair(Direction::RecvOnly, Direction::Inactive)}) {
    callee.leg->offer(audio_at(static_cast<uint16_t>(5002 + 2 * offers)));
    ASSERT_TRUE(until_heard(caller, "offer", ++offers));
    auto answer = audio_at(4000);
    answer.audio->direction = ours;
    caller.leg->answer_offer(answer);
    ASSERT_TRUE(until_heard(callee, "offer answered", offers));
    settle();
    EXPECT_EQ(callee.media->audio->direction, said);
  }
  EXPECT_FALSE(callee.has_heard("retrieved"));

  caller.leg->retrieve();
  ASSERT_TRUE(until_heard(callee, "offer", 2));
  EXPECT_EQ(callee.media->audio->direction, Direction::SendRecv);
  callee.leg->answer_offer(audio_at(5000));
  EXPECT_TRUE(until_heard(callee, "retrieved"));
}

TEST_F(SipFlow, ABlindTransferIsAcceptedAndItsProgressTold) {
  auto tag = establish_from_peer();

  peer.request(agent(), "REFER", 2, tag, "Refer-To: <sip:+49777@x>\r\nReferred-By: <sip:raw@x>\r\n");

  ASSERT_TRUE(until_received("SIP/2.0 202", " REFER\r\n"));
  ASSERT_TRUE(callee.transfer);
  EXPECT_EQ(callee.transfer->to.digits, "49777");
  EXPECT_EQ(callee.transfer->to.type, TypeOfNumber::International);
  EXPECT_FALSE(callee.transfer->replaces);
  ASSERT_TRUE(until_received("NOTIFY", "SIP/2.0 100"));
  peer.reply(agent(), peer.last("NOTIFY"), "200 OK");

  callee.leg->transfer_progress(180);
  ASSERT_TRUE(until_received("NOTIFY", "SIP/2.0 180 Ringing"));
  EXPECT_EQ(RawPeer::header(peer.last("NOTIFY"), "Subscription-State").substr(0, 6), "active");
  peer.reply(agent(), peer.last("NOTIFY"), "200 OK");

  callee.leg->transfer_progress(200);
  ASSERT_TRUE(until_received("NOTIFY", "SIP/2.0 200 OK"));
  auto last = peer.last("NOTIFY");
  EXPECT_EQ(RawPeer::header(last, "Event").substr(0, 5), "refer");
  EXPECT_EQ(RawPeer::header(last, "Subscription-State").substr(0, 10), "terminated");
  peer.reply(agent(), last, "200 OK");
  settle();

  peer.request(agent(), "BYE", 3, tag);
  ASSERT_TRUE(until_heard(callee, "released"));
}

TEST_F(SipFlow, ATransferThatNobodyTakesIsDeclined) {
  auto tag = establish_from_peer();
  callee.accepts_transfer = false;

  peer.request(agent(), "REFER", 2, tag, "Refer-To: <sip:777@x>\r\n");

  ASSERT_TRUE(until_received("SIP/2.0 603", " REFER\r\n"));
  settle();
  EXPECT_TRUE(peer.last("NOTIFY").empty());
}

TEST_F(SipFlow, AnAttendedTransferNamesTheOtherDialog) {
  auto tag = establish_from_peer();
  auto call_id = last_info.call_id;

  peer.request(agent(), "REFER", 2, tag,
               fmt::format("Refer-To: <sip:777@x?Replaces={}%3Bto-tag%3D{}%3Bfrom-tag%3Draw>\r\n", call_id, tag));

  ASSERT_TRUE(until_heard(callee, "transfer"));
  ASSERT_TRUE(callee.transfer->replaces);
  EXPECT_EQ(callee.transfer->replaces->call_id, call_id);
  EXPECT_TRUE(callee.leg->is_dialog(*callee.transfer->replaces));
  auto wrong = *callee.transfer->replaces;
  std::swap(wrong.to_tag, wrong.from_tag);
  EXPECT_FALSE(callee.leg->is_dialog(wrong));
  auto too_late = *callee.transfer->replaces;
  too_late.early_only = true;
  EXPECT_TRUE(callee.leg->is_dialog(too_late)) << "the call says that it is answered already";
}

TEST_F(SipFlow, AnInviteMayReplaceADialog) {
  peer.request(agent(), "INVITE", 1, {}, "Require: replaces\r\nReplaces: 12@x;to-tag=a;from-tag=b;early-only\r\n",
               sdp_of(kAudio));

  ASSERT_TRUE(until([&] { return invites == 1; }, "the INVITE arrives"));
  EXPECT_EQ(last_setup.replaces, (call::Replaces{"12@x", "a", "b", true}));
}

TEST_F(SipFlow, AnInviteMayJoinADialog) {
  peer.request(agent(), "INVITE", 1, {}, "Require: join\r\nJoin: 12@x;to-tag=a;from-tag=b\r\n", sdp_of(kAudio));

  ASSERT_TRUE(until([&] { return invites == 1; }, "the INVITE arrives"));
  EXPECT_EQ(last_setup.join, (call::Replaces{"12@x", "a", "b", false}));
  EXPECT_FALSE(last_setup.replaces);
}

TEST_F(SipFlow, AnInviteOfOursMayReplaceADialogOfThePeer) {
  auto setup = setup_to("100");
  setup.replaces = call::Replaces{"12@x", "a", "b", false};

  auto invite = call_peer(setup);

  EXPECT_EQ(RawPeer::header(invite, "Replaces"), "12@x;to-tag=a;from-tag=b");
  EXPECT_EQ(RawPeer::header(invite, "Require"), "replaces");
}

TEST_F(SipFlow, DigitsComeByInfoInEveryForm) {
  auto tag = establish_from_peer();
  int cseq = 1;
  auto info = [&](const char* type, const std::string& body) {
    auto text = fmt::format("Content-Type: {}\r\n", type);
    ++cseq;
    auto me = peer.address().to_string();
    peer.send(agent(), fmt::format("INFO sip:100@{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bK-info-{2}\r\n"
                                   "Max-Forwards: 70\r\nFrom: <sip:raw@{1}>;tag=raw\r\nTo: <sip:100@{0}>;tag={3}\r\n"
                                   "Call-ID: raw-{4}\r\nCSeq: {2} INFO\r\n{5}Content-Length: {6}\r\n\r\n{7}",
                                   agent().to_string(), me, cseq, tag, peer.address().port(), text, body.size(), body));
    return until_received("SIP/2.0", fmt::format("CSeq: {} INFO", cseq));
  };

  ASSERT_TRUE(info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"));
  ASSERT_TRUE(info("application/dtmf-relay", "signal = *\r\nduration = 100\r\n"));
  ASSERT_TRUE(info("application/dtmf", "#"));
  ASSERT_TRUE(info("application/dtmf-relay", "Duration=160\r\n"));
  ASSERT_TRUE(info("application/dtmf", "?"));
  ASSERT_TRUE(info("text/plain", "7"));

  EXPECT_EQ(callee.digits, "5*#");
  EXPECT_EQ(counters.get("sip.rx.info_digits_ignored").value(), 2u);
}

}  // namespace
}  // namespace sg::sip
