#include "tests/unit/gateway/sip/sip_dialog.h"

namespace sg::sip {
namespace {

TEST_F(SipDialog, OptionsIsAnsweredOutsideAndInsideADialog) {
  peer.request(agent(), "OPTIONS", 1);
  ASSERT_TRUE(until_received("SIP/2.0 200", " OPTIONS\r\n"));
  EXPECT_NE(RawPeer::header(peer.received.back(), "Allow").find("UPDATE"), std::string::npos);
  EXPECT_EQ(RawPeer::header(peer.received.back(), "Accept").substr(0, 15), "application/sdp");

  auto tag = establish_from_peer();
  peer.received.clear();
  peer.request(agent(), "OPTIONS", 5, tag);
  ASSERT_TRUE(until_received("SIP/2.0 200", " OPTIONS\r\n"));
}

TEST_F(SipDialog, MethodsThatAreNotOursAreRefused) {
  for (const char* method : {"SUBSCRIBE", "REGISTER", "MESSAGE", "NONSENSE"}) {
    peer.received.clear();
    peer.request(agent(), method, 1);
    ASSERT_TRUE(until_received("SIP/2.0", method));
    auto status = peer.last("SIP/2.0").substr(8, 3);
    EXPECT_TRUE(status == "405" || status == "501") << method << " " << status;
  }
  EXPECT_EQ(invites, 0);
}

TEST_F(SipDialog, AProvisionalResponseIsReliableForWhoRequiresIt) {
  peer.request(agent(), "INVITE", 1, {}, "Require: 100rel\r\n", sdp_of(kAudio));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

  callee.leg->alert(false, std::nullopt);
  ASSERT_TRUE(until_received("SIP/2.0 180", "RSeq"));
  auto ringing = peer.last("SIP/2.0 180");
  peer.request(agent(), "PRACK", 2, tag_of(ringing),
               fmt::format("RAck: {} 1 INVITE\r\n", RawPeer::header(ringing, "RSeq")));
  ASSERT_TRUE(until_received("SIP/2.0 200", " PRACK\r\n"));
  callee.leg->answer(audio_at(5000));

  ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
  EXPECT_NE(peer.last("SIP/2.0 200").find("m=audio 5000"), std::string::npos);
}

TEST_F(SipDialog, AReliableProvisionalResponseOfThePeerIsAcknowledged) {
  caller.leg = std::move(*calling_agent->make_leg(peer_target()));
  caller.leg->set_listener(&caller);
  caller.leg->setup(setup_to("100"), audio_at(4000));
  ASSERT_TRUE(until_received("INVITE"));
  auto invite = peer.last("INVITE");
  auto back = calling_agent->bound().front().address;

  peer.reply(back, invite, "183 Session Progress", "Require: 100rel\r\nRSeq: 7\r\n", sdp_of(kAudio));

  ASSERT_TRUE(until_received("PRACK"));
  EXPECT_EQ(RawPeer::header(peer.last("PRACK"), "RAck").substr(0, 2), "7 ");
  ASSERT_TRUE(until_heard(caller, "progress"));
  EXPECT_TRUE(caller.inband);
  peer.reply(back, peer.last("PRACK"), "200 OK");
  peer.reply(back, invite, "486 Busy Here", "Reason: Q.850;cause=17\r\n");
  ASSERT_TRUE(until_heard(caller, "released"));
  EXPECT_EQ(caller.cause->q850, 17);
}

TEST_F(SipDialog, AnUpdateMayOfferOtherMedia) {
  auto tag = establish_from_peer();

  peer.request(agent(), "UPDATE", 2, tag, {}, sdp_of(kImage, 2));
  ASSERT_TRUE(until_heard(callee, "offer"));
  callee.leg->answer_offer(image_at(5000));

  ASSERT_TRUE(until_received("SIP/2.0 200", " UPDATE\r\n"));
  EXPECT_NE(peer.last("SIP/2.0 200").find("m=image 5000 udptl t38"), std::string::npos);

  peer.request(agent(), "UPDATE", 3, tag, {}, sdp_of(kAudio, 3));
  ASSERT_TRUE(until_heard(callee, "offer", 2));
  callee.leg->refuse_offer(488);
  ASSERT_TRUE(until_received("SIP/2.0 488", " UPDATE\r\n"));
}

TEST_F(SipDialog, ARefreshIsAnsweredWithWhatStandsAndTheSameVersion) {
  auto tag = establish_from_peer();
  auto origin = origin_of(peer.last("SIP/2.0 200"));
  int cseq = 1;

  for (const std::string& offer : {sdp_of(kAudio), std::string{}}) {
    for (const char* method : {"UPDATE", "INVITE"}) {
      peer.received.clear();
      ++cseq;
      peer.request(agent(), method, cseq, tag, {}, offer);
      ASSERT_TRUE(until_received("SIP/2.0 200", fmt::format(" {}\r\n", method)));
      auto answer = peer.last("SIP/2.0 200");
      if (std::string_view(method) == "INVITE")
        peer.request(agent(), "ACK", cseq, tag, {}, offer.empty() ? sdp_of(kAudio) : "");
      settle();
      if (!RawPeer::body(answer).empty()) {
        EXPECT_EQ(origin_of(answer), origin) << method;
      }
      EXPECT_EQ(RawPeer::body(answer).empty(), offer.empty() && std::string_view(method) == "UPDATE");
    }
  }
  EXPECT_FALSE(callee.has_heard("offer"));
  EXPECT_FALSE(callee.has_heard("offer answered"));
}

// RFC 3264 section 8 forbids to drop a line, but fax gateways do.
TEST_F(SipDialog, APeerMayDropTheAudioLineWhenItAsksForT38) {
  auto tag = establish_from_peer({}, kAudio + "m=video 4006 RTP/AVP 31\r\n");

  peer.received.clear();
  peer.request(agent(), "INVITE", 2, tag, {}, sdp_of(kImage, 2));
  ASSERT_TRUE(until_heard(callee, "offer"));
  callee.leg->answer_offer(image_at(5000));

  ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
  auto answer = RawPeer::body(peer.last("SIP/2.0 200"));
  EXPECT_EQ(answer.substr(answer.find("m="), 27), "m=image 5000 udptl t38\r\na=T");
  EXPECT_EQ(answer.find("m=", answer.find("m=") + 1), std::string::npos) << "as many lines as were offered";
  peer.request(agent(), "ACK", 2, tag);
  settle();

  peer.received.clear();
  callee.leg->offer(audio_at(5000));
  ASSERT_TRUE(until_received("INVITE"));
  EXPECT_NE(peer.last("INVITE").find("m=audio 5000 RTP/AVP 8 0"), std::string::npos);
}

TEST_F(SipDialog, APeerMayDropTheAudioLineFromItsAnswer) {
  auto tag = establish_from_peer({}, kAudio + "m=image 0 udptl t38\r\n");
  callee.leg->offer(image_at(5000));
  ASSERT_TRUE(until_received("INVITE"));
  auto offer = RawPeer::body(peer.last("INVITE"));
  EXPECT_LT(offer.find("m=audio 0 "), offer.find("m=image 5000 "));

  peer.reply(agent(), peer.last("INVITE"), "200 OK", {}, sdp_of(kImage, 2));

  ASSERT_TRUE(until_heard(callee, "offer answered"));
  EXPECT_TRUE(callee.media->image && !callee.media->audio);
  ASSERT_TRUE(until_received("ACK"));
}

TEST_F(SipDialog, ImageMayStandFirstAndTheAnswerKeepsTheOrder) {
  auto tag = establish_from_peer();

  peer.received.clear();
  peer.request(agent(), "INVITE", 2, tag, {}, sdp_of("m=image 4002 udptl t38\r\n" + kAudio, 2));
  ASSERT_TRUE(until_heard(callee, "offer"));
  ASSERT_TRUE(callee.media->audio && callee.media->image);
  EXPECT_EQ(callee.media->image->udptl.port(), 4002);
  callee.leg->answer_offer(image_at(5000));

  ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
  auto answer = RawPeer::body(peer.last("SIP/2.0 200"));
  EXPECT_LT(answer.find("m=image 5000 "), answer.find("m=audio 0 RTP/AVP 8 0"));
  EXPECT_NE(answer.find("m=audio 0 RTP/AVP 8 0"), std::string::npos);
}

TEST_F(SipDialog, T38BeforeTheAckIsToldToComeAgainAndIsTakenThen) {
  peer.request(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  callee.leg->answer(audio_at(5000));
  ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
  auto tag = tag_of(peer.last("SIP/2.0 200"));

  peer.request(agent(), "INVITE", 2, tag, {}, sdp_of(kImage, 2));

  // RFC 3261 section 14.2 asks for that only before the 200, and RFC 5407 section 3.1 would have it taken by now. But
  // Sofia's nua refuses it by itself as long as an INVITE has no ACK, and keeps it from us.
  ASSERT_TRUE(until_received("SIP/2.0 500", "CSeq: 2 INVITE"));
  EXPECT_FALSE(RawPeer::header(peer.last("SIP/2.0 500"), "Retry-After").empty());
  EXPECT_FALSE(callee.has_heard("offer"));
  peer.request(agent(), "ACK", 2, tag);
  peer.request(agent(), "ACK", 1, tag);
  peer.request(agent(), "INVITE", 3, tag, {}, sdp_of(kImage, 2));
  ASSERT_TRUE(until_heard(callee, "offer"));
  callee.leg->answer_offer(image_at(5000));
  ASSERT_TRUE(until_received("SIP/2.0 200", "CSeq: 3 INVITE"));
}

TEST_F(SipDialog, WhatIsNoSdpIsRefusedBeforeAnyoneHearsOfIt) {
  peer.request(agent(), "INVITE", 1, {}, {}, "this is no SDP");
  ASSERT_TRUE(until_received("SIP/2.0 400"));

  EXPECT_EQ(invites, 0);
  EXPECT_EQ(counters.get("sip.rx.malformed_sdp").value(), 1u);
}

TEST_F(SipDialog, APeerWithoutUpdateIsRefreshedByReInvitesThatRepeatWhatStands) {
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")}, 4s);
  auto tag = establish_from_peer("Supported: timer\r\nSession-Expires: 4;refresher=uas\r\nAllow: INVITE, ACK, BYE\r\n");
  peer.request(agent(), "INVITE", 2, tag, {}, sdp_of(kImage, 2));
  ASSERT_TRUE(until_heard(callee, "offer"));
  callee.leg->answer_offer(image_at(5000));
  ASSERT_TRUE(until_received("SIP/2.0 200", "m=image"));
  auto origin = origin_of(peer.last("SIP/2.0 200"));
  peer.request(agent(), "ACK", 2, tag);

  ASSERT_TRUE(until_received("INVITE sip:raw@"));
  auto refresh = peer.last("INVITE sip:raw@");
  EXPECT_NE(refresh.find("m=image 5000"), std::string::npos) << "not back to audio";
  EXPECT_EQ(origin_of(refresh), origin);
  peer.reply(agent(), refresh, "200 OK", "Supported: timer\r\nSession-Expires: 4;refresher=uac\r\n", sdp_of(kImage, 2));

  ASSERT_TRUE(until_received("ACK"));
  EXPECT_EQ(callee.times_heard("offer"), 1);
  EXPECT_FALSE(callee.has_heard("offer refused"));
}

// RFC 4028 section 7.4: UPDATE is preferred, since it need not touch the media.
TEST_F(SipDialog, APeerWithUpdateIsRefreshedByUpdatesWithoutADescription) {
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")}, 4s);
  establish_from_peer("Supported: timer\r\nSession-Expires: 4;refresher=uas\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n");
  EXPECT_NE(RawPeer::header(peer.last("SIP/2.0 200"), "Session-Expires").find("refresher=uas"), std::string::npos);

  ASSERT_TRUE(until_received("UPDATE"));

  EXPECT_TRUE(RawPeer::body(peer.last("UPDATE")).empty());
  EXPECT_NE(RawPeer::header(peer.last("UPDATE"), "Session-Expires").find("refresher=uac"), std::string::npos);
  peer.reply(agent(), peer.last("UPDATE"), "200 OK", "Supported: timer\r\nSession-Expires: 4;refresher=uac\r\n");
  settle();
  EXPECT_TRUE(peer.last("INVITE").empty());
  EXPECT_FALSE(callee.has_heard("released"));
}

// RFC 4028 section 10: who does not refresh ends the call for the side that waits for it.
TEST_F(SipDialog, ASessionThatThePeerDoesNotRefreshIsEnded) {
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")}, 4s);
  establish_from_peer("Supported: timer\r\nSession-Expires: 4;refresher=uac\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n");
  EXPECT_NE(RawPeer::header(peer.last("SIP/2.0 200"), "Session-Expires").find("refresher=uac"), std::string::npos);

  ASSERT_TRUE(until_received("BYE"));

  EXPECT_NE(RawPeer::header(peer.last("BYE"), "Reason").find("cause=408"), std::string::npos) << peer.last("BYE");
  EXPECT_TRUE(peer.last("UPDATE").empty());
  peer.reply(agent(), peer.last("BYE"), "200 OK");
  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_TRUE(callee.has_heard("session expired"));
  EXPECT_EQ(callee.cause, call::kRecoveryOnTimer);
}

TEST_F(SipDialog, DatagramsThatAreNoSipAreDropped) {
  for (std::string garbage :
       {"", "\r\n\r\n", "hello", "INVITE", "SIP/2.0 200 OK\r\n\r\n", "INVITE sip:x SIP/2.0\r\n\r\n"}) {
    peer.send(agent(), garbage);
  }
  settle();

  auto tag = establish_from_peer();
  EXPECT_FALSE(tag.empty()) << "and the agent goes on";
}

}  // namespace
}  // namespace sg::sip
