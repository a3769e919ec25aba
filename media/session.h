#pragma once

#include <array>
#include <memory>
#include <optional>

#include "media/mixer.h"
#include "media/rtp_endpoint.h"
#include "media/session_tools.h"
#include "media/t38_endpoint.h"
#include "media/tone/busy_tone_detector.h"
#include "media/tone/dtmf_detector.h"
#include "media/tone/fax_tone_detector.h"
#include "media/tone/tone_generator.h"
#include "t38/audio_listener.h"
#include "t38/gateway.h"
#include "t38/ifp_listener.h"

namespace sg::media {

// The media of one call: two sides, and the bridge between them; or three, and a mixer. A side has an RTP or T.38
// endpoint on its port, or a bearer, or nothing yet (silence). Its clock is a bearer where there is one, each block
// read being a step; else the worker's timer. Commands come between ticks and may allocate; a tick does not. Owned by
// its Worker, on that thread only.
class Session {
 public:
  Session(SessionId id, SessionTools& tools);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionId id() const { return id_; }

  void give_ports(Side side, PortPair ports);
  void use_rtp(Side side, const RtpSettings& settings);
  void use_t38(Side side, const T38Settings& settings);
  void set_bridging(Bridging bridging);
  void set_profile(Profile profile);
  void play(Side side, Tone tone, const tdm::ToneZone& zone) { at(side).tones.play(tone, zone); }
  void send_digit(Side side, char digit, std::chrono::milliseconds length);
  SessionStats stats() const;
  // Before the session, or the T.38 of a side, ends: takes what the peers have said in T.38 since the last tick. A
  // goodbye (DCN) that is followed by BYE, or by audio, at once is there and not heard yet.
  void hear_last_words();

  // `busy_tones`: as Service::add_bearer().
  void give_bearer(Side side, tdm::Timeslot slot, std::unique_ptr<tdm::Bearer> bearer,
                   const tdm::ToneZone* busy_tones = nullptr);
  // Nothing, where the side has none.
  tdm::Bearer* bearer(Side side) const { return has(side) ? at(side).bearer.get() : nullptr; }
  tdm::Timeslot timeslot(Side side) const { return has(side) ? at(side).slot : tdm::Timeslot{}; }
  bool has_bearer() const { return bearer(Side::A) || bearer(Side::B) || bearer(Side::C); }
  bool bearer_has_failed(Side side) const { return has(side) && at(side).bearer_failed; }
  bool has_failed_bearer() const {
    return bearer_has_failed(Side::A) || bearer_has_failed(Side::B) || bearer_has_failed(Side::C);
  }
  void drop_bearer(Side side);

  // A tick source of its bearers is ready: runs every block that waits.
  void tick(TimePoint now);
  // Runs this many blocks of a session without bearers.
  void tick_on_timer(TimePoint now, uint64_t blocks);
  // Where the timeslot gives no ticks any more, sockets are drained and time-outs still watched.
  void check_stalled(TimePoint now);

 private:
  // What speaks on the side's ports.
  enum class Speaks : uint8_t { Nothing, Rtp, T38 };

  // What a side has lost so far.
  struct Hurt {
    struct Packets {
      uint64_t lost = 0, recovered = 0;
    };
    Packets rtp, t38;
    uint64_t slips = 0;
  };

  struct SideState final : t38::UdptlReceiver::Listener {
    SideState(Session& owner, Side which, size_t block_octets)
        : session(owner), side(which), heard(block_octets), tones(owner.tools_.config.hold_music) {}
    void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { session.on_ifp_from_peer(side, sequence, ifp); }

    Session& session;
    const Side side;
    std::optional<PortPair> ports;
    Speaks speaks = Speaks::Nothing;
    std::unique_ptr<RtpEndpoint> rtp;  // kept while the side speaks T.38
    std::unique_ptr<T38Endpoint> t38;
    tdm::Timeslot slot;
    std::unique_ptr<tdm::Bearer> bearer;
    std::optional<BusyToneDetector> busy_tone;  // of the bearer's line
    bool bearer_failed = false;
    tdm::BearerStats earlier_bearers;
    UdptlStats earlier_udptl;

    AudioBlock heard;      // of this step
    bool is_held = false;  // nothing of it goes on in this step
    FaxToneDetector fax_tones;
    DtmfDetector dtmf;
    ToneGenerator tones;
    bool timeout_told = false;
    Hurt told;  // of it
    uint64_t rtp_before_fax = 0;
    uint64_t refused_ifps = 0;
  };

  // The T.38 gateway between a side that speaks T.38 and one with audio.
  struct FaxGateway final : t38::Gateway::Listener {
    FaxGateway(Session& owner, Side t38, const t38::GatewayOptions& options)
        : session(owner), t38_side(t38), gateway(options, *this) {}
    void on_ifp(ByteView ifp, int copies) override { session.send_ifp(t38_side, ifp, copies); }
    void on_fax_event(const t38::FaxEvent& event) override {
      const bool is_from_t38 = event.direction == t38::Direction::FromT38;
      session.tell_seen(event, is_from_t38 ? t38_side : other_side(t38_side), false);
    }

    Session& session;
    const Side t38_side;
    t38::Gateway gateway;
  };

  // A fax between two sides that both speak T.38: checked, repaired where it can be, and listened in on.
  struct FaxRelay final : t38::FaxTimeline::Listener {
    FaxRelay(Session& owner, int version)
        : session(owner), guards{t38::IfpGuard(version), t38::IfpGuard(version)}, ifps(version, *this) {}
    void on_fax_event(const t38::FaxEvent& event) override {
      session.tell_seen(event, event.direction == t38::Direction::FromT38 ? Side::A : Side::B, false);
    }
    bool relay(Side from, uint16_t sequence, ByteView ifp);

    Session& session;
    std::array<t38::IfpGuard, 2> guards;  // of what each side sends
    std::array<std::optional<uint16_t>, 2> expected;
    t38::IfpListener ifps;
  };

  // Listens in on a fax that goes as G.711. Made when the call turns out to be a fax.
  struct FaxListener final : t38::FaxTimeline::Listener {
    explicit FaxListener(Session& owner) : session(owner), audio(*this) {}
    void on_fax_event(const t38::FaxEvent& event) override {
      session.tell_seen(event, event.direction == t38::Direction::FromT38 ? Side::A : Side::B, true);
    }
    void hear(Side side, std::span<const int16_t> samples) {
      audio.hear(side == Side::A ? t38::AudioListener::End::First : t38::AudioListener::End::Second, samples);
    }

    Session& session;
    t38::AudioListener audio;
  };
  // What three sides have that two have not.
  struct Conference {
    explicit Conference(size_t block)
        : mixer(block), waiting{BlockQueue(block), BlockQueue(block), BlockQueue(block)} {}
    Mixer mixer;
    BlockQueue waiting[3];  // of each side's timeslot, but for the clock's
  };

  // Side C is made when it is first wanted, by a command.
  SideState& at(Side side);
  const SideState& at(Side side) const { return side == Side::C ? *third_ : sides_[static_cast<size_t>(side)]; }
  bool has(Side side) const { return side != Side::C || third_; }
  template <class Do>
  void for_each_side(Do what) {
    for (SideState& side : sides_) what(side);
    if (third_) what(*third_);
  }
  bool passes_to(Side side) const {
    return bridging_ == Bridging::Both || (bridging_ == Bridging::BToA && side == Side::A);
  }
  void tell(Event event) { tools_.events.send(id_, std::move(event)); }
  void tell_seen(const t38::FaxEvent& event, Side from, bool in_audio);

  // Packets in.
  void drain(SideState& side);
  void drain_control(SideState& side);
  void on_datagram(SideState& side, const Datagram& datagram);
  void on_digit(SideState& from, char digit);
  // False: it does not add up.
  bool take_ifp(Side from, uint16_t sequence, ByteView ifp);
  void on_ifp_from_peer(Side from, uint16_t sequence, ByteView ifp);
  void send_ifp(Side to, ByteView ifp, int copies);

  // One step of the line: a block each way.
  void run_between_bearers(SideState& from);
  void run_on_bearer(SideState& tdm);
  void run_conference();
  bool read_bearer(SideState& side);
  void fail_bearer(SideState& side, std::string message);
  void step();
  void hear(SideState& side);
  void relay(SideState& from, SideState& to);
  bool is_relay() const;
  void listen(SideState& side);
  bool passes_digits_on(const SideState& from) const;
  void say(SideState& to, AudioBlock& block);
  void bridge_audio(SideState& from, SideState& to);
  void bridge_fax();
  void mix();
  void look_after(TimePoint now);
  void check_timeout(SideState& side, TimePoint now);
  SideStats stats_of(const SideState& side) const;
  Hurt hurt_of(const SideState& side) const;
  void tell_hurt(SideState& side);
  void tell_loss(const SideState& side, const Hurt::Packets& now, const Hurt::Packets& told, bool in_audio);
  void mind_redundancy(SideState& side);

  void change_t38(SideState& side, const T38Settings& settings);
  void adopt_socket(SideState& side);
  void end_t38(SideState& side);
  t38::GatewayOptions gateway_options(const T38Settings& settings) const;
  void choose_bridge();
  void choose_relay();
  void close_listener();
  // A card cancels echo on voice calls only.
  void mind_echo();
  void mind_onset(Side heard_on);
  void be_as_fax(FaxToneDetector::Onset onset);
  tdm::Law law_of(const SideState& side) const;
  static bool is_audio(const SideState& side) { return side.speaks != Speaks::T38; }

  const SessionId id_;
  SessionTools& tools_;
  std::array<SideState, 2> sides_;
  std::unique_ptr<SideState> third_;
  std::unique_ptr<Conference> conference_;  // kept once made
  Bridging bridging_ = Bridging::None;
  Profile profile_ = Profile::Voice;
  std::unique_ptr<FaxGateway> fax_;
  std::unique_ptr<FaxRelay> relay_;
  FaxStats earlier_fax_;
  std::unique_ptr<FaxListener> fax_listener_;
  bool was_fax_heard_ = false;
  FaxToneDetector::Onset onset_ = FaxToneDetector::Onset::None;  // for which voice is treated as fax
  AudioBlock scratch_;                                           // made here: tones, and what the fax gateway says

  TimePoint now_;   // of this tick, the wall's
  TimePoint line_;  // counts blocks
  TimePoint next_look_;
};

}  // namespace sg::media
