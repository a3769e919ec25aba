#include "base/iso_time.h"

#include <date/date.h>

#include <sstream>

namespace sg {

std::string iso8601(std::chrono::system_clock::time_point time) {
  return date::format("%FT%TZ", std::chrono::floor<std::chrono::milliseconds>(time));
}

Result<std::chrono::system_clock::time_point> time_of(const std::string& text) {
  std::istringstream in(text);
  std::chrono::sys_time<std::chrono::milliseconds> time;
  in >> date::parse("%FT%TZ", time);
  bool is_whole = in && in.peek() == std::istringstream::traits_type::eof();
  if (!is_whole) return fail("\"{}\" is no time", text);
  return time;
}

}  // namespace sg
