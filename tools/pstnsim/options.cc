#include "tools/pstnsim/options.h"

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <sstream>

#include "conf/kinds.h"

namespace sg::pstnsim {
namespace {

using conf::choice;
using conf::Option;
using conf::option;
using conf::text;

// A value whose text `parse` understands.
template <class T>
conf::Kind<T> spoken(std::string_view range, Result<T> (*parse)(std::string_view)) {
  return {.range = std::string(range),
          .read = [parse](const toml::node& node) { return parse(node.as_string()->get()); },
          .write = {}};
}

template <class T>
conf::Kind<T> number(T least, T most) {
  std::string range = fmt::format("a number from {} to {}", least, most);
  return {.range = range,
          .read = [least, most, range](const toml::node& node) -> Result<T> {
            T value{};
            bool is_number = boost::conversion::try_lexical_convert(node.as_string()->get(), value);
            if (!is_number || value < least || value > most) return fail("{} is wanted", range);
            return value;
          },
          .write = {}};
}

conf::Kind<std::chrono::milliseconds> seconds() {
  auto kind = number<double>(0, 86400);
  return {.range = "seconds",
          .read = [kind](const toml::node& node) -> Result<std::chrono::milliseconds> {
            auto value = kind.read(node);
            if (!value) return tl::unexpected(value.error());
            return std::chrono::milliseconds(static_cast<int64_t>(*value * 1000));
          },
          .write = {}};
}

conf::Kind<bool> truth() {
  return choice<bool>({{"true", true}, {"false", false}});
}

conf::Kind<std::filesystem::path> path() {
  return spoken<std::filesystem::path>(
      "a path", [](std::string_view value) -> Result<std::filesystem::path> { return std::filesystem::path(value); });
}

Result<const tdm::ToneZone*> zone_named(std::string_view name) {
  const tdm::ToneZone* zone = tdm::find_tone_zone(name);
  if (!zone) return fail("there are no tones of \"{}\"", name);
  return zone;
}

// "201+202": the first port and the next.
Result<std::vector<tdm::cas::PortConfig>> ports_numbered(std::string_view value) {
  std::vector<tdm::cas::PortConfig> ports;
  std::istringstream numbers{std::string(value)};
  for (std::string number; std::getline(numbers, number, '+');) {
    auto port = static_cast<uint8_t>(ports.size() + 1);
    if (port > kMaxAnalogPorts) return fail("more than {} numbers", kMaxAnalogPorts);
    ports.push_back({.slot = {0, port}, .number = number});
  }
  return ports;
}

// An option that is a part of a member.
template <class S, class Part, class T>
Option<S> part(std::string_view name, Part S::*member, T Part::*inner, conf::Kind<T> kind, std::string_view help) {
  return {.name = name,
          .range = kind.range,
          .help = std::string(help),
          .read = [member, inner, read = kind.read](S& into, const toml::node& node) -> Result<> {
            auto value = read(node);
            if (!value) return tl::unexpected(value.error());
            into.*member.*inner = std::move(*value);
            return {};
          },
          .write = {}};
}

// It decides what others begin from, and is read before them.
Option<Span> type_of_span() {
  auto type = choice<SpanType>({{"e1", SpanType::E1}, {"t1", SpanType::T1}, {"analog", SpanType::Analog}});
  return {.name = "type",
          .range = type.range,
          .help = "e1 (default), t1, or analog: then backend=dahdi, and the keys of ANALOG SPANS",
          .read = [type](Span& span, const toml::node& node) -> Result<> {
            auto value = type.read(node);
            if (!value) return tl::unexpected(value.error());
            span.cesop.type = *value;
            if (*value == SpanType::E1) span.pri.switch_type = SwitchType::EuroIsdnE1;
            if (*value == SpanType::T1) span.pri.switch_type = SwitchType::Ni2;
            return {};
          },
          .write = {}};
}

constexpr size_t kHelpBegins = 20, kHelpEnds = 79;

// "  name      what it is, over as many lines as it takes"
std::string described(std::string_view name, std::string_view help) {
  std::string lines, line = fmt::format("  {:{}}", name, kHelpBegins - 3);
  std::istringstream words{std::string(help)};
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kHelpEnds) {
      lines += line + "\n";
      line = std::string(kHelpBegins - 1, ' ');
    }
    line += " " + word;
  }
  return lines + line + "\n";
}

template <class S>
std::string described(const std::vector<Option<S>>& options) {
  std::string lines;
  for (const auto& option : options) lines += described(option.name, option.help);
  return lines;
}

}  // namespace

const std::vector<Option<Span>>& span_options() {
  using tdm::cesop::SpanConfig;
  static const std::vector<Option<Span>> options = {
      option<Span>("backend", &Span::backend,
                   choice<SpanBackend>({{"cesop", SpanBackend::Cesop}, {"dahdi", SpanBackend::Dahdi}}),
                   "cesop (default): over UDP; dahdi: a span of the DAHDI driver"),
      option<Span>("driver_span", &Span::driver_span, number(0, 1000),
                   "with dahdi: the driver's number of the span (the same as number)"),
      part("local", &Span::cesop, &SpanConfig::local, spoken("HOST:PORT", SocketAddress::parse),
           "with cesop: HOST:PORT of this end"),
      part("remote", &Span::cesop, &SpanConfig::remote, spoken("HOST:PORT", SocketAddress::parse), "and of the other"),
      type_of_span(),
      part("role", &Span::pri, &tdm::pri::Config::role, choice<IsdnRole>(), "network (default) or user"),
      part("switch_type", &Span::pri, &tdm::pri::Config::switch_type, choice<SwitchType>(),
           "euroisdn-e1 (default on an E1), ni2 (default on a T1), euroisdn-t1, ni1, dms100, 5ess, 4ess, qsig"),
      part("clock", &Span::cesop, &SpanConfig::clock, choice<ClockSource>(), "given (default) or recovered"),
      part("ppm", &Span::cesop, &SpanConfig::ppm, number(-10000.0, 10000.0),
           "how much faster than this machine's clock a given clock runs (0)"),
      part("hunt", &Span::pri, &tdm::pri::Config::hunt, choice<HuntOrder>(),
           "ascending (default), descending, round-robin: how timeslots for calls out are chosen"),
      option<Span>("nfas", &Span::nfas, number<uint16_t>(0, 1000),
                   "number of the span whose interface this one's timeslots belong to (none)"),
      option<Span>("backup_dchannel", &Span::backup_dchannel, truth(),
                   "true: with nfas, that interface's backup D-channel is on this span (false)"),
      part("overlap", &Span::pri, &tdm::pri::Config::overlap_receiving, truth(),
           "true: numbers may come in parts (false)"),
      part("frames_per_packet", &Span::cesop, &SpanConfig::frames_per_packet, number(1u, 1000u),
           "frames of 125 us a packet (40)"),
      part("rtp_header", &Span::cesop, &SpanConfig::rtp_header, truth(), "true: packets carry one (false)"),
      part("number", &Span::cesop, &SpanConfig::number, number<uint16_t>(0, 1000), "1, 2, ... in the order given"),
      part("transfers", &Span::pri, &tdm::pri::Config::takes_transfers, truth(),
           "true: two calls of one interface are joined in the exchange when the far end asks (false)"),
      part("trace", &Span::pri, &tdm::pri::Config::trace, truth(),
           "true: every ISDN message to the log at debug level (false)"),
  };
  return options;
}

const std::vector<Option<Span>>& analog_options() {
  using tdm::cas::Config;
  static const std::vector<Option<Span>> options = {
      part("ports", &Span::analog, &Config::kind,
           choice<LineKind>({{"fxs", LineKind::Fxs}, {"fxo", LineKind::Fxo}, {"em", LineKind::EAndM}}),
           "fxs (default): lines of this exchange; fxo: telephones and fax machines; em: tie lines"),
      part("numbers", &Span::analog, &Config::ports, spoken("numbers", ports_numbered),
           "one for each port from first_port on, with + between them"),
      option<Span>("first_port", &Span::first_port, number(1, 10000), "the first number's (1)"),
      part("caller_id", &Span::analog, &Config::caller_id,
           choice<CallerIdStandard>({{"none", CallerIdStandard::None},
                                     {"bell202", CallerIdStandard::Bell202},
                                     {"sdmf", CallerIdStandard::Sdmf},
                                     {"v23", CallerIdStandard::V23}}),
           "bell202 (default), sdmf, v23 or none"),
      part("dialling", &Span::analog, &Config::dialling,
           choice<Dialling>({{"tone", Dialling::Tone}, {"pulse", Dialling::Pulse}}), "tone (default) or pulse"),
      part("polarity", &Span::analog, &Config::polarity_on_answer, truth(),
           "true: the battery is reversed at the answer (false)"),
      part("zone", &Span::analog, &Config::zone, spoken("a country", zone_named), "whose tones (us)"),
  };
  return options;
}

const std::vector<Option<Subscriber>>& subscriber_options() {
  using S = Subscriber;
  static const std::vector<Option<Subscriber>> options = {
      option<S>("number", &S::number, text("a number"), "what is called"),
      option<S>("kind", &S::kind,
                choice<Kind>({{"fax", Kind::Fax},
                              {"voice", Kind::Voice},
                              {"echo", Kind::Echo},
                              {"data", Kind::Data},
                              {"tone", Kind::Tone},
                              {"busy", Kind::Busy},
                              {"no_answer", Kind::NoAnswer},
                              {"unknown", Kind::Unknown},
                              {"announcement", Kind::Announcement}}),
                "fax, voice, echo, data, tone, busy, no_answer, unknown or announcement"),
      option<S>("answer_after", &S::answer_after, seconds(), "seconds of ringing before the answer (0)"),
      option<S>("directory", &S::directory, path(), "fax: received faxes go to NUMBER-CALL.tif there (.)"),
      option<S>("identity", &S::identity, text("a text"), "fax: TSI and CSI (the number)"),
      option<S>("ecm", &S::ecm, truth(), "fax: error correction (true)"),
      option<S>("max_bit_rate", &S::max_bit_rate, number(2400, 14400), "fax: bit/s (14400)"),
      option<S>("play", &S::play, path(), "voice: a sound file of any kind"),
      option<S>("record", &S::record, path(), "voice: a WAV file, which is written"),
      option<S>("frequency", &S::frequency, number(1.0, 4000.0), "tone, announcement: Hz (1000)"),
      option<S>("level", &S::level, number(-80.0, 3.0), "tone, announcement: dBm0 (-10)"),
      option<S>("in_progress", &S::in_progress, truth(),
                "announcement: true: after a PROGRESS; otherwise within the DISCONNECT (false)"),
      option<S>("length", &S::length, seconds(), "announcement: seconds (3)"),
      option<S>("cause", &S::cause, number(1, 127), "announcement: of Q.850 (1)"),
  };
  return options;
}

std::string options_help() {
  return "SPANS\n  KEY=VALUE, separated by commas; in a file the same keys in a [[span]] table.\n" +
         described(span_options()) + "\nANALOG SPANS\n" + described(analog_options()) +
         "\nSUBSCRIBERS\n  NUMBER=KIND, then KEY=VALUE; in a file number and kind are keys of a\n  [[subscriber]] "
         "table.\n" +
         described(subscriber_options());
}

}  // namespace sg::pstnsim
