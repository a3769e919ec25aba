#include "gateway/call/party.h"

#include <algorithm>

#include "gateway/call/media_refusal.h"
#include "gateway/call/negotiation.h"

namespace sg::call {
namespace {

char name(media::Side side) {
  return "abc"[static_cast<size_t>(side)];
}

}  // namespace

Party::Party(const Options& options, std::unique_ptr<Leg> leg, const std::string& trunk, const Context& context,
             PartyListener& listener)
    : options_(options),
      leg_(std::move(leg)),
      context_(context),
      listener_(&listener),
      log_(fmt::format("call={} leg={} trunk={}", options.call, name(options.side), trunk)),
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
  context_.counters.get("call.media_refused").add();
  leg_->warn(refusal.warning, refusal.text);
  return kBearerNotImplemented;
}

std::optional<Cause> Party::place_call(const Setup& setup) {
  record_.called = setup.called.digits;
  record_.calling = setup.calling.number.digits;
  // Where we call is what we can vouch for, whoever answers there.
  identity_.number = setup.called;
  identity_.screening = tdm::Screening::Network;
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

void Party::leave(Cause cause) {
  release(cause);
  drop_bearer();
  place_on_trunk_ = {};
}

void Party::take_place_on_trunk() {
  if (options_.trunk) place_on_trunk_ = {options_.trunk->calls(), options_.call, options_.side};
}

void Party::drop_bearer() {
  if (std::exchange(has_bearer_, false)) context_.media.remove_bearer(options_.session, options_.side);
}

void Party::leave_session() {
  drop_bearer();
  if (!is_ip() || !has_media_ || !ours_ || !ours_->audio || !remote_ || !remote_->audio) return;
  auto settings = rtp_settings(*ours_->audio, *remote_->audio);
  if (!settings) return;
  settings->send = settings->receive = false;
  context_.media.use_rtp(options_.session, options_.side, *settings);
}

void Party::go_to(const Place& place) {
  leave_session();
  log_.info("goes to call={} leg={}", place.call, name(place.side));
  options_.call = place.call;
  options_.session = place.session;
  options_.side = place.side;
  options_.time = place.time;
  take_place_on_trunk();
  listener_ = &place.listener;
  log_ = Log(fmt::format("call={} leg={} trunk={}", place.call, name(place.side), record_.trunk));
}

void Party::retire_to(const Place& place) {
  go_to(place);
}

std::optional<Cause> Party::move_to(const Place& place) {
  go_to(place);
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

void Party::describe_anew() {
  is_moving_ = true;
  is_waiting_ = false;  // the offer goes both ways, and so ends the wait
  move_timer_.cancel();
  // One offer at a time: the address that this one tells is told again then.
  if (is_offer_open_) {
    has_moved_again_ = true;
    return;
  }
  send_offer(our_audio());
}

void Party::send_offer(MediaDescription offer) {
  offered_ = std::move(offer);
  is_offer_open_ = true;
  leg_->offer(*offered_);
}

MediaDescription Party::our_audio() const {
  const bool is_fax = options_.policy.is_known_fax || mode() != MediaModeState::Audio;
  return is_fax ? offer_voice_band_data(options_.policy, local_, codec_) : offer_audio(options_.policy, local_, codec_);
}

void Party::offer_vbd_soon() {
  // With T38Ask::Peer the peer's own T.38 offer is due, and ours would cross it.
  if (options_.policy.vbd != VoiceBandData::Offer || options_.policy.t38 == T38Ask::Peer) return;
  vbd_timer_.arm(options_.policy.vbd_offer_delay, [this] {
    const bool is_told = ours_ && ours_->audio && !ours_->audio->voice_band_data.empty();
    if (is_told || is_leaving_ || !is_established_ || mode() != MediaModeState::Passthrough) return;
    // One offer at a time; it is told when this one is answered, or the hold is over.
    if (is_offer_open_ || is_holding_ || is_waiting_) return offer_vbd_soon();
    send_offer(our_audio());
  });
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

std::optional<Cause> Party::bind() {
  auto local = context_.media.add_ip(options_.session, options_.side, options_.policy.local_host);
  if (!local) {
    log_.error("no media port: {}", local.error().message);
    return Cause{47};
  }
  local_ = *local;
  return std::nullopt;
}

MediaDescription Party::reachable_part(const MediaDescription& remote) const {
  MediaDescription part = reachable(remote, local_);
  const bool has_lost_audio = remote.audio && !part.audio, has_lost_image = remote.image && !part.image;
  if (has_lost_audio || has_lost_image) {
    const SocketAddress& theirs = has_lost_audio ? remote.audio->rtp : remote.image->udptl;
    log_.warning("media address {} of the peer is left out: ours, {}, is of the other family", theirs.to_string(),
                 local_.host());
    context_.counters.get("call.media_family").add();
  }
  return part;
}

std::optional<MediaDescription> Party::answer_to(const MediaDescription& offer) const {
  return is_t38_offer(offer) ? answer_t38(options_.policy, local_, offer)
                             : answer_audio(options_.policy, local_, offer);
}

bool Party::is_t38_offer(const MediaDescription& offer) const {
  if (!offer.image || !offer.audio) return offer.image.has_value();
  // Both lines on: the image says what the peer could do, and audio carries the call until it is a fax. Of that, one
  // of the two is taken, and the other declined (RFC 3264 section 6).
  if (!answer_audio(options_.policy, local_, offer)) return true;
  const bool is_possible = !options_.policy.is_data && !is_among_three_ && mode_.takes_peer_t38();
  return is_possible && mode_.is_fax();
}

const std::optional<MediaDescription>& Party::description_once() {
  // Our answer to the peer's first offer puts the media into effect. An offer of ours may not travel in an unreliable
  // provisional response: it waits for the 200 (RFC 3261 section 13.2.1).
  if (!is_ip() || is_described_ || !remote_) return nothing_;
  is_described_ = true;
  use(*ours_, *remote_);
  return ours_;
}

bool Party::use(const MediaDescription& local, const MediaDescription& told) {
  const MediaDescription remote = reachable_part(told);
  if (local.image && remote.image) {
    ours_ = local;
    remote_ = remote;
    auto settings = t38_settings(options_.policy, *local.image, *remote.image);
    record_.t38_refused_with = 0;  // a glare, or the peer asked itself afterwards
    record_.t38_max_datagram = settings.remote_params.max_datagram;
    context_.media.use_t38(options_.session, options_.side, settings);
    has_media_ = true;
    if (!offered_) mode_.on_peer_t38_accepted();
    return true;
  }
  if (!local.audio || !remote.audio) return false;
  auto settings = rtp_settings(*local.audio, *remote.audio);
  if (!settings) return false;
  settings->redundant_copies = static_cast<size_t>(options_.policy.redundant_copies);
  settings->digits_by_signalling = signals_digits();
  settings->latch = options_.policy.latch;
  settings->signalling = options_.policy.signalling;
  ours_ = local;
  remote_ = remote;
  codec_ = settings->codec.id;
  context_.media.use_rtp(options_.session, options_.side, *settings);
  has_media_ = true;
  return true;
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
  drop_bearer();
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
  drop_bearer();  // the timeslot is idle on the line and may be another call's at once
  cause = options_.causes.received(cause);
  record_.cause = cause;
  if (record_.why.empty()) record_.why = text_of(cause.obstacle);
  log_.info("released cause={} ({}) status={}{}", cause.q850, text_of(cause),
            cause.is_peers_status() ? cause.sip_status : 0,
            record_.why.empty() ? "" : fmt::format(" why=\"{}\"", record_.why));
  if (cause.obstacle != Obstacle::None || cause.is_peers_status()) tell_trunk(cause.obstacle);
  listener_->on_released(*this, cause);
}

void Party::on_offer(const MediaDescription& told) {
  if (is_leaving_) return;
  const MediaDescription offer = reachable_part(told);
  const bool is_t38 = is_t38_offer(offer);
  if (is_t38 && (is_among_three_ || !mode_.takes_peer_t38())) {
    log_.info("offer refused status=488 t38");
    record_.refused_peer_t38 = true;
    return leg_->refuse_offer(488);
  }
  auto answer = answer_to(offer);
  // Both ends are in the middle of a fax with the version that they agreed on first.
  if (is_t38 && answer && ours_ && ours_->image && remote_ && remote_->image) {
    auto& version = answer->image->params.version;
    version = std::min({version, ours_->image->params.version, remote_->image->params.version});
  }
  if (!answer) {
    log_.info("offer refused status=488 {}", is_t38 ? "t38" : "audio");
    leg_->refuse_offer(488);
    return;
  }
  offered_.reset();
  if (!use(*answer, offer)) {
    leg_->refuse_offer(488);
    return;
  }
  leg_->answer_offer(*answer);
  if (!is_t38) mode_.on_peer_audio_accepted();
}

// RFC 3261 section 14.2: as in a brand new call, so both ways whatever the peer did before (RFC 6337 section 5.3). But
// T.38 that stands is not turned back into audio.
std::optional<MediaDescription> Party::on_offer_wanted() {
  if (is_leaving_ || is_offer_open_) return std::nullopt;
  offered_ = mode() == MediaModeState::T38 && ours_ && ours_->image ? *ours_ : our_audio();
  is_offer_open_ = is_offer_wanted_ = true;
  return offered_;
}

void Party::on_offer_answered(const MediaDescription& answer) {
  is_offer_open_ = false;
  const bool was_wanted = std::exchange(is_offer_wanted_, false);
  if (is_leaving_) return;
  if (std::exchange(has_moved_again_, false)) return describe_anew();
  if (!offered_) return;
  const bool was_t38 = offered_->image.has_value();
  const bool was_needed = was_wanted || is_moving_ || !has_media_;
  if (!use(*offered_, answer)) {
    // Answered, but with port 0 or another kind of line: what stood goes on.
    offered_.reset();
    if (was_t38 && !was_wanted) {
      mode_.on_t38_answered_without_image();
    } else if (was_needed) {
      listener_->on_failed(*this, kBearerNotImplemented);
    }
    return;
  }
  offered_.reset();
  is_moving_ = false;
  if (was_t38) {
    mode_.on_t38_agreed();
  } else {
    mode_.on_established();
  }
}

void Party::on_offer_refused(int status) {
  is_offer_open_ = has_moved_again_ = false;
  if (is_leaving_) return;
  if (std::exchange(is_offer_wanted_, false)) {
    offered_.reset();
    if (is_moving_) describe_anew();
    return;
  }
  log_.info("our offer was refused status={}", status);
  const bool is_old_news = status == 408 && mode() != MediaModeState::OfferingT38;
  if (offered_ && offered_->image && !is_old_news) record_.t38_refused_with = status;
  if (status == 408) vbd_timer_.cancel();  // nothing that we send gets there
  offered_.reset();
  if (!is_moving_) return mode_.on_t38_refused(status);
  if (status != 491) return listener_->on_failed(*this, cause_of_sip(status));
  move_timer_.arm(mode_.glare_pause(), [this] {
    if (!is_leaving_) describe_anew();
  });
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

void Party::send_t38_offer() {
  send_offer(offer_t38(options_.policy, local_));
}

void Party::on_mode_changed(MediaModeState state, ModeReason reason, int refused_with) {
  log_.info("media mode={} reason=\"{}\"", name(state), words_of(reason, refused_with));
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
