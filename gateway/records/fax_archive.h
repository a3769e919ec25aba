#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "gateway/call/record.h"

namespace sg::records {

// The records of the latest faxes, as their lines of JSON, for who asks on the control socket.
// Owned by the Application; signalling thread only.
class FaxArchive {
 public:
  explicit FaxArchive(size_t most) : most_(most) {}

  // Calls that were no fax are passed over.
  void add(const call::Record& record);
  // Empty: it is not here, or not any more.
  std::optional<std::string> find(CallId id) const;
  size_t most() const { return most_; }
  std::vector<std::string> all() const;  // the latest first

 private:
  struct Kept {
    CallId id;
    std::string line;
  };
  const size_t most_;
  std::deque<Kept> kept_;  // the latest first
};

}  // namespace sg::records
