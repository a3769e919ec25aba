// The fax lab: faxes through the gateway's media path under a virtual clock and a seed.

#include <fmt/format.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <ctime>
#include <iostream>

#include "base/log.h"
#include "tests/lab/call.h"
#include "tests/lab/condition.h"
#include "tests/lab/report.h"

namespace sg::lab {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// A hostile peer must find no leak either.
Row run_condition(const Condition& condition, int runs, uint64_t first_seed, const fs::path& folder) {
  Row row;
  row.failed.reserve(static_cast<size_t>(runs));  // so that it does not grow meanwhile
  LeakCheck check;
  for (int i = 0; i < runs; ++i) {
    uint64_t seed = first_seed + static_cast<uint64_t>(i);
    check.run([&] { row.add(condition, seed, run_call(condition, seed, folder)); });
  }
  if (condition.must_end_only) row.leaked = check.grown();
  return row;
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

  Report report;
  double started = cpu_seconds();
  for (const Condition& condition : *grid) {
    int runs = options.count("runs") ? options["runs"].as<int>() : condition.runs;
    report.add(condition, run_condition(condition, runs, first, folder));
  }
  report.finish(cpu_seconds() - started);
  return report.is_enough() ? 0 : 1;
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
