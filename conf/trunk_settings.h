#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/kinds/isdn.h"
#include "base/kinds/line.h"
#include "base/kinds/media.h"
#include "base/kinds/span.h"
#include "conf/host_settings.h"

// Spans, and trunks on them or over IP.
namespace sg::conf {

enum class SpanBackend : uint8_t { Cesop, Dahdi };

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
  ClockSource clock = ClockSource::Recovered;
  double ppm = 0;  // how far a given clock is off, on purpose
  int jitter_packets = 0;
  std::chrono::milliseconds transmit_margin{100};

  int number_in_driver() const { return driver_span != 0 ? driver_span : number; }
};

// The form in which a trunk gives numbers, or takes them.
enum class NumberForm : uint8_t { Ton, E164, National, Dialled, Extension, AsIs };

struct NumberStyle {
  NumberForm form = NumberForm::Ton;
  int digits = 0;  // of an extension

  bool operator==(const NumberStyle&) const = default;
};

// How a line or a trunk treats media, where it is not as usual.
struct Profile {
  std::string name;
  std::optional<CallMedia> media;  // what its calls carry
  std::vector<CodecId> codecs;     // empty: as usual
  std::optional<T38Ask> t38;
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

// Type of number and numbering plan to be sent instead of those that the number has. Not set: as they are.
struct TonOut {
  std::optional<TypeOfNumber> unknown, international, national, subscriber;
  std::optional<NumberingPlan> plan;
};
// Who plays ringback to an ISDN caller while a SIP phone rings: we do in band, or the far end by itself.
enum class Ringback : uint8_t { Gateway, FarEnd };

struct PriTrunk : Trunk {
  std::vector<uint16_t> spans;
  TonOut ton_out;
  IsdnRole role = IsdnRole::User;
  SwitchType switch_type = SwitchType::EuroIsdnE1;
  int dchannel = 0;                 // timeslot in each span; 0: 16 on an E1, 24 on a T1
  bool nfas = false;                // all spans are one interface
  std::vector<uint16_t> dchannels;  // with nfas: the spans that have a D-channel; empty: the first
  HuntOrder hunt = HuntOrder::Ascending;
  BearerCapability bearer = BearerCapability::Audio31k;  // of calls that come from SIP
  bool transfer = true;
  bool join_in_switch = false;
  Ringback ringback = Ringback::Gateway;
  // Q.931 timers. T301, T302, T304, T309 and T310 are ours, the others libpri's.
  milliseconds t301{180000}, t302{15000}, t304{20000}, t310{40000};
  milliseconds t303{4000}, t305{30000}, t308{4000}, t309{6000}, t313{4000}, t316{120000};
  bool restart = true;  // timeslots, when layer 2 comes up
  milliseconds alarm_release{5000};
  int echo_canceller = 0;  // taps

  int dchannel_of(const Span& span) const { return dchannel != 0 ? dchannel : sg::dchannel_of(span.type); }
  // The spans that have one, the primary first.
  std::vector<uint16_t> dchannel_spans() const {
    if (!nfas) return spans;
    return dchannels.empty() ? std::vector{spans.front()} : dchannels;
  }
};

enum class LineMedia : uint8_t { Any, Fax };

struct AnalogTrunk : Trunk {
  LineKind kind = LineKind::Fxs;
  std::vector<uint16_t> spans;
  LineMedia media = LineMedia::Any;
  CallerIdStandard caller_id = CallerIdStandard::V23;
  HuntOrder hunt = HuntOrder::Ascending;
  AnswerBy answer = AnswerBy::Dialled;
  DialStart dial_start = DialStart::DialTone;
  Dialling dialling = Dialling::Tone;
  HookFlash flash = HookFlash::Services;
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

struct SipTrunk : Trunk {
  SipAddress peer;
  std::vector<AddressRange> allow_from;  // whose calls are this trunk's; never empty: at least the peer's own address
  std::vector<CodecId> codecs = {CodecId::Pcma, CodecId::Pcmu};
  Dtmf dtmf = Dtmf::Rfc4733;
  // Of an INVITE that we send; then the next target is tried.
  milliseconds first_response{3000};  // to any response, 100 included
  milliseconds first_progress{6000};  // to a 18x or a final response
  milliseconds probe{30000};          // between OPTIONS; 0: none are sent
  IdentityStyle identity = IdentityStyle::Asserted;
  DiversionStyle diversion = DiversionStyle::Diversion;
  bool follow_redirects = false;
  bool transfer = true;
  bool clearmode = true;
  Latch latch = Latch::Careful;
};

}  // namespace sg::conf
