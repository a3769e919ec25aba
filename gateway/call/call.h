#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "gateway/call/call_state.h"
#include "gateway/call/fax_watch.h"
#include "gateway/call/hunt.h"
#include "gateway/call/party.h"

namespace sg::call {

class Call;

// What a call asks of those who have all calls.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  // Once, when both legs, the session and all timers are gone. The call may be destroyed from there on, though not from
  // inside.
  virtual void on_closed(Call& call) = 0;
  virtual void on_answered(const Call& call) = 0;
  // `by` wants the other party to go elsewhere. False: refused.
  virtual bool on_transfer(Call& call, Party& by, const TransferRequest& request) = 0;
  // `by` wants three to talk: the other party of this call, and that of the call that has the leg `other`. False:
  // refused.
  virtual bool on_conference(Call& call, Party& by, const Leg& other) = 0;
  // An incoming call that is to take the place of a dialog (Replaces), or to make two parties three (Join).
  virtual void on_replacing(Call& call) = 0;
  virtual void on_joining(Call& call) = 0;
  // A party of an answered call is gone; the other one may be taken elsewhere now, before the call is cleared.
  virtual void on_party_gone(Call& call, const Party& gone) = 0;
  virtual void on_clearing(Call& call) = 0;
  // Clears a lower call, so that an emergency call finds room on the trunk. False: there is none.
  virtual bool make_room(const Trunk& on) = 0;
};

// A call: two parties, one media session, one record. It does not know which leg speaks which protocol.
// Owned by the CallManager; signalling thread only.
class Call final : public PartyListener, private Hunt::Actions, private FaxWatch::Actions {
 public:
  struct Incoming {
    std::unique_ptr<Leg> leg;
    Setup setup;
    std::optional<MediaDescription> offer;
    Trunk* from = nullptr;
    MediaPolicy policy = {};                  // of the leg: the trunk's, with the local address that the peer can reach
    bool is_transfer = false;                 // its leg is a TransferLeg
    std::vector<OfferedStream> streams = {};  // of the offer, taken or not
  };
  Call(CallId id, SessionId session, Incoming incoming, Router& router, const Context& context, CallOwner& owner);

  void start();
  void hang_up(Cause cause, std::optional<HungUp> why = std::nullopt);
  void on_media_event(const media::Event& event);

  // Transfer. The party of `from` on this side takes the place of one of ours, which goes there instead, without media.
  // We go on; `from` is to be ended then, by end_transferred().
  void take(Call& from, media::Side side, media::Side place, const std::string& how);
  // `from` takes the place of the called party that rings, and has answered with that: pick-up.
  void pick_up(Call& from);
  bool may_be_picked_up() const { return is_open(); }
  void end_transferred() { clear(kNormalClearing, ReleasedBy::Transfer); }

  // Conference. The party of `from` on this side becomes the third of this call; `from` is to be ended
  // then. Whoever leaves later leaves two behind, in a call as any other.
  void add(Call& from, media::Side side, const std::string& how);
  void end_conferred() { clear(kNormalClearing, ReleasedBy::Conference); }
  // How Replaces would have named what is over.
  std::vector<Replaces> ended_dialogs() const;
  bool is_conference() const { return third_ != nullptr; }
  // Whether the call stands, is no fax, and nobody is leaving: then one of its parties may be led elsewhere.
  bool may_transfer(const Party& by) const;
  // The other party of one that transfers hears ringback, or what it heard before.
  void ring_transferred(const Party& by, bool rings);
  Party* at(media::Side side) const {
    return side == media::Side::A ? caller_.get() : side == media::Side::B ? called_.get() : third_.get();
  }
  // Of two. Null: there is none, or there are three.
  Party* other(media::Side side) const {
    if (third_) return nullptr;
    return side == media::Side::A ? called_.get() : caller_.get();
  }
  const Setup& setup() const { return setup_; }
  // 64 kbit/s unrestricted: never joined to anything else.
  bool is_data() const { return setup_.bearer == BearerCapability::Unrestricted; }

  CallId id() const { return id_; }
  SessionId session() const { return session_; }
  CallState state() const { return fsm_.state(); }
  const Party& caller() const { return *caller_; }
  const Party* called() const { return called_.get(); }
  const Party* third() const { return third_.get(); }
  const Record& record() const { return record_; }
  // What would be written of it if it ended now, but for its media.
  Record record_so_far() const;
  TimePoint began() const { return began_; }
  // Since it began.
  std::chrono::milliseconds age() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(context_.reactor.now() - began_);
  }
  std::optional<std::chrono::milliseconds> talking() const;  // since it was answered
  std::vector<Fsm<CallState, CallEvent>::Transition> history() const { return fsm_.history(); }

 private:
  void on_proceeding(Party&) override { hunt_.on_proceeding(); }
  void on_progress(Party& party, bool inband) override;
  void on_alerting(Party& party, bool inband) override;
  void on_answered(Party& party) override;
  void on_disconnected(Party& party, Cause cause, bool inband) override;
  void on_released(Party& party, Cause cause) override;
  void on_digits(Party& party, const std::string& digits) override;
  void on_connected_party(Party& party, const party::CallingParty& connected) override {
    if (Party* to = other(party); to && !to->is_released()) to->leg().connected_party(connected);
  }
  void on_user_user(Party& party, const party::UserUser& data) override {
    if (Party* to = other(party); to && !to->is_released()) to->leg().user_user(data);
  }
  void on_redirected(Party& party, const std::vector<Redirect>& to) override {
    if (&party == called_.get() && is_open()) hunt_.on_redirected(to);
  }
  void on_digits_complete(Party&) override {
    if (state() == CallState::Collecting) number_is_whole();
  }
  void on_digits_wanted(Party& party) override;
  bool on_transfer(Party& party, const TransferRequest& request) override;
  bool on_conference(Party& party, const Leg& other) override;
  void on_hold_changed(Party& party) override;
  void on_mode_changed(Party& party, const ModeChange& change) override { fax_.on_mode(party.side(), change); }
  void on_failed(Party& party, Cause cause) override;
  void on_peer_gone(Party& party, PeerGone how) override;
  void on_line_changed(Party& party) override {
    if (is_member(party)) fax_.on_line(party.side(), party.line());
  }

  std::optional<Cause> place_call(const Target& target, OutgoingLeg out) override;
  void leave_target(Cause why) override;
  bool make_room(const Trunk& on) override { return owner_.make_room(on); }
  bool is_open() const override { return state() == CallState::Trying || state() == CallState::Alerting; }
  void on_forwarded() override {
    if (hunt_.routing().is_fax) fax_.expect_fax();
    caller_->forwarded();
  }
  void on_exhausted(Cause why) override { clear(why, ReleasedBy::Gateway); }

  void tell_both(MediaMode::Sign sign) override;
  void tell_near(media::Side side, MediaMode::Sign sign) override;
  void tell_far(media::Side side, MediaMode::Sign sign) override;
  void carry_as_fax() override { context_.media.set_profile(session_, media::Profile::Fax); }
  void end_after_goodbye() override;

  // Overlap receiving (Q.931 section 5.2.4): asks the dial plan after each digit.
  void collect();
  void number_is_whole();
  // Whether the called number can be asked for: Q.931 5.1.3, 5.2.4 has no call without one.
  bool has_number() const;
  void refuse_number();
  void ask_plan();
  void find_route();
  // What this call's media has other than its trunk's.
  void fit_to_bearer(MediaPolicy& policy) const;
  void hand_to_switch();
  void keep_called_record();
  void hear_called();
  // To a caller on a timeslot.
  void play_to_caller(media::Tone tone);
  // Whoever is on hold by the other side is told, and hears music where there is any.
  void pass_hold_on(Party& holder);
  void clear(Cause cause, ReleasedBy by);
  // Who ends it where this one's leg is over.
  ReleasedBy releaser(const Party& gone) const;
  void close_when_released();
  void finish();
  void enter(CallState state) { fsm_.enter(state, context_.reactor.now()); }
  // Null: there is none, or the party has been left.
  Party* other(const Party& party) const {
    if (&party == caller_.get()) return called_.get();
    return &party == called_.get() ? caller_.get() : nullptr;
  }
  bool is_on_hold() const {
    return caller_->is_holding() || (called_ && called_->is_holding()) || (third_ && third_->is_holding());
  }
  std::unique_ptr<Party>& slot(media::Side side) {
    return side == media::Side::A ? caller_ : side == media::Side::B ? called_ : third_;
  }
  CallTime time() const { return {record_.started, began_}; }
  WallTime wall_now() const { return time().at(context_.reactor.now()); }
  Party::Place place_of(media::Side side) { return {id_, session_, side, *this, time()}; }
  void on_joined(Party& party);
  // One of three is gone, or is let go.
  void leave_conference(Party& party, Cause cause);
  void confer(bool is_among_three);
  // Null where there is none.
  std::array<Party*, 3> members() const { return {caller_.get(), called_.get(), third_.get()}; }
  bool is_member(const Party& party) const {
    auto all = members();
    return std::find(all.begin(), all.end(), &party) != all.end();
  }
  void on_digit_heard(const media::DigitHeard& heard);
  void on_busy_tone(media::Side side);

  const CallId id_;
  const SessionId session_;
  const Context context_;
  CallOwner& owner_;
  const Log log_;
  const TimePoint began_;
  Setup setup_;
  std::optional<MediaDescription> first_offer_;
  std::vector<OfferedStream> offered_streams_;
  Trunk* const from_;
  Router& router_;
  Fsm<CallState, CallEvent> fsm_;
  Timer announcement_timer_;
  Timer handing_over_timer_;
  Record record_;
  Hunt hunt_;
  FaxWatch fax_;
  bool is_closing_session_ = false;
  bool wants_digits_ = false;             // the caller was asked for more digits
  bool called_wants_digits_ = false;      // what the caller dials goes on to the called side
  media::Tone tone_ = media::Tone::None;  // that the caller hears
  const bool is_transfer_;
  bool is_called_heard_ = false;  // before the answer
  // Of parties that were taken elsewhere, as they were then.
  std::optional<LegRecord> taken_caller_, taken_called_;
  std::unique_ptr<Party> caller_;
  std::unique_ptr<Party> called_;
  std::unique_ptr<Party> third_;  // of a conference
  // Targets that failed or were given up on, and who left a conference: they may still be releasing.
  struct Releasing {
    std::unique_ptr<Party> party;
    std::optional<size_t> record;  // its place among the called; none: it was the caller
  };
  std::vector<Releasing> releasing_;
};

}  // namespace sg::call
