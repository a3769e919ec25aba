#pragma once

#include <functional>
#include <memory>

#include "base/lifetime.h"
#include "base/reactor.h"
#include "gateway/call/leg.h"

namespace sg::call {

// Stands for the caller of a call that a transfer makes, until the one who is transferred takes its place. It has
// neither signalling nor media, and tells how the new call gets on.
// Owned by its Party; signalling thread only.
class TransferLeg final : public Leg {
 public:
  enum class Step : uint8_t { Progress, Alerting, Answered, Failed };
  // From the loop; not once the leg is gone.
  using Tell = std::function<void(Step, Cause)>;

  TransferLeg(Reactor& reactor, std::string name, Tell tell);

  void set_listener(LegListener* listener) override { listener_ = listener; }
  MediaKind media_kind() const override { return MediaKind::Tdm; }
  std::string name() const override { return name_; }

  void proceeding() override {}
  void progress(bool inband, const std::optional<MediaDescription>& media) override;
  void alert(bool inband, const std::optional<MediaDescription>& media) override;
  void answer(const std::optional<MediaDescription>& media) override;
  void release(Cause cause) override;

  // Only an answered call has these.
  void setup(const Setup&, const std::optional<MediaDescription>&) override {}
  void offer(const MediaDescription&) override {}
  void answer_offer(const MediaDescription&) override {}
  void refuse_offer(int) override {}
  void send_digits(const std::string&) override {}

 private:
  void tell(Step step, Cause cause);

  Reactor& reactor_;
  const std::string name_;
  const Tell tell_;
  LegListener* listener_ = nullptr;
  Lifetime lifetime_;
};

}  // namespace sg::call
