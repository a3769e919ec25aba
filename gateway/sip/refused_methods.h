#pragma once

#include <deque>
#include <set>
#include <string>

#include "base/clock.h"

namespace sg::sip {

// Which sources the log has told of, that send what we refuse: who registers does so every few minutes, for ever. A
// source is told of once in kTellAgainAfter, by method; and no more of them than kMost in that time. A value.
class RefusedMethods {
 public:
  static constexpr Duration kTellAgainAfter = 1h;
  static constexpr size_t kMost = 1024;

  // A request was refused. True: the log is to have it.
  bool on_refused(const std::string& source, const std::string& method, TimePoint now);

 private:
  struct Told {
    TimePoint at;
    std::string what;
  };
  std::deque<Told> told_;  // oldest first
  std::set<std::string> known_;
};

}  // namespace sg::sip
