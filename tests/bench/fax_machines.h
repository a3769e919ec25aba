#pragma once

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "t38/fax_machine.h"
#include "tests/bench/in_process.h"
#include "tests/bench/signals.h"

// What the benchmarks of a fax in process share: who sends what to whom, and what is printed.
namespace sg::bench {

namespace fs = std::filesystem;

constexpr int kMostBlocks = 50 * 300;

inline double seconds_of(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) give_up("no CPU clock");
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

enum class Direction { ToT38, FromT38 };

// Who sends what where: the machine on the line and the one behind T.38.
struct Machines {
  t38::FaxMachineOptions on_line, behind_t38;
};
inline Machines machines(Direction direction, const fs::path& document, const fs::path& received) {
  Machines both;
  bool from_line = direction == Direction::ToT38;
  t38::FaxMachineOptions& sender = from_line ? both.on_line : both.behind_t38;
  t38::FaxMachineOptions& receiver = from_line ? both.behind_t38 : both.on_line;
  sender.calling = true;
  sender.send_file = document;
  receiver.receive_file = received;
  return both;
}

inline std::vector<Machines> machines_of(Direction direction, const fs::path& document, int calls,
                                         const fs::path& folder) {
  std::vector<Machines> pairs;
  for (int call = 0; call < calls; ++call) {
    pairs.push_back(machines(direction, document, folder / (std::to_string(call) + ".tif")));
  }
  return pairs;
}

template <class Calls>
bool all_finished(const Calls& calls) {
  return std::ranges::all_of(calls, [](const auto& call) { return call->is_finished(); });
}
template <class Calls>
void check(const Calls& calls) {
  if (!std::ranges::all_of(calls, [](const auto& call) { return call->went_well(); })) give_up("a fax failed");
}

// Of several repetitions what the least disturbed one found.
class Least {
 public:
  void keep(const std::string& prefix, Direction direction, double ms_per_s) {
    auto figure = prefix + (direction == Direction::ToT38 ? "to_t38" : "from_t38") + "_ms_per_s";
    auto [at, is_new] = figures_.try_emplace(figure, ms_per_s);
    if (!is_new) at->second = std::min(at->second, ms_per_s);
  }
  void print() const {
    for (const auto& [figure, value] : figures_) std::cout << figure << ' ' << value << " ms/s\n";
  }

 private:
  std::map<std::string, double> figures_;
};

// For what the machines receive; goes with the benchmark.
struct Folder {
  Folder() { fs::create_directory(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  const fs::path path = fs::temp_directory_path() / ("sg_bench_fax_" + std::to_string(::getpid()));
};

}  // namespace sg::bench
