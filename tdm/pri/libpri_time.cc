// libpri's timers go by gettimeofday(), the wall clock. Programs with this file define it themselves, and the dynamic
// linker binds libpri's calls to it: the wall time of the first call, and on from there by the steady clock. Whoever
// sets the clock ends no T303 and holds up no T200. Others who ask it are SpanDSP and SQLite, for their logs; our own
// wall time is std::chrono's, which asks elsewhere.
//
// Nothing else may stand in this file: test programs that bring a gettimeofday() of their own do without it.
#include <sys/time.h>

#include <chrono>

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  using namespace std::chrono;
  static const auto kStart = system_clock::now().time_since_epoch() - steady_clock::now().time_since_epoch();
  const auto now = floor<microseconds>(kStart + steady_clock::now().time_since_epoch());
  time->tv_sec = static_cast<time_t>(floor<seconds>(now).count());
  time->tv_usec = static_cast<suseconds_t>((now % seconds(1)).count());
  return 0;
}
