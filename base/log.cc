#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace sg {

Result<LogLevel> parse_log_level(std::string_view name) {
  if (name == "error") return LogLevel::Error;
  if (name == "warning") return LogLevel::Warning;
  if (name == "info") return LogLevel::Info;
  if (name == "debug") return LogLevel::Debug;
  return fail("\"{}\" is no log level: error, warning, info or debug", name);
}

void set_up_logging(LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("spangate", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  switch (level) {
    case LogLevel::Error:
      logger->set_level(spdlog::level::err);
      break;
    case LogLevel::Warning:
      logger->set_level(spdlog::level::warn);
      break;
    case LogLevel::Info:
      logger->set_level(spdlog::level::info);
      break;
    case LogLevel::Debug:
      logger->set_level(spdlog::level::debug);
      break;
  }
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace sg
