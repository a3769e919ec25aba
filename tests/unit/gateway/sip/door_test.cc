// Who may speak at all, in which dialog, and how often.

#include "tests/unit/gateway/sip/sip_dialog.h"

namespace sg::sip {
namespace {

constexpr auto kTrunk = "127.0.0.1", kOtherTrunk = "127.0.0.3", kStranger = "127.0.0.9";

class Door : public SipDialog {
 protected:
  void SetUp() override {
    SipDialog::SetUp();
    admits_all = false;
    trunks = {{kTrunk, "pbx"}, {"127.0.0.2", "pbx"}, {kOtherTrunk, "other"}};
  }

  uint64_t count(const char* name) { return counters.get(name).value(); }

  // What `from` sends in the peer's name, answers coming to `from`.
  std::string in_peers_name(const RawPeer& from, std::string request) const {
    auto via = "Via: SIP/2.0/UDP " + peer.address().to_string();
    return request.replace(request.find(via), via.size(), "Via: SIP/2.0/UDP " + from.address().to_string());
  }
};

// Messages, and the start of what a known peer is told. Empty: no answer.
struct Knock {
  const char* what;
  const char* text;  // @ME@ and @GATEWAY@: HOST:PORT
  const char* answer;
};

#define SG_HEAD(method, number)                                                                                  \
  "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK" number "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: " number \
  "\r\nCSeq: 1 " method "\r\nContact: <sip:a@@ME@>\r\nMax-Forwards: 70\r\n"

const Knock kKnocks[] = {
    {"a whole OPTIONS", "OPTIONS sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("OPTIONS", "1") "Content-Length: 0\r\n\r\n",
     "SIP/2.0 200"},
    {"OPTIONS without its body",
     "OPTIONS sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("OPTIONS", "2") "Content-Length: 9999\r\n\r\n", "SIP/2.0 400"},
    {"INVITE without its body",
     "INVITE sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("INVITE", "3") "Content-Length: 9999\r\n\r\n", "SIP/2.0 400"},
    {"INVITE with a part of its body",
     "INVITE sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("INVITE", "4") "Content-Length: 9999\r\n\r\nv=0\r\n", "SIP/2.0 400"},
    {"REFER without its body",
     "REFER sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("REFER", "5") "Refer-To: <sip:b@b>\r\nContent-Length: 9\r\n\r\n",
     "SIP/2.0 400"},
    {"a head without its empty line", "OPTIONS sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("OPTIONS", "6"), "SIP/2.0 400"},
    {"a head that ends in a line", "OPTIONS sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("OPTIONS", "7") "Content-Len",
     "SIP/2.0 400"},
    {"a malformed header", "OPTIONS sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("OPTIONS", "8") "Content-Length: ?\r\n\r\n",
     "SIP/2.0 400"},
    {"a Request-URI with blanks",
     "OPTIONS sip:a@@GATEWAY@; lr SIP/2.0\r\n" SG_HEAD("OPTIONS", "9") "Content-Length: 0\r\n\r\n", "SIP/2.0 400"},
    {"an IPv6 address without brackets",
     "INVITE sip:2001:db8::10 SIP/2.0\r\n" SG_HEAD("INVITE", "10") "Content-Length: 0\r\n\r\n", "SIP/2.0 400"},
    {"an unknown method, and a Request-URI that cannot be read",
     "FLY sip:2001:db8::10 SIP/2.0\r\n" SG_HEAD("FLY", "11") "Content-Length: 0\r\n\r\n", "SIP/2.0 501"},
    {"a method of odd letters", "!odd+%`~'*_.-1 sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("!odd+%`~'*_.-1", "18") "\r\n",
     "SIP/2.0 501"},
    {"an unknown method", "FLY sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("FLY", "12") "Content-Length: 0\r\n\r\n",
     "SIP/2.0 501"},
    {"another version", "OPTIONS sip:a@@GATEWAY@ SIP/7.0\r\n" SG_HEAD("OPTIONS", "13") "Content-Length: 0\r\n\r\n",
     "SIP/2.0 505"},
    {"a method that a Request-URI is glued to", "OPTIONS:a@b SIP/2.0\r\n" SG_HEAD("OPTIONS", "14") "\r\n", ""},
    {"BYE of no dialog", "BYE sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("BYE", "15") "Content-Length: 0\r\n\r\n",
     "SIP/2.0 481"},
    {"a truncated ACK", "ACK sip:a@@GATEWAY@ SIP/2.0\r\n" SG_HEAD("ACK", "16") "Content-Length: 9\r\n\r\n", ""},
    {"a response to nothing", "SIP/2.0 200 OK\r\n" SG_HEAD("INVITE", "17") "Content-Length: 0\r\n\r\n", ""},
    {"no SIP", "GET / HTTP/1.1\r\nHost: b\r\n\r\n", ""},
    {"octets", "\x7f\x02\r\n\r\n", ""},
};

std::string addressed(const Knock& knock, const RawPeer& from, const SocketAddress& to) {
  std::string text = knock.text;
  auto put = [&](const std::string& name, const std::string& value) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
      text.replace(at, name.size(), value);
  };
  put("@ME@", from.address().to_string());
  put("@GATEWAY@", to.to_string());
  return text;
}

TEST_F(Door, AStrangerGetsNoAnswerToAnythingWholeTruncatedOrMalformed) {
  for (const auto& knock : kKnocks) {
    SCOPED_TRACE(knock.what);
    RawPeer stranger(root, kStranger);
    // By the kernel's filter where it cannot be SIP, by the door else.
    auto dropped = [&] {
      return count("sip.unknown_source") + count("sip.rx.foreign_responses") + count("sip.udp.dropped_by_kernel");
    };
    auto before = dropped();

    stranger.send(agent(), addressed(knock, stranger, agent()));

    ASSERT_TRUE(until([&] { return dropped() == before + 1; }, "it is counted"));
    settle();
    EXPECT_TRUE(stranger.received.empty()) << stranger.received.front();
  }
  EXPECT_EQ(invites, 0);
}

TEST_F(Door, AKnownPeerIsToldWhatIsWrong) {
  for (const auto& knock : kKnocks) {
    SCOPED_TRACE(knock.what);
    peer.received.clear();

    peer.send(agent(), addressed(knock, peer, agent()));

    if (*knock.answer) {
      ASSERT_TRUE(until([&] { return !peer.received.empty(); }, "it is answered"));
      EXPECT_TRUE(peer.received.front().starts_with(knock.answer)) << peer.received.front();
    } else {
      settle();
      EXPECT_TRUE(peer.received.empty()) << peer.received.front();
    }
  }
  EXPECT_EQ(invites, 0);
}

TEST_F(Door, InADialogAStrangerIsNotHeard) {
  auto tag = establish_from_peer();
  auto foreign = count("sip.rx.foreign_in_dialog");
  int cseq = 50;
  for (const char* from : {kStranger, kOtherTrunk}) {
    for (const char* method : {"BYE", "INVITE", "UPDATE", "REFER", "INFO", "PRACK", "ACK", "OPTIONS", "CANCEL"}) {
      SCOPED_TRACE(fmt::format("{} from {}", method, from));
      RawPeer other(root, from);

      auto request = peer.request_text(agent(), method, cseq++, tag, "Refer-To: <sip:900@b>\r\n");
      other.send(agent(), in_peers_name(other, request));

      ++foreign;
      ASSERT_TRUE(until([&] { return count("sip.rx.foreign_in_dialog") == foreign; }, "it is counted"));
      settle();
      EXPECT_TRUE(other.received.empty()) << other.received.front();
    }
  }
  EXPECT_EQ(callee.times_heard("released") + callee.times_heard("transfer") + callee.times_heard("offer"), 0);

  peer.request(agent(), "BYE", 2, tag);

  ASSERT_TRUE(until_heard(callee, "released")) << "its own peer is";
}

struct Overloaded : Door {
  void SetUp() override {
    // As soon as there is a backlog.
    overload_limits.age = overload_limits.stands_for = 0ms;
    Door::SetUp();
    // Calls are told apart by how they end.
    refuse_with = 486;
  }
  // A new call, which nobody reads yet.
  void invite(const std::string& number) {
    auto request = peer.request_text(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio));
    auto put = [&](const std::string& old, const std::string& now) {
      for (size_t at = 0; (at = request.find(old, at)) != std::string::npos; at += now.size())
        request.replace(at, old.size(), now);
    };
    auto name = fmt::format("-{}-{}", number, ++sent);
    put("z9hG4bK-INVITE", "z9hG4bK-INVITE" + name);
    put("Call-ID: raw", "Call-ID: raw" + name);
    put("sip:100@", fmt::format("sip:{}@", number));
    peer.send(agent(), request);
  }
  long answers(const std::string& status, const std::string& containing) const {
    return std::ranges::count_if(peer.received, [&](const std::string& message) {
      return message.starts_with("SIP/2.0 " + status) && message.find(containing) != std::string::npos;
    });
  }
  int sent = 0;
};

TEST_F(Overloaded, NewCallsAreToldToComeLaterAndWhatIsUnderWayGoesOn) {
  refuse_with = 0;
  auto tag = establish_from_peer();
  refuse_with = 486;
  invites = 0;

  // More than the socket holds.
  for (int i = 0; i < 50; ++i) invite("100");
  invite("112");
  peer.request(agent(), "BYE", 2, tag);
  for (int i = 0; i < 4000; ++i) invite("100");
  ASSERT_TRUE(until([&] { return answers("486", "-112-") == 1; }, "an emergency call is taken"));
  EXPECT_GE(answers("503", "Retry-After: 2\r\n"), 50);
  ASSERT_TRUE(until_heard(callee, "released"));
  EXPECT_EQ(answers("200", "CSeq: 2 BYE"), 1);
  settle();

  EXPECT_EQ(count("sip.overload.begun"), 1u);
  EXPECT_EQ(count("sip.overload.refused"), static_cast<uint64_t>(answers("503", "Retry-After: 2\r\n")));
  EXPECT_EQ(count("sip.rx.invites_above_limit"), 0u);
  const int taken = invites;
  EXPECT_LT(taken, 1000) << "those that were sent when little waited any more";

  invite("100");

  EXPECT_TRUE(until([&] { return invites == taken + 1; }, "a call that comes later is taken"));
}

TEST_F(Door, ACallIdAloneOpensNothingToAStranger) {
  establish_from_peer();
  RawPeer stranger(root, kStranger);

  for (const char* method : {"OPTIONS", "INVITE", "BYE", "CANCEL"})
    stranger.send(agent(), in_peers_name(stranger, peer.request_text(agent(), method, 60)));

  ASSERT_TRUE(until([&] { return count("sip.rx.foreign_in_dialog") == 4; }, "all four are counted"));
  settle();
  EXPECT_TRUE(stranger.received.empty());
  EXPECT_EQ(invites, 1);
}

TEST_F(Door, ACallThatRingsIsNotCancelledByAStranger) {
  peer.request(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
  auto cancel = peer.request_text(agent(), "CANCEL", 1);
  cancel.replace(cancel.find("z9hG4bK-CANCEL"), 14, "z9hG4bK-INVITE");
  RawPeer stranger(root, kStranger);

  stranger.send(agent(), cancel);
  ASSERT_TRUE(until([&] { return count("sip.rx.foreign_in_dialog") == 1; }, "it is counted"));
  settle();
  EXPECT_EQ(callee.times_heard("released"), 0);

  peer.send(agent(), cancel);
  ASSERT_TRUE(until_heard(callee, "released"));
}

// Where in-dialog requests of real peers come from.
TEST_F(Door, ADialogIsHeardFromItsTrunksOtherAddresses) {
  auto tag = establish_from_peer();
  RawPeer other(root, "127.0.0.2");

  other.send(agent(), in_peers_name(other, peer.request_text(agent(), "BYE", 2, tag)));

  ASSERT_TRUE(until_heard(callee, "released"));
}

TEST_F(Door, ADialogIsHeardFromWhereSignallingHasLedIt) {
  struct Lead {
    const char* headers;
    const char* from;
  };
  for (auto [headers, from] :
       {Lead{"Record-Route: <sip:127.0.0.7;lr>, <sip:127.0.0.8;lr>\r\n", "127.0.0.7"},
        Lead{"Record-Route: <sip:127.0.0.7;lr>, <sip:127.0.0.8;lr>\r\n", "127.0.0.8"}, Lead{"", "127.0.0.7"}}) {
    SCOPED_TRACE(fmt::format("{} {}", from, headers));
    RawPeer caller_(root), other(root, from);
    auto invite = caller_.request_text(agent(), "INVITE", 1, {}, headers, sdp_of(kAudio));
    // The Contact leads there.
    auto contact = "Contact: <sip:raw@" + caller_.address().to_string();
    if (!*headers)
      invite.replace(invite.find(contact), contact.size(), "Contact: <sip:raw@" + other.address().to_string());
    callee = Party{};
    caller_.send(agent(), invite);
    ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
    callee.leg->answer(audio_at(5000));
    ASSERT_TRUE(until([&] { return !caller_.last("SIP/2.0 200").empty(); }, "the answer arrives"));
    auto tag = tag_of(caller_.last("SIP/2.0 200"));
    caller_.request(agent(), "ACK", 1, tag);

    other.send(agent(), caller_.request_text(agent(), "BYE", 2, tag));

    ASSERT_TRUE(until_heard(callee, "released"));
  }
}

TEST_F(Door, TheCallIdOfALiveCallMayComeBackByAnotherTrunkAsANewOne) {
  auto invite = call_peer();
  invite.replace(invite.find("sip:100@"), 8, "sip:200@");
  RawPeer proxy(root, kOtherTrunk);
  invite.insert(invite.find("Via:"),
                fmt::format("Via: SIP/2.0/UDP {};branch=z9hG4bK-p\r\n", proxy.address().to_string()));

  proxy.send(back(), invite);

  ASSERT_TRUE(until([&] { return invites == 1; }, "the forwarded call arrives"));
}

TEST_F(Door, OnlyWhereTheInviteWentMayAnswerIt) {
  auto invite = call_peer();
  RawPeer stranger(root, kStranger);

  stranger.reply(back(), invite, "200 OK", {}, sdp_of(kAudio));

  ASSERT_TRUE(until([&] { return count("sip.rx.foreign_responses") == 1; }, "it is counted"));
  settle();
  EXPECT_EQ(caller.times_heard("answered"), 0);

  peer.reply(back(), invite, "200 OK", {}, sdp_of(kAudio));

  ASSERT_TRUE(until_heard(caller, "answered"));
}

TEST_F(Door, WhoTakesNoSdpIsRefused) {
  struct Taste {
    const char* accept;
    bool is_taken;
  };
  for (auto [accept, is_taken] :
       {Taste{"Accept: text/nobodyKnowsThis\r\n", false}, Taste{"Accept: text/plain, application/sdp\r\n", true},
        Taste{"Accept: application/*\r\n", true}, Taste{"Accept: */*\r\n", true},
        Taste{"Accept: APPLICATION/SDP;q=0.5\r\n", true}, Taste{"", true}}) {
    SCOPED_TRACE(accept);
    refuse_with = 486;
    RawPeer other(root);

    other.request(agent(), "INVITE", 1, {}, accept, sdp_of(kAudio));

    const char* answer = is_taken ? "SIP/2.0 486" : "SIP/2.0 406";
    ASSERT_TRUE(until([&] { return !other.last(answer).empty(); }, answer));
    EXPECT_TRUE(is_taken || RawPeer::header(other.last(answer), "Accept").starts_with("application/sdp"));
  }
}

TEST_F(Door, AboveTheLimitOptionsIsAnsweredStillAndCallsAreSentElsewhere) {
  limits.requests_per_second = 1;
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")});
  RawPeer first(root), second(root), third(root);

  first.request(agent(), "REGISTER", 1);
  ASSERT_TRUE(until([&] { return !first.received.empty(); }, "the first is answered"));
  second.request(agent(), "OPTIONS", 1);
  ASSERT_TRUE(until([&] { return !second.received.empty(); }, "OPTIONS is answered"));

  const auto& answer = second.received.front();
  EXPECT_TRUE(answer.starts_with("SIP/2.0 200")) << answer;
  EXPECT_NE(RawPeer::header(answer, "Allow").find("UPDATE"), std::string::npos);
  EXPECT_FALSE(tag_of(answer).empty());
  EXPECT_EQ(count("sip.rx.requests_above_limit"), 1u);
}

TEST_F(Door, AnInviteAboveTheLimitGets503WithRetryAfter) {
  limits.invites_per_second = 1;
  start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")});
  refuse_with = 486;
  RawPeer first(root), second(root);

  first.request(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio));
  second.request(agent(), "INVITE", 1, {}, {}, sdp_of(kAudio));

  ASSERT_TRUE(until([&] { return !second.last("SIP/2.0 503").empty(); }, "the second is sent elsewhere"));
  EXPECT_FALSE(RawPeer::header(second.last("SIP/2.0 503"), "Retry-After").empty());
  EXPECT_EQ(invites, 1);
}

}  // namespace
}  // namespace sg::sip
