#include "t38/spandsp.h"

namespace sg::t38 {
namespace {

thread_local const Log* log_of_this_thread = nullptr;

void write_line(int /*level*/, const char* text) noexcept {
  if (log_of_this_thread == nullptr) return;
  std::string_view line(text);
  while (line.ends_with('\n')) line.remove_suffix(1);
  log_of_this_thread->debug("{}", line);
}

}  // namespace

void be_silent(logging_state_t* logging) {
  span_log_set_level(logging, SPAN_LOG_NONE);
}

void log_at_debug(logging_state_t* logging) {
  int level = SPAN_LOG_NONE;
  if (spdlog::should_log(spdlog::level::debug)) level = int{SPAN_LOG_SHOW_PROTOCOL} + SPAN_LOG_FLOW;
  span_log_set_level(logging, level);
  span_log_set_message_handler(logging, write_line);
}

LogScope::LogScope(const Log& log) : outer_(log_of_this_thread) {
  log_of_this_thread = &log;
}
LogScope::~LogScope() {
  log_of_this_thread = outer_;
}

int modems_up_to(int bit_rate, bool v17, bool v29, bool v27ter) {
  int modems = v27ter ? T30_SUPPORT_V27TER : 0;
  if (v29 && bit_rate >= 9600) modems |= T30_SUPPORT_V29;
  if (v17 && bit_rate >= 14400) modems |= T30_SUPPORT_V17;
  return modems != 0 ? modems : T30_SUPPORT_V27TER;
}

}  // namespace sg::t38
