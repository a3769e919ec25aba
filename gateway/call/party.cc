#include "gateway/call/party.h"

#include <algorithm>

#include "gateway/call/media_refusal.h"
#include "gateway/call/negotiation.h"

namespace sg::call {

Party::Party(const Options& options, std::unique_ptr<Leg> leg, const std::string& trunk, const Context& context,
             PartyListener& listener)
    : options_(options),
      leg_(std::move(leg)),
      context_(context),
      listener_(&listener),
      log_(fmt::format("call={} leg={} trunk={}", options.call, name_of(options.side), trunk)),
      mode_({options.policy, options.side == media::Side::B, options.seed}, context.reactor, context.counters, log_,
            *this),
      move_timer_(context.reactor),
      vbd_timer_(context.reactor) {
  record_.trunk = trunk;
  record_.leg = leg_->name();
  record_.kind = leg_->media_kind();
  leg_->set_listener(this);
  take_place_on_trunk();
}

Party::~Party() {
  leg_->set_listener(nullptr);
}

std::optional<Cause> Party::accept_call(const Setup& setup, const std::optional<MediaDescription>& offer,
                                        const std::vector<OfferedStream>& streams) {
  record_.called = setup.called.digits;
  record_.calling = setup.calling.number.digits;
  identity_ = setup.calling;
  if (!is_ip()) {
    if (setup.called_complete) leg_->proceeding();
    return std::nullopt;
  }
  if (auto cause = bind()) return cause;
  if (!offer) {
    offered_ = ours_ = our_audio();
    return std::nullopt;
  }
  const MediaDescription theirs = reachable_part(*offer);
  ours_ = answer_to(theirs);
  if (!ours_) return refuse_media(streams);
  remote_ = theirs;
  return std::nullopt;
}

Cause Party::refuse_media(const std::vector<OfferedStream>& streams) {
  const auto refusal = explain_refusal(streams, options_.policy, local_);
  record_.why = refusal.text;
  log_.warning("refused: {}", refusal.text);
  context_.counted.media_refused.add();
  leg_->warn(refusal.warning, refusal.text);
  return kBearerNotImplemented;
}

std::optional<Cause> Party::place_call(const Setup& setup) {
  record_.called = setup.called.digits;
  record_.calling = setup.calling.number.digits;
  // Where we call is what we can vouch for, whoever answers there.
  identity_.number = setup.called;
  identity_.screening = ScreeningIndicator::Network;
  is_called_ = true;
  if (is_ip()) {
    if (auto cause = bind()) return cause;
    offered_ = ours_ = our_audio();
    is_described_ = true;
  }
  leg_->setup(setup, ours_);
  record_.leg = leg_->name();
  log_.info("setup called={} calling={} to={}", record_.called, record_.calling, record_.leg);
  return std::nullopt;
}

void Party::proceed(const Setup& setup) {
  record_.called = setup.called.digits;
  leg_->proceeding();
}

// Whoever came by a transfer was answered long ago.
void Party::progress(bool inband) {
  if (is_established_) return;
  leg_->progress(inband, inband ? description_once() : nothing_);
}
void Party::alert(bool inband) {
  if (is_established_) return;
  leg_->alert(inband, inband ? description_once() : nothing_);
}

void Party::answer() {
  if (is_established_) return;
  // Where the peer's INVITE had no offer, ours goes into the 200, even if nothing was early.
  bool gives_offer = is_ip() && !remote_ && !is_described_;
  if (gives_offer) is_described_ = true;
  leg_->answer(gives_offer ? ours_ : description_once());
  log_.info("answered");
  is_established_ = true;
  if (is_ip() && !offered_) mode_.on_established();
}

void Party::release(Cause cause) {
  if (is_leaving_) return;
  is_leaving_ = true;
  mode_.stop();
  move_timer_.cancel();
  vbd_timer_.cancel();
  cause = options_.causes.sent(cause);
  if (!is_called_) cause.obstacle = Obstacle::None;  // on the way to the called side
  log_.info("release cause={} ({})", cause.q850, text_of(cause));
  leg_->release(cause);
}

void Party::release_side(Cause cause) {
  release(cause);
  remove_bearer();
  place_on_trunk_ = {};
}

void Party::take_place_on_trunk() {
  if (options_.trunk) place_on_trunk_ = {options_.trunk->calls(), options_.call, options_.side};
}

void Party::remove_bearer() {
  if (std::exchange(has_bearer_, false)) context_.media.remove_bearer(options_.session, options_.side);
}

void Party::stop_media() {
  remove_bearer();
  if (!is_ip() || !has_media_ || !ours_ || !ours_->audio || !remote_ || !remote_->audio) return;
  auto settings = rtp_settings(*ours_->audio, *remote_->audio);
  if (!settings) return;
  settings->send = settings->receive = false;
  context_.media.use_rtp(options_.session, options_.side, *settings);
}

void Party::move_without_media(const Place& place) {
  stop_media();
  log_.info("goes to call={} leg={}", place.call, name_of(place.side));
  options_.call = place.call;
  options_.session = place.session;
  options_.side = place.side;
  options_.time = place.time;
  take_place_on_trunk();
  listener_ = &place.listener;
  log_ = Log(fmt::format("call={} leg={} trunk={}", place.call, name_of(place.side), record_.trunk));
}

std::optional<Cause> Party::move_with_media(const Place& place) {
  move_without_media(place);
  if (!is_ip()) {
    if (!slot_) return std::nullopt;
    context_.media.add_bearer(options_.session, options_.side, *slot_, leg_->busy_tones());
    has_bearer_ = true;
    return std::nullopt;
  }
  has_media_ = false;
  if (auto cause = bind()) return cause;
  if (is_established_) {
    describe_anew();
  } else if (remote_) {
    ours_ = answer_to(*remote_);
  } else {
    offered_ = ours_ = our_audio();
  }
  return std::nullopt;
}

void Party::play(media::Tone tone) {
  context_.media.play(options_.session, options_.side, tone, *options_.policy.tone_zone);
}

void Party::confer(bool is_among_three) {
  if (std::exchange(is_among_three_, is_among_three) == is_among_three || is_leaving_) return;
  leg_->conference(is_among_three);
}

void Party::set_holding(bool is_holding) {
  if (is_leaving_ || std::exchange(is_holding_, is_holding) == is_holding) return;
  log_.info("{}", is_holding ? "holds" : "retrieves");
  listener_->on_hold_changed(*this);
}

void Party::set_waiting(bool is_waiting) {
  if (is_leaving_ || std::exchange(is_waiting_, is_waiting) == is_waiting) return;
  is_waiting ? leg_->hold() : leg_->retrieve();
}

void Party::tell_trunk(Obstacle obstacle) {
  if (is_called_ && !is_established_ && options_.trunk) options_.trunk->on_called(obstacle);
}

void Party::on_proceeding() {
  if (is_leaving_) return;
  listener_->on_proceeding(*this);
}

void Party::on_progress(bool inband, const std::optional<MediaDescription>& media) {
  if (is_leaving_) return;
  tell_trunk(Obstacle::None);
  if (media && offered_) use(*offered_, *media);
  listener_->on_progress(*this, inband);
}

void Party::on_alerting(bool inband, const std::optional<MediaDescription>& media) {
  if (is_leaving_) return;
  tell_trunk(Obstacle::None);
  if (media && offered_) use(*offered_, *media);
  listener_->on_alerting(*this, inband);
}

void Party::on_answered(const std::optional<MediaDescription>& media) {
  if (is_leaving_) return;
  tell_trunk(Obstacle::None);
  if (is_ip() && media && offered_ && !use(*offered_, *media)) {
    record_.why = "the peer answered with no media that this trunk has offered";
    listener_->on_failed(*this, kBearerNotImplemented);
    return;
  }
  if (is_ip() && !has_media_) {
    log_.warning("answered without a usable description");
    listener_->on_failed(*this, kBearerNotImplemented);
    return;
  }
  offered_.reset();
  is_established_ = true;
  listener_->on_answered(*this);
  if (is_ip()) mode_.on_established();
}

void Party::on_timeslot(tdm::Timeslot slot) {
  if (is_leaving_) return;
  log_.info("timeslot={}", slot);
  slot_ = slot;
  record_.leg = leg_->name();
  context_.media.add_bearer(options_.session, options_.side, slot, leg_->busy_tones());
  has_bearer_ = true;
}

void Party::on_timeslot_left() {
  if (is_leaving_) return;
  slot_.reset();
  remove_bearer();
}

void Party::on_disconnected(Cause cause, bool inband) {
  if (is_leaving_) return;
  listener_->on_disconnected(*this, options_.causes.received(cause), inband);
}

void Party::on_released(Cause cause) {
  is_leaving_ = is_released_ = true;
  mode_.stop();
  move_timer_.cancel();
  vbd_timer_.cancel();
  remove_bearer();  // the timeslot is idle on the line and may be another call's at once
  cause = options_.causes.received(cause);
  record_.cause = cause;
  if (record_.why.empty()) record_.why = name_of(cause.obstacle);
  log_.info("released cause={} ({}) status={}{}", cause.q850, text_of(cause),
            cause.is_peers_status() ? cause.sip_status : 0,
            record_.why.empty() ? "" : fmt::format(" why=\"{}\"", record_.why));
  if (cause.obstacle != Obstacle::None || cause.is_peers_status()) tell_trunk(cause.obstacle);
  listener_->on_released(*this, cause);
}

void Party::on_digits(const std::string& digits) {
  if (is_leaving_) return;
  listener_->on_digits(*this, digits);
}

void Party::on_digits_wanted(bool) {
  if (!is_leaving_) listener_->on_digits_wanted(*this);
}

void Party::on_digits_complete() {
  if (!is_leaving_) listener_->on_digits_complete(*this);
}

void Party::on_mode_changed(MediaModeState state, ModeReason reason, int refused_with) {
  log_.info("media mode={} reason=\"{}\"", name_of(state), name_of(reason, refused_with));
  const bool was_t38 = !record_.modes.empty() && record_.modes.back().mode == MediaModeState::T38;
  if (state == MediaModeState::Passthrough && !was_t38) offer_vbd_soon();
  record_.modes.push_back({options_.time.at(context_.reactor.now()), state, reason, refused_with});
  listener_->on_mode_changed(*this, record_.modes.back());
}

void Party::on_peer_gone(PeerGone how) {
  if (!is_leaving_) listener_->on_peer_gone(*this, how);
}

void Party::on_line_changed(const tdm::LineFault& fault) {
  if (is_leaving_) return;
  const bool was_out = static_cast<bool>(std::exchange(line_, fault));
  if (!fault && !was_out) return;
  const WallTime now = options_.time.at(context_.reactor.now());
  if (fault && !was_out) record_.outages.push_back({now, std::nullopt, fault});
  if (!fault && was_out) record_.outages.back().ended = now;
  listener_->on_line_changed(*this);
}

void Party::on_dialog_lost(int sip_status) {
  listener_->on_failed(*this, cause_of_sip(sip_status));
}

}  // namespace sg::call
