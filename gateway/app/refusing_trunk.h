#pragma once

#include <memory>
#include <string>

#include "gateway/call/trunk.h"

namespace sg::app {

// Where calls go that the plan refuses: there is never a leg, and the cause says why. Owned by the Application.
class RefusingTrunk final : public call::Trunk {
 public:
  explicit RefusingTrunk(call::Cause cause) : cause_(cause) {}

  const std::string& name() const override { return name_; }
  const call::MediaPolicy& media_policy() const override { return policy_; }
  tl::expected<std::unique_ptr<call::Leg>, call::Cause> make_leg() override { return tl::unexpected(cause_); }

 private:
  const call::Cause cause_;
  const std::string name_ = "(dial plan)";
  const call::MediaPolicy policy_;
};

}  // namespace sg::app
