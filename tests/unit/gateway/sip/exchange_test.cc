#include "tests/unit/gateway/sip/sip_dialog.h"

// Offers and answers inside dialogs, by all ways that peers send them (RFC 3264, RFC 6337): tables, a row for each.
namespace sg::sip {
namespace {

std::vector<std::string> media_lines(const std::string& message) {
  std::vector<std::string> lines;
  auto body = RawPeer::body(message);
  for (auto at = body.find("m="); at != std::string::npos; at = body.find("\r\nm=", at)) {
    if (body[at] == '\r') at += 2;
    lines.push_back(body.substr(at + 2, body.find("\r\n", at) - at - 2));
  }
  return lines;
}

class SipExchange : public SipDialog {
 protected:
  // A dialog in either direction. `leg` is ours; the peer speaks by say().
  struct Dialog {
    Party* leg = nullptr;
    std::string call_id, own, ours;  // From and To of the peer's requests, with tags
    SocketAddress agent;
    int cseq = 100;
  };
  Dialog from_peer(const std::string& media = kAudio) {
    auto tag = establish_from_peer({}, media);
    auto answer = peer.last("SIP/2.0 200");
    return {&callee, RawPeer::header(answer, "Call-ID"), RawPeer::header(answer, "From"), RawPeer::header(answer, "To"),
            agent()};
  }
  Dialog to_peer(const std::string& media = kAudio) {
    auto invite = call_peer();
    peer.reply(back(), invite, "200 OK", {}, sdp_of(media));
    EXPECT_TRUE(until_heard(caller, "answered"));
    EXPECT_TRUE(until_received("ACK"));
    settle();
    return {&caller, RawPeer::header(invite, "Call-ID"), RawPeer::header(invite, "To") + ";tag=raw",
            RawPeer::header(invite, "From"), back()};
  }
  std::vector<Dialog> both() { return {from_peer(), to_peer()}; }

  void say(Dialog& dialog, const std::string& method, const std::string& sdp, int cseq = 0) {
    auto me = peer.address().to_string();
    if (!cseq) cseq = ++dialog.cseq;
    peer.send(dialog.agent, fmt::format("{0} sip:100@{1} SIP/2.0\r\nVia: SIP/2.0/UDP {2};branch=z9hG4bK-{0}-{3}-{8}\r\n"
                                        "Max-Forwards: 70\r\nFrom: {4}\r\nTo: {5}\r\nCall-ID: {6}\r\nCSeq: {3} {0}\r\n"
                                        "Contact: <sip:raw@{2}>\r\n{7}Content-Length: {9}\r\n\r\n{10}",
                                        method, dialog.agent.to_string(), me, cseq, dialog.own, dialog.ours,
                                        dialog.call_id, sdp.empty() ? "" : "Content-Type: application/sdp\r\n",
                                        dialog.agent.port(), sdp.size(), sdp));
  }
  // The final response to it.
  std::string ask(Dialog& dialog, const std::string& method, const std::string& sdp) {
    peer.received.clear();
    say(dialog, method, sdp);
    auto cseq = fmt::format("CSeq: {} {}\r\n", dialog.cseq, method);
    std::string answer;
    EXPECT_TRUE(until(
        [&] {
          for (const auto& message : peer.received) {
            bool is_final = message.starts_with("SIP/2.0") && message[8] >= '2';
            if (is_final && message.find(cseq) != std::string::npos) answer = message;
          }
          return !answer.empty();
        },
        method.c_str()));
    return answer;
  }
};

// RFC 6337 section 5.3, RFC 3261 section 14.2: the offer says what we want ourselves, whatever the peer did before, and
// the answer in ACK is the description that counts.
TEST_F(SipExchange, AnInviteWithoutSdpIsOfferedBothWaysAndItsAnswerCounts) {
  for (auto& dialog : both()) {
    for (const char* hold : {"a=sendonly\r\n", "a=inactive\r\n", ""}) {
      dialog.leg->heard.clear();
      if (*hold) {
        say(dialog, "INVITE", sdp_of(kAudio + hold, dialog.cseq));
        ASSERT_TRUE(until_heard(*dialog.leg, "offer"));
        auto answer = audio_at(5000);
        answer.audio->direction = call::Direction::RecvOnly;
        dialog.leg->leg->answer_offer(answer);
        ASSERT_TRUE(until_heard(*dialog.leg, "held"));
        settle();
        say(dialog, "ACK", {}, dialog.cseq);
        settle();
      }

      auto offer = ask(dialog, "INVITE", {});

      EXPECT_EQ(media_lines(offer).size(), 1u);
      for (const char* direction : {"a=sendonly", "a=recvonly", "a=inactive"})
        EXPECT_EQ(offer.find(direction), std::string::npos) << offer;
      auto port = 6000 + 2 * dialog.cseq;
      say(dialog, "ACK", sdp_of(fmt::format("m=audio {} RTP/AVP 8\r\n", port), dialog.cseq), dialog.cseq);
      ASSERT_TRUE(until_heard(*dialog.leg, "offer answered"));
      EXPECT_EQ(dialog.leg->media->audio->rtp.port(), port);
      if (*hold) {
        EXPECT_TRUE(until_heard(*dialog.leg, "retrieved"));
      }
    }
  }
}

// RFC 3261 section 14.2: as if the call were a new one, where the call says so.
TEST_F(SipExchange, WhatAnInviteWithoutSdpIsOfferedIsTheCallsToSay) {
  auto dialog = to_peer();
  caller.wanted = audio_at(4010);

  auto offer = ask(dialog, "INVITE", {});

  EXPECT_EQ(media_lines(offer), std::vector<std::string>{"audio 4010 RTP/AVP 8 0"});
  say(dialog, "ACK", sdp_of(kAudio), dialog.cseq);
  ASSERT_TRUE(until_heard(caller, "offer answered")) << "though the peer says what it said before";
}

TEST_F(SipExchange, TheAnswerThatIsDueInAnAckMayBeMissingOrBad) {
  struct Row {
    const char* what;
    std::string answer;
    bool is_ended;
  };
  for (const Row& row : {Row{"a refresh of who does not answer", "", false}, Row{"nonsense", "this is no SDP", true}}) {
    auto dialog = to_peer();
    caller.heard.clear();
    caller.wanted = audio_at(4010);
    ask(dialog, "INVITE", {});

    say(dialog, "ACK", row.answer, dialog.cseq);
    settle();

    EXPECT_EQ(!peer.last("BYE").empty(), row.is_ended) << row.what;
    EXPECT_EQ(caller.has_heard("offer refused"), !row.is_ended) << row.what;
    if (row.is_ended) {
      peer.reply(back(), peer.last("BYE"), "200 OK");
      ASSERT_TRUE(until_heard(caller, "released"));
    } else {
      auto again = ask(dialog, "INVITE", sdp_of(kAudio, dialog.cseq));
      EXPECT_EQ(media_lines(again), std::vector<std::string>{"audio 4000 RTP/AVP 8 0"}) << "what stood before";
    }
    caller = Party{};
    peer.received.clear();
  }
}

// RFC 3261 section 13.2.2.4: nothing was ever agreed upon.
TEST_F(SipExchange, ACallWhoseOnlyAnswerIsMissingEnds) {
  peer.request(agent(), "INVITE", 1);
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  callee.leg->answer(audio_at(5000));
  ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));

  peer.request(agent(), "ACK", 1, tag_of(peer.last("SIP/2.0 200")));

  ASSERT_TRUE(until_received("BYE"));
  peer.reply(agent(), peer.last("BYE"), "200 OK");
  ASSERT_TRUE(until_heard(callee, "released"));
}

// RFC 3264 sections 6 and 8: as many lines as were offered, whatever was there before.
TEST_F(SipExchange, EachLineOfAnOfferHasItsAnswer) {
  const std::string video = "m=video 5002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
  struct Row {
    const char* what;
    std::string offered;
    std::vector<std::string> answered;
    bool is_as_before = false;
  };
  const std::string audio = "audio 5000 RTP/AVP 8 0";
  const std::vector<Row> rows{
      {"what stands", kAudio, {audio}, true},
      {"video is added", kAudio + video, {audio, "video 0 RTP/AVP 96"}},
      {"and another codec of it", kAudio + "m=video 5002 RTP/AVP 97\r\n", {audio, "video 0 RTP/AVP 97"}},
      {"it is taken back", kAudio + "m=video 0 RTP/AVP 97\r\n", {audio, "video 0 RTP/AVP 97"}, true},
      {"it is gone (which RFC 3264 section 8 forbids)", kAudio, {audio}},
      {"a second audio line", kAudio + "m=audio 4002 RTP/AVP 8\r\n", {audio, "audio 0 RTP/AVP 8"}},
      {"T.38 that is off", kAudio + "m=image 0 udptl t38\r\n", {audio, "image 0 udptl t38"}},
      {"a line before it", video + kAudio, {"video 0 RTP/AVP 96", audio}},
      {"two more", kAudio + video + "m=text 5004 RTP/AVP 98\r\n", {audio, "video 0 RTP/AVP 96", "text 0 RTP/AVP 98"}}};
  auto dialog = from_peer();
  std::string before = origin_of(peer.last("SIP/2.0 200"));
  for (const Row& row : rows) {
    for (const char* method : {"INVITE", "UPDATE"}) {
      auto answer = ask(dialog, method, sdp_of(row.offered, dialog.cseq));
      if (std::string_view(method) == "INVITE") say(dialog, "ACK", {}, dialog.cseq);
      settle();

      EXPECT_EQ(media_lines(answer), row.answered) << row.what << " by " << method;
      bool is_again = row.is_as_before || std::string_view(method) == "UPDATE";
      EXPECT_EQ(origin_of(answer) == before, is_again) << row.what << " by " << method;
      before = origin_of(answer);
    }
  }
  EXPECT_FALSE(callee.has_heard("offer")) << "the call's own media is not touched";
}

// RFC 3262 section 5, RFC 6337 section 2.3.
TEST_F(SipExchange, APrackMayBringAnOffer) {
  struct Row {
    const char* what;
    std::string offer;
    bool is_early, is_taken;
    const char* status;
    std::string answer;
    bool is_heard;
  };
  const std::string elsewhere = sdp_of("m=audio 4100 RTP/AVP 8\r\n", 2);
  int cseq = 0;
  for (const Row& row :
       {Row{"another port", elsewhere, true, true, "200", "audio 5100 RTP/AVP 8 0", true},
        Row{"what we refuse", elsewhere, true, false, "488", "", true},
        Row{"the same again", sdp_of(kAudio, 2), true, true, "200", "audio 5000 RTP/AVP 8 0", false},
        Row{"none", "", true, true, "200", "", false}, Row{"nonsense", "no SDP", true, true, "400", "", false},
        Row{"before the INVITE's was answered", elsewhere, false, true, "500", "", false}}) {
    SCOPED_TRACE(row.what);
    cseq += 10;  // the transactions before are remembered
    peer.request(agent(), "INVITE", cseq, {}, "Require: 100rel\r\n", sdp_of(kAudio));
    ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
    callee.leg->progress(true, row.is_early ? std::optional(audio_at(5000)) : std::nullopt);
    ASSERT_TRUE(until_received("SIP/2.0 183", "RSeq"));
    auto early = peer.last("SIP/2.0 183");
    peer.received.clear();

    peer.request(agent(), "PRACK", cseq + 1, tag_of(early),
                 fmt::format("RAck: {} {} INVITE\r\n", RawPeer::header(early, "RSeq"), cseq), row.offer);

    if (row.is_heard) {
      ASSERT_TRUE(until_heard(callee, "offer"));
      EXPECT_EQ(callee.media->audio->rtp.port(), 4100);
      row.is_taken ? callee.leg->answer_offer(audio_at(5100)) : callee.leg->refuse_offer(488);
    }
    ASSERT_TRUE(until_received("SIP/2.0", " PRACK\r\n"));
    auto answer = peer.last("SIP/2.0");
    EXPECT_EQ(answer.substr(8, 3), row.status);
    EXPECT_EQ(media_lines(answer), row.answer.empty() ? std::vector<std::string>{} : std::vector{row.answer});
    EXPECT_EQ(callee.has_heard("offer"), row.is_heard);
    // And the call goes on.
    callee.leg->answer(audio_at(5000));
    ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
    auto tag = tag_of(peer.last("SIP/2.0 200"));
    peer.request(agent(), "ACK", cseq, tag);
    settle();
    peer.request(agent(), "BYE", cseq + 9, tag);
    ASSERT_TRUE(until_heard(callee, "released"));
    callee = Party{};
    peer.received.clear();
  }
}

// RFC 5057 section 5.1: whatever a re-INVITE is refused with, the call is told it, may ask again, and ends by BYE.
TEST_F(SipExchange, NoRefusalTakesTheDialogWithIt) {
  auto dialogs = both();
  for (auto& dialog : dialogs) {
    long refused = 0;
    for (int status :
         {300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416,
          417, 420, 421, 423, 428, 429, 433, 436, 437, 438, 440, 469, 470, 480, 481, 482, 483, 484, 485, 486,
          487, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 699}) {
      SCOPED_TRACE(status);
      peer.received.clear();
      dialog.leg->leg->offer(image_at(4002));
      ASSERT_TRUE(until_received("INVITE", "m=image"));
      peer.reply(dialog.agent, peer.last("INVITE"), fmt::format("{} Whatever", status),
                 "Retry-After: 1\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n"
                 "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n");

      ASSERT_TRUE(until_heard(*dialog.leg, "offer refused", ++refused));
      EXPECT_EQ(dialog.leg->refused_with, status);
      ASSERT_FALSE(dialog.leg->has_heard("released"));
      settle();
    }
    peer.received.clear();
    dialog.leg->leg->release(call::kNormalClearing);
    ASSERT_TRUE(until_received("BYE"));
    peer.reply(dialog.agent, peer.last("BYE"), "200 OK");
    ASSERT_TRUE(until_heard(*dialog.leg, "released"));
  }
}

// What the leg asks by itself has nobody above it to decide (RFC 3261 section 12.2.1.2).
TEST_F(SipExchange, AHoldThatIsRefusedEndsTheCallOnlyWhereTheDialogIsLost) {
  for (int status : {403, 480, 488, 500, 603, 404, 408, 481}) {
    SCOPED_TRACE(status);
    auto dialog = to_peer();
    caller.heard.clear();
    peer.received.clear();
    caller.leg->hold();
    ASSERT_TRUE(until_received("INVITE", "a=sendonly"));
    peer.reply(back(), peer.last("INVITE"), fmt::format("{} Whatever", status));
    ASSERT_TRUE(until_received("ACK"));
    settle();

    EXPECT_EQ(!peer.last("BYE").empty(), call::ends_dialog(status));
    if (call::ends_dialog(status)) {
      peer.reply(back(), peer.last("BYE"), "200 OK");
      ASSERT_TRUE(until_heard(caller, "released"));
      EXPECT_EQ(caller.cause->sip_status, status);
    }
    caller = Party{};
    settle();
    peer.received.clear();
  }
}

// RFC 3261 section 14.1: the session is as if it had never been asked.
TEST_F(SipExchange, AReInviteThatIsNeverAnsweredLeavesTheDialogWhole) {
  reinvite_patience = 200ms;
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")});
  struct Row {
    const char* what;
    const char* provisional;
    bool is_hold, is_ended_by_us;
  };
  for (const Row& row : {Row{"nothing", nullptr, false, true}, Row{"nothing", nullptr, false, false},
                         Row{"100 and nothing more", "100 Trying", false, true},
                         Row{"a hold without an answer", nullptr, true, false}}) {
    SCOPED_TRACE(row.what);
    auto dialog = to_peer();
    caller.heard.clear();
    peer.received.clear();
    row.is_hold ? caller.leg->hold() : caller.leg->offer(audio_at(4010));
    ASSERT_TRUE(until_received("INVITE"));
    if (row.provisional) peer.reply(back(), peer.last("INVITE"), row.provisional);

    ASSERT_TRUE(until_received("CANCEL"));
    if (!row.is_hold) {
      ASSERT_TRUE(until_heard(caller, "offer refused"));
      EXPECT_EQ(caller.refused_with, 408);
    }
    caller.refused_with = 0;
    caller.leg->offer(audio_at(4020));
    ASSERT_TRUE(until([&] { return caller.refused_with != 0; }, "the next offer waits for the end of CANCEL"));
    EXPECT_EQ(caller.refused_with, 491);
    peer.reply(back(), peer.last("CANCEL"), "200 OK");
    settle();
    EXPECT_FALSE(caller.has_heard("released"));

    auto offered = ask(dialog, "INVITE", sdp_of(kAudio, dialog.cseq));
    EXPECT_TRUE(offered.starts_with("SIP/2.0 200")) << "the peer may ask in it";
    say(dialog, "ACK", {}, dialog.cseq);
    settle();
    peer.received.clear();
    caller.leg->offer(image_at(4030));
    ASSERT_TRUE(until_received("INVITE", "m=image")) << "and we too";
    peer.reply(back(), peer.last("INVITE"), "200 OK", {}, sdp_of(kImage, 9));
    ASSERT_TRUE(until_heard(caller, "offer answered"));
    settle();

    if (row.is_ended_by_us) {
      caller.leg->release(call::kNormalClearing);
      ASSERT_TRUE(until_received("BYE"));
      peer.reply(back(), peer.last("BYE"), "200 OK");
    } else {
      EXPECT_TRUE(ask(dialog, "BYE", {}).starts_with("SIP/2.0 200"));
    }
    ASSERT_TRUE(until_heard(caller, "released"));
    caller = Party{};
    settle();
    peer.received.clear();
  }
}

// RFC 3261 section 12.2.1.2. Sofia forgets the dialog then, and the peer's may stand.
TEST_F(SipExchange, ARequestThatNobodyAnswersEndsTheCallByBye) {
  transaction_patience = 500ms;
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")});
  const std::string proxy =
      fmt::format("Record-Route: <sip:{0};lr;n=1>, <sip:{0};lr;n=2>\r\n", peer.address().to_string());
  const std::string headers = "Allow: INVITE, ACK, BYE, UPDATE\r\n" + proxy;
  for (bool is_ours : {true, false}) {
    SCOPED_TRACE(is_ours);
    std::string message;
    if (is_ours) {
      message = call_peer();
      peer.reply(back(), message, "200 OK", headers, sdp_of(kAudio));
      ASSERT_TRUE(until_heard(caller, "answered"));
      settle();
      message = peer.last("ACK");
    } else {
      establish_from_peer(headers);
      message = peer.last("SIP/2.0 200");
    }
    Party& leg = is_ours ? caller : callee;

    party::CallingParty party;
    party.number.digits = "4711";
    party.screening = ScreeningIndicator::Network;  // else it is not asserted
    leg.leg->connected_party(party);
    ASSERT_TRUE(until_received("UPDATE"));

    ASSERT_TRUE(until_received("BYE"));
    auto bye = peer.last("BYE");
    EXPECT_TRUE(bye.starts_with("BYE sip:raw@" + peer.address().to_string())) << "the Contact";
    EXPECT_EQ(RawPeer::header(bye, "Call-ID"), RawPeer::header(message, "Call-ID"));
    EXPECT_EQ(tag_of(bye), "raw");
    auto own = RawPeer::header(message, is_ours ? "From" : "To");
    EXPECT_EQ(RawPeer::header(bye, "From").substr(RawPeer::header(bye, "From").find(";tag=")),
              own.substr(own.find(";tag=")));
    EXPECT_GT(std::stol(RawPeer::header(bye, "CSeq")), std::stol(RawPeer::header(peer.last("UPDATE"), "CSeq")));
    EXPECT_EQ(RawPeer::header(bye, "Route").find("n=1") < RawPeer::header(bye, "Route").find("n=2"), !is_ours) << bye;
    peer.reply(is_ours ? back() : agent(), bye, "200 OK");
    ASSERT_TRUE(until_heard(leg, "released"));
    leg = Party{};
    settle();
    peer.received.clear();
  }
}

// RFC 3261 sections 8.2.3 and 20.11: what is no SDP must be understood unless it says that it need not be.
TEST_F(SipExchange, ABodyThatIsNoSdpIsPassedOverWhereItIsOptional) {
  const std::string optional = "Content-Disposition: render;handling=optional\r\n";
  const std::string required = "Content-Disposition: signal;handling=required\r\n";
  const std::string isup = "Content-Type: application/ISUP;version=nxv3\r\n";
  const std::string parts = "Content-Type: multipart/mixed;boundary=x\r\n";
  auto part = [](const std::string& headers, const std::string& body) {
    return "--x\r\n" + headers + "\r\n" + body + "\r\n";
  };
  const auto sdp = part("Content-Type: application/sdp\r\n", sdp_of(kAudio));
  struct Row {
    const char* what;
    std::string headers, body;
    const char* status;  // null: the call goes on
    bool has_offer;
  };
  int number = 0;
  for (const Row& row :
       {Row{"optional", "Content-Type: application/vnd.example.x\r\n" + optional, "hello", nullptr, false},
        Row{"optional, in capitals", "Content-Type: text/x\r\nContent-Disposition: x;HANDLING=Optional\r\n", "hello",
            nullptr, false},
        Row{"required", isup + required, "hello", "415", false}, Row{"it does not say", isup, "hello", "415", false},
        Row{"without a type", "", "hello", "415", false},
        Row{"parts, all optional", parts, part(isup + optional, "hello") + part(isup + optional, "hello") + "--x--\r\n",
            nullptr, false},
        Row{"parts, one required", parts, part(isup + optional, "hello") + part(isup, "hello") + "--x--\r\n", "415",
            false},
        Row{"the whole is optional", parts + optional, part(isup, "hello") + "--x--\r\n", nullptr, false},
        Row{"SDP among parts", parts, part(isup + optional, "hello") + sdp + "--x--\r\n", nullptr, true},
        Row{"nonsense for SDP", "Content-Type: application/sdp\r\n" + optional, "hello", "400", false}}) {
    SCOPED_TRACE(row.what);
    auto me = peer.address().to_string();
    peer.send(agent(), fmt::format("INVITE sip:100@{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bK-body-{2}\r\n"
                                   "Max-Forwards: 70\r\nFrom: <sip:raw@{1}>;tag=raw\r\nTo: <sip:100@{0}>\r\n"
                                   "Call-ID: body-{2}@{1}\r\nCSeq: 1 INVITE\r\nContact: <sip:raw@{1}>\r\n{3}"
                                   "Content-Length: {4}\r\n\r\n{5}",
                                   agent().to_string(), me, ++number, row.headers, row.body.size(), row.body));

    if (row.status) {
      ASSERT_TRUE(until_received(std::string("SIP/2.0 ") + row.status, fmt::format("body-{}@", number)));
      EXPECT_EQ(RawPeer::header(peer.last("SIP/2.0 4"), "Accept").empty(), std::string_view(row.status) != "415");
    } else {
      ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
      EXPECT_EQ(last_info.offer.has_value(), row.has_offer);
      callee.leg->answer(audio_at(5000));
      ASSERT_TRUE(until_received("SIP/2.0 200", fmt::format("body-{}@", number)));
      EXPECT_EQ(media_lines(peer.last("SIP/2.0 200")).size(), 1u) << "our answer, or our offer";
      callee = Party{};
      settle();
    }
  }
}

// RFC 3261 section 13.3.1.
TEST_F(SipExchange, AnInviteIsGoodForAsLongAsItSays) {
  struct Row {
    const char* what;
    const char* headers;
    bool rings, is_answered, is_over;
  };
  int cseq = 0;
  for (const Row& row :
       {Row{"it rings", "Expires: 1\r\n", true, false, true},
        Row{"nobody says anything", "Expires: 1\r\n", false, false, true},
        Row{"none at all", "Expires: 0\r\n", false, false, true},
        Row{"a moment in the past", "Date: Sat, 01 Jan 2000 00:00:10 GMT\r\nExpires: Sat, 01 Jan 2000 00:00:09 GMT\r\n",
            false, false, true},
        Row{"answered before", "Expires: 1\r\n", true, true, false},
        Row{"a long time", "Expires: 180\r\n", true, false, false}}) {
    SCOPED_TRACE(row.what);
    cseq += 10;
    peer.request(agent(), "INVITE", cseq, {}, row.headers, sdp_of(kAudio));
    ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
    if (row.rings) callee.leg->alert(false, std::nullopt);
    if (row.is_answered) {
      callee.leg->answer(audio_at(5000));
      ASSERT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
      peer.request(agent(), "ACK", cseq, tag_of(peer.last("SIP/2.0 200")));
    }

    if (row.is_over) {
      ASSERT_TRUE(until_received("SIP/2.0 487", " INVITE\r\n"));
      ASSERT_TRUE(until_heard(callee, "released"));
      EXPECT_EQ(callee.cause->sip_status, 487);
    } else {
      auto later = root.now() + 1200ms;
      ASSERT_TRUE(until([&] { return root.now() > later; }, "the second is over"));
      EXPECT_FALSE(callee.has_heard("released"));
    }
    callee = Party{};
    settle();
    peer.received.clear();
  }
}

}  // namespace
}  // namespace sg::sip
