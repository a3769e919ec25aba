#include "gateway/sip/sofia_time.h"

#include <sofia-sip/su_time.h>

#include <chrono>

namespace sg::sip {
namespace {

using std::chrono::milliseconds;

milliseconds since_1900() {
  using std::chrono::steady_clock;
  using std::chrono::system_clock;
  static const auto kStart = std::chrono::floor<milliseconds>(system_clock::now().time_since_epoch()) -
                             std::chrono::floor<milliseconds>(steady_clock::now().time_since_epoch()) +
                             std::chrono::seconds(SU_TIME_EPOCH);
  return kStart + std::chrono::floor<milliseconds>(steady_clock::now().time_since_epoch());
}

}  // namespace

void use_steady_time() {
  since_1900();
}

}  // namespace sg::sip

void su_time(su_time_t* time) {
  if (!time) return;
  const auto now = sg::sip::since_1900();
  time->tv_sec = static_cast<unsigned long>(std::chrono::floor<std::chrono::seconds>(now).count());
  time->tv_usec = static_cast<unsigned long>((now % std::chrono::seconds(1)).count()) * 1000;
}
