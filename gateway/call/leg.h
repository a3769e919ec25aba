#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/call/cause.h"
#include "gateway/call/media_description.h"
#include "party/party.h"
#include "tdm/signalling.h"

namespace sg::call {

// A SIP dialog, as Replaces names it (RFC 3891). The tags are those of the request that would arrive there: to_tag is
// that of the leg which is replaced.
struct Replaces {
  std::string call_id, to_tag, from_tag;
  bool early_only = false;

  bool operator==(const Replaces&) const = default;
};

class Leg;

// What REFER asks of us (RFC 3515, RFC 5589), or ISDN explicit call transfer, or a telephone that hangs up between two
// calls of its own.
struct TransferRequest {
  party::Number to;
  std::optional<Replaces> replaces;  // attended: join with the far end of this dialog; it may be another leg of ours
  std::string referred_by;           // the header, to be handed on; may be empty
  // Attended, where no header names dialogs: the leg that the same telephone has in another call. Compared only.
  const Leg* other_call = nullptr;
};

// Where a 302 sends the call (RFC 3261 section 8.1.3.4), best first.
struct Redirect {
  party::Number called;
  std::string uri;      // for Setup::request_uri
  bool is_own = false;  // it leads back to ourselves: the number is for the dial plan
};

// Who is told as calling where somebody else is answerable for the call, as its own trunk tells the number.
struct ShownCaller {
  std::string trunk;
  party::CallingParty party;
};

// Who calls whom, as both signalling worlds can say it: what a SETUP says, and more. Numbers are as received from, or
// to be sent to, the trunk.
struct Setup : tdm::Setup {
  // Of a blind transfer, for the dial plan: who is transferred. `calling` is who transfers, under whose rights it goes.
  std::optional<ShownCaller> shown = {};
  int max_forwards = 70;
  // SIP only. The dialog that this call takes the place of; incoming: no route is looked for.
  std::optional<Replaces> replaces = {};
  // The dialog whose two parties this call joins (RFC 3911); incoming: no route is looked for.
  std::optional<Replaces> join = {};
  std::string referred_by = {};  // outgoing, of a transfer: the header (RFC 3892); may be empty
  std::string request_uri = {};  // outgoing: where a redirect leads to, instead of the trunk's peer
};

// How a far end is gone that has said nothing of it.
enum class PeerGone : uint8_t {
  NotAcknowledged,  // no ACK came to our 200 (RFC 3261 section 13.3.1.4)
  SessionExpired,   // nor a refresh in time (RFC 4028 section 10)
  Unreachable,      // it called, and no way is left to answer it (RFC 3261 section 18.2.2)
  BusyTone,         // a line of an exchange, which plays it instead
};

// What carries a leg's media. An IP leg negotiates descriptions; a TDM leg has a timeslot.
enum class MediaKind : uint8_t { Ip, Tdm };

// What a leg tells its call. All on the signalling thread, never from inside a Leg function that the call has just
// called: a leg that knows the answer at once posts it.
class LegListener {
 public:
  virtual ~LegListener() = default;

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
  // TDM: the call stands without a timeslot, until on_timeslot() (who holds a call may need it for another).
  virtual void on_timeslot_left() {}
  // TDM: what is wrong with its line, or that nothing is any more. A line that stays so ends the leg.
  virtual void on_line_changed(const tdm::LineFault&) {}
  // The far end hung up but an announcement may play until release() (DISCONNECT with progress indicator 8).
  virtual void on_disconnected(Cause cause, bool inband) = 0;
  // The leg is over. Exactly once in the life of a leg, also after our own release(); nothing follows it.
  virtual void on_released(Cause cause) = 0;

  // Established (or early, UPDATE): the peer offers other media. Answer with answer_offer() or refuse_offer().
  // A refresh that changes nothing never gets here: the leg answers it itself, with what stands.
  virtual void on_offer(const MediaDescription& offer) = 0;
  // Our offer() was answered, or refused with this status (488, 415, 606, 491, 408 for a time-out, …).
  // Also the answer to what on_offer_wanted() gave; what is refused then was not answered at all.
  virtual void on_offer_answered(const MediaDescription& answer) = 0;
  virtual void on_offer_refused(int status) = 0;
  // Established: the peer wants an offer of ours (an INVITE without SDP). Not set: what stands is offered again.
  virtual std::optional<MediaDescription> on_offer_wanted() { return std::nullopt; }

  // Signalled digits: INFORMATION, KEYPAD, SIP INFO.
  virtual void on_digits(const std::string& digits) = 0;

  // Who has really answered, or who it is now: just before on_answered, and whenever it changes.
  virtual void on_connected_party(const party::CallingParty&) {}
  // Just before the event that it came with.
  virtual void on_user_user(const party::UserUser&) {}
  // The far end put us on hold, or took us back: by a re-INVITE (the offer itself is told by on_offer, as any other),
  // by NOTIFY or HOLD.
  virtual void on_held() {}
  virtual void on_retrieved() {}
  // The far end wants this call to go elsewhere. True: we try, and tell by transfer_progress(); false: refused.
  virtual bool on_transfer(const TransferRequest&) { return false; }
  // The far end wants the other party of this call, and that of the call in which it has `other`, in one conference.
  // False: refused.
  virtual bool on_conference(const Leg& /*other*/) { return false; }
  // Established, and nobody is there any more; on_released follows.
  virtual void on_peer_gone(PeerGone) {}
  // Outgoing: the called side sends us elsewhere. on_released with status 302 follows.
  virtual void on_redirected(const std::vector<Redirect>&) {}
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
  // Incoming, before the answer: the call goes elsewhere than to who was called (181; NOTIFY).
  virtual void forwarded() {}
  // Established: asks the far end to join this call and the one of `other` itself, and to end both here (two-B-channel
  // transfer). False: it cannot be asked. What does not come of it leaves everything as it is.
  virtual bool join_at_far_end(const Leg& /*other*/) { return false; }
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

  // A timeslot of a line that has no other way to say that its far end is gone: the zone by whose busy tones it does.
  // Null: it has one.
  virtual const tdm::ToneZone* busy_tones() const { return nullptr; }
  // One of them was heard: on_released follows.
  virtual void busy_tone_heard() {}

  // Before answer: overlap digits to the far end. After: DTMF by signalling.
  virtual void send_digits(const std::string& digits) = 0;

  // Incoming: who answers, before answer(); or who it is now, after. Where there is no way to say it, nothing is.
  virtual void connected_party(const party::CallingParty&) {}
  // Incoming, before release(): why its offer cannot be taken, by its number in RFC 3261 section 20.43 and in words
  // without quotes.
  virtual void warn(int /*code*/, const std::string& /*text*/) {}
  // Travels with the next of alert(), answer() and release().
  virtual void user_user(const party::UserUser&) {}
  // Established: tells the far end that it waits, or no longer. Our own media goes on, so that music can be heard.
  virtual void hold() {}
  virtual void retrieve() {}
  // Established: tells the far end that there are three now, or no longer (EN 300 188-1).
  virtual void conference(bool /*is_on*/) {}
  // After on_transfer: how it goes, as a SIP status (RFC 3515 section 2.4.5); 200 and above end it.
  virtual void transfer_progress(int) {}
  // Established or early: whether this is the dialog that Replaces names. Whether it comes in time is for the call to
  // say.
  virtual bool is_dialog(const Replaces&) const { return false; }
  // Of a leg that ends: how Replaces would have named its dialog. Not set: it never had one.
  virtual std::optional<Replaces> ended_dialog() const { return std::nullopt; }
};

}  // namespace sg::call
