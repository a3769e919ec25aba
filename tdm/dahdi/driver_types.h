#pragma once

#include <cstdint>
#include <string>

#include "tdm/line.h"
#include "tdm/types.h"

namespace sg::tdm::dahdi {

// What /etc/dahdi/system.conf made of a channel.
enum class ChannelKind : uint8_t {
  NotConfigured,
  Clear,     // bchan=, clear=: octets
  Hdlc,      // dchan=, fcshdlc=: the driver frames and checks
  HardHdlc,  // hardhdlc=: the card frames and checks
  Mtp2,      // mtp2=: SS7
  RawHdlc,   // rawhdlc=
  FxsSide,   // fxsls=, fxsgs=, fxsks=: signals as a telephone does, so an FXO port
  FxoSide,   // fxols=, fxogs=, fxoks=: signals as an exchange does, so an FXS port
  EarMouth,  // e&m=, e&me1=
  Cas,       // cas=
  Other,     // slave of another channel, cross-connected, or broken
};

// "a D-channel (dchan=)", for messages.
std::string_view name_of(ChannelKind kind);

struct ChannelInfo {
  int number = 0;  // the driver's, from 1 over all spans
  int span = 0;
  int position = 0;  // in the span, from 1
  std::string name;  // "DYN/loc/1:0/1"
  ChannelKind kind = ChannelKind::NotConfigured;
  LineStart start = LineStart::Loop;  // of analog channels
  Law law = Law::A;
  AlarmSet alarms = kNoAlarm;
};

struct SpanInfo {
  int number = 0;
  std::string name;         // "TE2/0/1"
  std::string description;  // "T2XXP (PCI) Card 0 Span 1"
  std::string type;         // "E1", "T1", "J1", "FXS", …; cut short or empty for some drivers
  AlarmSet alarms = kNoAlarm;
  int channels = 0;
  int configured_channels = 0;
  int sync_source = 0;  // the span that gives the clock; 0: none, the system runs free
  // Since the driver was loaded.
  uint64_t bipolar_violations = 0, crc4_errors = 0, e_bit_errors = 0, fas_errors = 0, errored_seconds = 0;
  uint64_t irq_misses = 0;

  SpanType span_type() const;
  // It is an E1, T1, J1 or BRI by the driver's word.
  bool has_framed_type() const;
};

// DAHDI_ALARM_… bits as ours. A span that recovers, or is not open, carries no calls yet: red.
AlarmSet to_alarms(uint32_t driver_alarms);

}  // namespace sg::tdm::dahdi
