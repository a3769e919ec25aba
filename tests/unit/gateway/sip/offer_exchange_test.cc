#include "gateway/sip/offer_exchange.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/manual_reactor.h"

// Offer and answer without a peer and without Sofia: descriptions in, SDP out, by every state.
namespace sg::sip {
namespace {

using S = OfferState;
using E = OfferEvent;

call::MediaDescription audio_from(uint16_t port, call::Direction direction = call::Direction::SendRecv) {
  call::AudioStream stream;
  stream.rtp = *SocketAddress::parse("192.0.2.9", port);
  stream.codecs = {{CodecId::Pcma, 8}, {CodecId::Pcmu, 0}};
  stream.direction = direction;
  return {.audio = stream, .image = std::nullopt};
}

Sdp peer_audio(uint16_t port, const std::string& attributes = {}) {
  auto sdp =
      parse_sdp(fmt::format("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
                            "m=audio {} RTP/AVP 8 0\r\n{}",
                            port, attributes));
  EXPECT_TRUE(sdp);
  return *sdp;
}

struct OfferFixture {
  ManualReactor clock;
  Counters counters;
  OfferExchange offers{clock, counters};

  uint64_t refused() { return counters.get("fsm.offer.refused").value(); }

  // Brings a new exchange to the state by the shortest way.
  void reach(S state) {
    switch (state) {
      case S::New:
        return;
      case S::Invited:
        return offers.on_invited(peer_audio(4000));
      case S::Asked:
        return offers.on_invited(std::nullopt);
      case S::Inviting:
        offers.invite(audio_from(6000));
        return;
      case S::Asking:
        offers.invite(std::nullopt);
        return;
      case S::Settled:
        reach(S::Inviting);
        offers.on_answered(peer_audio(4000));
        return;
      case S::Offering:
        reach(S::Settled);
        offers.offer(audio_from(6002));
        return;
      case S::Refreshing:
        reach(S::Settled);
        offers.offer_refresh();
        return;
      case S::Holding:
        reach(S::Settled);
        offers.hold().want(true);
        offers.offer_hold();
        return;
      case S::OfferingLate:
        reach(S::Asked);
        offers.describe(audio_from(6000));
        return;
      case S::AnsweringInvite:
        return reach_answering(E::PeerInvite);
      case S::AnsweringUpdate:
        return reach_answering(E::PeerUpdate);
      case S::AnsweringPrack:
        return reach_answering(E::PeerPrack);
      case S::AnsweringResponse:
        reach(S::Asking);
        offers.on_offer(E::PeerResponse, peer_audio(4000));
        return;
    }
  }
  void reach_answering(E how) {
    reach(S::Settled);
    offers.on_offer(how, peer_audio(4002));
  }
};

TEST(OfferExchange, EveryStateIsReached) {
  for (const auto& row : OfferExchange::table().rows) {
    OfferFixture f;

    f.reach(row.state);

    EXPECT_EQ(name_of(f.offers.state()), name_of(row.state));
    EXPECT_EQ(f.refused(), 0u);
  }
}

TEST(OfferExchange, AnOfferThatMeetsOursIsGlareAndOneBeforeOurAnswerIsTooEarly) {
  const std::vector<std::pair<S, int>> refusals{
      {S::Invited, 500},         {S::Asked, 500},           {S::Inviting, 491},       {S::Asking, 491},
      {S::Offering, 491},        {S::Refreshing, 491},      {S::Holding, 491},        {S::OfferingLate, 491},
      {S::AnsweringInvite, 500}, {S::AnsweringUpdate, 500}, {S::AnsweringPrack, 500}, {S::AnsweringResponse, 500}};
  for (auto [state, status] : refusals) {
    OfferFixture f;
    f.reach(state);

    auto reply = f.offers.on_offer(E::PeerUpdate, peer_audio(4004));

    EXPECT_EQ(reply.status, status) << name_of(state);
    EXPECT_EQ(f.offers.state(), state);
    EXPECT_EQ(f.refused(), 1u) << name_of(state);
  }
}

TEST(OfferExchange, OursWaitUntilNoneIsOpen) {
  for (const auto& row : OfferExchange::table().rows) {
    OfferFixture f;
    f.reach(row.state);

    const bool is_sent = f.offers.offer(audio_from(6010)).has_value();

    EXPECT_EQ(is_sent, row.state == S::Settled) << name_of(row.state);
    EXPECT_EQ(f.offers.state(), row.state == S::Settled ? S::Offering : row.state);
  }
}

TEST(OfferExchange, AnAnswerThatTellsNothingNewIsNotToldAgain) {
  OfferFixture f;
  f.offers.invite(audio_from(6000));

  EXPECT_TRUE(f.offers.on_answered(peer_audio(4000)));

  EXPECT_FALSE(f.offers.on_answered(peer_audio(4000))) << "the 200 after an early answer";
  EXPECT_TRUE(f.offers.on_answered(peer_audio(4002))) << "another fork";
  EXPECT_EQ(f.offers.remote()->media.audio->rtp.port(), 4002);
}

TEST(OfferExchange, TheSameOfferAgainIsAnsweredByWhatStands) {
  OfferFixture f;
  f.offers.on_invited(peer_audio(4000));
  auto first = f.offers.describe(audio_from(6000));

  auto reply = f.offers.on_offer(E::PeerInvite, peer_audio(4000));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.sdp, first) << "with the same version";
  EXPECT_TRUE(f.offers.is_settled());
}

TEST(OfferExchange, WhatIsRefusedLeavesTheDescriptionThatStood) {
  OfferFixture f;
  f.reach(S::Settled);
  auto stood = *f.offers.offer_refresh();
  f.offers.on_refused();

  EXPECT_NE(*f.offers.offer(audio_from(6002)), stood);
  f.offers.on_refused();

  EXPECT_EQ(*f.offers.offer_refresh(), stood);
}

TEST(OfferExchange, AFirstDescriptionStandsOnceGiven) {
  OfferFixture f;
  f.offers.on_invited(peer_audio(4000));

  auto first = f.offers.describe(audio_from(6000));

  EXPECT_FALSE(first.empty());
  EXPECT_EQ(f.offers.describe(audio_from(6002)), first);
  EXPECT_EQ(f.offers.describe(std::nullopt), first);
}

TEST(OfferExchange, ALateOfferThatNobodyAnswersLeavesWhatStood) {
  OfferFixture f;
  f.reach(S::Settled);
  auto stood = *f.offers.offer_refresh();
  f.offers.on_refused();

  ASSERT_TRUE(f.offers.on_offer_wanted());
  EXPECT_NE(f.offers.offer_late(audio_from(6002)), stood);
  EXPECT_TRUE(f.offers.awaits_late_answer());
  EXPECT_TRUE(f.offers.on_no_late_answer()) << "the call had wanted it";

  EXPECT_EQ(*f.offers.offer_refresh(), stood);
}

TEST(OfferExchange, WhomWeHoldStaysHeldWhateverItOffers) {
  OfferFixture f;
  f.reach(S::Settled);
  f.offers.hold().want(true);
  EXPECT_TRUE(f.offers.is_hold_due());
  EXPECT_NE(f.offers.offer_hold()->find("a=sendonly"), std::string::npos);
  f.offers.on_answered(peer_audio(4000, "a=recvonly\r\n"));
  EXPECT_FALSE(f.offers.is_hold_due());

  f.offers.on_offer(E::PeerInvite, peer_audio(4002));
  auto answer = f.offers.answer(audio_from(6000));

  EXPECT_NE(answer.find("a=sendonly"), std::string::npos);
  EXPECT_FALSE(f.offers.is_hold_due());
}

TEST(Hold, IsToldByTheDirectionOfThePeer) {
  Hold hold;

  EXPECT_FALSE(hold.on_described(audio_from(4000)));
  EXPECT_EQ(hold.on_described(audio_from(4000, call::Direction::SendOnly)), true);
  EXPECT_FALSE(hold.on_described(audio_from(4000, call::Direction::Inactive))) << "it is so already";
  EXPECT_EQ(hold.on_described({}), false) << "a fax has no hold";
}

TEST(Hold, OffersTheLawThatThePeerUsesFirst) {
  Hold hold;
  hold.want(true);
  auto theirs = audio_from(4000);
  std::swap(theirs.audio->codecs[0], theirs.audio->codecs[1]);

  auto offer = hold.offer(audio_from(6000), &theirs);

  EXPECT_EQ(offer.audio->codecs.front().id, CodecId::Pcmu);
  EXPECT_EQ(offer.audio->direction, call::Direction::SendOnly);
}

}  // namespace
}  // namespace sg::sip
