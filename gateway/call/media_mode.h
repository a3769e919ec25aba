#pragma once

#include <cstdint>
#include <string_view>

#include "base/fsm.h"
#include "base/reactor.h"
#include "gateway/call/media_policy.h"
#include "gateway/call/mode_change.h"

namespace sg::call {

enum class MediaModeEvent : uint8_t { Preamble, OfferAgreed, OfferRefused, PeerT38, PeerAudio };

std::string_view name_of(MediaModeEvent event);

// How a leg gets from audio to T.38 or to G.711 pass-through, and back. Decides only: what it decides is done by its
// Actions. Owned by the leg's Party; signalling thread.
//
//   Audio -- preamble --> OfferingT38 -- agreed --> T38
//                             | 488, 415, 606, time-out --> Passthrough
//                             | 491 --> Glare -- back-off over --> OfferingT38; Passthrough when too late
//   any  -- the peer's T.38 offer --> T38          T38 -- the peer's audio offer --> Passthrough
class MediaMode {
 public:
  using State = MediaModeState;
  using Event = MediaModeEvent;

  class Actions {
   public:
    virtual ~Actions() = default;
    virtual void send_t38_offer() = 0;
    // `refused_with`: SIP status, of ModeReason::Refused.
    virtual void on_mode_changed(State state, ModeReason reason, int refused_with) = 0;
    // The dialog is dead (481, 408 and the like).
    virtual void on_dialog_lost(int sip_status) = 0;
  };
  // How long after our first offer another one is made. By then T.30 is past its beginning, and T.38 would tear it.
  static constexpr Duration kAskWindow = 5s;
  struct Options {
    MediaPolicy policy;
    // We sent the first INVITE: decides who waits longer after a glare (RFC 3261 section 14.1).
    bool owns_call_id = false;
    uint32_t seed = 1;  // of the random back-off
  };

  MediaMode(const Options& options, Reactor& reactor, Counters& counters, Log log, Actions& actions);

  State state() const { return fsm_.state(); }
  // How long to wait with an offer that crossed one of the peer's (RFC 3261 section 14.1): 2.1 to 4 s for the owner of
  // the Call-ID, 0 to 2 s for the other, in steps of 10 ms.
  Duration glare_pause();

  // The leg is being released: nothing is asked for any more.
  void stop();
  // The call is answered: from here on T.38 may be asked for.
  void on_established();
  // What was heard of a fax, and what is known.
  enum class Sign : uint8_t {
    KnownFax,  // the number is that of a fax machine
    Cng,
    SuperG3,  // ANSam, in a call that is a fax
    Ced,
    Preamble,
  };
  // From the other leg's machine, where we stand for the answering side; or from either one's when it calls.
  void on_far_sign(Sign sign);
  // From the machine that answers behind this leg's own peer, which should ask first.
  void on_near_sign(Sign sign);
  void on_far_preamble() { on_far_sign(Sign::Preamble); }
  void on_near_preamble() { on_near_sign(Sign::Preamble); }

  // Whether the call is one of fax machines, as far as is known.
  bool is_fax() const { return has_sign_ || options_.policy.is_known_fax || state() != State::Audio; }
  // Whether an offer of T.38 that comes from the peer now is to be taken.
  bool takes_peer_t38() const;
  // The peer's offer was accepted.
  void on_peer_t38_accepted();
  void on_peer_audio_accepted();

  // What became of our T.38 offer: an image line, another answer, or a refusal.
  void on_t38_agreed();
  void on_t38_answered_without_image();
  void on_t38_refused(int sip_status);

  static const FsmTable<State, Event>& table();

 private:
  void offer(ModeReason reason);
  void offer_again();
  bool asks_on(Sign sign) const;
  void give_up(ModeReason reason, int refused_with = 0);
  void enter(State state, ModeReason reason, int refused_with = 0);

  const Options options_;
  Reactor& reactor_;
  Actions& actions_;
  Fsm<State, Event> fsm_;
  Timer timer_;
  uint32_t random_;
  bool has_sign_ = false;  // of a fax, whether or not we ask for T.38 on it
  bool is_established_ = false;
  std::optional<Sign> heard_;  // before the answer; the surest
  TimePoint established_at_;
  TimePoint asked_at_;  // for the first time
  bool is_stopped_ = false;
};

}  // namespace sg::call
