#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "base/result.h"
#include "tests/support/media_surroundings.h"

// What surrounds media sessions that run inside a benchmark, under its own clock.
namespace sg::bench {

// A fault of the benchmark's own surroundings: there is nothing to measure then.
[[noreturn]] inline void give_up(const std::string& why) {
  std::cerr << "benchmark: " << why << '\n';
  std::exit(1);
}
template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

using support::NoEvents;
using support::UdpInOwnTime;

}  // namespace sg::bench
