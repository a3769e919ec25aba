#include "gateway/app/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sg::app {
namespace {

using admin::Finding;
using Grade = admin::Finding::Grade;
using tdm::dahdi::ChannelKind;
using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

SpanFacts pseudowire(IsdnRole role, ClockSource clock) {
  SpanFacts span;
  span.settings.number = span.view.span.number = 1;
  span.settings.clock = clock;
  span.role = role;
  span.dchannel = 16;
  span.view.signalling_is_up = true;
  return span;
}

// An E1 that is configured as it should be, and up.
SpanFacts card(uint16_t number, IsdnRole role, int sync_source) {
  SpanFacts span = pseudowire(role, ClockSource::Recovered);
  span.settings.number = span.view.span.number = number;
  span.settings.backend = conf::SpanBackend::Dahdi;
  span.driver.emplace();
  span.driver->number = number;
  span.driver->name = "TE2/0/1";
  span.driver->sync_source = sync_source;
  for (int position = 1; position <= 31; ++position) {
    tdm::dahdi::ChannelInfo channel;
    channel.position = position;
    channel.kind = position == 16 ? ChannelKind::Hdlc : ChannelKind::Clear;
    span.channels.push_back(channel);
  }
  return span;
}

Facts with(std::vector<SpanFacts> spans) {
  return {.driver_version = "DAHDI 2.11.1", .driver_error = "", .spans = std::move(spans), .peers = {}};
}

auto tells(Grade grade, const char* subject, const char* says, const char* mend) {
  return Contains(AllOf(Field(&Finding::grade, grade), Field(&Finding::subject, subject),
                        Field(&Finding::says, HasSubstr(says)), Field(&Finding::mend, HasSubstr(mend))));
}

TEST(Doctor, FindsNothingToMendWhereAllIsWell) {
  auto findings = examine(with({card(1, IsdnRole::User, 1)}));

  EXPECT_EQ(findings.size(), 3u);
  EXPECT_THAT(findings, testing::Each(Field(&Finding::grade, Grade::Good)));
}

TEST(Doctor, GradesAPeerByWhatCallsThereMeet) {
  using call::Obstacle;
  struct Row {
    bool is_up;
    Obstacle obstacle;
    Grade grade;
    const char* mend;
    bool has_missed = false;
    bool has_met_call = false;
  };
  for (const Row& row : {Row{true, Obstacle::None, Grade::Good, ""},
                         {true, Obstacle::None, Grade::Warning, "see that the peer runs", true},
                         {false, Obstacle::None, Grade::Fault, "see that the peer runs"},
                         {true, Obstacle::NoAnswer, Grade::Warning, "see that the peer runs"},
                         {false, Obstacle::NoAnswer, Grade::Fault, "see that the peer runs"},
                         {true, Obstacle::ConnectionRefused, Grade::Fault, "nobody listens at this port"},
                         {true, Obstacle::NoRoute, Grade::Fault, "this machine's routes"},
                         {true, Obstacle::PasswordWanted, Grade::Warning, "by its address, without a password"},
                         {true, Obstacle::PasswordWanted, Grade::Fault, "without a password", false, true}}) {
    Facts facts;
    facts.peers = {{"carrier", row.is_up, "the words", row.obstacle, row.has_missed, row.has_met_call}};

    EXPECT_THAT(examine(facts), tells(row.grade, "trunk carrier", "the words", row.mend));
  }
}

TEST(Doctor, LooksAtTheFilesThatTheGatewayWrites) {
  constexpr uint64_t kMegabyte = 1 << 20;
  struct Row {
    FileFacts file;
    Grade grade;
    const char* says;
  };
  for (const Row& row :
       {Row{{"records", "", "", 0, {}}, Grade::Good, "off: the configuration names no file"},
        {{"records", "/r", "", 3, 999 * kMegabyte}, Grade::Good, "/r is written"},
        {{"records", "/r", "", 3, {}}, Grade::Good, "/r is written"},
        {{"records", "/r", "", 3, 200 * kMegabyte}, Grade::Warning, "the disk of /r fills up: 200 MB left"},
        {{"records", "/r", "", 3, 9 * kMegabyte},
         Grade::Fault,
         "the disk of /r is full: 9 MB left; records that wait: 3"},
        {{"records", "/r", "", 10001, {}}, Grade::Warning, "/r cannot keep up; records that wait: 10001"},
        {{"records", "/r", "No space left on device", 7, 0},
         Grade::Fault,
         "/r: No space left on device; records that wait: 7"},
        {{"fax memory", "/m", "unable to open database file", 0, {}},
         Grade::Fault,
         "/m: unable to open database file"}}) {
    Facts facts;
    facts.files = {row.file};

    EXPECT_THAT(examine(facts), tells(row.grade, row.file.subject.c_str(), row.says, "")) << row.says;
  }
}

TEST(Doctor, SeesMediaPortsRunOut) {
  for (auto [in_use, grade] :
       {std::pair{0u, Grade::Good}, {89u, Grade::Good}, {90u, Grade::Warning}, {100u, Grade::Fault}}) {
    Facts facts;
    facts.ports = {in_use, 100};

    EXPECT_THAT(examine(facts), tells(grade, "media ports", fmt::format("{} of 100", in_use).c_str(), ""));
  }
}

TEST(Doctor, SaysOnceThatThereIsNoDriver) {
  Facts facts = with({card(1, IsdnRole::User, 1)});
  facts.driver_version.clear();
  facts.driver_error = "the dahdi module is not loaded";
  facts.spans[0].driver.reset();
  facts.spans[0].view.span.alarms = tdm::kAlarmRemoved;

  auto findings = examine(facts);

  EXPECT_THAT(findings, tells(Grade::Fault, "driver", "module is not loaded", "restart"));
  EXPECT_THAT(findings, testing::Not(Contains(Field(&Finding::subject, "span 1"))));
}

TEST(Doctor, TellsThatMoreCallsComeThanCanBeSetUp) {
  Facts facts = with({card(1, IsdnRole::User, 1)});
  facts.is_overloaded = true;

  EXPECT_THAT(examine(facts), tells(Grade::Fault, "sip", "more calls come", "max_cps"));
}

TEST(Doctor, TellsASpanThatTheDriverDoesNotHave) {
  Facts facts = with({card(4, IsdnRole::User, 1)});
  facts.spans[0].driver.reset();

  EXPECT_THAT(examine(facts), tells(Grade::Fault, "span 4", "no span 4", "dahdi_cfg"));
}

TEST(Doctor, TellsChannelsThatAreNotConfigured) {
  Facts some = with({card(1, IsdnRole::User, 1)}), all = some;
  some.spans[0].channels[4].kind = ChannelKind::NotConfigured;
  for (auto& channel : all.spans[0].channels) channel.kind = ChannelKind::NotConfigured;

  EXPECT_THAT(examine(some), tells(Grade::Warning, "span 1", "1 of 31 channels", "bchan="));
  EXPECT_THAT(examine(all), tells(Grade::Fault, "span 1", "TE2/0/1 is not configured", "system.conf"));
}

TEST(Doctor, TellsADChannelThatIsNone) {
  Facts facts = with({card(1, IsdnRole::User, 1)});
  facts.spans[0].channels[15].kind = ChannelKind::Clear;

  EXPECT_THAT(examine(facts), tells(Grade::Fault, "span 1", "timeslot 16 is to be the D-channel", "dchan="));
}

TEST(Doctor, TellsAnAlarmAndNotWhatFollowsFromIt) {
  struct Row {
    tdm::AlarmSet alarm;
    const char* says;
  };
  for (auto [alarm, says] : {Row{tdm::kAlarmRed, "RED"}, Row{tdm::kAlarmBlue, "BLUE"}, Row{tdm::kAlarmYellow, "YELLOW"},
                             Row{tdm::kAlarmLoopback, "LOOPBACK"}}) {
    for (auto span : {card(1, IsdnRole::User, 1), pseudowire(IsdnRole::User, ClockSource::Recovered)}) {
      span.view.span.alarms = alarm;
      span.view.signalling_is_up = false;

      auto findings = examine(with({span}));

      EXPECT_THAT(findings, tells(Grade::Fault, "span 1", says, ""));
      EXPECT_THAT(findings, testing::Not(Contains(Field(&Finding::says, HasSubstr("D-channel")))));
    }
  }
}

TEST(Doctor, TellsTimeslotsThatAreBlocked) {
  SpanFacts span = card(2, IsdnRole::User, 1);
  span.view.blocked = 30;

  EXPECT_THAT(examine(with({span})), tells(Grade::Warning, "span 2", "take no call: 30", "unblock span 2"));
}

TEST(Doctor, TellsLayer2ThatIsDownOnACleanLine) {
  auto span = pseudowire(IsdnRole::Network, ClockSource::Given);
  span.view.signalling_is_up = false;

  EXPECT_THAT(examine(with({span})), tells(Grade::Fault, "span 1", "no answer on the D-channel", "here: \"network\""));
}

TEST(Doctor, TellsASpanThatNoTrunkUses) {
  auto span = pseudowire(IsdnRole::User, ClockSource::Recovered);
  span.role.reset();

  EXPECT_THAT(examine(with({span})), tells(Grade::Warning, "span 1", "no trunk", "spans"));
}

// A card of two ports.
SpanFacts analog(std::vector<admin::TimeslotView> ports) {
  SpanFacts span = card(1, IsdnRole::User, 0);
  span.role.reset();
  span.is_analog = true;
  span.driver->name = "WCTDM/0";
  span.channels.resize(2);
  for (auto& channel : span.channels) channel.kind = ChannelKind::FxoSide;
  span.ports = std::move(ports);
  return span;
}
admin::TimeslotView port(uint8_t number, tdm::Signalling::SlotState state, const char* detail) {
  return {{1, number}, "phones", state, {}, detail};
}

TEST(Doctor, TellsHowManyAnalogPortsWork) {
  using State = tdm::Signalling::SlotState;

  auto findings = examine(with({analog({port(1, State::Idle, "on-hook"), port(2, State::InUse, "talking")})}));

  EXPECT_THAT(findings, tells(Grade::Good, "span 1", "2 ports work", ""));
  EXPECT_THAT(findings, testing::Each(Field(&Finding::grade, Grade::Good)));
}

TEST(Doctor, TellsOfEachTrunkOfASharedSpanWhetherItsPortsWork) {
  using State = tdm::Signalling::SlotState;
  auto phone = port(1, State::Idle, "on-hook"), line = port(3, State::Idle, "on-hook"),
       dead = port(4, State::InAlarm, "on-hook");
  line.trunk = dead.trunk = "lines";

  auto good = examine(with({analog({phone, line})})), bad = examine(with({analog({phone, line, dead})}));

  EXPECT_THAT(good, tells(Grade::Good, "span 1", "1 ports of trunk phones work", ""));
  EXPECT_THAT(good, tells(Grade::Good, "span 1", "1 ports of trunk lines work", ""));
  EXPECT_THAT(good, testing::Each(Field(&Finding::grade, Grade::Good)));
  EXPECT_THAT(bad, tells(Grade::Good, "span 1", "1 ports of trunk phones work", ""));
  EXPECT_THAT(bad, tells(Grade::Fault, "port 1/4", "no battery", "cable"));
  EXPECT_THAT(bad, testing::Not(Contains(Field(&Finding::says, HasSubstr("trunk lines work")))));
}

TEST(Doctor, TellsWhatAnAnalogPortLacks) {
  struct Row {
    admin::TimeslotView port;
    Grade grade;
    const char* says;
    const char* mend;
  };
  using State = tdm::Signalling::SlotState;
  for (const Row& row :
       {Row{port(2, State::OutOfService, "channel 2 is in use by another program"), Grade::Fault,
            "in use by another program", "fxoks="},
        Row{port(2, State::OutOfService, ""), Grade::Fault, "out of service", "[[line]]"},
        Row{port(2, State::InAlarm, "on-hook"), Grade::Fault, "no battery", "cable"},
        Row{port(2, State::Restarting, "left off-hook"), Grade::Warning, "left off-hook", "hang it"}}) {
    auto findings = examine(with({analog({port(1, State::Idle, "on-hook"), row.port})}));

    EXPECT_THAT(findings, tells(row.grade, "port 1/2", row.says, row.mend));
    EXPECT_THAT(findings, testing::Not(Contains(Field(&Finding::says, HasSubstr("ports work")))));
  }
}

TEST(Doctor, TellsAnEchoCancellerThatIsMissing) {
  auto span = card(1, IsdnRole::User, 1);
  span.view.span.counters = {{"echo canceller failures", 3}};

  EXPECT_THAT(examine(with({span})),
              tells(Grade::Warning, "span 1", "3 calls found no echo canceller", "echocanceller="));
}

TEST(Doctor, TellsMissedInterrupts) {
  auto span = card(1, IsdnRole::User, 1);
  span.driver->irq_misses = 7;

  EXPECT_THAT(examine(with({span})), tells(Grade::Warning, "span 1", "missed 7 interrupts", "/proc/interrupts"));
}

TEST(ClockPlan, OfCardsNeedsASourceWhereTheNetworkGivesOne) {
  EXPECT_THAT(examine_clocks(with({card(1, IsdnRole::User, 0)})),
              tells(Grade::Fault, "clock", "span 1 runs free", "span=1,1"));
  EXPECT_TRUE(examine_clocks(with({card(1, IsdnRole::Network, 0)})).empty());
}

TEST(ClockPlan, OfCardsTellsWhenNobodyMayGiveAClock) {
  EXPECT_THAT(examine_clocks(with({card(1, IsdnRole::Network, 1)})),
              tells(Grade::Warning, "clock", "nobody gives one", "span=1,0"));
}

TEST(ClockPlan, OfCardsTellsTwoSourcesThatContradict) {
  auto one = card(1, IsdnRole::User, 1), other = card(2, IsdnRole::User, 2);

  EXPECT_THAT(examine_clocks(with({one, other})), tells(Grade::Warning, "clock", "two clocks", "timing cable"));
  other.driver->sync_source = 1;
  EXPECT_TRUE(examine_clocks(with({one, other})).empty());
}

TEST(ClockPlan, OfSoftwareSpansIsTheDriversOwn) {
  auto span = card(1, IsdnRole::User, 0);
  span.driver->name = "DYN/loc/1:0";

  EXPECT_TRUE(examine_clocks(with({span})).empty());
}

TEST(ClockPlan, OfPseudowiresNeedsOneEndThatGivesIt) {
  auto two_clocks = pseudowire(IsdnRole::User, ClockSource::Given);

  EXPECT_THAT(examine_clocks(with({two_clocks})), tells(Grade::Warning, "clock", "0 slips", "recovered"));
  two_clocks.view.span.counters = {{"slips", 9}};
  EXPECT_THAT(examine_clocks(with({two_clocks})), tells(Grade::Fault, "clock", "9 slips", "recovered"));
  EXPECT_THAT(examine_clocks(with({pseudowire(IsdnRole::Network, ClockSource::Recovered)})),
              tells(Grade::Warning, "clock", "nobody gives one", "given"));
  EXPECT_TRUE(examine_clocks(with({pseudowire(IsdnRole::User, ClockSource::Recovered)})).empty());
  EXPECT_TRUE(examine_clocks(with({pseudowire(IsdnRole::Network, ClockSource::Given)})).empty());
}

}  // namespace
}  // namespace sg::app
