#include <gtest/gtest.h>
#include <sofia-sip/sip_header.h>

#include "gateway/sip/header_values.h"
#include "gateway/sip/headers.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/uri.h"
#include "party/number.h"
#include "tests/unit/gateway/sip/message.h"

// Numbers as peers write them. One row a case.
namespace sg::sip {
namespace {

using namespace std::string_literals;
using Ton = TypeOfNumber;

struct Invite {
  std::string uri = "sip:301@gw";
  std::string from = "<sip:200@peer>";
  std::string headers = {};  // with CRLF each
};

call::Setup read(const Invite& invite) {
  Message message("INVITE " + invite.uri + " SIP/2.0\r\nVia: SIP/2.0/UDP peer;branch=z9hG4bK1\r\nFrom: " + invite.from +
                  ";tag=1\r\nTo: <sip:301@gw>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n" + invite.headers +
                  "Content-Length: 0\r\n\r\n");
  return read_setup(*message);
}

// RFC 3966 sections 3 and 5.1, RFC 3261 section 19.1.6.
struct Uri {
  const char* uri;
  std::string digits;
  Ton type = Ton::Unknown;
};
const Uri kUris[] = {
    {"tel:+358-(555)-123.4567", "3585551234567", Ton::International},
    {"tel:0039-02-1234", "0039021234"},
    {"tel:7042;phone-context=example.com", "7042"},
    {"tel:555-1234;ext=77;phone-context=+1-914", "5551234"},
    {"tel:+49-30-123;isub=12", "4930123", Ton::International},
    {"tel:*21*5550100%23", "*21*5550100#"},
    {"sip:+358-555-1234567;postd=pp22@gw;user=phone", "3585551234567", Ton::International},
    {"sip:(030)555-01.00@gw;user=phone", "0305550100"},
    {"sip:030-5550100@gw;USER=Phone", "0305550100"},
    {"sip:+49-30-5550100@gw", "49305550100", Ton::International},
    {"sip:%2B49%2D30@gw", "4930", Ton::International},
    {"sip:555-0100;phone-context=+49@gw", "5550100"},
    {"sip:0305550100@gw", "0305550100"},
    // No telephone number by what it says of itself, or by what it is.
    {"sip:100-2@gw", "100-2"},
    {"sip:10.0.0.1@gw", "10.0.0.1"},
    {"sip:john.doe@gw;user=phone", "john.doe"},
    {"sip:j.d-1@gw;user=phone", "j.d-1"},
    {"sip:-@gw;user=phone", "-"},
    {"sip:gw", ""},
};

TEST(Numbers, VisualSeparatorsAreNoPartOfThem) {
  for (const auto& row : kUris) {
    const party::Number expected{row.digits, row.type};
    const std::string uri = row.uri, address = "<" + uri + ">";

    EXPECT_EQ(read({.uri = uri}).called, expected) << "called " << uri;
    if (!row.digits.empty()) {
      EXPECT_EQ(read({.from = address}).calling.number, expected) << "From " << uri;
      EXPECT_EQ(read({.headers = "P-Asserted-Identity: " + address + "\r\n"}).calling.number,
                party::is_number(row.digits) ? expected : party::Number{"200"})
          << "asserted " << uri;
      EXPECT_EQ(read({.headers = "Remote-Party-ID: " + address + ";party=calling\r\n"}).calling.number,
                party::is_number(row.digits) ? expected : party::Number{"200"})
          << "Remote-Party-ID " << uri;
      auto diverted = read({.headers = "Diversion: " + address + ";reason=user-busy\r\n"}).redirection;
      ASSERT_TRUE(diverted) << uri;
      EXPECT_EQ(diverted->from, expected) << "Diversion " << uri;
      auto history =
          read({.headers = "History-Info: " + address + ";index=1, <sip:301@gw;cause=486>;index=1.1\r\n"}).redirection;
      ASSERT_TRUE(history) << uri;
      EXPECT_EQ(history->from, expected) << "History-Info " << uri;
    }
    Message refer(
        "REFER sip:1@gw SIP/2.0\r\nFrom: <sip:2@peer>;tag=1\r\nTo: <sip:1@gw>;tag=2\r\nCall-ID: 1\r\n"
        "CSeq: 2 REFER\r\nRefer-To: " +
        address + "\r\nContent-Length: 0\r\n\r\n");
    auto transfer = read_transfer(*refer);
    ASSERT_EQ(transfer.has_value(), !row.digits.empty()) << uri;
    if (transfer) {
      EXPECT_EQ(transfer->to, expected) << "Refer-To " << uri;
    }
    auto home = make_home();
    auto redirects = read_redirects(::sip_contact_make(home.get(), address.c_str()), nullptr);
    ASSERT_EQ(redirects.size(), row.digits.empty() ? 0u : 1u) << uri;
    if (!redirects.empty()) {
      EXPECT_EQ(redirects.front().called, expected) << "Contact " << uri;
    }
  }
}

TEST(Numbers, SubAddressesStandBesideThem) {
  for (const char* uri : {"tel:+49-30;isub=4711;isub-encoding=nsap-ia5",
                          "sip:+4930;isub=4711;isub-encoding=nsap-ia5@gw", "sip:+4930;ext=1;ISUB=4711@gw"}) {
    auto setup = read({.uri = uri, .from = "<"s + uri + ">"});
    ASSERT_TRUE(setup.called_subaddress) << uri;
    EXPECT_EQ(setup.called_subaddress->octets,
              "\x50"
              "4711")
        << uri;
    ASSERT_TRUE(setup.calling_subaddress) << uri;
  }
}

TEST(Numbers, WhoCallsIsANumberOrNone) {
  struct Row {
    const char *from, *headers, *digits;
    Ton type = Ton::Unknown;
    Presentation presentation = Presentation::Allowed;
    ScreeningIndicator screening = ScreeningIndicator::UserNotScreened;
    const char* name = "";
  };
  constexpr auto kHidden = Presentation::Restricted;
  constexpr auto kNetwork = ScreeningIndicator::Network;
  const Row kRows[] = {
      // RFC 3323 section 4.1.1.3, and how peers write it.
      {"\"Anonymous\" <sip:anonymous@anonymous.invalid>", "", "", Ton::Unknown, kHidden},
      {"<sip:Anonymous@peer>", "", "", Ton::Unknown, kHidden},
      {"\"Unknown\" <sip:unavailable@unknown.invalid>", "", "", Ton::Unknown, kHidden, {}, "Unknown"},
      {"<sip:Restricted@peer>", "", "", Ton::Unknown, kHidden},
      {"<sip:4930123@anonymous.INVALID>", "", "", Ton::Unknown, kHidden},
      {"<sip:200@notinvalid>", "", "200"},
      // Names of accounts are left to SIP: what a line makes of them is the line's affair.
      {"\"Ann\" <sip:john.doe@peer>", "", "john.doe", Ton::Unknown, Presentation::Allowed, {}, "Ann"},
      // RFC 3325 section 9.1.
      {"<sip:acct-77@m>",
       "P-Asserted-Identity: \"Acct\" <sip:acct-77@m>\r\nP-Asserted-Identity: <tel:+15551230042>\r\n", "15551230042",
       Ton::International, Presentation::Allowed, kNetwork, "Acct"},
      {"<sip:acct-77@m>", "P-Asserted-Identity: <tel:+1555>, \"Acct\" <sip:acct-77@m>\r\n", "1555", Ton::International,
       Presentation::Allowed, kNetwork},
      {"<sip:77@m>", "P-Asserted-Identity: <sip:77@m>\r\nP-Asserted-Identity: <tel:+1555>\r\n", "1555",
       Ton::International, Presentation::Allowed, kNetwork},
      {"<sip:77@m>", "P-Asserted-Identity: <sip:acct@m>, <sip:+1555@m>\r\n", "1555", Ton::International,
       Presentation::Allowed, kNetwork},
      {"<sip:acct-77@m>", "P-Asserted-Identity: <sip:acct-77@m>\r\n", "acct-77", Ton::Unknown, Presentation::Allowed,
       kNetwork},
      {"<sip:+1555@m>", "P-Asserted-Identity: <sip:acct-77@m>\r\n", "1555", Ton::International},
      {"<sip:+1555@m>", "P-Asserted-Identity: <sip:acct-77@m>\r\nPrivacy: id\r\n", "1555", Ton::International, kHidden},
      {"\"Anonymous\" <sip:anonymous@anonymous.invalid>", "P-Asserted-Identity: <tel:+1555>\r\nPrivacy: id\r\n", "1555",
       Ton::International, kHidden, kNetwork},
      {"<sip:200@m>", "Remote-Party-ID: <tel:+1-555>;party=calling;screen=no\r\n", "1555", Ton::International},
      // Controls: in a number, and in a name.
      {"<sip:200%0d%0aFORGED@m>", "", ""},
      {"<sip:200@m>", "P-Asserted-Identity: <sip:1%1b@m>\r\n", "200"},
      {"\"a\x1b[2J\x7f\xc2\x9b\xff\" <sip:200@m>", "", "200", Ton::Unknown, Presentation::Allowed, {}, "a [2J   "},
  };
  for (const auto& row : kRows) {
    const std::string what = row.from + " "s + row.headers;
    auto calling = read({.from = row.from, .headers = row.headers}).calling;
    EXPECT_EQ(calling.number, (party::Number{row.digits, row.type})) << what;
    EXPECT_EQ(calling.presentation, row.presentation) << what;
    EXPECT_EQ(calling.screening, row.screening) << what;
    EXPECT_EQ(calling.name, row.name) << what;
  }
}

TEST(Numbers, OnlyWhatTheNetworkVerifiedIsAsserted) {
  struct Row {
    ScreeningIndicator screening;
    bool is_asserted;
  };
  const Row kRows[] = {{ScreeningIndicator::UserNotScreened, false},
                       {ScreeningIndicator::UserPassed, true},
                       {ScreeningIndicator::UserFailed, false},
                       {ScreeningIndicator::Network, true}};
  for (const auto& row : kRows) {
    call::Setup setup;
    setup.calling = {{"80012345", Ton::National}, Presentation::Allowed, row.screening, ""};

    auto pai = identity_of(setup, "gw", {IdentityStyle::Asserted, DiversionStyle::None});
    auto rpid = identity_of(setup, "gw", {IdentityStyle::RemoteParty, DiversionStyle::None});

    EXPECT_EQ(pai.from, "<sip:80012345@gw>");
    EXPECT_EQ(pai.lines, row.is_asserted ? "P-Asserted-Identity: <sip:80012345@gw>\r\n" : "");
    EXPECT_EQ(rpid.lines, "Remote-Party-ID: <sip:80012345@gw>;party=calling;screen="s +
                              (row.is_asserted ? "yes" : "no") + ";privacy=off\r\n");
    setup.calling.presentation = Presentation::Restricted;
    auto hidden = identity_of(setup, "gw", {IdentityStyle::Asserted, DiversionStyle::None});
    EXPECT_EQ(hidden.from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    EXPECT_EQ(hidden.lines, (row.is_asserted ? "P-Asserted-Identity: <sip:80012345@gw>\r\n"s : "") + "Privacy: id\r\n");
  }
}

// RFC 7044 sections 10.2 and 10.3, RFC 7544.
TEST(Numbers, HistoryTellsWhyByCauseOrByReason) {
  struct Row {
    const char* history;
    const char* from;  // empty: nobody has diverted
    int reason = 0, count = 1;
    Presentation presentation = Presentation::Allowed;
  };
  const Row kRows[] = {
      {"<sip:+1555@x?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%20Here%22>;index=1, <sip:301@gw>;index=1.1;mp=1", "1555",
       1},
      {"<sip:1@x?reason=sip%3bcause%3d302>;index=1, <sip:2@gw>;index=1.1", "1", 15},
      {"<sip:1@x?Reason=SIP%3Bcause%3D408>;index=1, <sip:2@gw>;index=1.1", "1", 2},
      {"<sip:1@x?Reason=SIP%3Bcause%3D487>;index=1, <sip:2@gw>;index=1.1", "1", 4},
      {"<sip:1@x?Reason=SIP%3Bcause%3D600>;index=1, <sip:2@gw>;index=1.1", "1", 1},
      {"<sip:1@x?Reason=Q.850%3Bcause%3D17>;index=1, <sip:2@gw>;index=1.1", "1", 1},
      {"<sip:1@x?Reason=Q.850%3Bcause%3D19>;index=1, <sip:2@gw>;index=1.1", "1", 2},
      {"<sip:1@x?Reason=SIP%3Bcause%3D499%2CQ.850%3Bcause%3D17>;index=1, <sip:2@gw>;index=1.1", "1", 1},
      {"<sip:1@x?Reason=SIP%3Bcause%3D999>;index=1, <sip:2@gw>;index=1.1", "1", 0},
      // RFC 7544 says why by the next entry's cause, which goes before.
      {"<sip:1@x?Reason=SIP%3Bcause%3D408>;index=1, <sip:2@x;cause=486>;index=1.1", "1", 1},
      {"<sip:1@x?Privacy=history&Reason=SIP%3Bcause%3D486>;index=1, <sip:2@gw>;index=1.1", "1", 1, 1,
       Presentation::Restricted},
      {"<sip:1@x?Privacy=none&Reason=SIP%3Bcause%3D486>;index=1, <sip:2@gw>;index=1.1", "1", 1},
      {"<sip:1@x?Reason=SIP%3Bcause%3D486>;index=1, <sip:2@x?Reason=SIP%3Bcause%3D302>;index=1.1, <sip:3@x>;index=1.2",
       "2", 15, 2},
      // Not diverted from, or not yet.
      {"<sip:1@x>;index=1, <sip:2@gw>;index=1.1", ""},
      {"<sip:2@gw?Reason=SIP%3Bcause%3D486>;index=1", ""},
      {"<sip:1@x?Reason=>;index=1, <sip:2@gw>;index=1.1", ""},
      {"<sip:1@x?Subject=SIP%3Bcause%3D486>;index=1, <sip:2@gw>;index=1.1", ""},
  };
  for (const auto& row : kRows) {
    auto redirection = read({.headers = "History-Info: "s + row.history + "\r\n"}).redirection;
    ASSERT_EQ(redirection.has_value(), *row.from != 0) << row.history;
    if (!redirection) continue;
    EXPECT_EQ(redirection->from.digits, row.from) << row.history;
    EXPECT_EQ(redirection->reason, row.reason) << row.history;
    EXPECT_EQ(redirection->count, row.count) << row.history;
    EXPECT_EQ(redirection->presentation, row.presentation) << row.history;
  }
}

TEST(Numbers, ATransferLeadsNowhereByControls) {
  for (const char* to :
       {"<sip:301%0d%0aX@gw>", "<sip:301%00@gw>", "<sip:1@gw?Replaces=a%1bb%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "<sip:1@gw?Replaces=a%0d%0aX%3Bto-tag%3D1%3Bfrom-tag%3D2>"}) {
    Message refer(
        "REFER sip:1@gw SIP/2.0\r\nFrom: <sip:2@peer>;tag=1\r\nTo: <sip:1@gw>;tag=2\r\nCall-ID: 1\r\n"
        "CSeq: 2 REFER\r\nRefer-To: "s +
        to + "\r\nContent-Length: 0\r\n\r\n");
    EXPECT_FALSE(read_transfer(*refer)) << to;
  }
  auto home = make_home();
  EXPECT_TRUE(read_redirects(::sip_contact_make(home.get(), "<sip:301%0a@gw>"), nullptr).empty());
}

}  // namespace
}  // namespace sg::sip
