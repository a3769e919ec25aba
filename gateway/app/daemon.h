#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace sg::app {

// Going to the background in a way that the starter learns how it went: detach() forks; the parent waits until the
// child says ready() or failed(), and exits with 0 or 1. Call before any thread is started.
class Daemon {
 public:
  static Daemon foreground();
  static Daemon detach();

  // In the parent, once the child has told: what main() returns. Not set in the process that goes on.
  std::optional<int> parent_exit_code() const { return parent_exit_code_; }
  void ready();
  void failed(const std::string& message);

 private:
  std::optional<int> parent_exit_code_;
  UniqueFd tell_;  // to the waiting parent; none in the foreground
};

}  // namespace sg::app
