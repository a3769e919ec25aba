#include "gateway/call/transfer_leg.h"

namespace sg::call {

TransferLeg::TransferLeg(Reactor& reactor, std::string name, Tell tell)
    : reactor_(reactor), name_(std::move(name)), tell_(std::move(tell)) {}

void TransferLeg::progress(bool, const std::optional<MediaDescription>&) {
  tell(Step::Progress, {});
}
void TransferLeg::alert(bool, const std::optional<MediaDescription>&) {
  tell(Step::Alerting, {});
}
void TransferLeg::answer(const std::optional<MediaDescription>&) {
  tell(Step::Answered, {});
}

void TransferLeg::release(Cause cause) {
  tell(Step::Failed, cause);
  reactor_.post(lifetime_.guard([this, cause] {
    if (listener_) listener_->on_released(cause);
  }));
}

void TransferLeg::tell(Step step, Cause cause) {
  reactor_.post(lifetime_.guard([this, step, cause] { tell_(step, cause); }));
}

}  // namespace sg::call
