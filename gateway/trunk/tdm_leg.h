#pragma once

#include <functional>

#include "base/reactor.h"
#include "gateway/call/leg.h"
#include "tdm/signalling.h"

namespace sg::trunk {

class TdmTrunk;

// One call on a timeslot as a leg. Owned by its call, registered with its trunk, which hands it what the signalling
// says. Signalling thread only.
class TdmLeg final : public call::Leg {
 public:
  // Outgoing: nothing is on the line before setup().
  explicit TdmLeg(TdmTrunk& trunk);
  // Incoming: the SETUP came on this timeslot.
  TdmLeg(TdmTrunk& trunk, tdm::Signalling& signalling, tdm::SignallingCallId call, tdm::Timeslot slot);
  ~TdmLeg() override;

  void set_listener(call::LegListener* listener) override { listener_ = listener; }
  call::MediaKind media_kind() const override { return call::MediaKind::Tdm; }
  std::string name() const override;

  void setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer) override;
  bool want_digits(bool inband_dial_tone) override;
  void proceeding() override;
  void progress(bool inband, const std::optional<call::MediaDescription>& media) override;
  void alert(bool inband, const std::optional<call::MediaDescription>& media) override;
  void answer(const std::optional<call::MediaDescription>& media) override;
  void release(call::Cause cause) override;
  void offer(const call::MediaDescription& media) override;
  void answer_offer(const call::MediaDescription& media) override;
  void refuse_offer(int status) override;
  void send_digits(const std::string& digits) override;
  void forwarded() override;
  bool join_at_far_end(const call::Leg& other) override;
  void hold() override;
  void retrieve() override;
  void conference(bool is_on) override;
  const tdm::ToneZone* busy_tones() const override;
  void busy_tone_heard() override;
  void transfer_progress(int status) override;

 private:
  friend class TdmTrunk;
  enum class Phase : uint8_t { New, Up, Answered, Released };

  // From the trunk, as the signalling speaks.
  void on_slot(tdm::Timeslot slot);
  void on_proceeding(tdm::Progress progress);
  void on_progress(tdm::Progress progress);
  void on_alerting(tdm::Progress progress);
  void on_answered();
  void on_disconnected(int cause, tdm::Progress progress);
  void on_released(int cause);
  void on_digits(const std::string& digits);
  void on_digits_complete();
  void on_join_wanted(const TdmLeg& other);
  void on_digits_wanted(tdm::Progress progress);
  void on_notified(uint8_t description);
  void on_slot_left();
  void on_line_changed(const tdm::LineFault& fault);
  // The far end wants its two calls joined, or both far ends beside itself.
  void on_transfer(TdmLeg& other);
  void on_conference(TdmLeg& held);
  // Tells the listener later, from the loop, if the leg still lives then.
  void tell_later(std::function<void(call::LegListener&)> what);

  TdmTrunk& trunk_;
  tdm::Signalling* signalling_ = nullptr;
  tdm::SignallingCallId call_;
  tdm::Timeslot slot_;
  bool is_slot_ready_ = true;  // false: the port still dials or rings, and on_slot() says when
  call::LegListener* listener_ = nullptr;
  Phase phase_ = Phase::New;
  bool is_transferring_ = false;  // its far end is gone, and leaves this call to another
  Timer later_;
};

}  // namespace sg::trunk
