#include "gateway/fax/fax_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>

#include "gateway/fax/fax_rules.h"
#include "tests/support/frame_codes.h"

namespace sg::fax {
namespace {

using media::Side;
using std::chrono::milliseconds;
using t38::testing::frame_named;
using ::testing::HasSubstr;
using Verdict = FaxOutcome::Verdict;
using Mode = call::MediaModeState;
using Reason = call::ModeReason;

// A timeline in words, a step a second from 3 s on: ">" is the caller's machine, "<" the called one's. "page" begins a
// page, "pause" a second more of silence, "lost" is three lost packets of RTP, "lost38" of
// T.38, "slip" a slip, "cng" and "ansam" are tones. `received`: what each frame tells of the packets so far.
FaxLog timeline(const std::string& words, std::array<media::PacketsReceived, 2> received = {}) {
  FaxLog log;
  std::istringstream in(words);
  milliseconds at(2000);
  for (std::string word; in >> word;) {
    at += milliseconds(1000);
    if (word == "pause") {
      at += milliseconds(1000);
    } else if (word == "lost" || word == "lost38") {
      log.on_impairment(at, {Side::A, media::MediaImpairment::Kind::Loss, 3, 0, word == "lost"});
    } else if (word == "slip") {
      log.on_impairment(at, {Side::B, media::MediaImpairment::Kind::Slip, 1, 0});
    } else if (word == "cng") {
      log.on_tone(at, Side::A, media::HeardTone::Cng);
    } else if (word == "ansam") {
      log.on_tone(at, Side::B, media::HeardTone::AnsAm);
    } else {
      media::FaxSeen seen;
      seen.received = received;
      seen.from = word[0] == '>' ? Side::A : Side::B;
      if (word == ">page") {
        seen.event.kind = t38::FaxEvent::Kind::PageStarted;
      } else {
        seen.event.code = frame_named(word.substr(1));
      }
      // V.29 at 9600 bit/s, ECM off: 9600 stands for every speed here.
      if (word == ">DCS") {
        seen.event.content = {0x00, 0x04};
        seen.event.content_octets = 2;
      }
      log.on_seen(at, seen);
      if (word == "<MCF" || word == "<RTN" || word == ">MCF" || word == ">RTN") {
        seen.event.kind = t38::FaxEvent::Kind::PageEnded;
        log.on_seen(at, seen);
      }
    }
  }
  return log;
}

std::string_view rule_of(const call::Record& record) {
  return name_of(diagnose(fax_facts_of(record)).rule);
}

struct RuleCase {
  const char* rule;
  Verdict verdict;
  const char* words;
  const char* cause_says;
  std::function<void(call::Record&)> also = [](call::Record&) {};
};

void mode(call::Record& record, int at_ms, Mode mode, Reason reason) {
  record.caller.modes.push_back({record.started + milliseconds(at_ms), mode, reason});
}

void left_to_peer(call::Record& record) {
  record.caller.trunk = "carrier";
  mode(record, 3500, Mode::Passthrough, Reason::NotOursToAsk);
}
// A SIP peer that answered, and what came of it.
void answered_over_ip(call::Record& record, uint64_t packets) {
  record.called.emplace_back().trunk = "carrier";
  record.media.side[1].rtp.packets_sent = 1000;
  record.media.side[1].rtp.packets_received = packets;
}

// A line that was out of order from one time to another, or to the end of the call.
call::LineOutage outage(const call::Record& record, tdm::LineFault fault, int began_ms, int ended_ms = 0) {
  call::LineOutage outage{record.started + milliseconds(began_ms), {}, fault};
  if (ended_ms > 0) outage.ended = record.started + milliseconds(ended_ms);
  return outage;
}
constexpr tdm::LineFault kRed{.span = 1, .alarms = tdm::kAlarmRed};
constexpr tdm::LineFault kNoDChannel{.span = 1, .is_dchannel_lost = true};

void hung_up(call::Record& record, call::HungUp why) {
  record.released_by = call::ReleasedBy::Gateway;
  record.hung_up = why;
  record.cause = call::kTemporaryFailure;
}

const RuleCase kCases[] = {
    {"line down", Verdict::Failed, "<DIS >DCS <CFR >page slip slip",
     "Span 1 (caller's side) went into alarm (RED) 11.3 s after the answer.",
     [](call::Record& record) {
       record.released_by = call::ReleasedBy::Line;
       record.fell_silent = Side::B;
       record.caller.outages = {outage(record, kRed, 13'300)};
     }},
    {"line down", Verdict::Failed, "<DIS >DCS <CFR >page", "Span 2 (called side) went into alarm (REMOVED) 4.0 s",
     [](call::Record& record) {
       record.called.emplace_back().outages = {
           outage(record, {.span = 2, .alarms = tdm::kAlarmRemoved, .is_dchannel_lost = true}, 6000)};
     }},
    {"line down", Verdict::Failed, "<DIS >DCS <CFR >page slip", "(RED) 5.0 s after the answer, for 1.2 s.",
     [](call::Record& record) { record.caller.outages = {outage(record, kRed, 7000, 8200)}; }},
    {"line down", Verdict::Failed, "<DIS >DCS <CFR >page",
     "The D-channel for span 1 (caller's side) was lost 5.0 s after the answer.",
     [](call::Record& record) {
       record.released_by = call::ReleasedBy::Line;
       record.caller.outages = {outage(record, kNoDChannel, 7000)};
     }},
    {"line down", Verdict::InDoubt, "<DIS >DCS <CFR >page >EOP", "sent, but not confirmed, and then span 1 (caller's",
     [](call::Record& record) { record.caller.outages = {outage(record, kRed, 7500)}; }},
    {"line down", Verdict::InDoubt, "<DIS >DCS <CFR >page >EOP <MCF", "confirmed, and then span 1 (caller's",
     [](call::Record& record) { record.caller.outages = {outage(record, kRed, 8500)}; }},
    {"line down", Verdict::Unknown, "cng", "Span 1",
     [](call::Record& record) { record.caller.outages = {outage(record, kRed, 3500)}; }},
    // It was mended before the fax, the machines got on after it, or they never noticed: something else was the cause.
    {"hung up in a page", Verdict::Failed, "<DIS >DCS <CFR >page", "in the middle of page 1",
     [](call::Record& record) { record.caller.outages = {outage(record, kRed, 1000, 1500)}; }},
    {"hung up in a page", Verdict::Failed, "<DIS >DCS <FTT >DCS <CFR >page", "in the middle of page 1",
     [](call::Record& record) { record.caller.outages = {outage(record, kRed, 4500, 5500)}; }},
    {"hung up in a page", Verdict::Failed, "<DIS >DCS <CFR >page", "in the middle of page 1",
     [](call::Record& record) { record.caller.outages = {outage(record, kNoDChannel, 5500)}; }},
    {"delivered", Verdict::Delivered, "<DIS >DCS <CFR >page >EOP <MCF >DCN", "Every page was confirmed"},
    {"delivered after trouble", Verdict::Delivered, "<DIS >DCS <FTT >DCS <FTT >DCS <FTT >DCS <CFR >page >EOP <MCF >DCN",
     "3 failed trainings"},
    {"delivered, small datagrams", Verdict::Delivered,
     "<DIS >DCS <FTT >DCS <FTT >DCS <FTT >DCS <CFR >page >EOP <MCF >DCN",
     "the peer of the caller's leg takes T.38 datagrams of 72 octets only (T38FaxMaxDatagram), too small for 9600 "
     "bit/s",
     [](call::Record& record) { record.caller.t38_max_datagram = 72; }},
    {"delivered, packets cut", Verdict::Delivered, "<DIS >DCS <FTT >DCS <CFR >page >EOP <MCF >DCN",
     "after 1 failed trainings: 40 T.38 packets from the caller's leg came cut short",
     [](call::Record& record) { record.media.side[0].udptl.refused = 40; }},
    {"delivered after trouble", Verdict::Delivered, "<DIS >DCS <FTT >DCS <FTT >DCS <FTT >DCS <CFR >page >EOP <MCF >DCN",
     "3 failed trainings", [](call::Record& record) { record.caller.t38_max_datagram = 180; }},
    // What was lost is the reason, not what the peer takes.
    {"delivered after trouble", Verdict::Delivered,
     "<DIS >DCS lost38 lost38 <FTT >DCS <FTT >DCS <FTT >DCS <CFR >page >EOP <MCF >DCN", "3 failed trainings",
     [](call::Record& record) {
       record.caller.t38_max_datagram = 72;
       record.media.side[0].udptl.packets_received = 94;
     }},
    {"confirmation not heard", Verdict::InDoubt,
     "<DIS >DCS <CFR >page >EOP <MCF pause >EOP <MCF pause >EOP <MCF pause >DCN", "asked 3 times, and gave up"},
    {"no goodbye", Verdict::InDoubt, "<DIS >DCS <CFR >page >EOP <MCF", "ended by the caller"},
    {"no confirmation, loss", Verdict::InDoubt, "<DIS >DCS <CFR >page lost lost >EOP",
     "6 G.711 packets (0.6 %) from the caller's leg were lost.",
     [](call::Record& record) { record.media.side[0].rtp.packets_received = 1000; }},
    {"no confirmation", Verdict::InDoubt, "<DIS >DCS <CFR >page >EOP >EOP >EOP", "no confirmation"},
    {"relayed", Verdict::Unknown, "cng", "no T.30 frame",
     [](call::Record& record) { mode(record, 3000, Mode::T38, Reason::OurOffer); }},
    {"no T.38 packet", Verdict::Unknown, "cng", "packets never came",
     [](call::Record& record) {
       mode(record, 3000, Mode::T38, Reason::OurOffer);
       record.media.side[0].udptl.packets_sent = 40;
     }},
    {"nothing came", Verdict::Unknown, "cng", "from the called side (trunk carrier): not one packet",
     [](call::Record& record) { answered_over_ip(record, 0); }},
    {"modem or Super G3", Verdict::Unknown, "ansam", "V.8"},
    {"T.38 waited for", Verdict::Unknown, "cng", "nobody asked the called side (trunk carrier) for T.38",
     [](call::Record& record) { answered_over_ip(record, 1000); }},
    {"nobody answered as a fax", Verdict::Unknown, "cng", "none answered",
     [](call::Record& record) {
       answered_over_ip(record, 1000);
       record.called[0].t38_refused_with = 488;
       record.called[0].modes.push_back({record.started, Mode::OfferingT38, Reason::Cng});
     }},
    {"nobody answered as a fax", Verdict::Unknown, "cng", "none answered"},
    {"only a tone", Verdict::Unknown, "", "nothing of a fax"},
    {"no T.38 packet", Verdict::Failed, "<DIS <DIS", "packets never came",
     [](call::Record& record) {
       mode(record, 3000, Mode::T38, Reason::OurOffer);
       record.media.side[0].udptl.packets_sent = 40;
     }},
    {"T.38 not taken", Verdict::Failed, "<DIS <DIS", "calling side (trunk carrier) never answered DIS in G.711",
     [](call::Record& record) {
       left_to_peer(record);
       record.caller.refused_peer_t38 = true;
     }},
    {"T.38 waited for", Verdict::Failed, "<DIS <DIS", "we waited for its offer, and it perhaps for ours", left_to_peer},
    {"T.38 waited for", Verdict::Failed, "<DIS <DCN", "calling side (trunk carrier)", left_to_peer},
    {"hung up before the document", Verdict::Failed, "<DIS", "ended by the caller", left_to_peer},
    {"nothing came", Verdict::Failed, "<DIS <DIS", "Nothing came from the caller: not one packet",
     [](call::Record& record) { record.media.side[0].rtp.packets_sent = 1000; }},
    {"no word in T.38", Verdict::Failed, "<DIS <DIS <DIS <DCN",
     "calling side (trunk carrier) never answered DIS in T.38",
     [](call::Record& record) {
       record.caller.trunk = "carrier";
       mode(record, 3500, Mode::T38, Reason::OurOffer);
       record.media.side[0].udptl = {.packets_sent = 300, .packets_received = 300};
     }},
    {"no word", Verdict::Failed, "<DIS <DIS <DIS",
     "The calling side never answered DIS: no fax machine there, or its frames do not arrive."},
    {"no word", Verdict::Failed, "<DIS <DIS <DIS <DCN", "The calling side never"},
    {"no word", Verdict::Failed, ">DIS >DIS >DIS >DCN", "The called side never"},
    // Whatever was wrong with the audio of somebody who spoke to a fax.
    {"no word", Verdict::Failed, "<DIS slip <DIS lost <DIS <DCN", "The calling side never",
     [](call::Record& record) {
       record.media.side[0].rtp = {.packets_sent = 1000, .packets_received = 1000, .jitter_ms = 55};
     }},
    {"peer asked late", Verdict::Failed, "<DIS >DCS <DIS >DCN", "9.8 s after answer",
     [](call::Record& record) { mode(record, 11800, Mode::T38, Reason::PeersOffer); }},
    // In the middle of the page, after CFR.
    {"peer asked late", Verdict::Failed, "<DIS >DCS <CFR >page",
     "peer (trunk carrier) asked for T.38 9.8 s after answer",
     [](call::Record& record) {
       record.caller.trunk = "carrier";
       mode(record, 11800, Mode::T38, Reason::PeersOffer);
     }},
    {"we asked late", Verdict::Failed, "<DIS >DCS <CFR >page", "brought it 8.2 s after answer",
     [](call::Record& record) {
       mode(record, 10000, Mode::OfferingT38, Reason::Preamble);
       mode(record, 10200, Mode::T38, Reason::OurOffer);
     }},
    {"T.38 answered late", Verdict::Failed, "<DIS >DCS <CFR >page >DCN", "took 7.3 s to answer",
     [](call::Record& record) {
       mode(record, 2500, Mode::OfferingT38, Reason::Preamble);
       mode(record, 7500, Mode::Passthrough, Reason::NoAnswer);
       mode(record, 9800, Mode::T38, Reason::OurOffer);
     }},
    {"T.38 late after 491", Verdict::Failed, "<DIS >DCS <CFR >page", "(491)",
     [](call::Record& record) {
       mode(record, 2500, Mode::OfferingT38, Reason::Preamble);
       mode(record, 2600, Mode::Glare, Reason::Glare);
       mode(record, 6000, Mode::OfferingT38, Reason::AgainAfterGlare);
       mode(record, 7500, Mode::T38, Reason::OurOffer);
     }},
    {"peer fell silent", Verdict::Failed, "<DIS >DCS <CFR >page",
     "The peer of the caller's leg (trunk carrier) fell silent: the last that was seen is CFR at 5.0 s.",
     [](call::Record& record) {
       record.caller.trunk = "carrier";
       record.fell_silent = Side::A;
     }},
    {"session expired", Verdict::Failed, "<DIS >DCS <CFR >page", "the call was ended in page 1",
     [](call::Record& record) { record.peer_gone = call::PeerGone::SessionExpired; }},
    {"never acknowledged", Verdict::Failed, "<DIS >DCS <CFR >page", "no ACK to our 200",
     [](call::Record& record) {
       record.peer_gone = call::PeerGone::NotAcknowledged;
       record.cause = call::kRecoveryOnTimer;
     }},
    // Loss and slips beside them are no reason: the machines did not hang up.
    {"hung up here", Verdict::Failed, "<DIS >DCS <CFR >page slip",
     "ended by the operator (spangatectl hangup), in page 1",
     [](call::Record& record) { hung_up(record, call::HungUp::ByOperator); }},
    {"hung up here", Verdict::Failed, "<DIS >DCS <CFR >page lost",
     "ended by the gateway, which was shut down, in page 1",
     [](call::Record& record) { hung_up(record, call::HungUp::ByShutdown); }},
    {"hung up here", Verdict::Failed, "<DIS >DCS <CFR >page", "as an emergency call needed its timeslot, in page 1",
     [](call::Record& record) { hung_up(record, call::HungUp::ForEmergency); }},
    {"hung up here", Verdict::Unknown, "cng", "ended by the operator (spangatectl hangup).",
     [](call::Record& record) { hung_up(record, call::HungUp::ByOperator); }},
    {"no confirmation", Verdict::InDoubt, "<DIS >DCS <CFR >page >EOP",
     "before the call was ended by the gateway, which was shut down.",
     [](call::Record& record) { hung_up(record, call::HungUp::ByShutdown); }},
    // BYE with Reason: Q.850;cause=38; DISCONNECT with 41; a card that fails.
    {"ended by a failure", Verdict::Failed, "<DIS >DCS <CFR >page lost slip",
     "The called side ended the call with cause 38 (network out of order) in page 1.",
     [](call::Record& record) {
       record.released_by = call::ReleasedBy::Called;
       record.cause = {38};
     }},
    {"ended by a failure", Verdict::Failed, "<DIS >DCS <CFR >page >MPS <MCF >page", "with cause 41",
     [](call::Record& record) { record.cause = call::kTemporaryFailure; }},
    {"ended by a failure", Verdict::Failed, "<DIS >DCS <CFR >page", "The gateway ended the call with cause 47",
     [](call::Record& record) {
       record.released_by = call::ReleasedBy::Gateway;
       record.cause = {47};
     }},
    {"hung up in a page", Verdict::Failed, "<DIS >DCS <CFR >page", "in the middle of page 1",
     [](call::Record& record) { record.cause = call::kInterworking; }},
    {"slips", Verdict::Failed, "<DIS >DCS <CFR >page slip slip", "slipped 2 times"},
    {"loss in T.38", Verdict::Failed, "<DIS >DCS <CFR >page lost38 lost38",
     "6 T.38 packets (2.0 %) from the caller's leg (trunk carrier) were lost beyond repair",
     [](call::Record& record) {
       record.caller.trunk = "carrier";
       record.media.side[0].udptl.packets_received = 294;
       mode(record, 3000, Mode::T38, Reason::OurOffer);
     }},
    {"loss in G.711", Verdict::Failed, "<DIS >DCS <CFR >page lost", "refused T.38 with 488",
     [](call::Record& record) {
       record.caller.t38_refused_with = 488;
       record.media.side[0].rtp.packets_received = 1000;
     }},
    {"dialog lost", Verdict::Failed, "<DIS", "answered our T.38 offer with 408",
     [](call::Record& record) {
       record.released_by = call::ReleasedBy::Gateway;
       record.caller.t38_refused_with = 408;
     }},
    {"dialog lost", Verdict::Unknown, "", "answered our T.38 offer with 481",
     [](call::Record& record) {
       record.released_by = call::ReleasedBy::Gateway;
       record.caller.t38_refused_with = 481;
     }},
    {"jitter in G.711", Verdict::Failed, "<DIS >DCS <CFR >page", "jitter of 55 ms",
     [](call::Record& record) {
       record.media.side[0].rtp.packets_received = 1000;
       record.media.side[0].rtp.jitter_ms = 55;
     }},
    {"clock in G.711", Verdict::Failed, "<DIS >DCS <CFR >page", "80 ppm",
     [](call::Record& record) {
       record.media.side[0].rtp.packets_received = 1000;
       record.media.side[0].rtp.drift_ppm = -80;
       record.ended = record.started + std::chrono::minutes(13);
     }},
    // A slip of 60 ms at 80 ppm takes 12.5 minutes.
    {"hung up in a page", Verdict::Failed, "<DIS >DCS <CFR >page", "in the middle of page 1",
     [](call::Record& record) {
       record.media.side[0].rtp.packets_received = 1000;
       record.media.side[0].rtp.drift_ppm = -80;
       record.ended = record.started + std::chrono::minutes(12);
     }},
    {"small datagrams", Verdict::Failed, "<DIS >DCS <FTT >DCS <FTT >DCN",
     "failed 2 times: the peer of the caller's leg", [](call::Record& record) { record.caller.t38_max_datagram = 72; }},
    {"small datagrams", Verdict::Failed, "<DIS >DCS <FTT >DCS <FTT >DCN",
     "datagrams of 200 octets only (T38FaxMaxDatagram), too small for 9600 bit/s; 31 were larger all the same",
     [](call::Record& record) {
       record.caller.t38_max_datagram = 200;
       record.media.side[0].udptl.oversize = 31;
     }},
    {"packets cut", Verdict::Failed, "<DIS >DCS <FTT >DCS <FTT >DCN", "40 T.38 packets from the caller's leg",
     [](call::Record& record) { record.media.side[0].udptl.refused = 40; }},
    {"training failed", Verdict::Failed, "<DIS >DCS <FTT >DCS <FTT >DCN", "failed 2 times, from 9600 down to 9600"},
    {"training unanswered", Verdict::Failed, "<DIS >DCS >DCS >DCS", "DCS was sent 3 times"},
    {"capabilities", Verdict::Failed, "<DIS >DCN", "nothing in common"},
    {"DIS unanswered", Verdict::Failed, "cng <DIS <DIS <DIS",
     "The caller's machine did not answer DIS, which was sent 3 times"},
    {"DIS unanswered", Verdict::Failed, "cng <DIS <DIS <DIS <DCN", "sent 3 times"},
    {"hung up before the document", Verdict::Failed, "<DIS", "ended by the caller"},
    {"ECM gave up", Verdict::Failed, "<DIS >DCS <CFR >page >PPS-EOP <PPR >PPS-EOP <PPR >EOR <ERR >DCN", "2 repeats"},
    {"page refused", Verdict::Failed, "<DIS >DCS <CFR >page >EOP <RTN >DCN", "error correction was off"},
    {"hung up in a page", Verdict::Failed, "<DIS >DCS <CFR >page >MPS <MCF >page",
     "ended by the called in the middle of page 2",
     [](call::Record& record) { record.released_by = call::ReleasedBy::Called; }},
    {"page unanswered", Verdict::Failed, "<DIS >DCS <CFR >page >MPS >MPS", "MPS was sent and not confirmed"},
    {"broken off", Verdict::Failed, "<DIS >DCS <CFR", "CFR at 5.0 s"},
};

TEST(FaxVerdict, EachRuleHasItsTimeline) {
  std::set<std::string_view> fitted;
  for (const RuleCase& each : kCases) {
    call::Record record;
    record.released_by = call::ReleasedBy::Caller;
    record.answered = record.started + milliseconds(2000);
    record.fax_log = timeline(each.words);
    each.also(record);

    auto diagnosis = diagnose(fax_facts_of(record));

    EXPECT_EQ(name_of(diagnosis.rule), each.rule) << each.words;
    EXPECT_EQ(diagnosis.verdict, each.verdict) << each.words;
    EXPECT_THAT(diagnosis.cause, HasSubstr(each.cause_says));
    EXPECT_EQ(diagnosis.cause.back(), '.') << diagnosis.cause;
    fitted.insert(each.rule);
  }
  for (const FaxRule& rule : fax_rules())
    EXPECT_TRUE(fitted.contains(name_of(rule.id))) << name_of(rule.id) << " has no timeline";
}

TEST(FaxVerdict, EveryOutcomeHasARuleThatAlwaysFits) {
  for (Verdict verdict : {Verdict::Unknown, Verdict::Delivered, Verdict::InDoubt, Verdict::Failed}) {
    FaxFacts nothing_else;
    nothing_else.verdict = verdict;

    EXPECT_NE(diagnose(nothing_else).cause, "") << name_of(verdict);
  }
}

TEST(FaxVerdict, AChangeAfterWhichTheMachinesWentOnIsNotTheCause) {
  struct Case {
    const char* words;
    int changed_ms;
    const char* rule;
  };
  const Case cases[] = {
      {"<DIS >DCS <CFR >page", 3500, "hung up in a page"},                  // at the first DIS
      {"<DIS <DIS >DCS <CFR >page", 4500, "hung up in a page"},             // trained after it
      {"<DIS >DCS >DCS <FTT >DCS <FTT >DCN", 4500, "training failed"},      // they heard each other
      {"<DIS <DIS <DIS <DIS", 4500, "no word in T.38"},                     // no answer before it, none after it
      {"<DIS >DCS <CFR >page >MPS <MCF >page", 6500, "hung up in a page"},  // a page was confirmed
  };
  for (const auto& each : cases) {
    call::Record record;
    record.released_by = call::ReleasedBy::Called;
    record.fax_log = timeline(each.words);
    mode(record, each.changed_ms, Mode::T38, Reason::PeersOffer);

    EXPECT_EQ(rule_of(record), each.rule) << each.words;
  }
}

TEST(FaxVerdict, TheLegThatChangedFirstMadeTheOtherLate) {
  call::Record record;
  record.released_by = call::ReleasedBy::Called;
  record.fax_log = timeline("<DIS >DCS <CFR >page");
  record.caller.trunk = "near";
  mode(record, 9000, Mode::OfferingT38, Reason::Preamble);
  mode(record, 9200, Mode::T38, Reason::OurOffer);
  record.called.emplace_back().trunk = "far";
  record.called[0].modes.push_back({record.started + milliseconds(8900), Mode::T38, Reason::PeersOffer});

  auto diagnosis = diagnose(fax_facts_of(record));

  EXPECT_EQ(name_of(diagnosis.rule), "peer asked late");
  EXPECT_THAT(diagnosis.cause, HasSubstr("trunk far"));
}

// G.711 on the caller's leg, T.38 on the called one.
call::Record half_in_t38(const char* words) {
  call::Record record;
  record.released_by = call::ReleasedBy::Called;
  record.fax_log = timeline(words);
  record.caller.trunk = "near";
  record.media.side[0].rtp.packets_received = 600;
  record.called.emplace_back().trunk = "far";
  record.called[0].modes.push_back({record.started + milliseconds(3000), Mode::T38, Reason::OurOffer});
  record.media.side[1].udptl = {.packets_sent = 700, .packets_received = 700};
  return record;
}

TEST(FaxVerdict, BlamesTheLegAndTheTransportThatLost) {
  call::Record lossy = half_in_t38("<DIS >DCS <CFR >page lost lost");
  call::Record jittery = half_in_t38("<DIS >DCS <CFR >page");
  jittery.media.side[0].rtp.jitter_ms = 55;
  jittery.called[0].t38_refused_with = 491;
  call::Record drifting = half_in_t38("<DIS >DCS <CFR >page");
  drifting.media.side[0].rtp.drift_ppm = 80;
  drifting.ended = drifting.started + std::chrono::hours(1);
  call::Record back_in_audio = half_in_t38("<DIS >DCS <CFR >page lost lost");
  mode(back_in_audio, 3000, Mode::T38, Reason::OurOffer);
  mode(back_in_audio, 6000, Mode::Passthrough, Reason::PeersAudioOffer);

  EXPECT_THAT(diagnose(fax_facts_of(lossy)).cause,
              HasSubstr("6 G.711 packets (1.0 %) from the caller's leg (trunk near)"));
  EXPECT_EQ(diagnose(fax_facts_of(jittery)).cause,
            "G.711 from the caller's leg (trunk near) came with a jitter of 55 ms.");
  EXPECT_THAT(diagnose(fax_facts_of(drifting)).cause, HasSubstr("80 ppm"));
  EXPECT_EQ(rule_of(back_in_audio), "loss in G.711");
}

TEST(FaxVerdict, AudioThatWasLostBeforeT38DidNotHarmIt) {
  call::Record record = half_in_t38("lost lost <DIS >DCS <CFR >page");
  mode(record, 4500, Mode::T38, Reason::OurOffer);

  EXPECT_EQ(rule_of(record), "hung up in a page");
}

TEST(FaxVerdict, APacketOrTwoHideNoOtherCause) {
  struct Case {
    const char* words;
    const char* rule;
  };
  const Case cases[] = {
      {"<DIS >DCS <FTT >DCS <FTT >DCN", "training failed"},
      {"<DIS >DCS <CFR >page >EOP <RTN >DCN", "page refused"},
      {"<DIS >DCS <CFR >page >PPS-EOP <PPR >PPS-EOP <PPR >EOR <ERR >DCN", "ECM gave up"},
  };
  for (const auto& each : cases) {
    // Two of few, and three of many.
    for (uint64_t lost : {2, 3}) {
      call::Record record = half_in_t38(each.words);
      record.media.side[1].udptl.packets_received = lost == 2 ? 10 : 1000;
      record.fax_log.on_impairment(milliseconds(4000), {Side::B, media::MediaImpairment::Kind::Loss, lost, 0});

      EXPECT_EQ(rule_of(record), each.rule) << lost;
    }
  }
}

TEST(FaxVerdict, AFaxIsNotJudgedByTheOneBeforeIt) {
  call::Record record;
  record.released_by = call::ReleasedBy::Called;
  record.fax_log = timeline("<DIS >DCS <CFR >page >EOP <MCF >DCN <DIS >DCS <FTT >DCS <FTT");

  EXPECT_EQ(rule_of(record), "training failed");
}

TEST(FaxVerdict, OfALaterFaxInTheCallALossIsAShareOfItsOwnPackets) {
  const std::string two = "<DIS >DCS <CFR >page >EOP <MCF >DCN <DIS >DCS <CFR >page ";
  call::Record in_g711 = half_in_t38("");
  in_g711.media.side[0].rtp.packets_received = 10'000;
  call::Record in_t38 = in_g711;
  in_g711.fax_log = timeline(two + "lost", {{{.rtp = 9'700}, {.rtp = 9'999, .udptl = 700}}});
  mode(in_t38, 3000, Mode::T38, Reason::OurOffer);
  in_t38.media.side[0].udptl = {.packets_sent = 10'000, .packets_received = 10'000};
  in_t38.fax_log = timeline(two + "lost38", {{{.udptl = 9'700}, {}}});
  call::Record first = in_g711;
  first.fax_log = timeline("<DIS >DCS <CFR >page lost", {{{.rtp = 9'700}, {}}});

  EXPECT_THAT(diagnose(fax_facts_of(in_g711)).cause, HasSubstr("3 G.711 packets (1.0 %)"));
  EXPECT_THAT(diagnose(fax_facts_of(in_t38)).cause, HasSubstr("(1.0 %)"));
  EXPECT_FALSE(fax_facts_of(first).loss.has_value()) << "3 of 10000: the call has no fax before this one";
}

TEST(FaxVerdict, LossThatWasRepairedIsNoReason) {
  call::Record record;
  record.released_by = call::ReleasedBy::Called;
  record.fax_log = timeline("<DIS >DCS <CFR >page");
  record.fax_log.on_impairment(milliseconds(9000), {Side::A, media::MediaImpairment::Kind::Loss, 0, 12});
  mode(record, 3000, Mode::T38, Reason::OurOffer);

  EXPECT_EQ(rule_of(record), "hung up in a page");
}

}  // namespace
}  // namespace sg::fax
