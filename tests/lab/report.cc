#include "tests/lab/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <sstream>

namespace sg::lab {
namespace {

constexpr size_t kMostSeeds = 12;

double seconds_of(Duration time) {
  return std::chrono::duration<double>(time).count();
}

bool is_good(const Condition& condition, const Outcome& outcome) {
  if (condition.must_end_only) return outcome.ended;
  if (condition.exact && !outcome.as_asked) return false;
  for (const media::SessionStats& gateway : outcome.gateways) {
    for (const media::SideStats& side : gateway.side) {
      if (condition.drops_none && side.rtp.late > 0) return false;
    }
  }
  if (condition.identical && outcome.identical_pages < outcome.pages) return false;
  return outcome.delivered;
}

std::string seeds_of(const Row& row) {
  std::string text;
  for (size_t i = 0; i < row.failed.size() && i < kMostSeeds; ++i) text += fmt::format(" {}", row.failed[i]);
  if (row.failed.size() > kMostSeeds) text += " …";
  return text.empty() ? text : "  seeds" + text;
}

std::string trouble_of(const Row& row) {
  return seeds_of(row) + (row.leaks() ? fmt::format("  {} octets more in use", row.leaked) : "");
}

std::string line_of(const Condition& condition) {
  return condition.at_least > 0 ? fmt::format("{:.1f} %", condition.at_least) : "-";
}

void print_machine(const char* name, const t38::FaxResult& result) {
  fmt::print("{}: {}, {} pages sent, {} received, {} bit/s{} {}, {} frames again\n", name, result.status_text,
             result.pages_sent, result.pages_received, result.bit_rate, result.ecm ? " ECM" : "", result.compression,
             result.ecm_repeats);
}

}  // namespace

void Row::add(const Condition& condition, uint64_t seed, const Outcome& outcome) {
  bool went_well = is_good(condition, outcome);
  ++runs;
  good += went_well;
  delivered += outcome.delivered;
  pages += outcome.pages;
  identical += outcome.identical_pages;
  line_time += outcome.line_time;
  if (!went_well) failed.push_back(seed);
}

Report::Report() {
  fmt::print("{:<34} {:>5} {:>11} {:>11} {:>9} {:>7}\n", "condition", "runs", "good", "identical", "at least", "");
}

void Report::add(const Condition& condition, Row row) {
  is_enough_ &= row.is_enough(condition);
  line_time_ += row.line_time;
  if (!cells_.empty() && cells_.front().condition.table != condition.table) print_table();
  if (condition.table.empty()) return print(condition, row);
  cells_.push_back({condition, std::move(row)});
}

void Report::print(const Condition& condition, const Row& row) {
  const char* verdict = row.leaks() ? "LEAK" : row.is_enough(condition) ? "ok" : "SHORT";
  fmt::print("{:<34} {:>5} {:>9.2f} % {:>9.2f} % {:>9} {:>7}{}\n", condition.name, row.runs, row.per_cent_good(),
             row.pages > 0 ? 100.0 * row.identical / row.pages : 0, line_of(condition), verdict, trouble_of(row));
  std::cout << std::flush;
}

// The sum as a line like any other, below it the cells, and each that fell short with its seeds.
void Report::print_table() {
  Row sum;
  std::vector<std::string> rows, columns;
  std::map<std::pair<std::string, std::string>, const Row*> at;
  auto note = [](std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  Condition family = cells_.front().condition;
  family.name = family.table;
  for (const Cell& cell : cells_) {
    note(rows, cell.condition.row);
    note(columns, cell.condition.column);
    at[{cell.condition.row, cell.condition.column}] = &cell.row;
    sum.runs += cell.row.runs;
    sum.good += cell.row.good;
    sum.pages += cell.row.pages;
    sum.identical += cell.row.identical;
    sum.leaked = std::max(sum.leaked, cell.row.leaked);
  }
  print(family, sum);
  // Each word of a column's name in a line of its own.
  size_t lines = 0;
  std::vector<std::vector<std::string>> heads;
  for (const std::string& column : columns) {
    std::istringstream text(column);
    heads.emplace_back(std::istream_iterator<std::string>(text), std::istream_iterator<std::string>());
    lines = std::max(lines, heads.back().size());
  }
  for (size_t line = 0; line < lines; ++line) {
    fmt::print("  {:<14}", "");
    for (const auto& head : heads) fmt::print("{:>10}", line < head.size() ? head[line] : "");
    fmt::print("\n");
  }
  for (const std::string& row : rows) {
    fmt::print("  {:<14}", row);
    for (const std::string& column : columns) {
      const Row* cell = at[{row, column}];
      fmt::print("{:>10}", cell ? fmt::format("{}/{}", cell->good, cell->runs) : "");
    }
    fmt::print("\n");
  }
  for (const Cell& cell : cells_) {
    if (auto trouble = trouble_of(cell.row); !trouble.empty()) fmt::print("  {}{}\n", cell.condition.name, trouble);
  }
  std::cout << std::flush;
  cells_.clear();
}

void Report::finish(double cpu_seconds) {
  if (!cells_.empty()) print_table();
  fmt::print("{:.0f} s of line time in {:.1f} s of CPU: {:.0f} s a second\n", seconds_of(line_time_), cpu_seconds,
             seconds_of(line_time_) / cpu_seconds);
}

void print_ladder(const Condition& condition, uint64_t seed, const Outcome& outcome) {
  fmt::print("{}, seed {}: {}\n", condition.name, seed, condition.title);
  for (const Rung& rung : outcome.ladder) {
    fmt::print("{:9.3f} s  {}  {} {}\n", seconds_of(rung.at), rung.where, rung.forward ? "--->" : "<---", rung.what);
  }
  print_machine("sender", outcome.sender);
  print_machine("receiver", outcome.receiver);
  for (size_t i = 0; i < outcome.gateways.size(); ++i) {
    for (const media::SideStats& side : outcome.gateways[i].side) {
      if (const auto& udptl = side.udptl; udptl.packets_received > 0) {
        fmt::print("gateway {} UDPTL: {} received, {} recovered, {} lost, {} late, {} duplicate, {} malformed\n", i + 1,
                   udptl.packets_received, udptl.recovered_redundancy + udptl.recovered_fec, udptl.lost, udptl.late,
                   udptl.duplicate, udptl.malformed);
      }
      if (const auto& rtp = side.rtp; rtp.packets_received > 0) {
        fmt::print("gateway {} RTP: {} received, {} lost, {} late, jitter {:.1f} ms\n", i + 1, rtp.packets_received,
                   rtp.lost, rtp.late, rtp.jitter_ms);
      }
    }
  }
  fmt::print("{}, {} of {} pages identical, {:.1f} s\n", outcome.delivered ? "delivered" : "NOT delivered",
             outcome.identical_pages, outcome.pages, seconds_of(outcome.line_time));
}

}  // namespace sg::lab
