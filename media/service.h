#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.h"
#include "base/ids.h"
#include "base/reactor.h"
#include "base/result.h"
#include "base/socket_address.h"
#include "media/codec/codec.h"
#include "media/types.h"
#include "t38/fax_event.h"
#include "t38/params.h"
#include "tdm/backend.h"
#include "tdm/call_tones.h"
#include "tdm/types.h"

// What call control sees of the media plane: values in, values out, sessions named by id.
namespace sg::media {

// Whose audio is passed on to whom. Conference: each side hears the sum of the others, C too.
enum class Bridging : uint8_t { None, BToA, Both, Conference };

// How one IP side speaks RTP: what was negotiated with its peer.
struct RtpSettings {
  SocketAddress remote;
  SocketAddress signalling = {};  // the host that its signalling comes from, where that is known
  Latch latch = Latch::Careful;
  SocketAddress remote_rtcp;  // unset: remote's port + 1
  AudioCodec codec;           // of what we send
  // What we offered, and so must understand.
  std::vector<AudioCodec> own_codecs{static_codec(CodecId::Pcma), static_codec(CodecId::Pcmu)};
  // RFC 3264 5.1: a payload type in a description is for what its sender receives. Of what follows the peer's numbers
  // are sent, and our own understood; so are the peer's, where they mean nothing else among ours.
  std::optional<uint8_t> telephone_event, own_telephone_event;
  // The peer is told of digits by its signalling alone: what is heard of them on other sides is for the call to pass
  // on.
  bool digits_by_signalling = false;
  // V.152: set when both sides have a payload type for modem signals, of the codec above. Sent while the profile is
  // Fax, understood at any time.
  std::optional<uint8_t> voice_band_data, own_voice_band_data;
  // RFC 2198: set when both sides know it. Sent while the profile is Fax, understood at any time.
  std::optional<uint8_t> redundancy, own_redundancy;
  size_t redundant_copies = 2;  // of earlier packets in each, to begin with
  size_t most_copies = 3;       // up to which they rise with loss
  std::chrono::milliseconds ptime{20};
  bool send = true;
  bool receive = true;
};

// How one IP side speaks T.38 over UDPTL.
struct T38Settings {
  SocketAddress remote;
  SocketAddress signalling = {};  // as in RtpSettings
  Latch latch = Latch::Careful;
  t38::Params local;          // what we told the peer of our receiver
  t38::Params remote_params;  // what the peer told of its own: binds our sender
  bool ecm = true;            // as Config::ecm, for this call

  int version() const { return std::min(local.version, remote_params.version); }  // T38FaxVersion in use
  bool operator==(const T38Settings&) const = default;
};

struct RtpStats {
  uint64_t packets_sent = 0, octets_sent = 0;
  uint64_t packets_received = 0, octets_received = 0;
  uint64_t lost = 0, late = 0, duplicate = 0, malformed = 0, concealed_samples = 0;
  uint64_t recovered = 0;  // lost packets that later ones brought (RFC 2198)
  double drift_ppm = 0;    // of the sender's clock against ours, measured in a fax; 0: not known
  double jitter_ms = 0, round_trip_ms = 0, remote_loss = 0;
  int redundancy = 0;  // earlier packets in each that a fax sends, lastly; 0: none
};

struct UdptlStats {
  uint64_t packets_sent = 0, packets_received = 0;
  uint64_t lost = 0, recovered_redundancy = 0, recovered_fec = 0, late = 0, duplicate = 0, malformed = 0;
  uint64_t refused = 0;   // IFPs in sound datagrams that do not add up: cut short
  uint64_t too_long = 0;  // IFPs of the other side that were not sent, as no datagram holds them
  uint64_t oversize = 0;  // datagrams that were sent though they exceed the peer's T38FaxMaxDatagram
  int redundancy = 0;     // earlier IFPs in each datagram that is sent, lastly; 0: none, or FEC
};

struct FaxStats {
  int pages = 0;
  int bit_rate = 0;
  bool ecm = false;
  bool ended_by_dcn = false;
};

struct SideStats {
  RtpStats rtp;
  UdptlStats udptl;
  tdm::BearerStats bearer;
  uint64_t rtp_before_fax = 0;  // packets that were received before the call became a fax
};

struct SessionStats {
  SideStats side[3];
  FaxStats fax;
};

struct ToneHeard {
  Side side;
  HeardTone tone;
};
// RFC 4733 or in-band DTMF; a digit is told once, by whichever way came first.
struct DigitHeard {
  Side side;
  char digit;  // 0-9 * # A-D
};
// The timeslot's exchange says so that the far end is gone, on a line that was listened to for it. Told once.
struct BusyToneHeard {
  Side side;
};
// The side cannot carry media any more: the timeslot could not be opened, or is gone.
struct SideFailed {
  Side side;
  std::string message;
};
// Packets of a side's peer, since the session began.
struct PacketsReceived {
  uint64_t rtp = 0, udptl = 0;
};
// What a fax machine said, or that its modem trains.
struct FaxSeen {
  t38::FaxEvent event;
  Side from = Side::A;                           // the side of the machine that said it
  bool in_audio = false;                         // heard by listening in on G.711
  std::array<PacketsReceived, 2> received = {};  // until then, by sides A and B
};
// While the call is a fax: packets from this side's peer, or blocks of its timeslot, did not come. Told a few times a
// second at most, for all since the time before.
struct MediaImpairment {
  enum class Kind : uint8_t { Loss, Slip };
  Side side;
  Kind kind = Kind::Loss;
  uint64_t count = 0;      // lost for good; slips
  uint64_t recovered = 0;  // lost, and made good by redundancy or FEC
  bool in_audio = false;   // of RTP, not of T.38
};
// While the call is a fax: each packet that this side sends carries more of the earlier ones than before.
struct RedundancyRaised {
  Side side;
  int from = 0, to = 0;  // earlier packets in each
  double loss = 0;       // measured share of packets, 0 … 1, for which it was
};
// Nothing came from the peer of this side for the configured time-out.
struct MediaTimeout {
  Side side;
};
// The session is gone; the last event.
struct Closed {
  SessionStats stats;
};
using Event = std::variant<ToneHeard, DigitHeard, BusyToneHeard, SideFailed, FaxSeen, MediaImpairment, RedundancyRaised,
                           MediaTimeout, Closed>;

struct Config {
  unsigned workers = 1;  // media worker threads; 0: one a processor
  uint16_t first_port = 10000;
  uint16_t last_port = 19999;
  std::chrono::milliseconds voice_jitter_min{10}, voice_jitter_start{20}, voice_jitter_max{200};
  std::chrono::milliseconds fax_jitter{60}, fax_jitter_max{360};
  std::chrono::seconds rtp_timeout{0};  // 0: never
  std::chrono::seconds t38_timeout{30};
  size_t block_octets = 160;  // 20 ms
  int t38_redundancy = 3;     // earlier IFPs in each datagram, at most
  bool ecm = true;
  // For those who wait: 8000 linear samples a second. May be empty.
  std::vector<int16_t> hold_music = {};
  // T.30 modulations that the T.38 gateway allows.
  bool v17 = true, v29 = true, v27ter = true;
};

// Signalling thread only. All but add_ip are commands that take effect shortly after, in order.
class Service {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // On the signalling reactor. Nothing comes for a session after Closed.
    virtual void on_media_event(SessionId session, const Event& event) = 0;
  };

  virtual ~Service() = default;
  virtual void set_listener(Listener* listener) = 0;

  // Starts a session on the worker with the least to do.
  virtual SessionId open(CallId call) = 0;
  // Gives a side an RTP/UDPTL port (even, RTCP on the next) on this local address. Error: no port is free.
  virtual Result<SocketAddress> add_ip(SessionId session, Side side, const std::string& local_host) = 0;
  // Gives a side a timeslot, or another one than before. While another session still has it (a call that ends, or that
  // lost it to this one), the side waits for it. SideFailed if it cannot be opened. `busy_tones`: null, or one of
  // tdm::tone_zones(), whose busy tones are listened for on it (BusyToneHeard).
  virtual void add_bearer(SessionId session, Side side, tdm::Timeslot slot,
                          const tdm::ToneZone* busy_tones = nullptr) = 0;
  // Lets a side's timeslot go: its call is over, though the session may live on.
  virtual void remove_bearer(SessionId session, Side side) = 0;
  virtual void use_rtp(SessionId session, Side side, const RtpSettings& settings) = 0;
  // Swaps RTP for T.38 on the same port. use_rtp swaps back.
  virtual void use_t38(SessionId session, Side side, const T38Settings& settings) = 0;
  virtual void set_bridging(SessionId session, Bridging bridging) = 0;
  virtual void set_profile(SessionId session, Profile profile) = 0;
  // Plays to this side, in place of what the other side says, until Tone::None. The tone sounds as in `zone`, which is
  // one of tdm::tone_zones().
  virtual void play(SessionId session, Side side, Tone tone, const tdm::ToneZone& zone) = 0;
  // Sends a digit towards this side: RFC 4733 where negotiated, else in band.
  virtual void send_digit(SessionId session, Side side, char digit, std::chrono::milliseconds length) = 0;
  // Closed follows.
  virtual void close(SessionId session) = 0;

  struct Snapshot {
    unsigned workers = 0;
    size_t sessions = 0;
  };
  virtual Snapshot snapshot() const = 0;
  // The figures of a live session, asked for and answered later on the signalling reactor; empty when it is gone.
  virtual void ask_stats(SessionId session, std::function<void(std::optional<SessionStats>)> answer) = 0;
};

// The real one. `backends` are looked up by span number when a timeslot is opened; each open is done on the worker.
// Error: the workers could not be started.
struct BackendOfSpan {
  uint16_t span;
  tdm::Backend* backend;
};
Result<std::unique_ptr<Service>> make_service(const Config& config, Reactor& signalling,
                                              const std::vector<BackendOfSpan>& backends, Counters& counters);

}  // namespace sg::media
