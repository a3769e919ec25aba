#include "tests/unit/gateway/sip/sip_dialog.h"

// Who calls, on whose behalf, who answers: SIP headers to and from the words of ISDN. One row a case.
namespace sg::sip {
namespace {

struct Heard {
  const char* headers;
  const char* number;
  TypeOfNumber type = TypeOfNumber::Unknown;
  const char* name = "";
  Presentation presentation = Presentation::Allowed;
  ScreeningIndicator screening = ScreeningIndicator::UserNotScreened;
};

class Identity : public SipDialog {
 protected:
  // The peer calls with these headers; what the call is told to be.
  call::Setup heard_with(const std::string& headers) {
    callee = Party{};
    RawPeer other(root);
    int before = invites;
    other.request(agent(), "INVITE", 1, {}, headers, sdp_of(kAudio));
    EXPECT_TRUE(until([&] { return invites > before; }, "the INVITE arrives"));
    return last_setup;
  }
  std::string sent(const call::Setup& setup, IdentityPolicy policy = {}) {
    caller = Party{};
    peer.received.clear();
    return call_peer(setup, policy);
  }
};

TEST_F(Identity, ThePeerSaysWhoCalls) {
  const Heard kRows[] = {
      {"P-Asserted-Identity: \"Ann \\\"A\\\" Ott\" <sip:+4930123@x>\r\n", "4930123", TypeOfNumber::International,
       "Ann \"A\" Ott", Presentation::Allowed, ScreeningIndicator::Network},
      {"P-Asserted-Identity: <sip:0123@x>\r\nPrivacy: id\r\n", "0123", TypeOfNumber::Unknown, "",
       Presentation::Restricted, ScreeningIndicator::Network},
      {"P-Asserted-Identity: <sip:1@x>, <tel:+492>\r\n", "492", TypeOfNumber::International, "", Presentation::Allowed,
       ScreeningIndicator::Network},
      {"P-Asserted-Identity: <tel:+492>\r\n", "492", TypeOfNumber::International, "", Presentation::Allowed,
       ScreeningIndicator::Network},
      {"Remote-Party-ID: \"Bo\" <sip:77@x>;party=calling;screen=yes;privacy=full\r\n", "77", TypeOfNumber::Unknown,
       "Bo", Presentation::Restricted, ScreeningIndicator::Network},
      {"Remote-Party-ID: <sip:78@x>;party=calling;screen=no;privacy=off\r\n", "78"},
      {"Remote-Party-ID: <sip:79@x>;party=called\r\n", "raw"},
      {"P-Asserted-Identity: <sip:1@x>\r\nRemote-Party-ID: <sip:2@x>;party=calling\r\n", "1", TypeOfNumber::Unknown, "",
       Presentation::Allowed, ScreeningIndicator::Network},
      {"", "raw"},
      {"Privacy: id\r\n", "raw", TypeOfNumber::Unknown, "", Presentation::Restricted},
      {"Privacy: none\r\n", "raw"},
  };
  for (const auto& row : kRows) {
    auto calling = heard_with(row.headers).calling;
    EXPECT_EQ(calling.number.digits, row.number) << row.headers;
    EXPECT_EQ(calling.number.type, row.type) << row.headers;
    EXPECT_EQ(calling.name, row.name) << row.headers;
    EXPECT_EQ(calling.presentation, row.presentation) << row.headers;
    EXPECT_EQ(calling.screening, row.screening) << row.headers;
  }
}

TEST_F(Identity, WeSayWhoCallsAsThePeerLikesIt) {
  struct Row {
    IdentityStyle style;
    Presentation presentation;
    const char *from, *asserted, *rpid, *privacy;
  };
  const Row kRows[] = {
      {IdentityStyle::Asserted, Presentation::Allowed, "\"Ann\" <sip:+4930@gw.example>",
       "\"Ann\" <sip:+4930@gw.example>", "", ""},
      {IdentityStyle::Asserted, Presentation::Restricted, "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
       "\"Ann\" <sip:+4930@gw.example>", "", "id"},
      {IdentityStyle::RemoteParty, Presentation::Allowed, "\"Ann\" <sip:+4930@gw.example>", "",
       "\"Ann\" <sip:+4930@gw.example>;party=calling;screen=yes;privacy=off", ""},
      {IdentityStyle::RemoteParty, Presentation::Restricted, "\"Anonymous\" <sip:anonymous@anonymous.invalid>", "",
       "\"Ann\" <sip:+4930@gw.example>;party=calling;screen=yes;privacy=full", "id"},
      {IdentityStyle::From, Presentation::Allowed, "\"Ann\" <sip:+4930@gw.example>", "", "", ""},
      {IdentityStyle::From, Presentation::Restricted, "\"Anonymous\" <sip:anonymous@anonymous.invalid>", "", "", "id"},
  };
  for (const auto& row : kRows) {
    auto setup = setup_to("100");
    setup.calling = {{"4930", TypeOfNumber::International}, row.presentation, ScreeningIndicator::Network, "Ann"};

    auto invite = sent(setup, {row.style, DiversionStyle::None});

    auto from = RawPeer::header(invite, "From");
    EXPECT_EQ(from.substr(0, from.find(";tag=")), row.from);
    EXPECT_EQ(RawPeer::header(invite, "P-Asserted-Identity"), row.asserted);
    EXPECT_EQ(RawPeer::header(invite, "Remote-Party-ID"), row.rpid);
    EXPECT_EQ(RawPeer::header(invite, "Privacy"), row.privacy);
  }
}

TEST_F(Identity, ThePeerSaysWhoWasCalledFirst) {
  struct Row {
    const char *headers, *from;
    int reason, count;
    Presentation presentation;
  };
  const Row kRows[] = {
      {"Diversion: <sip:+49301@x>;reason=user-busy;counter=2;privacy=full\r\n", "49301", 1, 2,
       Presentation::Restricted},
      {"Diversion: <sip:1@x>;reason=no-answer, <sip:2@x>;reason=unconditional\r\n", "1", 2, 2, Presentation::Allowed},
      {"Diversion: <sip:1@x>;reason=unheard-of;counter=900\r\n", "1", 0, 31, Presentation::Allowed},
      {"History-Info: <sip:1@x>;index=1, <sip:2@x;cause=486>;index=1.1\r\n", "1", 1, 1, Presentation::Allowed},
      {"History-Info: <sip:1@x>;index=1\r\nHistory-Info: <sip:2@x;cause=302?Privacy=history>;index=1.1\r\n"
       "History-Info: <sip:3@x;cause=408>;index=1.1.1\r\n",
       "2", 2, 2, Presentation::Restricted},
      {"Diversion: <sip:1@x>;reason=deflection\r\nHistory-Info: <sip:8@x>;index=1, <sip:9@x;cause=486>;index=1.1\r\n",
       "1", 4, 1, Presentation::Allowed},
  };
  for (const auto& row : kRows) {
    auto redirection = heard_with(row.headers).redirection;
    ASSERT_TRUE(redirection) << row.headers;
    EXPECT_EQ(redirection->from.digits, row.from) << row.headers;
    EXPECT_EQ(redirection->reason, row.reason) << row.headers;
    EXPECT_EQ(redirection->count, row.count) << row.headers;
    EXPECT_EQ(redirection->presentation, row.presentation) << row.headers;
  }
  EXPECT_FALSE(heard_with("History-Info: <sip:1@x>;index=1\r\n").redirection) << "nobody has diverted yet";
  EXPECT_FALSE(heard_with("Diversion: nonsense,,;;\r\n").redirection);
}

TEST_F(Identity, WeSayWhoWasCalledFirst) {
  struct Row {
    DiversionStyle style;
    int reason, count;
    const char *diversion, *history;
  };
  const Row kRows[] = {
      {DiversionStyle::Diversion, 1, 1, "<sip:+4940@gw.example>;reason=user-busy;counter=1;privacy=off", ""},
      {DiversionStyle::Diversion, 15, 3, "<sip:+4940@gw.example>;reason=unconditional;counter=3;privacy=off", ""},
      {DiversionStyle::HistoryInfo, 2, 1, "",
       "<sip:+4940@gw.example>;index=1, <sip:100@gw.example;cause=408>;index=1.1"},
      {DiversionStyle::HistoryInfo, 15, 2, "",
       "<sip:unknown@unknown.invalid>;index=1, <sip:+4940@gw.example;cause=404>;index=1.1, "
       "<sip:100@gw.example;cause=302>;index=1.1.1"},
      {DiversionStyle::None, 15, 1, "", ""},
  };
  for (const auto& row : kRows) {
    auto setup = setup_to("100");
    setup.redirection = party::Redirection{.from = {"4940", TypeOfNumber::International},
                                           .presentation = Presentation::Allowed,
                                           .reason = static_cast<uint8_t>(row.reason),
                                           .count = static_cast<uint8_t>(row.count)};

    auto invite = sent(setup, {IdentityStyle::Asserted, row.style});

    EXPECT_EQ(RawPeer::header(invite, "Diversion"), row.diversion);
    EXPECT_EQ(RawPeer::header(invite, "History-Info"), row.history);
  }
}

TEST_F(Identity, UserToUserAndSubaddressesTravelBothWays) {
  auto setup = setup_to("100");
  setup.called_subaddress = party::Subaddress{.is_nsap = true,
                                              .octets =
                                                  "\x50"
                                                  "47 11"};
  setup.calling_subaddress = party::Subaddress{.is_nsap = true, .octets = "\x49\xab"};
  setup.user_user = party::UserUser{4, "hi"};

  auto invite = sent(setup);

  EXPECT_EQ(invite.substr(0, invite.find('@')), "INVITE sip:100;isub=47%2011;isub-encoding=nsap-ia5");
  EXPECT_NE(RawPeer::header(invite, "From").find("sip:4711;isub=49AB;isub-encoding=nsap@"), std::string::npos);
  EXPECT_EQ(RawPeer::header(invite, "User-to-User"), "046869;encoding=hex");

  invites = 0;
  call(audio_at(4000), setup);
  ASSERT_TRUE(until([&] { return invites == 1; }, "the INVITE arrives"));
  EXPECT_EQ(last_setup.called.digits, "100");
  EXPECT_EQ(last_setup.calling.number.digits, "4711");
  EXPECT_EQ(last_setup.called_subaddress, setup.called_subaddress);
  EXPECT_EQ(last_setup.calling_subaddress, setup.calling_subaddress);
  EXPECT_EQ(last_setup.user_user, setup.user_user);
}

TEST_F(Identity, UserToUserThatMakesNoSenseIsLeftOut) {
  for (const char* value : {"04", "zz", "0468656", "046869;purpose=call-center", ""}) {
    EXPECT_FALSE(heard_with(fmt::format("User-to-User: {}\r\n", value)).user_user) << value;
  }
  EXPECT_TRUE(heard_with("User-to-User: 046869;purpose=isdn-uui;encoding=hex\r\n").user_user);
}

TEST_F(Identity, WhoAnswersIsToldWithTheAnswer) {
  call(audio_at(4000));
  ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));

  callee.leg->connected_party(
      {{"4930", TypeOfNumber::International}, Presentation::Allowed, ScreeningIndicator::Network, "Bo"});
  callee.leg->user_user({4, "yes"});
  callee.leg->answer(audio_at(5000));

  ASSERT_TRUE(until_heard(caller, "answered"));
  ASSERT_TRUE(caller.connected);
  EXPECT_EQ(caller.connected->number.digits, "4930");
  EXPECT_EQ(caller.connected->number.type, TypeOfNumber::International);
  EXPECT_EQ(caller.connected->name, "Bo");
  ASSERT_TRUE(caller.user_user);
  EXPECT_EQ(caller.user_user->octets, "yes");
  EXPECT_EQ(caller.heard.back(), "answered");
}

TEST_F(Identity, WhoItIsNowIsToldByUpdate) {
  establish();
  settle();

  callee.leg->connected_party(
      {{"31", TypeOfNumber::Unknown}, Presentation::Restricted, ScreeningIndicator::Network, ""});

  ASSERT_TRUE(until_heard(caller, "connected party"));
  EXPECT_EQ(caller.connected->number.digits, "31");
  EXPECT_EQ(caller.connected->presentation, Presentation::Restricted);
  EXPECT_FALSE(caller.has_heard("offer")) << "media is not touched";
}

}  // namespace
}  // namespace sg::sip
