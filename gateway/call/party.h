#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/reactor.h"
#include "gateway/call/context.h"
#include "gateway/call/leg.h"
#include "gateway/call/media_mode.h"
#include "gateway/call/record.h"
#include "gateway/call/trunk.h"
#include "media/service.h"

namespace sg::call {

class Party;

// What a Party tells its Call, beside what the leg says.
class PartyListener {
 public:
  virtual ~PartyListener() = default;
  virtual void on_proceeding(Party& party) = 0;
  virtual void on_progress(Party& party, bool inband) = 0;
  virtual void on_alerting(Party& party, bool inband) = 0;
  virtual void on_answered(Party& party) = 0;
  virtual void on_disconnected(Party& party, Cause cause, bool inband) = 0;
  virtual void on_released(Party& party, Cause cause) = 0;
  virtual void on_digits(Party& party, const std::string& digits) = 0;
  virtual void on_digits_complete(Party& party) = 0;
  virtual void on_digits_wanted(Party& party) = 0;
  virtual void on_mode_changed(Party& party, const ModeChange& change) = 0;
  virtual void on_connected_party(Party& party, const party::CallingParty& connected) = 0;
  virtual void on_user_user(Party& party, const party::UserUser& data) = 0;
  virtual void on_redirected(Party& party, const std::vector<Redirect>& to) = 0;
  // False: refused.
  virtual bool on_transfer(Party& party, const TransferRequest& request) = 0;
  virtual bool on_conference(Party& party, const Leg& other) = 0;
  // Party::is_holding() is not what it was.
  virtual void on_hold_changed(Party& party) = 0;
  // The party cannot go on: no media can be agreed on, or its dialog is lost.
  virtual void on_failed(Party& party, Cause cause) = 0;
  // As LegListener::on_peer_gone().
  virtual void on_peer_gone(Party& party, PeerGone how) = 0;
  // Its line has failed, or is well again: what Party::line() tells is new.
  virtual void on_line_changed(Party& party) = 0;
};

// One side of a call: a leg, the media that it has agreed on with its peer, and its part of the record.
// Owned by its Call; signalling thread only.
class Party final : public LegListener, public MediaMode::Actions {
 public:
  struct Options {
    CallId call;
    SessionId session;
    media::Side side = media::Side::A;
    uint32_t seed = 1;
    MediaPolicy policy;
    CauseMap causes = {};
    Trunk* trunk = nullptr;  // null: what it transfers is refused
    CallTime time = {};
  };
  // Where in which call a party is.
  struct Place {
    CallId call;
    SessionId session;
    media::Side side;
    PartyListener& listener;
    CallTime time;
  };
  Party(const Options& options, std::unique_ptr<Leg> leg, const std::string& trunk, const Context& context,
        PartyListener& listener);
  ~Party() override;

  media::Side side() const { return options_.side; }
  Trunk* trunk_of() const { return options_.trunk; }
  bool is_established() const { return is_established_; }
  // Who is there, as far as the leg has told.
  const party::CallingParty& identity() const { return identity_; }
  Leg& leg() { return *leg_; }
  const LegRecord& record() const { return record_; }
  const std::string& trunk() const { return record_.trunk; }
  bool is_ip() const { return leg_->media_kind() == MediaKind::Ip; }
  // Digits go to its peer by the leg; else by the media.
  bool signals_digits() const { return is_ip() && options_.policy.digits_by_info; }
  bool is_released() const { return is_released_; }
  // Released, or told to be: nothing but the end of the leg counts any more, whatever was still under way.
  bool is_leaving() const { return is_leaving_; }
  bool has_early_media() const { return has_media_; }
  MediaModeState mode() const { return mode_.state(); }
  std::optional<tdm::Timeslot> slot() const { return slot_; }
  const tdm::LineFault& line() const { return line_; }

  // Calling side: takes the peer's first offer, or prepares ours where it came without. A cause: why it cannot.
  // `streams`: of that offer, to tell what of it cannot be taken.
  std::optional<Cause> accept_call(const Setup& setup, const std::optional<MediaDescription>& offer,
                                   const std::vector<OfferedStream>& streams = {});
  // Calling side whose number is not whole: asks for more. False: there will be none.
  bool want_digits(bool inband_dial_tone) { return leg_->want_digits(inband_dial_tone); }
  // Calling side: the number is whole, and the call is on its way.
  void proceed(const Setup& setup);
  const MediaPolicy& policy() const { return options_.policy; }
  void play(media::Tone tone);
  // Called side: sends the call out.
  std::optional<Cause> place_call(const Setup& setup);

  // Calling side, as the called side gets on. `inband`: there is something to hear.
  void progress(bool inband);
  void alert(bool inband);
  void forwarded() {
    if (!is_established_ && !is_leaving_) leg_->forwarded();
  }
  void answer();
  void release(Cause cause);
  // As release(), and makes way on its side of the session for another party at once.
  void release_side(Cause cause);

  // Transfer. Takes its media off the session that it is in, then goes to another place without media.
  void move_without_media(const Place& place);
  // Takes its media off the session that it is in, and to another: a timeslot moves, a peer is told the new address.
  // A cause: no media can be had there.
  std::optional<Cause> move_with_media(const Place& place);
  void transfer_progress(int status) {
    if (!is_leaving_) leg_->transfer_progress(status);
  }

  // Among three there is voice only: whoever offers T.38 is refused.
  void confer(bool is_among_three);

  // Whether the far end has put us on hold.
  bool is_holding() const { return is_holding_; }
  // Established: tells the far end that it waits, or no longer.
  void set_waiting(bool is_waiting);

  // Fax signals heard: from the other party's machine, or from this one's.
  void on_far_preamble() { mode_.on_far_preamble(); }
  void on_near_preamble() { mode_.on_near_preamble(); }
  void on_far_sign(MediaMode::Sign sign) { mode_.on_far_sign(sign); }
  void on_near_sign(MediaMode::Sign sign) { mode_.on_near_sign(sign); }

 private:
  void on_proceeding() override;
  void on_progress(bool inband, const std::optional<MediaDescription>& media) override;
  void on_alerting(bool inband, const std::optional<MediaDescription>& media) override;
  void on_answered(const std::optional<MediaDescription>& media) override;
  void on_timeslot(tdm::Timeslot slot) override;
  void on_disconnected(Cause cause, bool inband) override;
  void on_released(Cause cause) override;
  void on_digits_wanted(bool inband_dial_tone) override;
  void on_digits_complete() override;
  void on_offer(const MediaDescription& offer) override;
  void on_offer_answered(const MediaDescription& answer) override;
  void on_offer_refused(int status) override;
  std::optional<MediaDescription> on_offer_wanted() override;
  void on_digits(const std::string& digits) override;
  void on_connected_party(const party::CallingParty& connected) override {
    identity_ = connected;
    listener_->on_connected_party(*this, connected);
  }
  void on_user_user(const party::UserUser& data) override { listener_->on_user_user(*this, data); }
  void on_redirected(const std::vector<Redirect>& to) override { listener_->on_redirected(*this, to); }
  bool on_transfer(const TransferRequest& request) override {
    return !is_leaving_ && listener_->on_transfer(*this, request);
  }
  bool on_conference(const Leg& other) override { return !is_leaving_ && listener_->on_conference(*this, other); }
  void on_timeslot_left() override;
  void on_peer_gone(PeerGone how) override;
  void on_line_changed(const tdm::LineFault& fault) override;
  void on_held() override { set_holding(true); }
  void on_retrieved() override { set_holding(false); }

  void send_t38_offer() override;
  void on_mode_changed(MediaModeState state, ModeReason reason, int refused_with) override;
  void on_dialog_lost(int sip_status) override;

  std::optional<Cause> bind();
  Cause refuse_media(const std::vector<OfferedStream>& streams);
  MediaDescription reachable_part(const MediaDescription& remote) const;
  std::optional<MediaDescription> answer_to(const MediaDescription& offer) const;
  bool is_t38_offer(const MediaDescription& offer) const;
  const std::optional<MediaDescription>& description_once();
  // Puts into effect what both sides have said. False: they share nothing usable.
  bool use(const MediaDescription& local, const MediaDescription& told);
  void remove_bearer();
  void stop_media();
  void take_place_on_trunk();
  void describe_anew();
  MediaDescription our_audio() const;
  void send_offer(MediaDescription offer);
  // The fax goes on in G.711: tells the peer that these are modem signals.
  void offer_vbd_soon();
  void set_holding(bool is_holding);
  // What came of calling there.
  void tell_trunk(Obstacle obstacle);

  Options options_;
  CallsOnTrunk::Place place_on_trunk_;  // until it leaves
  std::unique_ptr<Leg> leg_;
  const Context context_;
  PartyListener* listener_;
  Log log_;
  MediaMode mode_;
  LegRecord record_;

  SocketAddress local_;                      // our RTP and UDPTL address
  std::optional<MediaDescription> ours_;     // what we last offered or answered, and what stands
  std::optional<MediaDescription> offered_;  // our offer that waits for its answer
  std::optional<MediaDescription> remote_;   // what the peer last said
  std::optional<MediaDescription> nothing_;
  std::optional<CodecId> codec_;  // of the audio that was agreed on last
  party::CallingParty identity_;
  Timer move_timer_;  // runs until a new address can be told again
  Timer vbd_timer_;
  std::optional<tdm::Timeslot> slot_;
  tdm::LineFault line_;
  bool is_called_ = false;     // we have called it
  bool is_described_ = false;  // ours_ was given to the leg
  bool has_media_ = false;     // the media plane knows where to send
  bool has_bearer_ = false;    // the session has our timeslot
  bool is_established_ = false;
  bool is_moving_ = false;        // a new address was told, and is not agreed on yet
  bool is_offer_open_ = false;    // an offer of ours to an established leg has no answer yet
  bool is_offer_wanted_ = false;  // it was the peer that asked for it
  bool has_moved_again_ = false;  // since that offer was made
  bool is_holding_ = false;       // us
  bool is_waiting_ = false;       // was told that it is held
  bool is_among_three_ = false;
  bool is_leaving_ = false;
  bool is_released_ = false;
};

}  // namespace sg::call
