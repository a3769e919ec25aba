#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/lab/call.h"
#include "tests/lab/condition.h"
#include "tests/lab/leak_check.h"

namespace sg::lab {

// What became of a condition's faxes.
struct Row {
  int runs = 0, good = 0, delivered = 0, pages = 0, identical = 0;
  Duration line_time{};
  std::vector<uint64_t> failed;  // their seeds
  int64_t leaked = 0;            // octets, where a condition must not leak

  void add(const Condition& condition, uint64_t seed, const Outcome& outcome);
  double per_cent_good() const { return runs > 0 ? 100.0 * good / runs : 0; }
  bool leaks() const { return leaked > LeakCheck::kMost; }
  bool is_enough(const Condition& condition) const { return per_cent_good() >= condition.at_least && !leaks(); }
};

// The table of success by condition, printed as it grows: a line each, and one small table for the conditions that are
// cells of it.
class Report {
 public:
  Report();
  void add(const Condition& condition, Row row);
  // The cells that wait, and how much line time it was.
  void finish(double cpu_seconds);
  bool is_enough() const { return is_enough_; }

 private:
  struct Cell {
    Condition condition;
    Row row;
  };
  void print(const Condition& condition, const Row& row);
  void print_table();

  std::vector<Cell> cells_;  // of the table that is under way
  Duration line_time_{};
  bool is_enough_ = true;
};

// One fax, from the sender on the left to the receiver on the right.
void print_ladder(const Condition& condition, uint64_t seed, const Outcome& outcome);

}  // namespace sg::lab
