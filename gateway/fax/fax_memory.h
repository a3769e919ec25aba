#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "gateway/fax/fax_experience.h"

namespace sg::fax {

// The experiences of all numbers, by trunk and in their remembered_form(), whatever form they are given in, kept in a
// file by SQLite. What is asked is answered from memory; the file is written on a thread of its own. Owned by the
// Application; signalling thread only.
class FaxMemory {
 public:
  static constexpr size_t kMostNumbers = 100'000;

  // Error: the file cannot be opened, or is another's.
  static Result<std::unique_ptr<FaxMemory>> open(const std::string& file, Counters& counters, call::WallTime now);
  ~FaxMemory();  // what is still to be written, is
  FaxMemory(const FaxMemory&) = delete;
  FaxMemory& operator=(const FaxMemory&) = delete;

  // Why the latest change is not in the file, in words; empty: it is.
  std::string trouble() const;
  // From a call that is over, for each of its SIP legs that was answered. `rule`: of its fax's verdict.
  void learn(const call::Record& record, RuleId rule, call::WallTime now);
  void apply(const std::string& trunk, const std::string& number, call::MediaPolicy& policy, call::WallTime now) const;
  // Those that come after this trunk and number, in the order of both, `most` of them. Empty: there are no more.
  std::vector<FaxExperience> page(const std::string& trunk, const std::string& number, size_t most,
                                  call::WallTime now) const;
  // False: it was not known.
  bool forget(const std::string& trunk, const std::string& number);
  // Of which anything is known; the settings may name some of them no more.
  std::set<std::string> trunks() const;
  struct Imported {
    size_t taken = 0;
    size_t older = 0;  // passed over: of the number something newer is known, or it is past remembering
  };
  // Takes over what page() gave elsewhere, all or nothing. Error: it would be more than kMostNumbers.
  Result<Imported> import(std::vector<FaxExperience> numbers, call::WallTime now);

 private:
  class File;
  explicit FaxMemory(std::unique_ptr<File> file);
  void learn(const call::Record& record, media::Side side, RuleId rule, call::WallTime now);
  bool has_room(size_t more, call::WallTime now);

  std::unique_ptr<File> file_;
  std::map<std::pair<std::string, std::string>, FaxExperience> known_;
};

}  // namespace sg::fax
