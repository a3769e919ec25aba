#include "conf/options.h"

#include <charconv>

#include "conf/control_socket.h"
#include "conf/kinds.h"

namespace sg::conf {
namespace {

// "10000-19999", two members in one option.
Option<Media> ports_option() {
  auto read = [](Media& media, const toml::node& node) -> Result<> {
    if (!node.is_string()) return fail("must be \"FIRST-LAST\", not {}", type_of(node));
    const std::string& range = node.as_string()->get();
    const char* end = range.data() + range.size();
    uint16_t first = 0, last = 0;
    auto [dash, bad_first] = std::from_chars(range.data(), end, first);
    if (bad_first != std::errc{} || dash == end || *dash != '-')
      return fail("{} is no \"FIRST-LAST\"", in_quotes(range));
    auto [stop, bad_last] = std::from_chars(dash + 1, end, last);
    if (bad_last != std::errc{} || stop != end) return fail("{} is no \"FIRST-LAST\"", in_quotes(range));
    if (first < 1024 || first % 2 != 0) return fail("the first port must be even, and 1024 or above");
    if (last < first) return fail("{} is above {}: the first port comes first", first, last);
    if (last < first + 3) return fail("at least four ports are wanted: a call takes two a side");
    media.first_port = first;
    media.last_port = last;
    return {};
  };
  return {.name = "ports",
          .range = "\"FIRST-LAST\"",
          .help = "UDP ports for RTP, RTCP and T.38. Each IP side of a call takes two: an even one and the next.",
          .read = read,
          .write = [](const Media& media) { return fmt::format("\"{}-{}\"", media.first_port, media.last_port); }};
}

// What is less does not hold 30 ms of V.17, and would not be kept to (media::T38Endpoint).
Kind<int> peer_max_datagram() {
  const Kind<int> octets = integer(72, 1400);
  const std::string range = "0, or " + octets.range;
  return {range,
          [octets, range](const toml::node& node) -> Result<int> {
            if (node.is_integer() && node.as_integer()->get() == 0) return 0;
            auto value = octets.read(node);
            if (!value) return fail("must be {}", range);
            return *value;
          },
          octets.write};
}

template <class S>
std::vector<Option<S>> make_trunk_fax_options() {
  return {
      option<S>(
          "t38", &TrunkFax::t38, t38_mode(),
          "Who asks for T.38. preamble: we do, by re-INVITE, when the answering fax machine's V.21 preamble is heard; "
          "ced: already at its CED; cng: already at the calling machine's CNG; at-once: right after the answer where "
          "line, profile or route say media = \"fax\", else as ced; peer: we only accept the SIP peer's offer; never: "
          "fax "
          "goes as G.711.")
          .live(),
      option<S>("t38_from", &TrunkFax::t38_from, maybe(t38_mode(), "\"preamble\""),
                "The same, of calls from the trunk only. Where it is not given, as t38.")
          .live(),
      option<S>("t38_to", &TrunkFax::t38_to, maybe(t38_mode(), "\"preamble\""),
                "The same, of calls to the trunk only. Where it is not given, as t38.")
          .live(),
      option<S>(
          "t38_offer_window", &TrunkFax::t38_offer_window, duration(0ms, 10min),
          "How long after the answer the SIP peer's own T.38 offer is taken; later it is refused with 488, as the "
          "machines are in the middle of it. 0s: at any time.")
          .live(),
      option<S>("sg3", &TrunkFax::sg3, choice<Sg3>({{"lower-to-g3", Sg3::LowerToG3}, {"pass", Sg3::Pass}}),
                "Super G3 machines (V.34). lower-to-g3: T.38, which they speak as G3, is asked for as soon as one "
                "answers a fax. pass: they go on as G.711, which needs a network without loss or clock drift.")
          .live(),
      option<S>("t38_answer_timeout", &TrunkFax::t38_answer_timeout, duration(500ms, 30s),
                "How long the SIP peer may think about our T.38 offer before the fax goes as G.711.")
          .live(),
      option<S>("max_bit_rate", &TrunkFax::max_bit_rate,
                Kind<int>{"2400, 4800, 7200, 9600, 12000 or 14400",
                          [](const toml::node& node) -> Result<int> {
                            int64_t rate = node.is_integer() ? node.as_integer()->get() : 0;
                            if (rate < 2400 || rate > 14400 || rate % 2400 != 0) {
                              return fail("must be 2400, 4800, 7200, 9600, 12000 or 14400");
                            }
                            return static_cast<int>(rate);
                          },
                          [](const int& rate) { return std::to_string(rate); }},
                "T38MaxBitRate that we offer, bit/s.")
          .live(),
      option<S>("max_buffer", &TrunkFax::max_buffer, integer(200, 10000), "T38FaxMaxBuffer that we declare, octets.")
          .live(),
      option<S>("max_datagram", &TrunkFax::max_datagram, integer(100, 1400),
                "T38FaxMaxDatagram that we declare, octets. The peer's own limit is always obeyed.")
          .live(),
      option<S>("error_correction", &TrunkFax::error_correction,
                choice<ErrorCorrection>({{"redundancy", ErrorCorrection::Redundancy},
                                         {"fec", ErrorCorrection::Fec},
                                         {"none", ErrorCorrection::None}}),
                "T38FaxUdpEC that we offer. What the peer sends is understood in any form.")
          .live(),
      option<S>(
          "t38_peer_max_datagram", &TrunkFax::t38_peer_max_datagram, peer_max_datagram(),
          "For peers that tell a wrong T38FaxMaxDatagram: the largest T.38 datagram that is sent to them, octets, "
          "whatever they tell. 0: as they tell.")
          .live(),
      option<S>("t38_peer_error_correction", &TrunkFax::t38_peer_error_correction,
                choice<std::optional<ErrorCorrection>>({{"as-told", std::nullopt},
                                                        {"none", ErrorCorrection::None},
                                                        {"redundancy", ErrorCorrection::Redundancy},
                                                        {"fec", ErrorCorrection::Fec}}),
                "For peers that tell a wrong T38FaxUdpEC: the error correction in the T.38 that is sent to them, "
                "whatever they tell. as-told: as they tell.")
          .live(),
      option<S>(
          "vbd", &TrunkFax::vbd,
          choice<VoiceBandData>(
              {{"offer", VoiceBandData::Offer}, {"answer", VoiceBandData::Answer}, {"never", VoiceBandData::Never}}),
          "Fax in G.711 as voice-band data (V.152, with silenceSupp and ecan of RFC 3108). offer: told to the peer "
          "by re-INVITE when T.38 came to nothing. answer: told where a description is due anyway. never: left "
          "out, for peers that choke on it.")
          .live(),
      option<S>(
          "rtp_redundancy", &TrunkFax::rtp_redundancy, integer(0, 3),
          "Earlier packets repeated in each of a fax in G.711 (RFC 2198), where the peer knows that: 2 make up for "
          "any two packets lost together, at three times the 80 kbit/s. The depth rises with measured loss, up to 3 or "
          "what the peer takes. 0: neither offered nor accepted.")
          .live(),
  };
}

// Analog ports are set up once with their tones.
template <class S>
Option<S> tone_zone_option() {
  std::vector<std::pair<std::string, std::string>> zones;
  for (const char* zone : {"at", "au", "be", "br", "ch", "cn", "de", "dk", "es", "eu", "fi",
                           "fr", "gb", "it", "jp", "nl", "no", "pl", "pt", "ru", "se", "us"}) {
    zones.emplace_back(zone, zone);
  }
  auto option = conf::option<S>(
      "tone_zone", &Trunk::tone_zone, choice<std::string>(zones),
      "Whose tones these are (ITU-T E.180): the ringback and dial tone that its callers hear of us; on analog ports "
      "ringing, busy and congestion tone too, played and understood. eu: ETSI's.");
  if constexpr (!std::is_same_v<S, AnalogTrunk>) return std::move(option).live();
  return option;
}

// What every trunk has. `kind` is read first, by the loader.
template <class S>
std::vector<Option<S>> make_trunk_options(std::string kind) {
  return {
      {.name = "kind",
       .range = "one of \"pri\", \"sip\", \"fxs\", \"fxo\", \"em\"",
       .help =
           "pri: ISDN primary rate on one or more spans. sip: a SIP peer. fxs: telephones and fax machines on ports "
           "of analog cards. fxo: lines of an exchange on such ports. em: tie lines with E and M leads.",
       .read = [](S&, const toml::node&) -> Result<> { return {}; },
       .write = [kind](const S&) { return in_quotes(kind); },
       .required = true,
       .example = in_quotes(kind)},
      option<S>("max_calls", &Trunk::max_calls, integer(0, 10000),
                "Calls at a time, both directions. 0: as many as it carries.")
          .live(),
      option<S>("numbers_in", &Trunk::numbers_in, number_style(),
                "How numbers come in. ton: by their type of number, on SIP by a leading +; e164: with country code; "
                "national: without; dialled: as people dial, by [site]; extension:N: N digits of [plan] or a [[line]]; "
                "as-is. Where it can be told, the plan sees +E.164; else the digits.")
          .live(),
      option<S>("numbers_out", &Trunk::numbers_out, number_style(), "How numbers are sent there, in the same words.")
          .live(),
      option<S>(
          "max_cps", &Trunk::max_cps, integer(0, 1000),
          "Calls a second, each way; twice as many may come at once. Above it a call goes on to the next target, or "
          "is refused. 0: no limit.")
          .live(),
      option<S>(
          "share", &Trunk::share, integer(1, 100),
          "Of a pri, fxo or em trunk's lines that calls of other trunks reach too, the most that calls from this "
          "trunk hold, in percent; two at least are left to others and to emergency calls, unless there are three "
          "or fewer. 100: all.")
          .live(),
      option<S>("cost", &Trunk::cost, prices_of_trunk(),
                "What calls to it cost, by the called number's beginning: for pick = \"cost\" in routes.")
          .live(),
      option<S>("profile", &Trunk::profile, text("a profile's name"),
                "A [profile.NAME] that its calls go by. What the trunk says itself wins.")
          .live(),
      option<S>("causes", &Trunk::causes, list(cause_rule()),
                "Where this trunk differs from the table of RFC 3398. sip.486 = 17: this SIP status is that cause; "
                "q850.34 = 503: this cause is that SIP status. A cause that comes in a Reason header stands.")
          .live(),
      option<S>("paid", &Trunk::is_paid, boolean(),
                "Calls to it cost money: a route that leads there must say whose calls it takes (from).")
          .live(),
      tone_zone_option<S>(),
  };
}

template <class S>
std::vector<Option<S>> joined(std::vector<Option<S>> first, std::vector<Option<S>> second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Kind<uint16_t> span_number() {
  auto number = integer(1, 1000);
  return {.range = "the number of a span",
          .read = [read = number.read](const toml::node& node) -> Result<uint16_t> {
            return read(node).map([](int value) { return static_cast<uint16_t>(value); });
          },
          .write = [](const uint16_t& value) { return std::to_string(value); }};
}

// { international = "unknown", plan = "unknown" }
Option<PriTrunk> ton_out_option() {
  auto ton = choice<WireTon>({{"unknown", WireTon::Unknown},
                              {"international", WireTon::International},
                              {"national", WireTon::National},
                              {"network-specific", WireTon::NetworkSpecific},
                              {"subscriber", WireTon::Subscriber},
                              {"abbreviated", WireTon::Abbreviated}});
  auto plan = choice<WirePlan>({{"unknown", WirePlan::Unknown},
                                {"isdn", WirePlan::Isdn},
                                {"data", WirePlan::Data},
                                {"telex", WirePlan::Telex},
                                {"national", WirePlan::National},
                                {"private", WirePlan::Private}});
  std::string range = "{ unknown, international, national, subscriber = a type; plan = a numbering plan }";
  struct Word {
    std::string_view key;
    std::optional<WireTon> TonOut::*member;
  };
  static constexpr Word kWords[] = {{"unknown", &TonOut::unknown},
                                    {"international", &TonOut::international},
                                    {"national", &TonOut::national},
                                    {"subscriber", &TonOut::subscriber}};
  return {.name = "ton_out",
          .range = range,
          .help =
              "Types of number to send instead of those that numbers have, and the numbering plan of all: "
              "{ international = \"unknown\", plan = \"unknown\" }.",
          .read = [=](PriTrunk& trunk, const toml::node& node) -> Result<> {
            if (!node.is_table()) return fail("must be {}, not {}", range, type_of(node));
            for (const auto& [key, value] : *node.as_table()) {
              auto word = std::find_if(std::begin(kWords), std::end(kWords),
                                       [&, name = key.str()](const Word& w) { return w.key == name; });
              if (word != std::end(kWords)) {
                auto type = ton.read(value);
                if (!type) return fail_with(type.error(), "{}", key.str());
                trunk.ton_out.*(word->member) = *type;
              } else if (key.str() == "plan") {
                auto number_plan = plan.read(value);
                if (!number_plan) return fail_with(number_plan.error(), "plan");
                trunk.ton_out.plan = *number_plan;
              } else {
                return fail("\"{}\" is none of unknown, international, national, subscriber, plan", key.str());
              }
            }
            return {};
          },
          .write =
              [=](const PriTrunk& trunk) {
                std::string out;
                auto put = [&](std::string_view key, const std::string& value) {
                  out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", key, value);
                };
                for (const Word& word : kWords) {
                  if (auto type = trunk.ton_out.*(word.member)) put(word.key, ton.write(*type));
                }
                if (trunk.ton_out.plan) put("plan", plan.write(*trunk.ton_out.plan));
                return out.empty() ? std::string("{}") : "{ " + out + " }";
              }};
}

// Read first, by the loader, since the other options follow from it.
Option<Span> span_backend() {
  return option<Span>("backend", &Span::backend,
                      choice<SpanBackend>({{"cesop", SpanBackend::Cesop}, {"dahdi", SpanBackend::Dahdi}}),
                      "What brings the span. cesop: a pseudowire over UDP (RFC 5086). dahdi: a card in this machine, "
                      "by the DAHDI driver.");
}

}  // namespace

const std::vector<Option<Sip>>& sip_options() {
  static const std::vector<Option<Sip>> options = {
      option<Sip>("listen", &Sip::listen, list(listen_address()),
                  "Where SIP is spoken: transports, local addresses (numeric, IPv6 in brackets) and ports.")
          .shown("[\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\"]"),
      option<Sip>("user_agent", &Sip::user_agent, text("a text"), "What User-Agent and Server say."),
      option<Sip>("t1", &Sip::t1, duration(50ms, 5s),
                  "RFC 3261 T1, the estimate of the round trip. Resends and time-outs follow from it."),
      option<Sip>("t2", &Sip::t2, duration(500ms, 20s), "RFC 3261 T2, the longest pause between resends."),
      option<Sip>("t4", &Sip::t4, duration(500ms, 20s), "RFC 3261 T4, how long a message may stay in the network."),
      option<Sip>("session_expires", &Sip::session_expires, duration<seconds>(90s, 24h),
                  "Session timer that we ask for (RFC 4028)."),
      option<Sip>("min_se", &Sip::min_se, duration<seconds>(90s, 1h),
                  "Shortest session timer that we accept (RFC 4028 says 90 s at least)."),
      option<Sip>("unknown_source", &Sip::unknown_source,
                  choice<UnknownSource>({{"drop", UnknownSource::Drop}, {"refuse", UnknownSource::Refuse}}),
                  "Requests from addresses that no trunk lists. drop: no answer at all, so that scanners find nothing; "
                  "refuse: 403 to calls. Both are counted (sip.unknown_source)."),
      option<Sip>("max_invites_per_second", &Sip::max_invites_per_second, integer(0, 100000),
                  "New calls a second that one address may begin; more get 503 or no answer, and are counted. 0: any."),
      option<Sip>("max_requests_per_second", &Sip::max_requests_per_second, integer(0, 100000),
                  "Requests of any kind a second, outside of calls, that one address may send; all addresses of one "
                  "trunk together four times as many. More cost no memory: OPTIONS is answered still, calls get 503, "
                  "the rest no answer. 0: any."),
      option<Sip>("max_transactions", &Sip::max_transactions, integer(0, 1000000),
                  "Requests outside of calls that are remembered at once, from all together; each takes some 10 kB for "
                  "32 s. 0: any."),
      option<Sip>("max_connections", &Sip::max_connections, integer(0, 100000),
                  "TCP connections at once, never more than a quarter of the descriptors that the process may have; "
                  "more are closed at once and counted (sip.tcp.refused_limit). 0: that quarter."),
      option<Sip>("max_connections_per_source", &Sip::max_connections_per_source, integer(0, 100000),
                  "Of these, with one address (IPv6: one /64). More are closed at once and counted "
                  "(sip.tcp.refused_source_limit). 0: any."),
      option<Sip>("connection_first_message", &Sip::connection_first_message, duration<seconds>(0s, 1h),
                  "A TCP connection on which no whole request has come within this time is closed. 0s: never."),
      option<Sip>("connection_idle", &Sip::connection_idle, duration<seconds>(0s, 24h),
                  "A TCP connection on which nothing has gone either way for this long is closed; the next message "
                  "opens another. 0s: never."),
      option<Sip>("options_follow_trunks", &Sip::options_follow_trunks, boolean(),
                  "Answer OPTIONS with 503 while no trunk is up, so that peers look for another gateway."),
  };
  return options;
}

const std::vector<Option<Media>>& media_options() {
  static const std::vector<Option<Media>> options = {
      option<Media>("address", &Media::address, host_address(),
                    "Local address of RTP and T.38. Empty: the address that the call's SIP leg uses."),
      ports_option(),
      option<Media>("workers", &Media::workers, integer(0, 256), "Threads that carry media. 0: one a processor."),
      option<Media>("voice_jitter_min", &Media::voice_jitter_min, duration(0ms, 500ms),
                    "Least depth of the adaptive jitter buffer of voice."),
      option<Media>("voice_jitter_start", &Media::voice_jitter_start, duration(0ms, 500ms),
                    "Its depth when a call starts."),
      option<Media>("voice_jitter_max", &Media::voice_jitter_max, duration(20ms, 1s), "Its greatest depth."),
      option<Media>("fax_jitter", &Media::fax_jitter, duration(20ms, 500ms),
                    "Least depth of the jitter buffer of G.711 pass-through. 60 ms suits most networks; up to 200 ms "
                    "on bad links."),
      option<Media>("fax_jitter_max", &Media::fax_jitter_max, duration(20ms, 500ms),
                    "Its depth towards timeslots from the first silence of a fax on, if more: a sender may fall behind "
                    "by so much, less fax_jitter, in mid-page. It delays the machines' answers, which have seconds."),
      option<Media>("rtp_timeout", &Media::rtp_timeout, duration<seconds>(0s, 24h),
                    "A call whose peer sends no RTP for this long is ended. 0s: never."),
      option<Media>("t38_timeout", &Media::t38_timeout, duration<seconds>(0s, 24h),
                    "A call whose peer sends no T.38 for this long is ended. 0s: never."),
      option<Media>(
          "hold_music", &Media::hold_music, text("a path"),
          "What is played to those on hold: a WAVE file, 8000 samples a second, mono, 16 bit. Empty: what the "
          "holding side plays itself, else silence."),
  };
  return options;
}

const std::vector<Option<TrunkFax>>& trunk_fax_options() {
  static const auto options = make_trunk_fax_options<TrunkFax>();
  return options;
}

const std::vector<Option<Fax>>& fax_options() {
  static const auto options = joined(
      make_trunk_fax_options<Fax>(),
      {
          option<Fax>("ecm", &Fax::ecm, boolean(),
                      "Let machines use error correction mode (T.30 Annex A) across T.38."),
          option<Fax>(
              "redundancy", &Fax::redundancy, integer(0, 8),
              "Earlier IFP packets repeated in each T.38 datagram, as far as the peer takes them. The depth rises "
              "with measured loss, up to 7."),
          option<Fax>("clear_after_dcn", &Fax::clear_after_dcn, duration<seconds>(0s, 10min),
                      "A call that nobody hangs up is ended so long after the machines' goodbye (DCN). 0s: never."),
          option<Fax>(
              "memory", &Fax::memory, text("a file's path"),
              "File (SQLite) of what worked for each far number of a SIP trunk, for its next fax. Empty: nothing "
              "is remembered."),
          option<Fax>("keep", &Fax::keep, integer(0, 10000),
                      "How many faxes the running gateway remembers in full, for spangatectl fax; older ones it takes "
                      "from the call records."),
          option<Fax>("modems", &Fax::modems,
                      list(choice<Modem>({{"v27ter", Modem::V27ter}, {"v29", Modem::V29}, {"v17", Modem::V17}}), false),
                      "T.30 modulations that the T.38 gateway lets pass. v27ter is needed by every fax machine."),
      });
  return options;
}

const std::vector<Option<Span>>& cesop_span_options() {
  static const std::vector<Option<Span>> options = {
      span_backend().shown("\"cesop\""),
      option<Span>("type", &Span::type, choice<SpanType>({{"E1", SpanType::E1}, {"T1", SpanType::T1}}),
                   "E1: 31 timeslots, A-law. T1: 24 timeslots, mu-law.")
          .shown("\"E1\""),
      option<Span>("local", &Span::local, socket_address(), "Local UDP address and port of the pseudowire.")
          .needed("\"127.0.0.1:7001\""),
      option<Span>("remote", &Span::remote, socket_address(), "The far end's UDP address and port.")
          .needed("\"127.0.0.1:7000\""),
      option<Span>("frames_per_packet", &Span::frames_per_packet, integer(1, 160),
                   "Frames of 125 us in each packet; both ends must agree. 40 is 5 ms. On an Ethernet of 1 500 octets "
                   "an E1 takes 45 at most."),
      option<Span>("rtp_header", &Span::rtp_header, boolean(),
                   "Packets carry an RTP header (RFC 5086 section 4.2); both ends must agree."),
      option<Span>("clock", &Span::clock,
                   choice<SpanClock>({{"recovered", SpanClock::Recovered}, {"given", SpanClock::Given}}),
                   "recovered: follow the far end's clock, as it arrives; given: this machine's clock leads."),
      option<Span>("ppm", &Span::ppm, real(-200, 200),
                   "How far a given clock runs fast (or slow, below 0), in parts per million. For tests."),
      option<Span>("jitter_packets", &Span::jitter_packets, integer(0, 64),
                   "Depth of the receive buffer, in packets. 0: as deep as the clock wants it."),
      option<Span>("transmit_margin", &Span::transmit_margin, duration(0ms, 500ms),
                   "What waits in a timeslot's send buffer beyond one block of 20 ms: delay, against the slips that a "
                   "busy machine would make. A fax page survives no slip; where only voice is carried, 20 ms will do."),
  };
  return options;
}

const std::vector<Option<Span>>& dahdi_span_options() {
  static const std::vector<Option<Span>> options = {
      span_backend().needed("\"dahdi\""),
      option<Span>("driver_span", &Span::driver_span, integer(0, 1000),
                   "The driver's number of the span: the N of /proc/dahdi/N. 0: the same as here. Type, law and "
                   "timeslots come from the driver, and so from /etc/dahdi/system.conf."),
  };
  return options;
}

namespace {

template <class T>
Option<T> echo_option() {
  return option<T>(
      "echo_canceller", &T::echo_canceller, integer(0, 1024),
      "Taps of the echo canceller on voice calls, 8 a millisecond: 32, 64, 128, 256, 512 or 1024; 0: none. "
      "It is off from the first fax tone on, and never trained in advance. Which canceller: echocanceller= "
      "in /etc/dahdi/system.conf.");
}

}  // namespace

const std::vector<Option<PriTrunk>>& pri_trunk_options() {
  static const auto options = joined(
      make_trunk_options<PriTrunk>("pri"),
      {
          option<PriTrunk>("spans", &PriTrunk::spans, list(span_number(), false), "The spans of this trunk.")
              .needed("[1]"),
          option<PriTrunk>("role", &PriTrunk::role,
                           choice<PriRole>({{"user", PriRole::User}, {"network", PriRole::Network}}),
                           "user: the far end is the exchange; network: we are the exchange to a PBX."),
          option<PriTrunk>("switch", &PriTrunk::switch_type,
                           choice<PriSwitch>({{"euroisdn-e1", PriSwitch::EuroIsdnE1},
                                              {"euroisdn-t1", PriSwitch::EuroIsdnT1},
                                              {"ni2", PriSwitch::Ni2},
                                              {"dms100", PriSwitch::Dms100},
                                              {"5ess", PriSwitch::Lucent5e},
                                              {"4ess", PriSwitch::Att4ess},
                                              {"qsig", PriSwitch::Qsig}}),
                           "The ISDN variant that is spoken."),
          option<PriTrunk>("dchannel", &PriTrunk::dchannel, integer(0, 31),
                           "Timeslot of the D-channel in each span. 0: 16 on an E1, 24 on a T1, 3 on a BRI."),
          option<PriTrunk>(
              "nfas", &PriTrunk::nfas, boolean(),
              "Non-facility associated signalling: all spans are one interface, signalled on the D-channel "
              "of one of them. The first of spans is interface 0 to the exchange, the next 1, and so on."),
          option<PriTrunk>(
              "dchannels", &PriTrunk::dchannels, list(span_number()),
              "With nfas: the spans that have a D-channel, the primary and its backup. On the others every "
              "timeslot carries calls. Empty: the first of spans, and no backup."),
          option<PriTrunk>(
              "hunt", &PriTrunk::hunt, choice<Hunt>({{"ascending", Hunt::Ascending}, {"descending", Hunt::Descending}}),
              "Which way free timeslots are looked for. Choose the far end's opposite, so that calls seldom collide."),
          option<PriTrunk>(
              "bearer", &PriTrunk::bearer,
              choice<Bearer>(
                  {{"audio31k", Bearer::Audio31k}, {"speech", Bearer::Speech}, {"unrestricted", Bearer::Unrestricted}}),
              "Bearer capability of calls that come from SIP. Fax wants audio31k.")
              .live(),
          option<PriTrunk>("transfer", &PriTrunk::transfer, boolean(),
                           "The far end may have two calls of its own joined (explicit call transfer, EN 300 369)."),
          option<PriTrunk>(
              "join_in_switch", &PriTrunk::join_in_switch, boolean(),
              "Where both sides of a call are on one interface of this trunk, its switch is asked to join "
              "them itself, which frees both timeslots: EuroISDN explicit call transfer, NI-2, 5ESS and 4ESS "
              "two-B-channel transfer, DMS-100 release link trunk, Q.SIG path replacement. For exchanges "
              "that have the service subscribed."),
          ton_out_option().live(),
          option<PriTrunk>(
              "ringback", &PriTrunk::ringback,
              choice<Ringback>({{"gateway", Ringback::Gateway}, {"far-end", Ringback::FarEnd}}),
              "Who plays ringback to a caller from here while a called SIP phone rings and sends no media: "
              "the gateway, in band, with progress indicator 8; or the far end by itself."),
          option<PriTrunk>("t301", &PriTrunk::t301, duration(1s, 1h), "Q.931 T301: how long a called party may ring."),
          option<PriTrunk>("t302", &PriTrunk::t302, duration(1s, 60s),
                           "Q.931 T302: pause between digits after which a number is complete."),
          option<PriTrunk>("t303", &PriTrunk::t303, duration(1s, 60s), "Q.931 T303: wait for any answer to SETUP."),
          option<PriTrunk>("t304", &PriTrunk::t304, duration(1s, 120s), "Q.931 T304: wait after the last digit sent."),
          option<PriTrunk>("t305", &PriTrunk::t305, duration(1s, 120s),
                           "Q.931 T305: wait for RELEASE after DISCONNECT."),
          option<PriTrunk>("t308", &PriTrunk::t308, duration(1s, 60s), "Q.931 T308: wait for RELEASE COMPLETE."),
          option<PriTrunk>("t309", &PriTrunk::t309, duration(0s, 90s),
                           "Q.931 T309: how long calls outlive a D-channel that is down, or whose span is in alarm."),
          option<PriTrunk>("t310", &PriTrunk::t310, duration(1s, 300s),
                           "Q.931 T310: wait for ALERTING, CONNECT or PROGRESS after CALL PROCEEDING."),
          option<PriTrunk>("t313", &PriTrunk::t313, duration(1s, 60s), "Q.931 T313: wait for CONNECT ACKNOWLEDGE."),
          option<PriTrunk>("t316", &PriTrunk::t316, duration(1s, 300s), "Q.931 T316: wait for RESTART ACKNOWLEDGE."),
          option<PriTrunk>("restart", &PriTrunk::restart, boolean(),
                           "RESTART every idle timeslot when layer 2 comes up, so that calls the far end still holds "
                           "from before are cleared. An exchange that does not answer RESTART is used all the same."),
          option<PriTrunk>("alarm_release", &PriTrunk::alarm_release, duration(0s, 90s),
                           "How long calls are kept on a span in alarm. They end with cause 27."),
          echo_option<PriTrunk>(),
      });
  return options;
}

namespace {

std::vector<Option<AnalogTrunk>> make_analog_options(const std::string& kind) {
  using A = AnalogTrunk;
  auto options = joined(
      make_trunk_options<A>(kind),
      {
          option<A>("spans", &A::spans, list(span_number(), false),
                    "The spans of this trunk: cards of analog ports, or T1s with robbed-bit channels. Which of their "
                    "ports are used, [[line]] says.")
              .needed("[3]"),
          option<A>("media", &A::media, choice<LineMedia>({{"any", LineMedia::Any}, {"fax", LineMedia::Fax}}),
                    "fax: only fax machines are here: calls are handled as fax from the start, and no echo canceller "
                    "is used. [[line]] may say so for one port."),
          echo_option<A>(),
      });
  auto first = option<A>("first_digit", &A::first_digit, duration(1s, 60s), "How long nothing need be dialled.");
  auto next = option<A>("inter_digit", &A::inter_digit, duration(500ms, 30s),
                        "The pause after which a number is complete. On a telephone # ends it at once.");
  auto ring = option<A>("ring_limit", &A::ring_limit, duration(5s, 1h), "How long a call that goes there may ring.");
  auto hunt =
      option<A>("hunt", &A::hunt, choice<Hunt>({{"ascending", Hunt::Ascending}, {"descending", Hunt::Descending}}),
                "Which way a free port is looked for.");
  if (kind == "fxs") {
    return joined(
        std::move(options),
        {first, next, ring,
         option<A>("caller_id", &A::caller_id,
                   choice<CallerIdBy>({{"none", CallerIdBy::None},
                                       {"bell202", CallerIdBy::Bell202},
                                       {"sdmf", CallerIdBy::Sdmf},
                                       {"v23", CallerIdBy::V23}}),
                   "How telephones are told who calls, after the first burst of ringing. bell202: North "
                   "America (GR-30); sdmf: the same, number only; v23: Europe (EN 300 659)."),
         option<A>("flash", &A::flash,
                   choice<Flash>({{"services", Flash::Services}, {"hold", Flash::Hold}, {"ignore", Flash::Ignore}}),
                   "What the hook (the key R) does in a call. services: hold, and dial tone for a second call; then "
                   "again: a conference; hanging up: transfer. hold: hold and retrieve. ignore: nothing, which is what "
                   "fax machines always get."),
         option<A>("polarity", &A::polarity, boolean(),
                   "Reverse the battery when the far end answers, for pay phones and exchanges behind a port."),
         option<A>("busy_tone", &A::busy_tone, duration(1s, 10min),
                   "How long busy tone sounds when the far end has hung up; then the howler, then nothing.")});
  }
  if (kind == "em") {
    return joined(std::move(options), {hunt, first, next, ring,
                                       option<A>("wink", &A::wink, duration(1s, 30s),
                                                 "How long the far end may take to say that it is ready for digits.")});
  }
  return joined(
      std::move(options),
      {hunt, ring,
       option<A>(
           "caller_id", &A::caller_id,
           choice<CallerIdBy>({{"none", CallerIdBy::None}, {"bell202", CallerIdBy::Bell202}, {"v23", CallerIdBy::V23}}),
           "none: calls come in at the first burst of ringing. Else caller ID is listened for, until the second; "
           "either kind is understood."),
       option<A>("answer", &A::answer,
                 choice<AnswerBy>({{"dialled", AnswerBy::Dialled}, {"polarity", AnswerBy::Polarity}}),
                 "When a call counts as answered. dialled: as soon as its number is out, since most lines do not tell; "
                 "polarity: when the exchange reverses the battery."),
       option<A>("polarity", &A::polarity, boolean(), "A reversal of the battery in a call is the far end's hang-up."),
       option<A>("dial_start", &A::dial_start,
                 choice<DialStart>({{"dial-tone", DialStart::DialTone}, {"time", DialStart::Time}}),
                 "Dial when dial tone is heard, or when the time of dial_tone is over."),
       option<A>("dial_tone", &A::dial_tone, duration(200ms, 30s),
                 "How long to wait for dial tone. Then the line is given up, or dialled on: see dial_start."),
       option<A>("dialling", &A::dialling, choice<Dialling>({{"tone", Dialling::Tone}, {"pulse", Dialling::Pulse}}),
                 "DTMF, or dial pulses.")});
}

}  // namespace

const std::vector<Option<AnalogTrunk>>& analog_trunk_options(AnalogKind kind) {
  static const std::vector<Option<AnalogTrunk>> kFxs = make_analog_options("fxs"), kFxo = make_analog_options("fxo"),
                                                kEm = make_analog_options("em");
  return kind == AnalogKind::Fxs ? kFxs : kind == AnalogKind::Fxo ? kFxo : kEm;
}

const std::vector<Option<SipTrunk>>& sip_trunk_options() {
  static const auto options = joined(
      make_trunk_options<SipTrunk>("sip"),
      {
          option<SipTrunk>("peer", &SipTrunk::peer, peer_address(), "Where calls are sent.")
              .live()
              .needed("\"sip:127.0.0.1:5070\""),
          option<SipTrunk>(
              "allow_from", &SipTrunk::allow_from, list(address_range()),
              "Whose calls are taken as this trunk's: addresses or blocks of them. Empty: the peer's own address.")
              .live(),
          option<SipTrunk>("codecs", &SipTrunk::codecs,
                           list(choice<Codec>({{"pcma", Codec::Pcma}, {"pcmu", Codec::Pcmu}}), false),
                           "G.711 laws that are offered and accepted, the preferred first.")
              .live(),
          option<SipTrunk>(
              "dtmf", &SipTrunk::dtmf,
              choice<Dtmf>({{"rfc4733", Dtmf::Rfc4733}, {"inband", Dtmf::Inband}, {"info", Dtmf::Info}}),
              "How digits travel. rfc4733: as telephone events, to a peer that does not know them as "
              "tones; inband: always as tones; info: by SIP INFO (application/dtmf-relay), and telephone "
              "events are neither offered nor accepted. Digits that come by SIP INFO are understood in any "
              "case.")
              .live(),
          option<SipTrunk>("first_response", &SipTrunk::first_response, duration(200ms, 60s),
                           "How long the peer may give no response at all to a call, before the next target is tried.")
              .live(),
          option<SipTrunk>(
              "first_progress", &SipTrunk::first_progress, duration(500ms, 180s),
              "How long the peer may give neither 18x nor a final response, before the next target is tried.")
              .live(),
          option<SipTrunk>("probe", &SipTrunk::probe, duration(0s, 1h),
                           "How often the peer is asked by OPTIONS whether it is there. After 3 misses in a row it is "
                           "down and passed over, after 2 answers up again. 0s: never asked.")
              .live(),
          option<SipTrunk>(
              "identity", &SipTrunk::identity,
              choice<SipIdentity>(
                  {{"pai", SipIdentity::Pai}, {"rpid", SipIdentity::Rpid}, {"from", SipIdentity::From}}),
              "How the peer is told who calls. pai: P-Asserted-Identity (RFC 3325), for peers within the trust; rpid: "
              "Remote-Party-ID, for old ones; from: From alone. All are understood.")
              .live(),
          option<SipTrunk>("diversion", &SipTrunk::diversion,
                           choice<SipDiversion>({{"diversion", SipDiversion::Diversion},
                                                 {"history-info", SipDiversion::HistoryInfo},
                                                 {"none", SipDiversion::None}}),
                           "How the peer is told who was called first: Diversion (RFC 5806), History-Info (RFC 7044), "
                           "or not. Both are understood.")
              .live(),
          option<SipTrunk>("follow_redirects", &SipTrunk::follow_redirects, boolean(),
                           "A 302 of the peer's sends the call on to the contacts that it names, wherever they are. "
                           "Else it is a refusal.")
              .live(),
          option<SipTrunk>("transfer", &SipTrunk::transfer, boolean(),
                           "The peer may transfer calls (REFER) and take calls over (Replaces), to wherever the dial "
                           "plan lets it call.")
              .live(),
          option<SipTrunk>("clearmode", &SipTrunk::clearmode, boolean(),
                           "Calls of 64 kbit/s unrestricted data come and go as CLEARMODE (RFC 4040). Else they go to "
                           "the next target, or are refused.")
              .live(),
          option<SipTrunk>(
              "latch", &SipTrunk::latch,
              choice<Latch>({{"careful", Latch::Careful}, {"always", Latch::Always}, {"never", Latch::Never}}),
              "Whose RTP and T.38 are the peer's where they come from elsewhere than its SDP says (NAT). careful: from "
              "another port of that host; where SDP tells a private address, from its network or the trunk's peer too, "
              "and, once the told address was silent for a second, from anywhere. always: whoever comes first. never: "
              "from the told address and port only.")
              .live(),
      });
  return options;
}

const std::vector<Option<Records>>& records_options() {
  static const std::vector<Option<Records>> options = {
      option<Records>(
          "file", &Records::file, text("a path"),
          "Call records are appended here, a line of JSON each; the file's directory is made where only that is "
          "missing. Empty: none are kept."),
  };
  return options;
}

const std::vector<Option<Control>>& control_options() {
  static const std::vector<Option<Control>> options = {
      option<Control>("socket", &Control::socket, maybe(text("a path"), in_quotes(kMachineSocket)),
                      "Unix socket that spangatectl talks to. Empty: none. Not given: the one below, for root and for "
                      "whoever may write to its directory; else, for an ordinary user, "
                      "$XDG_RUNTIME_DIR/spangate/control.sock, or /tmp/spangate-UID/control.sock where that is not "
                      "set. spangatectl finds all of these by itself. Its directory is made where it is missing."),
      option<Control>("group", &Control::group, text("a group's name"),
                      "Group whose members may use the socket, and enter its directory where the gateway makes it. "
                      "Empty: the gateway's own."),
  };
  return options;
}

const std::vector<Option<LogSettings>>& log_options() {
  static const std::vector<Option<LogSettings>> options = {
      option<LogSettings>("level", &LogSettings::level,
                          choice<LogLevel>({{"error", LogLevel::Error},
                                            {"warning", LogLevel::Warning},
                                            {"info", LogLevel::Info},
                                            {"debug", LogLevel::Debug}}),
                          "How much is written to standard error: this and what is worse."),
  };
  return options;
}

}  // namespace sg::conf
