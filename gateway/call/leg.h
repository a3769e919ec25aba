#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/call/cause.h"
#include "gateway/call/media_description.h"
#include "tdm/signalling.h"

namespace sg::call {

// Who calls whom, as both signalling worlds can say it. Numbers are as received from, or to be sent to, the trunk.
struct Setup {
  tdm::Number called;
  bool called_complete = true;  // false: overlap, more digits may follow
  tdm::Progress indicators;     // progress indicators of the SETUP: where the call comes from
  tdm::CallingParty calling;
  std::optional<tdm::Redirection> redirection;
  tdm::BearerCapability bearer = tdm::BearerCapability::Audio31k;
  int max_forwards = 70;
};

// What carries a leg's media. An IP leg negotiates descriptions; a TDM leg has a timeslot.
enum class MediaKind : uint8_t { Ip, Tdm };

// What a leg tells its call. All on the signalling thread, never from inside a Leg function that the call has just
// called: a leg that knows the answer at once posts it.
class LegListener {
 public:
  virtual ~LegListener() = default;

  // Outgoing leg, just before the event that they came with: the progress indicators, as ISDN tells them.
  virtual void on_indicators(const tdm::Progress&) {}
  // Outgoing leg: the far end wants more digits of the called number (SETUP ACKNOWLEDGE), and plays dial tone or not.
  virtual void on_digits_wanted(bool /*inband_dial_tone*/) {}
  // Incoming leg, after want_digits(): no more will come (Sending complete, or T302).
  virtual void on_digits_complete() {}
  // Outgoing leg, before answer. `media`: the peer's early answer (183 with SDP). `inband`: what the far end plays in
  // band should be heard (progress indicator 1 or 8; a description).
  virtual void on_proceeding() = 0;
  virtual void on_progress(bool inband, const std::optional<MediaDescription>& media) = 0;
  virtual void on_alerting(bool inband, const std::optional<MediaDescription>& media) = 0;
  // `media`: the answer to our offer. Not set on a TDM leg, and where the answer came early and stands.
  virtual void on_answered(const std::optional<MediaDescription>& media) = 0;
  // TDM: the timeslot to use, from setup() on and whenever it changes.
  virtual void on_timeslot(tdm::Timeslot slot) = 0;
  // The far end hung up but an announcement may play until release() (DISCONNECT with progress indicator 8).
  virtual void on_disconnected(Cause cause, bool inband) = 0;
  // The leg is over. Exactly once in the life of a leg, also after our own release(); nothing follows it.
  virtual void on_released(Cause cause) = 0;

  // Established (or early, UPDATE): the peer offers other media. Answer with answer_offer() or refuse_offer().
  // A refresh that changes nothing never gets here: the leg answers it itself, with what stands.
  virtual void on_offer(const MediaDescription& offer) = 0;
  // Our offer() was answered, or refused with this status (488, 415, 606, 491, 408 for a time-out, …).
  virtual void on_offer_answered(const MediaDescription& answer) = 0;
  virtual void on_offer_refused(int status) = 0;

  // Signalled digits: INFORMATION, KEYPAD, SIP INFO.
  virtual void on_digits(const std::string& digits) = 0;
};

// One side of a call. Owned by its Call; signalling thread only.
// An incoming leg is given to the CallManager with its Setup; an outgoing leg is made by a trunk and started by
// setup().
class Leg {
 public:
  virtual ~Leg() = default;
  virtual void set_listener(LegListener* listener) = 0;
  virtual MediaKind media_kind() const = 0;
  // For logs and records: "sip 127.0.0.1:5062 Call-ID 1a2b", "span 1 timeslot 3 call reference 17".
  virtual std::string name() const = 0;

  // Outgoing. `offer`: our description, on IP legs. A refusal comes as on_released.
  virtual void setup(const Setup& setup, const std::optional<MediaDescription>& offer) = 0;

  // Incoming, a number that may not be whole: asks for more digits, which on_digits brings (SETUP ACKNOWLEDGE, with
  // dial tone in band or not). False: this leg cannot bring more.
  virtual bool want_digits(bool /*inband_dial_tone*/) { return false; }
  // Incoming: progress indicators that travel with the next of progress(), alert() and answer().
  virtual void indicate(const tdm::Progress&) {}
  // Incoming. `media`: our answer to the peer's offer, or our offer where it came without one (IP legs); once given
  // it stands, and later calls need not repeat it. `inband`: there is something to hear before answer.
  virtual void proceeding() = 0;
  virtual void progress(bool inband, const std::optional<MediaDescription>& media) = 0;
  virtual void alert(bool inband, const std::optional<MediaDescription>& media) = 0;
  virtual void answer(const std::optional<MediaDescription>& media) = 0;

  // Either; any state. on_released follows (posted, never from inside this call).
  virtual void release(Cause cause) = 0;

  // Established IP legs. One offer of ours at a time.
  virtual void offer(const MediaDescription& media) = 0;
  virtual void answer_offer(const MediaDescription& media) = 0;
  virtual void refuse_offer(int status) = 0;

  // Before answer: overlap digits to the far end. After: DTMF by signalling.
  virtual void send_digits(const std::string& digits) = 0;
};

}  // namespace sg::call
