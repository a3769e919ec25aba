// What a party agrees on with its peer: descriptions, offers and answers.
#include <algorithm>

#include "gateway/call/negotiation.h"
#include "gateway/call/party.h"

namespace sg::call {

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
    context_.counted.media_family.add();
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

void Party::send_t38_offer() {
  send_offer(offer_t38(options_.policy, local_));
}

}  // namespace sg::call
