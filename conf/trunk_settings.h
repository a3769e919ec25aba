#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/host_settings.h"

// Spans, and trunks on them or over IP.
namespace sg::conf {

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
  std::optional<std::chrono::year_month_day> from = std::nullopt;  // the first day that it holds; none: ever since
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
  std::string site;   // whose numbers it has; empty: [site]
  int max_calls = 0;  // 0: as many as it carries
  int max_cps = 20;   // calls a second each way, and twice as many at once; 0: no limit
  int share = 90;     // of lines that other trunks reach too, the most that it holds, percent
  std::vector<Price> cost;
  std::string rate_file;  // a carrier's rate sheet, as written: the cost comes from it
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
};

}  // namespace sg::conf
