#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace sg {

// error: the operator acts. warning: a peer misbehaved. info: one line per call step. debug: for us.
// Media workers do not log on the tick: they send an event, and the signalling thread logs it.
enum class LogLevel { Error, Warning, Info, Debug };

Result<LogLevel> parse_log_level(std::string_view name);

// Sends all further lines of this process to standard error at this level and above.
void set_up_logging(LogLevel level);

// A prefix for lines about one thing: Log("call=17 leg=sip").info("answered code={}", 200).
class Log {
 public:
  Log() = default;
  explicit Log(std::string scope) : scope_(std::move(scope)) {}
  Log with(std::string_view more) const {
    return Log(scope_.empty() ? std::string(more) : fmt::format("{} {}", scope_, more));
  }

  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write(spdlog::level::err, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    write(spdlog::level::warn, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write(spdlog::level::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write(spdlog::level::debug, format, std::forward<Args>(args)...);
  }

 private:
  template <class... Args>
  void write(spdlog::level::level_enum level, fmt::format_string<Args...> format, Args&&... args) const {
    if (!spdlog::should_log(level)) return;
    std::string text = fmt::format(format, std::forward<Args>(args)...);
    if (scope_.empty()) {
      spdlog::log(level, "{}", text);
    } else {
      spdlog::log(level, "{} {}", scope_, text);
    }
  }

  std::string scope_;
};

}  // namespace sg
