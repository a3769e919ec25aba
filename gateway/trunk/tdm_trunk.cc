#include "gateway/trunk/tdm_trunk.h"

#include <algorithm>

namespace sg::trunk {

class TdmTrunk::Interface final : public tdm::Signalling::Listener {
 public:
  Interface(TdmTrunk& trunk, std::unique_ptr<tdm::Signalling> signalling)
      : trunk_(trunk), signalling_(std::move(signalling)) {
    signalling_->set_listener(this);
  }
  ~Interface() override { signalling_->set_listener(nullptr); }

  tdm::Signalling& signalling() { return *signalling_; }
  const tdm::Signalling& signalling() const { return *signalling_; }

 private:
  void on_setup(tdm::SignallingCallId call, tdm::Timeslot slot, const tdm::Setup& setup) override {
    trunk_.take(*signalling_, call, slot, setup);
  }

  void on_information(tdm::SignallingCallId call, const std::string& digits) override {
    TdmLeg* leg = trunk_.find(*signalling_, call);
    if (!leg) return;
    if (!digits.empty()) return leg->on_digits(digits);
    // No digits: no more will come (Sending complete, or T302).
    leg->on_digits_complete();
  }

  void on_setup_acknowledged(tdm::SignallingCallId call, tdm::Progress progress) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_digits_wanted(progress);
  }
  void on_proceeding(tdm::SignallingCallId call, tdm::Progress progress) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_proceeding(progress);
  }
  void on_progress(tdm::SignallingCallId call, tdm::Progress progress, int) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_progress(progress);
  }
  void on_alerting(tdm::SignallingCallId call, tdm::Progress progress) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_alerting(progress);
  }
  void on_answered(tdm::SignallingCallId call, tdm::Progress) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_answered();
  }
  void on_timeslot_changed(tdm::SignallingCallId call, tdm::Timeslot slot) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_slot(slot);
  }
  void on_disconnected(tdm::SignallingCallId call, int cause, tdm::Progress progress) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) {
      leg->on_disconnected(cause, progress);
    } else {
      signalling_->release(call, cause);
    }
  }
  void on_released(tdm::SignallingCallId call, int cause) override {
    TdmLeg* leg = trunk_.find(*signalling_, call);
    if (!leg) return;
    trunk_.forget(*signalling_, call);
    leg->on_released(cause);
  }
  void on_notify(tdm::SignallingCallId call, uint8_t description) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_notified(description);
  }
  void on_timeslot_left(tdm::SignallingCallId call) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_slot_left();
  }
  void on_transfer(tdm::SignallingCallId call, tdm::SignallingCallId other) override {
    TdmLeg* leg = trunk_.find(*signalling_, call);
    TdmLeg* with = trunk_.find(*signalling_, other);
    if (leg && with) return leg->on_transfer(*with);
    for (auto id : {call, other}) signalling_->release(id, call::kNormalClearing.q850);
  }
  void on_conference(tdm::SignallingCallId call, tdm::SignallingCallId held) override {
    TdmLeg* leg = trunk_.find(*signalling_, call);
    TdmLeg* with = trunk_.find(*signalling_, held);
    if (leg && with) leg->on_conference(*with);
  }
  void on_line_changed(tdm::SignallingCallId call, const tdm::LineFault& fault) override {
    if (TdmLeg* leg = trunk_.find(*signalling_, call)) leg->on_line_changed(fault);
  }
  void on_interface_up() override { trunk_.log_.info("{} is up", signalling_->status().name); }
  void on_interface_down() override { trunk_.log_.error("{} is down", signalling_->status().name); }
  void on_join_wanted(tdm::SignallingCallId call, tdm::SignallingCallId other) override {
    TdmLeg* leg = trunk_.find(*signalling_, call);
    TdmLeg* with = trunk_.find(*signalling_, other);
    if (leg && with) return leg->on_join_wanted(*with);
    signalling_->join_answered(call, false);
  }

  TdmTrunk& trunk_;
  std::unique_ptr<tdm::Signalling> signalling_;
};

TdmTrunk::TdmTrunk(Options options, Reactor& reactor, Counters& counters, IncomingSink incoming)
    : options_(std::move(options)),
      reactor_(reactor),
      refused_full_(counters.get("trunk.refused_full")),
      incoming_(std::move(incoming)),
      log_(fmt::format("trunk={}", options_.name)) {
  for (auto& signalling : options_.interfaces)
    interfaces_.push_back(std::make_unique<Interface>(*this, std::move(signalling)));
  options_.interfaces.clear();
}

TdmTrunk::~TdmTrunk() = default;

tl::expected<call::OutgoingLeg, call::Cause> TdmTrunk::make_leg() {
  auto cause = why_not();
  if (cause.q850) {
    refused_full_.add();
    return tl::unexpected(cause);
  }
  return call::OutgoingLeg{std::make_unique<TdmLeg>(*this), options_.media_policy};
}

call::TrunkState TdmTrunk::state() const {
  auto cause = why_not();
  return {cause.q850 != call::kDestinationOutOfOrder.q850, cause == call::kNoCircuit, ""};
}

// Cause 0: some interface would take a call.
call::Cause TdmTrunk::why_not() const {
  call::Cause why = call::kDestinationOutOfOrder;
  for (const auto& interface : interfaces_) {
    int refusal = interface->signalling().refusal_cause();
    if (!refusal) return {0};
    // Full says more than down: some interface lives.
    if (refusal == call::kNoCircuit.q850) why = call::kNoCircuit;
  }
  return why;
}

tl::expected<void, call::Cause> TdmTrunk::place(TdmLeg& leg, const call::Setup& setup) {
  if (auto cause = why_not(); cause.q850) return tl::unexpected(cause);
  tdm::Setup out = setup;
  // What has to be data stays it; else the trunk knows best what its far end takes.
  if (out.bearer != BearerCapability::Unrestricted) out.bearer = options_.bearer;
  for (auto& interface : interfaces_) {
    auto& signalling = interface->signalling();
    if (signalling.refusal_cause()) continue;
    auto placed = signalling.setup(out);
    if (!placed) {
      log_.warning("setup refused: {}", placed.error().message);
      continue;
    }
    leg.signalling_ = &signalling;
    leg.call_ = placed->call;
    leg.slot_ = placed->slot;
    leg.is_slot_ready_ = placed->is_slot_ready;
    legs_[{&signalling, placed->call}] = &leg;
    return {};
  }
  return tl::unexpected(call::kNoCircuit);
}

void TdmTrunk::take(tdm::Signalling& signalling, tdm::SignallingCallId call, tdm::Timeslot slot,
                    const tdm::Setup& setup) {
  auto leg = std::make_unique<TdmLeg>(*this, signalling, call, slot);
  legs_[{&signalling, call}] = leg.get();
  incoming_(*this, std::move(leg), {setup});
}

void TdmTrunk::forget(const tdm::Signalling& signalling, tdm::SignallingCallId call) {
  legs_.erase({&signalling, call});
}

TdmLeg* TdmTrunk::find(const tdm::Signalling& signalling, tdm::SignallingCallId call) const {
  auto found = legs_.find({&signalling, call});
  return found == legs_.end() ? nullptr : found->second;
}

std::vector<tdm::Signalling::Status> TdmTrunk::status() const {
  std::vector<tdm::Signalling::Status> all;
  for (const auto& interface : interfaces_) all.push_back(interface->signalling().status());
  return all;
}

size_t TdmTrunk::lines() const {
  size_t lines = 0;
  for (const auto& interface : interfaces_) {
    for (const auto& slot : interface->signalling().status().slots) {
      using State = tdm::Signalling::SlotState;
      lines += slot.state == State::Idle || slot.state == State::InUse || slot.state == State::Restarting;
    }
  }
  return lines;
}

bool TdmTrunk::set_blocked(tdm::Timeslot slot, bool is_blocked) {
  return std::ranges::any_of(interfaces_,
                             [&](auto& interface) { return interface->signalling().set_blocked(slot, is_blocked); });
}

bool TdmTrunk::is_blocked(tdm::Timeslot slot) const {
  return std::ranges::any_of(interfaces_, [&](const auto& interface) {
    const auto slots = interface->signalling().status().slots;
    return std::ranges::any_of(slots, [&](const auto& each) { return each.slot == slot && each.is_blocked; });
  });
}

void TdmTrunk::on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) {
  for (auto& interface : interfaces_) interface->signalling().on_alarms_changed(span, alarms);
}

}  // namespace sg::trunk
