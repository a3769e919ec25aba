#pragma once

#include <array>
#include <memory>

#include "base/owner_thread.h"
#include "media/conference.h"
#include "media/fax_bridge.h"
#include "media/fax_detection.h"
#include "media/session_context.h"
#include "media/sides.h"

namespace sg::media {

// The media of one call: two sides, and the bridge between them; or three, and a mixer. On a side stands an endpoint,
// or nothing yet (silence). Its clock is a timeslot where there is one, each block read being a step; else the worker's
// timer. Commands come between ticks and may allocate; a tick does not. Owned by its Worker, on that thread only.
class Session final : private FaxBridge::Listener {
 public:
  Session(SessionId id, SessionContext& context);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionId id() const { return id_; }

  void give_ports(Side side, PortPair ports) { sides_[side].give_ports(std::move(ports)); }
  void use_rtp(Side side, const RtpSettings& settings);
  void use_t38(Side side, const T38Settings& settings);
  void set_bridging(Bridging bridging);
  void set_profile(Profile profile);
  void play(Side side, Tone tone, const tdm::ToneZone& zone) { sides_[side].play(tone, zone); }
  void send_digit(Side side, char digit, std::chrono::milliseconds length);
  SessionStats stats() const;
  // Before the session, or the T.38 of a side, ends: takes what the peers have said in T.38 since the last tick. A
  // goodbye (DCN) that is followed by BYE, or by audio, at once is there and not heard yet.
  void hear_last_words();

  // `busy_tones`: as Service::add_bearer().
  void give_bearer(Side side, tdm::Timeslot slot, std::unique_ptr<tdm::Bearer> bearer,
                   const tdm::ToneZone* busy_tones = nullptr);
  // Nothing, where the side has none.
  tdm::Bearer* bearer(Side side) const;
  tdm::Timeslot timeslot(Side side) const;
  bool has_bearer() const { return bearer(Side::A) || bearer(Side::B) || bearer(Side::C); }
  bool bearer_has_failed(Side side) const;
  bool has_failed_bearer() const {
    return bearer_has_failed(Side::A) || bearer_has_failed(Side::B) || bearer_has_failed(Side::C);
  }
  void drop_bearer(Side side) { sides_[side].drop_bearer(); }

  // A tick source of its bearers is ready: runs every block that waits.
  void tick(TimePoint now);
  // Runs this many blocks of a session without bearers.
  void tick_on_timer(TimePoint now, uint64_t blocks);
  // Both sides are SIP peers of whom nothing has been heard for a while, nor was anything played to them: it may rest.
  bool is_quiet() const;
  // It gets no ticks from now on, until something came for it or it is asked for something, and it wakes.
  void rest();
  void wake(TimePoint now);
  // In place of ticks, now and then.
  void look_after_at_rest(TimePoint now);
  // Where the timeslot gives no ticks any more, sockets are drained and time-outs still watched.
  void check_stalled(TimePoint now);

 private:
  bool passes_to(const SessionSide& side) const {
    return bridging_ == Bridging::Both || (bridging_ == Bridging::BToA && side.which() == Side::A);
  }
  void tell(Event event) { context_.events.send(id_, std::move(event)); }
  void on_fax_event(const t38::FaxEvent& event, Side from, bool in_audio) override;

  // One step of the line: a block each way.
  void drain();
  void run_between_bearers(SessionSide& from);
  void run_on_bearer(SessionSide& tdm);
  void run_conference();
  void hear(SessionSide& side);
  bool relay_packets();
  void pass_time(TimePoint now);
  void step();
  void bridge_audio(SessionSide& from, SessionSide& to);
  void bridge_fax(SessionSide& t38, SessionSide& audio);
  void look_after(TimePoint now);

  // What is heard in the audio.
  void listen(SessionSide& side);
  void listen_for_digits(SessionSide& side);
  bool passes_digits_on(SessionSide& from);
  void on_digit(SessionSide& from, char digit);

  Profile profile() const { return detection_.profile(); }
  void end_t38(SessionSide& side);

  OwnerThread owner_;
  const SessionId id_;
  SessionContext& context_;
  Sides sides_;
  FaxBridge fax_;
  FaxDetection detection_;
  std::unique_ptr<Conference> conference_;  // kept once made
  Bridging bridging_ = Bridging::None;
  // Of A's packets and of B's in this step.
  std::array<RtpEndpoint::Goes, 2> goes_{};
  AudioBlock scratch_;    // made here: tones, and what the fax gateway says
  Duration quiet_{};      // for so long nothing was said on either side
  bool is_said_ = false;  // something was, in this step

  TimePoint now_;   // of this tick, the wall's
  TimePoint line_;  // counts blocks
  TimePoint next_look_;
};

}  // namespace sg::media
