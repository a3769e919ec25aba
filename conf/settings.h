#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/socket_address.h"

// The configuration as the rest of the gateway sees it: plain values that were checked once, when the file was read.
// What each option means, its range and its default in words: conf/options.cc, from which the sample file is made.
namespace sg::conf {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Transport : uint8_t { Udp, Tcp };

// One end of SIP signalling: "udp:127.0.0.1:5060".
struct SipAddress {
  Transport transport = Transport::Udp;
  SocketAddress address;

  bool operator==(const SipAddress&) const = default;
};

// An address or a block of them: "192.0.2.0/28".
struct AddressRange {
  SocketAddress first;
  int prefix_bits = 0;

  static Result<AddressRange> parse(std::string_view text);
  // Whether the address (the port does not matter) is in the block.
  bool contains(const SocketAddress& address) const;
  std::string to_string() const;
  bool operator==(const AddressRange&) const = default;
};

// What happens to requests from addresses that no trunk lists.
enum class UnknownSource : uint8_t { Drop, Refuse };

struct Sip {
  std::vector<SipAddress> listen;
  UnknownSource unknown_source = UnknownSource::Drop;
  // From one address; 0: no limit.
  int max_invites_per_second = 200, max_requests_per_second = 250;
  int max_transactions = 10000;                                 // 0: no limit
  int max_connections = 1024;                                   // TCP; 0: as many as descriptors allow
  int max_connections_per_source = 64;                          // 0: no limit
  seconds connection_first_message{10}, connection_idle{3600};  // 0: no limit
  bool options_follow_trunks = false;
  std::string user_agent = "Spangate";
  milliseconds t1{500}, t2{4000}, t4{5000};   // RFC 3261 section 17
  seconds session_expires{1800}, min_se{90};  // RFC 4028
};

struct Media {
  std::string address;  // empty: that of the SIP leg
  uint16_t first_port = 10000, last_port = 19999;
  int workers = 0;  // 0: one a processor
  milliseconds voice_jitter_min{10}, voice_jitter_start{20}, voice_jitter_max{200};
  milliseconds fax_jitter{60}, fax_jitter_max{360};
  seconds rtp_timeout{0};  // 0: never
  seconds t38_timeout{30};
  std::string hold_music;  // a file; empty: none
};

// Who asks for T.38. Preamble: we do, when the answering machine's V.21 preamble is heard; Ced, Cng: earlier, at that
// tone; AtOnce: right after the answer where a fax machine is known to be there. Peer: only the peer.
enum class T38Mode : uint8_t { Preamble, Ced, Cng, AtOnce, Peer, Never };
// LowerToG3: Super G3 machines are brought down to G3 by T.38. Pass: V.34 goes through as G.711.
enum class Sg3 : uint8_t { LowerToG3, Pass };
// V.152 attributes for fax in G.711. Offer: told in a re-INVITE too; Answer: in descriptions that are due anyway.
enum class VoiceBandData : uint8_t { Offer, Answer, Never };
enum class ErrorCorrection : uint8_t { None, Redundancy, Fec };
enum class Modem : uint8_t { V27ter, V29, V17 };

// How a trunk carries fax: [fax], and what [trunk.NAME.fax] says otherwise.
struct TrunkFax {
  T38Mode t38 = T38Mode::Preamble;
  std::optional<T38Mode> t38_from, t38_to;  // of calls from the trunk and to it, where they differ
  milliseconds t38_answer_timeout{5000};
  milliseconds t38_offer_window{0};  // 0: the peer's offer is taken at any time
  Sg3 sg3 = Sg3::LowerToG3;
  int max_bit_rate = 14400;
  int max_buffer = 2000;   // octets
  int max_datagram = 400;  // octets
  ErrorCorrection error_correction = ErrorCorrection::Redundancy;
  int t38_peer_max_datagram = 0;                             // octets that it really takes; 0: as it tells
  std::optional<ErrorCorrection> t38_peer_error_correction;  // that it really understands; none: as it tells
  VoiceBandData vbd = VoiceBandData::Offer;
  int rtp_redundancy = 2;  // earlier packets in each of a fax in G.711
};

struct Fax : TrunkFax {
  bool ecm = true;
  int redundancy = 3;          // earlier IFPs in each datagram
  seconds clear_after_dcn{6};  // 0: never
  std::string memory;          // file of what worked for each number; empty: nothing is remembered
  int keep = 100;              // faxes whose timeline is kept in memory
  std::vector<Modem> modems = {Modem::V27ter, Modem::V29, Modem::V17};

  bool allows(Modem modem) const;
};

enum class SpanBackend : uint8_t { Cesop, Dahdi };
enum class SpanType : uint8_t { E1, T1 };
enum class SpanClock : uint8_t { Recovered, Given };

// Of a span in the DAHDI driver only the first three count: what it is, the driver says.
struct Span {
  uint16_t number = 0;
  SpanBackend backend = SpanBackend::Cesop;
  int driver_span = 0;  // what the driver calls it; 0: the same as we do
  SpanType type = SpanType::E1;
  SocketAddress local;
  SocketAddress remote;
  int frames_per_packet = 40;  // of 125 us each
  bool rtp_header = false;
  SpanClock clock = SpanClock::Recovered;
  double ppm = 0;  // how far a given clock is off, on purpose
  int jitter_packets = 0;
  std::chrono::milliseconds transmit_margin{100};

  int number_in_driver() const { return driver_span != 0 ? driver_span : number; }
  int timeslots() const { return type == SpanType::E1 ? 31 : 24; }
};

// The form in which a trunk gives numbers, or takes them.
enum class NumberForm : uint8_t { Ton, E164, National, Dialled, Extension, AsIs };

struct NumberStyle {
  NumberForm form = NumberForm::Ton;
  int digits = 0;  // of an extension

  bool operator==(const NumberStyle&) const = default;
};

enum class CallMedia : uint8_t { Voice, Fax, Data };
enum class Codec : uint8_t { Pcma, Pcmu };

// How a line or a trunk treats media, where it is not as usual.
struct Profile {
  std::string name;
  std::optional<CallMedia> media;  // what its calls carry
  std::vector<Codec> codecs;       // empty: as usual
  std::optional<T38Mode> t38;
  int line = 0;  // where it stands in the file; so below
};

struct Price {
  std::string trunk;
  std::string prefix;  // of the called number; empty: all
  double price = 0;
};

// What a trunk has otherwise than the table of causes: "sip.486 = 17", or "q850.34 = 503".
struct CauseRule {
  bool is_from_sip = true;
  int from = 0, to = 0;

  bool operator==(const CauseRule&) const = default;
};

// What every trunk has, whatever its kind.
struct Trunk {
  std::string name;
  std::string profile;
  int max_calls = 0;  // 0: as many as it carries
  int max_cps = 20;   // calls a second each way, and twice as many at once; 0: no limit
  int share = 90;     // of lines that other trunks reach too, the most that it holds, percent
  std::vector<Price> cost;
  NumberStyle numbers_in, numbers_out;
  std::string tone_zone = "eu";
  bool is_paid = false;
  std::vector<CauseRule> causes;
  TrunkFax fax;
};

enum class PriRole : uint8_t { User, Network };
enum class PriSwitch : uint8_t { EuroIsdnE1, EuroIsdnT1, Ni2, Dms100, Lucent5e, Att4ess, Qsig };
enum class Hunt : uint8_t { Ascending, Descending };
enum class Bearer : uint8_t { Audio31k, Speech, Unrestricted };

// Q.931 4.5.10.
enum class WireTon : uint8_t { Unknown, International, National, NetworkSpecific, Subscriber, Abbreviated };
enum class WirePlan : uint8_t { Unknown, Isdn, Data, Telex, National, Private };

// Type of number and numbering plan to be sent instead of those that the number has. Not set: as they are.
struct TonOut {
  std::optional<WireTon> unknown, international, national, subscriber;
  std::optional<WirePlan> plan;
};
// Who plays ringback to an ISDN caller while a SIP phone rings: we do in band, or the far end by itself.
enum class Ringback : uint8_t { Gateway, FarEnd };

struct PriTrunk : Trunk {
  std::vector<uint16_t> spans;
  TonOut ton_out;
  PriRole role = PriRole::User;
  PriSwitch switch_type = PriSwitch::EuroIsdnE1;
  int dchannel = 0;                 // timeslot in each span; 0: 16 on an E1, 24 on a T1
  bool nfas = false;                // all spans are one interface
  std::vector<uint16_t> dchannels;  // with nfas: the spans that have a D-channel; empty: the first
  Hunt hunt = Hunt::Ascending;
  Bearer bearer = Bearer::Audio31k;  // of calls that come from SIP
  bool transfer = true;
  bool join_in_switch = false;
  Ringback ringback = Ringback::Gateway;
  // Q.931 timers. T301, T302, T304, T309 and T310 are ours, the others libpri's.
  milliseconds t301{180000}, t302{15000}, t304{20000}, t310{40000};
  milliseconds t303{4000}, t305{30000}, t308{4000}, t309{6000}, t313{4000}, t316{120000};
  bool restart = true;  // timeslots, when layer 2 comes up
  milliseconds alarm_release{5000};
  int echo_canceller = 0;  // taps

  int dchannel_of(const Span& span) const { return dchannel != 0 ? dchannel : span.type == SpanType::E1 ? 16 : 24; }
  // The spans that have one, the primary first.
  std::vector<uint16_t> dchannel_spans() const {
    if (!nfas) return spans;
    return dchannels.empty() ? std::vector{spans.front()} : dchannels;
  }
};

// Fxs: telephones and fax machines. Fxo: lines of an exchange. Em: tie lines with E and M leads.
enum class AnalogKind : uint8_t { Fxs, Fxo, Em };
// How the number of a caller crosses an analog line: Bellcore's way, its older message, ETSI's.
enum class CallerIdBy : uint8_t { None, Bell202, Sdmf, V23 };
enum class AnswerBy : uint8_t { Dialled, Polarity };
enum class DialStart : uint8_t { DialTone, Time };
enum class Dialling : uint8_t { Tone, Pulse };
enum class LineMedia : uint8_t { Any, Fax };
enum class Flash : uint8_t { Services, Hold, Ignore };

struct AnalogTrunk : Trunk {
  AnalogKind kind = AnalogKind::Fxs;
  std::vector<uint16_t> spans;
  LineMedia media = LineMedia::Any;
  CallerIdBy caller_id = CallerIdBy::V23;
  Hunt hunt = Hunt::Ascending;
  AnswerBy answer = AnswerBy::Dialled;
  DialStart dial_start = DialStart::DialTone;
  Dialling dialling = Dialling::Tone;
  Flash flash = Flash::Services;
  int echo_canceller = 0;  // taps
  bool polarity = false;   // Fxs: reversed at the answer. Fxo: a reversal ends the call
  milliseconds first_digit{10000}, inter_digit{4000}, dial_tone{5000}, ring_limit{180000}, busy_tone{30000}, wink{5000};
};

// A port of an analog card, or a channel of a span: "3/5".
struct Port {
  uint16_t span = 0;
  uint8_t channel = 0;

  static Result<Port> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Port&) const = default;
};

enum class Dtmf : uint8_t { Rfc4733, Inband, Info };
// How far a peer's media may come from elsewhere than its SDP says: see the option.
enum class Latch : uint8_t { Careful, Always, Never };
enum class SipIdentity : uint8_t { Pai, Rpid, From };
enum class SipDiversion : uint8_t { Diversion, HistoryInfo, None };

struct SipTrunk : Trunk {
  SipAddress peer;
  std::vector<AddressRange> allow_from;  // whose calls are this trunk's; never empty: at least the peer's own address
  std::vector<Codec> codecs = {Codec::Pcma, Codec::Pcmu};
  Dtmf dtmf = Dtmf::Rfc4733;
  // Of an INVITE that we send; then the next target is tried.
  milliseconds first_response{3000};  // to any response, 100 included
  milliseconds first_progress{6000};  // to a 18x or a final response
  milliseconds probe{30000};          // between OPTIONS; 0: none are sent
  SipIdentity identity = SipIdentity::Pai;
  SipDiversion diversion = SipDiversion::Diversion;
  bool follow_redirects = false;
  bool transfer = true;
  bool clearmode = true;
  Latch latch = Latch::Careful;

  bool allows(const SocketAddress& source) const { return prefix_for(source) >= 0; }
  // How closely allow_from names this address: the longest prefix of its blocks that hold it; -1: none does.
  int prefix_for(const SocketAddress& source) const;
};

// How people here dial.
struct Site {
  std::string country, area;              // "44", "20"
  std::string trunk_prefix, intl_prefix;  // "0", "00"
  std::vector<std::string> emergency;
  int most_forwards = 5;  // of one call
};

// Extensions and their +E.164 numbers, digit by digit: "2XXX" and "+442079462XXX".
struct PlanBlock {
  std::string name, ext, e164;
  int line = 0;
};

// One user port or ATA: an extension, its own public number, and what it may dial. Or a line of an exchange, which has
// a port and a number only.
struct Line {
  std::string ext, did, label, profile;
  std::vector<std::string> allow;  // patterns; empty: everything
  std::optional<Port> port;
  std::string trunk;   // the port's; needed only where several have its span
  std::string number;  // of an exchange's line: what its calls are for
  LineMedia media = LineMedia::Any;
  int messages = 0;  // waiting
  // Where its calls go instead: numbers as it would dial them; empty: nowhere.
  std::string forward_always, forward_busy, forward_no_answer;
  std::chrono::seconds forward_after{20};  // of ringing
  int line = 0;
};

struct NumberList {
  std::string name;
  std::vector<std::string> patterns;
  int line = 0;
};

// A day and a time of day, as a clock on the wall shows them.
struct WallClock {
  std::chrono::weekday day{0};
  int minute = 0;                                   // since midnight
  std::optional<std::chrono::year_month_day> date;  // of a real moment

  // "Tue 10:00" or "2026-12-25 10:00".
  static Result<WallClock> parse(std::string_view text);
};

struct Schedule {
  std::string name;
  std::vector<std::chrono::weekday> days;    // empty: all
  int from_minute = 0, to_minute = 24 * 60;  // to_minute below from_minute: past midnight
  std::string zone;                          // IANA; empty: the system's
  std::vector<std::chrono::year_month_day> except;
  int line = 0;

  bool holds(const WallClock& at) const;
};

enum class Pick : uint8_t { Order, Rotate, Idle, Share, Cost };
enum class Ton : uint8_t { Unknown, International, National, Subscriber };

// Which failures of a target send the call on to the next.
struct NextOn {
  bool has_default = true;
  std::vector<int> causes;    // Q.850
  std::vector<int> statuses;  // SIP
};

// How much may be spent on a route. 0: no limit.
struct Spend {
  int per_line_calls_hour = 0;
  int per_line_minutes_day = 0;
  int abroad_minutes_day = 0;  // of all lines together
  int per_destination_minutes_day = 0;
};

// Where calls go: trunks, tried in order; those that stand together share the load.
using Targets = std::vector<std::vector<std::string>>;

// One row of a route's table: a called pattern and, where it says so, targets of its own.
struct RouteRow {
  std::string called;
  uint32_t to = 0;  // 0: the route's own; else Route::row_targets[to - 1]
  int line = 0;     // in the CSV file
};

// Conditions, then what is done. The plan (gateway/route) gives the patterns their meaning.
struct Route {
  std::string name;
  std::vector<std::string> from;  // trunks; empty: any. So with all conditions but `called`
  std::vector<std::string> called;
  std::vector<RouteRow> rows;  // further called patterns, from a CSV file
  std::vector<Targets> row_targets;
  std::vector<std::string> calling, redirecting;
  std::vector<Ton> ton;
  std::vector<CallMedia> media;
  std::string when, not_when;  // schedules

  Targets to;
  Pick pick = Pick::Order;
  std::vector<Price> cost;
  int strip = 0;  // characters taken off the front of the called number, then:
  std::string prepend;
  std::string set_called, set_calling;
  std::vector<std::string> calling_must_be;
  std::string calling_else;
  bool hide_calling = false;
  bool is_emergency = false;
  int reject = 0;  // Q.850 cause; 0: not rejected
  NextOn next_on;
  seconds ring{0};  // to the answer; 0: no limit
  int limit = 0;    // calls at once; 0: no limit
  Spend spend;

  std::string table;  // the CSV file's path as written
  int line = 0;
};

// A call that must go as `want` says, or the file is refused.
struct PlanTest {
  std::string from, dial, calling, redirecting, line_ext;
  Ton ton = Ton::Unknown;
  CallMedia media = CallMedia::Voice;
  std::string at;  // as WallClock::parse takes it; empty: Tue 12:00
  std::string want;
  std::string sends, calling_sends, route;  // empty: any
  int line = 0;
};

struct Records {
  std::string file;  // empty: none are written
};

struct Control {
  std::optional<std::string> socket;  // not given: as conf/control_socket.h says; empty: none
  std::string group;                  // that may use it; empty: the gateway's own
};

struct LogSettings {
  LogLevel level = LogLevel::Info;
};

// The lines of a file where sections and keys stand: by title as written, "[span.1]", and key; "" for the section.
using Places = std::map<std::pair<std::string, std::string>, int>;

struct Settings {
  std::string file;                      // what the settings were read from
  std::shared_ptr<const Places> places;  // but for those of routes, lines and tests, which know their own
  Sip sip;
  Media media;
  Fax fax;
  std::vector<Span> spans;  // by number
  std::vector<PriTrunk> pri_trunks;
  std::vector<SipTrunk> sip_trunks;
  std::vector<AnalogTrunk> analog_trunks;
  Site site;
  std::vector<PlanBlock> plan;
  std::vector<Profile> profiles;
  std::vector<Line> lines;  // that have an extension
  std::vector<Line> ports;  // that have a port
  std::vector<NumberList> lists;
  std::vector<Schedule> schedules;
  std::vector<Route> routes;  // as in the file
  std::vector<PlanTest> tests;
  Records records;
  Control control;
  LogSettings log;

  // That of the key, or of its section where the key is not written; 1: neither is.
  int line_of(const std::string& title, const std::string& key) const;
  const Span* span(uint16_t number) const;
  // Cards have ports of several kinds on one span, so several trunks may have it: by name.
  std::vector<const AnalogTrunk*> analog_trunks_on(uint16_t span) const;
  // The one that the line's port belongs to. Null: the line has no port, or it cannot be told; never so in settings
  // that were checked.
  const AnalogTrunk* analog_trunk_of(const Line& line) const;
  // Of any kind; null when there is no such trunk.
  const Trunk* trunk(std::string_view name) const;
  // Null when there is none of that name.
  const Profile* profile(std::string_view name) const;
};

// Error: every fault of the file, a line each: "FILE:LINE: [table] key: reason (help)".
Result<Settings> load(const std::string& path);
Result<Settings> parse(std::string_view text, std::string_view filename);

// What differs between two files and cannot change while the gateway runs, as "[span.1] remote".
std::vector<std::string> needs_restart(const Settings& before, const Settings& after);

// A configuration that works, with every option, its default and its help.
std::string sample();

}  // namespace sg::conf
