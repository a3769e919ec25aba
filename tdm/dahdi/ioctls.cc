#include "tdm/dahdi/ioctls.h"

#include <dahdi/user.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

namespace sg::tdm::dahdi {
namespace {

template <size_t N>
std::string text(const char (&field)[N]) {
  return std::string(field, ::strnlen(field, N));
}

uint64_t count(int figure) {
  return figure > 0 ? static_cast<uint64_t>(figure) : 0;
}

ChannelKind kind_of(int signalling) {
  // Several kinds are others with a bit added: the widest is compared first.
  if (signalling == DAHDI_SIG_NONE) return ChannelKind::NotConfigured;
  if (signalling == DAHDI_SIG_CLEAR) return ChannelKind::Clear;
  if (signalling == DAHDI_SIG_MTP2) return ChannelKind::Mtp2;
  if (signalling == DAHDI_SIG_HDLCFCS) return ChannelKind::Hdlc;
  if (signalling == DAHDI_SIG_HDLCRAW) return ChannelKind::RawHdlc;
  if (signalling == DAHDI_SIG_HARDHDLC) return ChannelKind::HardHdlc;
  if (signalling == DAHDI_SIG_EM || signalling == DAHDI_SIG_EM_E1) return ChannelKind::EarMouth;
  if (signalling == DAHDI_SIG_CAS) return ChannelKind::Cas;
  if (signalling == DAHDI_SIG_FXSLS || signalling == DAHDI_SIG_FXSGS || signalling == DAHDI_SIG_FXSKS) {
    return ChannelKind::FxsSide;
  }
  if (signalling == DAHDI_SIG_FXOLS || signalling == DAHDI_SIG_FXOGS || signalling == DAHDI_SIG_FXOKS) {
    return ChannelKind::FxoSide;
  }
  return ChannelKind::Other;
}

LineStart start_of(int signalling) {
  if (signalling == DAHDI_SIG_FXSKS || signalling == DAHDI_SIG_FXOKS) return LineStart::Kewl;
  if (signalling == DAHDI_SIG_FXSGS || signalling == DAHDI_SIG_FXOGS) return LineStart::Ground;
  // Whether E&M winks is for its user: the driver does both.
  return signalling == DAHDI_SIG_EM || signalling == DAHDI_SIG_EM_E1 ? LineStart::Wink : LineStart::Loop;
}

SpanInfo translate(const dahdi_spaninfo& raw) {
  SpanInfo info;
  info.number = raw.spanno;
  info.name = text(raw.name);
  info.description = text(raw.desc);
  info.type = text(raw.spantype);
  info.alarms = to_alarms(static_cast<uint32_t>(raw.alarms));
  info.channels = raw.totalchans;
  info.configured_channels = raw.numchans;
  info.sync_source = raw.syncsrc;
  info.bipolar_violations = count(raw.bpvcount);
  info.crc4_errors = count(raw.crc4count);
  info.e_bit_errors = count(raw.ebitcount);
  info.fas_errors = count(raw.fascount);
  info.errored_seconds = raw.errsec;
  info.irq_misses = count(raw.irqmisses);
  return info;
}

ChannelInfo translate(const dahdi_params& raw) {
  ChannelInfo info;
  info.number = raw.channo;
  info.span = raw.spanno;
  info.position = raw.chanpos;
  info.name = text(raw.name);
  info.kind = kind_of(raw.sigtype);
  info.start = start_of(raw.sigtype);
  info.law = raw.curlaw == DAHDI_LAW_ALAW ? Law::A : Law::Mu;
  info.alarms = to_alarms(raw.chan_alarms);
  return info;
}

Result<> set_int(int fd, unsigned long request, int value, std::string_view what) {
  if (::ioctl(fd, request, &value) == 0) return {};
  return fail("{}: {}", what, std::strerror(errno));
}

IoResult io_result(ssize_t moved) {
  if (moved >= 0) return {Io::Done, static_cast<size_t>(moved)};
  if (errno == EAGAIN || errno == EINTR) return {Io::NotNow, 0};
  if (errno == ELAST) return {Io::EventsFirst, 0};
  return {Io::Gone, 0};
}

}  // namespace

Result<UniqueFd> open_control(const std::string& devices) {
  std::string path = devices + "/ctl";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail("{}", explain_control(path, errno));
  return fd;
}

Result<std::string> read_driver_version(int control) {
  dahdi_versioninfo info{};
  if (::ioctl(control, DAHDI_GETVERSION, &info) != 0) {
    return fail("the control device does not answer as DAHDI's does: {}", std::strerror(errno));
  }
  return "DAHDI " + text(info.version);
}

Result<std::optional<SpanInfo>> span_info(int control, int span) {
  dahdi_spaninfo raw{};
  raw.spanno = span;
  if (::ioctl(control, DAHDI_SPANSTAT, &raw) == 0) return translate(raw);
  if (errno == EINVAL || errno == ENODEV || errno == ENXIO) return std::nullopt;
  return fail("driver span {}: cannot read its state: {}", span, std::strerror(errno));
}

Result<std::optional<ChannelInfo>> channel_info(int control, int channel) {
  dahdi_params raw{};
  raw.channo = channel;
  if (::ioctl(control, DAHDI_GET_PARAMS, &raw) == 0) return translate(raw);
  if (errno == EINVAL || errno == ENODEV || errno == ENXIO) return std::nullopt;
  return fail("channel {}: cannot read its parameters: {}", channel, std::strerror(errno));
}

uint64_t read_timing_slips(const std::string& proc, int span) {
  std::ifstream file(fmt::format("{}/{}", proc, span));
  constexpr std::string_view kLabel = "\tTiming slips: ";
  for (std::string line; std::getline(file, line);) {
    uint64_t slips = 0;
    if (line.starts_with(kLabel) && std::from_chars(line.data() + kLabel.size(), line.data() + line.size(), slips).ptr)
      return slips;
  }
  return 0;
}

Result<UniqueFd> open_channel(const std::string& devices, int channel) {
  std::string path = devices + "/channel";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd || ::ioctl(fd.get(), DAHDI_SPECIFY, &channel) != 0) return fail("{}", explain_open(path, channel, errno));
  return fd;
}

Result<> set_buffers(int channel_fd, int buffers, size_t octets_each) {
  dahdi_bufferinfo info{};
  info.txbufpolicy = DAHDI_POLICY_IMMEDIATE;
  info.rxbufpolicy = DAHDI_POLICY_IMMEDIATE;
  info.numbufs = buffers;
  info.bufsize = static_cast<int>(octets_each);
  if (::ioctl(channel_fd, DAHDI_SET_BUFINFO, &info) == 0) return {};
  return fail("cannot have {} buffers of {} octets: {}", buffers, octets_each, std::strerror(errno));
}

bool has_sent_all(int channel_fd) {
  int what = DAHDI_IOMUX_WRITEEMPTY | DAHDI_IOMUX_NOWAIT;
  return ::ioctl(channel_fd, DAHDI_IOMUX, &what) == 0 && (what & DAHDI_IOMUX_WRITEEMPTY);
}

Result<> set_audio_mode(int channel_fd) {
  return set_int(channel_fd, DAHDI_AUDIOMODE, 1, "cannot set audio mode");
}

Result<> set_echo_canceller(int channel_fd, int taps) {
  auto set = set_int(channel_fd, DAHDI_ECHOCANCEL, taps, "cannot set the echo canceller");
  if (!set || taps == 0) return set;
  // The driver takes it without a word where none is attached. Only a canceller that runs can be told that this is no
  // fax.
  return set_int(channel_fd, DAHDI_ECHOCANCEL_FAX_MODE, 0, "there is no echo canceller");
}

Result<> enable_buffer_events(int channel_fd, bool on) {
  return set_int(channel_fd, DAHDI_BUFFER_EVENTS, on ? 1 : 0, "cannot set buffer events");
}

Result<> flush_octets(int channel_fd) {
  return set_int(channel_fd, DAHDI_FLUSH, DAHDI_FLUSH_READ | DAHDI_FLUSH_WRITE, "cannot flush");
}

Event next_event(int channel_fd, char* digit) {
  int event = DAHDI_EVENT_NONE;
  if (::ioctl(channel_fd, DAHDI_GETEVENT, &event) != 0) return errno == EINTR ? Event::Other : Event::Removed;
  if (event & DAHDI_EVENT_PULSEDIGIT) {
    if (digit != nullptr) *digit = static_cast<char>(event & 0xFF);
    return Event::PulseDigit;
  }
  switch (event) {
    case DAHDI_EVENT_NONE:
      return Event::None;
    case DAHDI_EVENT_ALARM:
    case DAHDI_EVENT_NOALARM:
      return Event::Alarm;
    case DAHDI_EVENT_ABORT:
      return Event::HdlcAbort;
    case DAHDI_EVENT_OVERRUN:
      return Event::HdlcOverrun;
    case DAHDI_EVENT_BADFCS:
      return Event::HdlcBadFcs;
    case DAHDI_EVENT_REMOVED:
      return Event::Removed;
    case DAHDI_EVENT_READ_OVERRUN:
      return Event::ReadOverrun;
    case DAHDI_EVENT_WRITE_UNDERRUN:
      return Event::WriteUnderrun;
    case DAHDI_EVENT_ONHOOK:
      return Event::OnHook;
    case DAHDI_EVENT_RINGOFFHOOK:
      return Event::RingOffHook;
    case DAHDI_EVENT_WINKFLASH:
      return Event::WinkFlash;
    case DAHDI_EVENT_RINGBEGIN:
      return Event::RingBegin;
    case DAHDI_EVENT_RINGEROFF:
      return Event::RingerOff;
    case DAHDI_EVENT_HOOKCOMPLETE:
      return Event::HookComplete;
    case DAHDI_EVENT_DIALCOMPLETE:
      return Event::DialComplete;
    case DAHDI_EVENT_POLARITY:
      return Event::Polarity;
    case DAHDI_EVENT_TX_CED_DETECTED:
      return Event::CedSent;
    case DAHDI_EVENT_RX_CED_DETECTED:
      return Event::CedReceived;
    case DAHDI_EVENT_TX_CNG_DETECTED:
      return Event::CngSent;
    case DAHDI_EVENT_RX_CNG_DETECTED:
      return Event::CngReceived;
    case DAHDI_EVENT_EC_DISABLED:
      return Event::EchoOff;
    case DAHDI_EVENT_EC_NLP_DISABLED:
      return Event::EchoNlpOff;
    case DAHDI_EVENT_EC_NLP_ENABLED:
      return Event::EchoNlpOn;
    default:
      return Event::Other;
  }
}

IoResult read_block(int channel_fd, std::span<uint8_t> buffer) {
  return io_result(::read(channel_fd, buffer.data(), buffer.size()));
}

IoResult write_block(int channel_fd, ByteView data) {
  return io_result(::write(channel_fd, data.data(), data.size()));
}

std::string explain_control(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return path + ": no such file: the dahdi module is not loaded; load it: modprobe dahdi";
    case ENXIO:
    case ENODEV:
      return path + ": no driver behind it: the dahdi module is not loaded; load it: modprobe dahdi";
    case EACCES:
    case EPERM:
      return path + ": permission denied: run as a member of the group that owns it (see ls -l " + path + ")";
    default:
      return path + ": " + std::strerror(error);
  }
}

std::string explain_open(const std::string& path, int channel, int error) {
  std::string who = fmt::format("channel {}: ", channel);
  switch (error) {
    case EBUSY:
      return who + "in use: another program has it (find it: fuser -v " + path +
             "), or system.conf makes it a slave, cross-connected or a network device";
    case ENXIO:
      return who + "not configured: name it in /etc/dahdi/system.conf (bchan=, dchan=, fxoks=, …), then run dahdi_cfg";
    case EINVAL:
      return who + "the driver has no channel of this number: see the spans' channels in /proc/dahdi";
    case ENOENT:
    case ENODEV:
    case EACCES:
    case EPERM:
      return who + explain_control(path, error);
    default:
      return who + path + ": " + std::strerror(error);
  }
}

}  // namespace sg::tdm::dahdi
