#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sg::records {

// The calls that are up, on disk, and the numbers that are taken: what a gateway that is killed leaves behind for the
// next one. A file of JSON lines: the record that a call would get if it ended now, its latest line standing for it;
// and {"call":17,"over":true}, once it needs none any more. A number that stands in any line is never given again.
// One thread. A line that cannot be written (disk full) is made up for by the next that can.
class Journal {
 public:
  // Error: the file cannot be opened for reading and writing.
  static Result<Journal> open(const std::string& file);

  // What an earlier run left: the latest lines of its calls that were up.
  const std::map<uint64_t, std::string>& open_calls() const { return lines_; }
  // No call had a higher number.
  uint64_t highest_call() const { return highest_; }

  // `line`: JSON, that begins with the call's number.
  Result<> begin(uint64_t call, std::string line);
  Result<> end(uint64_t call);
  // Takes the numbers up to this one.
  Result<> reserve(uint64_t call);
  // Only the calls that are up, and as the highest number this one.
  Result<> rewrite(uint64_t highest);
  // The file's time tells when the gateway was last alive.
  void touch();
  // When that was, of an earlier run.
  std::chrono::system_clock::time_point last_touched() const { return last_touched_; }

 private:
  explicit Journal(std::string file) : file_(std::move(file)) {}
  Result<> read();
  Result<> append(const std::string& line);

  std::string file_;
  UniqueFd fd_;
  std::map<uint64_t, std::string> lines_;
  uint64_t highest_ = 0;
  size_t written_ = 0;    // lines in the file
  bool is_whole_ = true;  // the file has every line that it should
  std::chrono::system_clock::time_point last_touched_;
};

}  // namespace sg::records
