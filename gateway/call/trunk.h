#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/call/leg.h"
#include "gateway/call/media_policy.h"

namespace sg::call {

// How long a called side may take where another target could be tried instead. 0: as long as it likes.
struct Patience {
  Duration first_response{};  // to say anything at all
  Duration first_progress{};  // to ring, to progress, or to fail
};

// What calls come from and go to. Signalling thread only.
class Trunk {
 public:
  virtual ~Trunk() = default;
  virtual const std::string& name() const = 0;
  virtual const MediaPolicy& media_policy() const = 0;
  virtual Patience patience() const { return {}; }
  // A leg ready for setup(), or why there is none now: 34 full, 27 out of order.
  virtual tl::expected<std::unique_ptr<Leg>, Cause> make_leg() = 0;
};

// Where one call may go: tried in order.
struct Target {
  Trunk* trunk = nullptr;
  Setup setup;
};

// The dial plan as call control sees it.
class Router {
 public:
  virtual ~Router() = default;
  // Empty: no route.
  virtual std::vector<Target> route(const Trunk& from, const Setup& setup) = 0;
};

}  // namespace sg::call
