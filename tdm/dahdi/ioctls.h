#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "tdm/dahdi/driver_types.h"

namespace sg::tdm::dahdi {

// Every call to the DAHDI driver, each with the words that tell the operator what failed and how to mend it.
// `devices`: "/dev/dahdi". Thread-safe as the driver is: any thread, one at a time for each channel.

// The control device. Error: no driver, no rights.
Result<UniqueFd> open_control(const std::string& devices);
// "DAHDI 2.11.1".
Result<std::string> read_driver_version(int control);
// None: the driver has no such span.
Result<std::optional<SpanInfo>> span_info(int control, int span);
// None: the driver has no such channel.
Result<std::optional<ChannelInfo>> channel_info(int control, int channel);

// Of a span since the driver was loaded, which no ioctl tells: from `proc` ("/proc/dahdi"). 0 too when it says nothing.
uint64_t read_timing_slips(const std::string& proc, int span);

// Opens a channel, non-blocking, which resets all its settings. Error: it is in use, not configured, not there.
Result<UniqueFd> open_channel(const std::string& devices, int channel);

// Discards all that is queued, both ways. What is written is sent at once.
Result<> set_buffers(int channel_fd, int count, size_t octets_each);
// Discards all octets that are queued, both ways. Error: the channel is gone.
Result<> flush_octets(int channel_fd);
// Nothing that was written waits in the driver any more.
bool has_sent_all(int channel_fd);
// Idle is then what the driver takes for silence: 0xD5 in A-law, 0x7F in mu-law. Out of audio mode it is 0xFF, which is
// silence in mu-law. Octets pass unchanged either way.
Result<> set_audio_mode(int channel_fd);
// The canceller that system.conf attaches to the channel (echocanceller=), which must be in audio mode. Taps of 125 us:
// 32, 64, … 1024; 0: off. Error: none is attached. It is never trained in advance: that mutes the line.
Result<> set_echo_canceller(int channel_fd, int taps);
// Whether the driver tells of overruns and underruns.
Result<> enable_buffer_events(int channel_fd, bool on);

// DAHDI_EVENT_…, as far as they mean something here.
enum class Event : uint8_t {
  None,
  Alarm,
  HdlcAbort,
  HdlcOverrun,
  HdlcBadFcs,
  Removed,
  ReadOverrun,
  WriteUnderrun,
  // On the wire of an analog channel, in the driver's words: what they mean depends on the kind of port.
  OnHook,
  RingOffHook,  // off-hook; or the end of a ring burst
  WinkFlash,
  RingBegin,
  RingerOff,  // our ringing pauses
  HookComplete,
  DialComplete,
  Polarity,
  PulseDigit,
  // The driver, or a canceller in hardware, heard a fax tone.
  CedSent,
  CedReceived,
  CngSent,
  CngReceived,
  // Because of one, the canceller went off, or ceased to suppress what is left of the echo (NLP), or does so again.
  EchoOff,
  EchoNlpOff,
  EchoNlpOn,
  Other
};
// The oldest event that waits. Removed also when the channel is gone already. `digit`: of a PulseDigit, if wanted.
Event next_event(int channel_fd, char* digit = nullptr);

// What read() and write() of a channel came to. No allocation: for the media tick.
enum class Io : uint8_t {
  Done,
  NotNow,       // nothing received, or the transmit queue is full
  EventsFirst,  // events wait (errno ELAST): drain them, then try again
  Gone,
};
struct IoResult {
  Io status = Io::NotNow;
  size_t octets = 0;
};
IoResult read_block(int channel_fd, std::span<uint8_t> buffer);
IoResult write_block(int channel_fd, ByteView data);

// The words for what errno means here.
std::string explain_control(const std::string& path, int error);
std::string explain_open(const std::string& path, int channel, int error);

}  // namespace sg::tdm::dahdi
