// The dial plan with a million routes: how long it takes to load, what it weighs, how fast it answers.
// Then that of many lines and rates. Prints a figure a line, "route.load_s 1.23".
// Usage: sg_bench_route [ROUTES [LINES RATES]]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "gateway/route/normalise.h"
#include "gateway/route/plan.h"
#include "lines_and_rates.h"

namespace {

using namespace sg;
using Clock = std::chrono::steady_clock;

// Resident memory of this process at its highest, MiB.
double peak_rss_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

// A file as a carrier's price list is: prefixes of 6 to 11 digits, all different, to one of four trunks.
void write_table(const std::filesystem::path& path, size_t rows, std::mt19937& random) {
  std::vector<uint64_t> prefixes;
  while (prefixes.size() < rows) {
    while (prefixes.size() < rows + rows / 50) {
      uint64_t prefix = 1 + random() % 9;
      for (size_t digits = 5 + random() % 6; digits > 0; --digits) prefix = prefix * 10 + random() % 10;
      prefixes.push_back(prefix);
    }
    std::sort(prefixes.begin(), prefixes.end());
    prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  }
  std::shuffle(prefixes.begin(), prefixes.end(), random);
  prefixes.resize(rows);
  std::ofstream file(path);
  file << "called,to\n";
  for (uint64_t prefix : prefixes) file << '+' << prefix << "*,t" << random() % 4 << ">t" << random() % 4 << '\n';
}

std::string configuration() {
  std::string text = "[sip]\nlisten = \"udp:127.0.0.1:5060\"\n";
  for (int i = 0; i < 5; ++i) {
    text += fmt::format("[trunk.t{}]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:{}\"\n", i, 5070 + i);
  }
  return text + "[[route]]\nname = \"rates\"\nfrom = \"t4\"\nto = \"t0\"\ntable = \"rates.csv\"\n";
}

}  // namespace

int main(int argc, char** argv) {
  size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const size_t lines = argc > 3 ? std::strtoul(argv[2], nullptr, 10) : 10'000;
  const size_t rates = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 100'000;
  std::mt19937 random(4);
  std::string folder = (std::filesystem::temp_directory_path() / "route-bench-XXXXXX").string();
  if (!::mkdtemp(folder.data())) return 1;
  write_table(folder + "/rates.csv", rows, random);
  std::ofstream(folder + "/rates.toml") << configuration();

  auto before = Clock::now();
  auto settings = conf::load(folder + "/rates.toml");
  auto plan = settings ? route::Plan::make(*settings) : Result<route::Plan>(tl::unexpected(settings.error()));
  std::chrono::duration<double> load = Clock::now() - before;
  std::filesystem::remove_all(folder);
  if (!plan) {
    fmt::print(stderr, "{}\n", plan.error().message);
    return 1;
  }
  double rss = peak_rss_mb();

  constexpr size_t kLookups = 200'000;
  std::vector<double> took;
  took.reserve(kLookups);
  size_t routed = 0;
  for (size_t i = 0; i < kLookups; ++i) {
    const auto& row = settings->routes[0].rows[random() % rows];
    route::Query query;
    query.from_trunk = "t4";
    query.called = route::number_of(row.called.substr(0, row.called.size() - 1) + "0123");
    query.calling = route::number_of("+442079460223");
    auto start = Clock::now();
    auto decision = plan->decide(query);
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    routed += !decision.attempts.empty();
  }
  if (routed != kLookups) {
    fmt::print(stderr, "{} of {} numbers found no route\n", kLookups - routed, kLookups);
    return 1;
  }
  std::sort(took.begin(), took.end());
  fmt::print("route.load_s {:.2f}\nroute.rss_mb {:.0f}\nroute.lookup_us_p50 {:.2f}\nroute.lookup_us_p99 {:.2f}\n",
             load.count(), rss, took[kLookups / 2], took[kLookups * 99 / 100]);
  return measure_lines_and_rates(lines, rates) ? 0 : 1;
}
