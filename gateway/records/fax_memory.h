#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "gateway/call/media_policy.h"
#include "gateway/call/record.h"

namespace sg::records {

// What is known of a far number of a trunk from its faxes. A value; knows no database.
struct FaxExperience {
  using WallTime = call::WallTime;

  // How much is held back when the same number fails again and again: T.30's own cures in their order, and then the
  // other transport.
  enum class Step : uint8_t { None, NoV17, NoEcm, NoT38 };
  static constexpr Step kLastStep = Step::NoT38;
  static constexpr std::chrono::days kForgottenAfter{90};
  static constexpr std::chrono::days kStepBackAfter{30};  // a step is tried without again
  static constexpr int kFailuresForAStep = 2;             // in a row

  std::string trunk, number;
  std::string transport{};  // of the last fax that was delivered: "t38", "g711"
  std::string asked_by{};   // who asked for T.38 then: "us", "peer"; empty: nobody
  int bit_rate = 0;       // then, bit/s
  bool ecm = false;       // then
  int delivered = 0, failed = 0;
  int failed_in_a_row = 0;
  Step step = Step::None;
  WallTime last{};

  void learn(const call::Record& record, const call::LegRecord& leg, WallTime now);
  bool is_forgotten(WallTime now) const { return now - last > kForgottenAfter; }
  Step step_at(WallTime now) const;
  // For the next call with this number.
  void apply(call::MediaPolicy& policy, WallTime now) const;
};
std::string_view name(FaxExperience::Step step);

// The experiences of all numbers, by trunk, kept in a file by SQLite. What is asked is answered from memory; the file
// is written on a thread of its own. Owned by the Application; signalling thread only.
class FaxMemory {
 public:
  static constexpr size_t kMostNumbers = 100'000;

  // Error: the file cannot be opened, or is another's.
  static Result<std::unique_ptr<FaxMemory>> open(const std::string& file, Counters& counters, call::WallTime now);
  ~FaxMemory();  // what is still to be written, is
  FaxMemory(const FaxMemory&) = delete;
  FaxMemory& operator=(const FaxMemory&) = delete;

  // From a call that is over, for each of its SIP legs that was answered.
  void learn(const call::Record& record, call::WallTime now);
  void apply(const std::string& trunk, const std::string& number, call::MediaPolicy& policy, call::WallTime now) const;
  std::vector<FaxExperience> all(call::WallTime now) const;
  // How many were forgotten: the number may be known to several trunks.
  size_t forget(const std::string& number);

 private:
  class File;
  explicit FaxMemory(std::unique_ptr<File> file);
  void learn(const call::Record& record, const call::LegRecord& leg, const std::string& number, call::WallTime now);

  std::unique_ptr<File> file_;
  std::map<std::pair<std::string, std::string>, FaxExperience> known_;
};

}  // namespace sg::records
