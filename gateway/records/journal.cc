#include "gateway/records/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "gateway/records/files.h"

namespace sg::records {
namespace {

// So many lines more than there are calls, and the file is written anew.
constexpr size_t kManyLines = 4096;
constexpr std::string_view kOver = ",\"over\":true}";

std::string over(uint64_t call) {
  return fmt::format("{{\"call\":{}{}", call, kOver);
}

Result<> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("{}", std::strerror(errno));
    text.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

}  // namespace

Result<Journal> Journal::open(const std::string& file) {
  Journal journal(file);
  if (auto read = journal.read(); !read) return tl::unexpected(read.error());
  journal.fd_.reset(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!journal.fd_) return fail("cannot open {}: {}", file, std::strerror(errno));
  return journal;
}

Result<> Journal::read() {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) return {};
  last_touched_ =
      std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec) +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(status.st_mtim.tv_nsec));
  return for_each_line(file_, [this](const std::string& line) {
    ++written_;
    const uint64_t call = call_of(line);
    highest_ = std::max(highest_, call);
    if (line.ends_with(kOver)) {
      lines_.erase(call);
    } else if (call != 0 && nlohmann::json::accept(line)) {
      // One that was cut off in the middle leaves the call's line before.
      lines_[call] = line;
    }
  });
}

Result<> Journal::begin(uint64_t call, std::string line) {
  highest_ = std::max(highest_, call);
  std::string& kept = lines_[call] = std::move(line);
  return append(kept);
}

Result<> Journal::end(uint64_t call) {
  highest_ = std::max(highest_, call);
  if (lines_.erase(call) == 0) return {};
  return append(over(call));
}

Result<> Journal::reserve(uint64_t call) {
  highest_ = std::max(highest_, call);
  return append(over(call));
}

Result<> Journal::append(const std::string& line) {
  if (!is_whole_ || written_ > 2 * lines_.size() + kManyLines) return rewrite(highest_);
  ++written_;
  auto done = write_all(fd_.get(), line + "\n");
  is_whole_ = done.has_value();
  return done;
}

Result<> Journal::rewrite(uint64_t highest) {
  is_whole_ = false;
  const std::string fresh = file_ + ".new";
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) return fail("cannot open {}: {}", fresh, std::strerror(errno));
  std::string text = over(highest) + "\n";
  for (const auto& [call, line] : lines_) text += line + "\n";
  if (auto done = write_all(fd.get(), text); !done) return done;
  // Whoever is killed in here leaves the one file or the other.
  if (::rename(fresh.c_str(), file_.c_str()) != 0) return fail("cannot replace {}: {}", file_, std::strerror(errno));
  fd_ = std::move(fd);
  highest_ = highest;
  written_ = lines_.size() + 1;
  is_whole_ = true;
  return {};
}

void Journal::touch() {
  ::futimens(fd_.get(), nullptr);
}

}  // namespace sg::records
