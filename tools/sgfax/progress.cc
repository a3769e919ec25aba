#include "tools/sgfax/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sg::sgfax {
namespace {

// What T.30 says before and after the image of a page: training, its end, its confirmation.
constexpr Duration kAroundPage = 5s;

std::string clock(Duration time) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace

std::optional<Duration> ProgressLine::page_takes(int bit_rate) const {
  if (sent_ > 0) return (*page_began_ - *began_) / sent_;
  if (pages_ == 0 || bit_rate <= 0) return std::nullopt;
  const auto octets = static_cast<double>(octets_) / pages_;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(octets * 8 / bit_rate)) + kAroundPage;
}

std::string ProgressLine::at(const t38::FaxProgress& progress, TimePoint now) {
  const bool has_begun = progress.bit_rate > 0;
  if (has_begun && !began_) began_ = page_began_ = now;
  if (progress.page > sent_ && began_) {
    sent_ = progress.page;
    page_began_ = now;
  }
  const auto speed = has_begun ? fmt::format("  {}{}", progress.bit_rate, progress.ecm ? " ECM" : "")
                               : fmt::format("  {}", progress.phase);
  if (pages_ == 0) {
    if (!has_begun) return std::string(progress.phase);
    return fmt::format("{} page{}{}  {}", sent_, sent_ == 1 ? "" : "s", speed, clock(now - *began_));
  }
  const int sent = std::min(sent_, pages_);
  const auto page = page_takes(progress.bit_rate);
  double of_page = 0;
  if (page && sent<pages_&& * page> Duration::zero()) {
    // A page that takes longer than was thought is almost over.
    of_page = std::min(0.99, std::chrono::duration<double>(now - *page_began_) / *page);
  }
  auto line =
      fmt::format("{} of {} pages {:>3.0f} %{}", sent, pages_, std::floor(100 * (sent + of_page) / pages_), speed);
  if (page && sent < pages_) {
    line += fmt::format("  {} left", clock(std::chrono::duration_cast<Duration>(*page * (pages_ - sent - of_page))));
  }
  return line;
}

}  // namespace sg::sgfax
