// The fax lab: faxes through the gateway's media path under a virtual clock and a seed.

#include <fmt/format.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <ctime>
#include <iostream>

#include "base/log.h"
#include "tests/lab/call.h"
#include "tests/lab/condition.h"

namespace sg::lab {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

double seconds_of(Duration time) {
  return std::chrono::duration<double>(time).count();
}
double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
double per_cent(int part, int whole) {
  return whole > 0 ? 100.0 * part / whole : 0;
}

void print_machine(const char* name, const t38::FaxResult& result) {
  fmt::print("{}: {}, {} pages sent, {} received, {} bit/s{}, {} frames again\n", name, result.status_text,
             result.pages_sent, result.pages_received, result.bit_rate, result.ecm ? " ECM" : "", result.ecm_repeats);
}

// One fax from the sender on the left to the receiver on the right.
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

struct Row {
  int runs = 0, delivered = 0, pages = 0, identical = 0, ended = 0;
  Duration line_time{};
  std::vector<uint64_t> failed;

  void add(const Condition& condition, uint64_t seed, const Outcome& outcome) {
    ++runs;
    delivered += outcome.delivered;
    ended += outcome.ended;
    pages += outcome.pages;
    identical += outcome.identical_pages;
    line_time += outcome.line_time;
    bool is_good = condition.must_end_only ? outcome.ended : outcome.delivered;
    if (!is_good) failed.push_back(seed);
  }
  bool is_enough(const Condition& condition) const {
    return per_cent(condition.must_end_only ? ended : delivered, runs) >= condition.at_least;
  }
};

void print_row(const Condition& condition, const Row& row, bool is_enough) {
  constexpr size_t kMostSeeds = 12;
  std::string seeds;
  for (size_t i = 0; i < row.failed.size() && i < kMostSeeds; ++i) seeds += fmt::format(" {}", row.failed[i]);
  if (row.failed.size() > kMostSeeds) seeds += " …";
  fmt::print("{:<34} {:>5} {:>9.2f} % {:>9.2f} % {:>9} {:>7}{}\n", condition.name, row.runs,
             per_cent(condition.must_end_only ? row.ended : row.delivered, row.runs),
             per_cent(row.identical, row.pages),
             condition.at_least > 0 ? fmt::format("{:.1f} %", condition.at_least) : "-", is_enough ? "ok" : "SHORT",
             seeds.empty() ? "" : "  seeds" + seeds);
  std::cout << std::flush;
}

int run(const po::variables_map& options) {
  auto grid = read_grid(options["grid"].as<std::string>(), options["documents"].as<std::string>());
  if (!grid) {
    std::cerr << "lab: " << grid.error().message << '\n';
    return 2;
  }
  std::string wanted = options.count("condition") ? options["condition"].as<std::string>() : "";
  std::erase_if(*grid, [&](const Condition& one) { return !one.name.starts_with(wanted); });
  if (grid->empty()) {
    std::cerr << "lab: the grid has no condition " << wanted << '\n';
    return 2;
  }
  fs::path folder = fs::temp_directory_path() / fmt::format("spangate-lab-{}", ::getpid());
  uint64_t first = options["seed"].as<uint64_t>();
  if (wanted != "" && options["seed"].defaulted() == false && !options.count("runs")) {
    Outcome outcome = run_call(grid->front(), first, folder);
    print_ladder(grid->front(), first, outcome);
    return outcome.delivered ? 0 : 1;
  }

  fmt::print("{:<34} {:>5} {:>11} {:>11} {:>9} {:>7}\n", "condition", "runs", "delivered", "identical", "at least", "");
  bool is_enough = true;
  Duration line_time{};
  double started = cpu_seconds();
  for (const Condition& condition : *grid) {
    int runs = options.count("runs") ? options["runs"].as<int>() : condition.runs;
    Row row;
    for (int i = 0; i < runs; ++i) {
      uint64_t seed = first + static_cast<uint64_t>(i);
      row.add(condition, seed, run_call(condition, seed, folder));
    }
    print_row(condition, row, row.is_enough(condition));
    is_enough &= row.is_enough(condition);
    line_time += row.line_time;
  }
  double spent = cpu_seconds() - started;
  fmt::print("{:.0f} s of line time in {:.1f} s of CPU: {:.0f} s a second\n", seconds_of(line_time), spent,
             seconds_of(line_time) / spent);
  return is_enough ? 0 : 1;
}

}  // namespace
}  // namespace sg::lab

int main(int argc, char** argv) {
  namespace po = boost::program_options;
  po::options_description known("Sends faxes through the gateway's media path, in virtual time. Options");
  auto add = known.add_options();
  add("help,h", "this text");
  add("grid", po::value<std::string>()->default_value(SG_LAB_GRID), "the conditions");
  add("documents", po::value<std::string>()->default_value(SG_TEST_DATA "/fax"), "folder of the documents");
  add("runs", po::value<int>(), "faxes for each condition, in place of the grid's number");
  add("condition", po::value<std::string>(), "only conditions whose name begins so");
  add("debug", "the machines' own words as well");
  add("seed", po::value<uint64_t>()->default_value(1), "of the first fax; with --condition and no --runs: its ladder");
  try {
    po::variables_map options;
    po::store(po::parse_command_line(argc, argv, known), options);
    po::notify(options);
    if (options.count("help")) {
      std::cout << known;
      return 0;
    }
    if (options.count("debug")) sg::set_up_logging(sg::LogLevel::Debug);
    return sg::lab::run(options);
  } catch (const std::exception& error) {
    std::cerr << "lab: " << error.what() << '\n';
    return 2;
  }
}
