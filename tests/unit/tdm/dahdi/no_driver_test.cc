#include <dahdi/user.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/manual_reactor.h"
#include "tdm/dahdi/backend.h"
#include "tdm/dahdi/ioctls.h"

// What can be known of the DAHDI backend where there is no driver. The rest is shown by tests/vm.
namespace sg::tdm::dahdi {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct DeviceFolder : testing::Test {
  DeviceFolder() { std::filesystem::create_directories(path); }
  ~DeviceFolder() override { std::filesystem::remove_all(path); }
  std::string message() {
    auto backend = DahdiBackend::make(reactor, {.spans = {{.number = 1}}, .devices = path});
    return backend ? "no error" : backend.error().message;
  }
  ManualReactor reactor;
  std::string path = testing::TempDir() + "dahdi-" + std::to_string(::getpid());
};

TEST_F(DeviceFolder, WithoutDriverTheBackendSaysHowToLoadIt) {
  EXPECT_EQ(message(), path + "/ctl: no such file: the dahdi module is not loaded; load it: modprobe dahdi");
}

TEST_F(DeviceFolder, TimingSlipsAreReadFromWhatTheDriverWritesForPeople) {
  std::ofstream(path + "/3") << "Span 3: TE2/0/3 \"T2XXP\" (MASTER) HDB3/CCS/CRC4 ClockSource \n"
                                "\tIRQ misses: 2\n\tTiming slips: 41\n\n\t  63 TE2/0/3/1 Clear \n";
  std::ofstream(path + "/4") << "Span 4: TE2/0/4 \"T2XXP\" HDB3/CCS/CRC4 \n\n";

  EXPECT_EQ(read_timing_slips(path, 3), 41u);
  EXPECT_EQ(read_timing_slips(path, 4), 0u);
  EXPECT_EQ(read_timing_slips(path, 5), 0u);
}

TEST_F(DeviceFolder, AFileThatIsNoDriverIsRefused) {
  std::ofstream(path + "/ctl") << "not a device";

  EXPECT_THAT(message(), HasSubstr("does not answer as DAHDI's does"));
}

TEST(DahdiErrors, SayWhichChannelAndHowToMendIt) {
  auto said = [](int error) { return explain_open("/dev/dahdi/channel", 17, error); };

  EXPECT_THAT(said(EBUSY), AllOf(HasSubstr("channel 17"), HasSubstr("in use"), HasSubstr("fuser")));
  EXPECT_THAT(said(ENXIO), AllOf(HasSubstr("channel 17"), HasSubstr("system.conf"), HasSubstr("dahdi_cfg")));
  EXPECT_THAT(said(EINVAL), AllOf(HasSubstr("channel 17"), HasSubstr("/proc/dahdi")));
  EXPECT_THAT(said(ENOENT), AllOf(HasSubstr("channel 17"), HasSubstr("modprobe dahdi")));
  EXPECT_THAT(said(EACCES), AllOf(HasSubstr("channel 17"), HasSubstr("permission denied"), HasSubstr("group")));
}

TEST(DahdiAlarms, AreOursByTheSameColour) {
  EXPECT_EQ(to_alarms(DAHDI_ALARM_NONE), kNoAlarm);
  EXPECT_EQ(to_alarms(DAHDI_ALARM_RED), kAlarmRed);
  EXPECT_EQ(to_alarms(DAHDI_ALARM_YELLOW), kAlarmYellow);
  EXPECT_EQ(to_alarms(DAHDI_ALARM_BLUE), kAlarmBlue);
  EXPECT_EQ(to_alarms(DAHDI_ALARM_LOOPBACK), kAlarmLoopback);
  EXPECT_EQ(to_alarms(DAHDI_ALARM_RED | DAHDI_ALARM_LOS | DAHDI_ALARM_YELLOW), kAlarmRed | kAlarmYellow);
}

TEST(DahdiAlarms, ASpanThatRecoversOrIsNotOpenIsStillRed) {
  EXPECT_EQ(to_alarms(DAHDI_ALARM_RECOVER), kAlarmRed);
  EXPECT_EQ(to_alarms(DAHDI_ALARM_NOTOPEN), kAlarmRed);
}

TEST(DahdiSpan, IsTypedByTheDriversWordOrElseByItsSize) {
  struct Case {
    const char* type;
    int channels;
    SpanType expected;
  };
  for (const Case& c :
       {Case{"E1", 31, SpanType::E1}, Case{"T1", 24, SpanType::T1}, Case{"J1", 24, SpanType::T1},
        Case{"TE", 3, SpanType::Bri}, Case{"NT", 3, SpanType::Bri}, Case{"BRI", 3, SpanType::Bri},
        Case{"FXS", 8, SpanType::Analog}, Case{"FXO", 8, SpanType::Analog}, Case{"ANALO", 4, SpanType::Analog},
        Case{"DYNAM", 31, SpanType::E1}, Case{"DYNAM", 24, SpanType::T1}, Case{"", 3, SpanType::Bri}}) {
    SpanInfo info;
    info.type = c.type;
    info.channels = c.channels;
    EXPECT_EQ(info.span_type(), c.expected) << c.type << " of " << c.channels;
  }
}

}  // namespace
}  // namespace sg::tdm::dahdi
