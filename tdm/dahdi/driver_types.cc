#include "tdm/dahdi/driver_types.h"

#include <dahdi/user.h>

namespace sg::tdm::dahdi {

std::string_view name_of(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::NotConfigured:
      return "not configured";
    case ChannelKind::Clear:
      return "a B-channel (bchan=)";
    case ChannelKind::Hdlc:
      return "a D-channel (dchan=)";
    case ChannelKind::HardHdlc:
      return "a D-channel (hardhdlc=)";
    case ChannelKind::Mtp2:
      return "an SS7 link (mtp2=)";
    case ChannelKind::RawHdlc:
      return "a raw HDLC channel (rawhdlc=)";
    case ChannelKind::FxsSide:
      return "an analog line (fxsks=, fxsls= or fxsgs=)";
    case ChannelKind::FxoSide:
      return "an analog port (fxoks=, fxols= or fxogs=)";
    case ChannelKind::EarMouth:
      return "an E&M line (e&m=)";
    case ChannelKind::Cas:
      return "a channel with associated signalling (cas=)";
    case ChannelKind::Other:
      return "slave of another channel, cross-connected or broken";
  }
  return "unknown";
}

bool SpanInfo::has_framed_type() const {
  return type == "E1" || type == "T1" || type == "J1" || type == "TE" || type == "NT" || type.starts_with("BRI");
}

SpanType SpanInfo::span_type() const {
  if (type == "E1") return SpanType::E1;
  if (type == "T1" || type == "J1") return SpanType::T1;
  if (has_framed_type()) return SpanType::Bri;
  if (type == "FXS" || type == "FXO" || type.starts_with("ANALO")) return SpanType::Analog;
  // Dynamic spans have no type: the size tells.
  if (channels <= timeslots_of(SpanType::Bri)) return SpanType::Bri;
  return channels <= timeslots_of(SpanType::T1) ? SpanType::T1 : SpanType::E1;
}

AlarmSet to_alarms(uint32_t driver_alarms) {
  constexpr uint32_t kRed =
      DAHDI_ALARM_RED | DAHDI_ALARM_RECOVER | DAHDI_ALARM_NOTOPEN | DAHDI_ALARM_LOS | DAHDI_ALARM_LFA;
  AlarmSet alarms = kNoAlarm;
  if (driver_alarms & kRed) alarms |= kAlarmRed;
  if (driver_alarms & DAHDI_ALARM_YELLOW) alarms |= kAlarmYellow;
  if (driver_alarms & DAHDI_ALARM_BLUE) alarms |= kAlarmBlue;
  if (driver_alarms & DAHDI_ALARM_LOOPBACK) alarms |= kAlarmLoopback;
  return alarms;
}

}  // namespace sg::tdm::dahdi
