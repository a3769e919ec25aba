#include "gateway/trunk/tdm_leg.h"

#include "gateway/trunk/tdm_trunk.h"

namespace sg::trunk {
namespace {

// Q.931 4.5.22.
constexpr uint8_t kCallIsDiverting = 0x7b;

bool is_inband(const tdm::Progress& progress) {
  return progress.inband_available || progress.not_end_to_end_isdn;
}

}  // namespace

TdmLeg::TdmLeg(TdmTrunk& trunk) : trunk_(trunk), later_(trunk.reactor()) {}

TdmLeg::TdmLeg(TdmTrunk& trunk, tdm::Signalling& signalling, tdm::SignallingCallId call, tdm::Timeslot slot)
    : trunk_(trunk), signalling_(&signalling), call_(call), slot_(slot), phase_(Phase::Up), later_(trunk.reactor()) {}

TdmLeg::~TdmLeg() {
  if (!call_ || phase_ == Phase::Released) return;
  trunk_.forget(*signalling_, call_);
  signalling_->release(call_, call::kNormalClearing.q850);
}

std::string TdmLeg::name() const {
  return call_ ? fmt::format("timeslot {}", slot_) : fmt::format("trunk {}", trunk_.name());
}

void TdmLeg::setup(const call::Setup& setup, const std::optional<call::MediaDescription>&) {
  auto placed = trunk_.place(*this, setup);
  if (!placed) {
    phase_ = Phase::Released;
    tell_later([cause = placed.error()](call::LegListener& listener) { listener.on_released(cause); });
    return;
  }
  phase_ = Phase::Up;
  if (!is_slot_ready_) return;
  tell_later([slot = slot_](call::LegListener& listener) { listener.on_timeslot(slot); });
}

bool TdmLeg::want_digits(bool inband_dial_tone) {
  if (phase_ != Phase::Up) return false;
  signalling_->setup_acknowledge(call_, inband_dial_tone);
  tell_later([slot = slot_](call::LegListener& listener) { listener.on_timeslot(slot); });
  return true;
}

void TdmLeg::proceeding() {
  signalling_->proceeding(call_);
  tell_later([slot = slot_](call::LegListener& listener) { listener.on_timeslot(slot); });
}

void TdmLeg::progress(bool inband, const std::optional<call::MediaDescription>&) {
  if (phase_ != Phase::Up) return;
  tdm::Progress progress;
  progress.inband_available = inband;
  signalling_->progress(call_, progress, 0);
}

void TdmLeg::alert(bool inband, const std::optional<call::MediaDescription>&) {
  if (phase_ == Phase::Up) signalling_->alerting(call_, inband);
}

void TdmLeg::answer(const std::optional<call::MediaDescription>&) {
  if (phase_ != Phase::Up) return;
  phase_ = Phase::Answered;
  signalling_->answer(call_);
}

void TdmLeg::release(call::Cause cause) {
  if (phase_ == Phase::Released) return;
  if (!call_) {
    phase_ = Phase::Released;
    tell_later([cause](call::LegListener& listener) { listener.on_released(cause); });
    return;
  }
  signalling_->release(call_, cause.q850);
}

// A timeslot has no descriptions to negotiate.
void TdmLeg::offer(const call::MediaDescription&) {}
void TdmLeg::answer_offer(const call::MediaDescription&) {}
void TdmLeg::refuse_offer(int) {}

void TdmLeg::send_digits(const std::string& digits) {
  if (phase_ == Phase::Up) signalling_->information(call_, digits);
}

bool TdmLeg::join_at_far_end(const call::Leg& other) {
  auto* with = dynamic_cast<const TdmLeg*>(&other);
  bool may = trunk_.joins_in_switch() && with && with->signalling_ == signalling_ && phase_ == Phase::Answered;
  if (!may || with->phase_ != Phase::Answered) return false;
  if (auto asked = signalling_->join(call_, with->call_); !asked) {
    Log(fmt::format("trunk={}", trunk_.name())).warning("the switch cannot join two calls: {}", asked.error().message);
    return false;
  }
  return true;
}

void TdmLeg::forwarded() {
  if (phase_ == Phase::Up) signalling_->notify(call_, kCallIsDiverting);
}

void TdmLeg::hold() {
  if (phase_ == Phase::Answered) signalling_->notify(call_, tdm::kRemoteHold);
}

void TdmLeg::retrieve() {
  if (phase_ == Phase::Answered) signalling_->notify(call_, tdm::kRemoteRetrieval);
}

void TdmLeg::conference(bool is_on) {
  if (phase_ != Phase::Answered) return;
  signalling_->notify(call_, is_on ? tdm::kConferenceEstablished : tdm::kConferenceDisconnected);
}

const tdm::ToneZone* TdmLeg::busy_tones() const {
  return call_ && phase_ != Phase::Released ? signalling_->busy_tones(call_) : nullptr;
}

void TdmLeg::busy_tone_heard() {
  if (call_ && phase_ != Phase::Released) signalling_->on_busy_tone(call_);
}

// Nobody is there to be told; what cannot be joined is over.
void TdmLeg::transfer_progress(int status) {
  if (is_transferring_ && status >= 300) signalling_->release(call_, call::kNormalClearing.q850);
}

void TdmLeg::on_slot(tdm::Timeslot slot) {
  slot_ = slot;
  if (listener_) listener_->on_timeslot(slot);
}

void TdmLeg::on_proceeding(tdm::Progress progress) {
  if (!listener_) return;
  listener_->on_proceeding();
  if (is_inband(progress)) listener_->on_progress(true, std::nullopt);
}

void TdmLeg::on_progress(tdm::Progress progress) {
  if (listener_) listener_->on_progress(is_inband(progress), std::nullopt);
}

void TdmLeg::on_alerting(tdm::Progress progress) {
  if (listener_) listener_->on_alerting(is_inband(progress), std::nullopt);
}

void TdmLeg::on_answered() {
  phase_ = Phase::Answered;
  if (listener_) listener_->on_answered(std::nullopt);
}

void TdmLeg::on_disconnected(int cause, tdm::Progress progress) {
  if (listener_) listener_->on_disconnected({cause}, progress.inband_available);
}

void TdmLeg::on_released(int cause) {
  phase_ = Phase::Released;
  later_.cancel();
  if (listener_) listener_->on_released({cause});
}

void TdmLeg::on_digits(const std::string& digits) {
  if (listener_) listener_->on_digits(digits);
}

void TdmLeg::on_digits_complete() {
  if (listener_) listener_->on_digits_complete();
}

// What comes of it is over at once: the parties only change places.
void TdmLeg::on_join_wanted(const TdmLeg& other) {
  call::TransferRequest request;
  request.other_call = &other;
  bool is_joined = listener_ && listener_->on_transfer(request);
  signalling_->join_answered(call_, is_joined);
}

void TdmLeg::on_digits_wanted(tdm::Progress progress) {
  if (listener_) listener_->on_digits_wanted(progress.inband_available);
}

void TdmLeg::on_notified(uint8_t description) {
  if (!listener_) return;
  if (description == tdm::kRemoteHold) listener_->on_held();
  if (description == tdm::kRemoteRetrieval) listener_->on_retrieved();
}

void TdmLeg::on_slot_left() {
  if (listener_) listener_->on_timeslot_left();
}

void TdmLeg::on_line_changed(const tdm::LineFault& fault) {
  if (listener_) listener_->on_line_changed(fault);
}

void TdmLeg::on_transfer(TdmLeg& other) {
  is_transferring_ = true;
  call::TransferRequest request;
  request.other_call = &other;
  if (!listener_ || !listener_->on_transfer(request)) transfer_progress(603);
}

void TdmLeg::on_conference(TdmLeg& held) {
  if (listener_) listener_->on_conference(held);
}

void TdmLeg::tell_later(std::function<void(call::LegListener&)> what) {
  later_.arm(Duration::zero(), [this, what = std::move(what)] {
    if (listener_) what(*listener_);
  });
}

}  // namespace sg::trunk
