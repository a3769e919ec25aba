#include "gateway/records/files.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>

namespace sg::records {
namespace {

namespace fs = std::filesystem;

// Of the largest call records, those of faxes, as many as calls can be up at once.
constexpr z_off_t kEnd = 16 * 1024 * 1024;  // octets

constexpr std::string_view kBeginning = "{\"call\":";
// JSON's numbers are exact up to here (RFC 8259 section 6).
constexpr uint64_t kHighest = (uint64_t{1} << 53) - 1;

struct CloseFile {
  void operator()(gzFile file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, CloseFile>;

// ".1", "-20260301.gz"
bool is_rotation(std::string_view rest) {
  return rest.size() > 1 && (rest[0] == '.' || rest[0] == '-') && rest[1] >= '0' && rest[1] <= '9';
}

bool is_readable(const fs::path& path) {
  const auto extension = path.extension();
  return extension != ".xz" && extension != ".bz2" && extension != ".zst";
}

bool is_rotated(const std::string& name, const fs::path& file) {
  auto follows = [&](const std::string& begin) {
    return name.starts_with(begin) && is_rotation(std::string_view(name).substr(begin.size()));
  };
  return follows(file.filename().string()) || follows(file.stem().string());
}

Result<> read_lines(gzFile file, const std::function<void(const std::string&)>& take) {
  std::array<char, 64 * 1024> block;
  std::string line;
  for (;;) {
    const int count = gzread(file, block.data(), block.size());
    // A compressed file that ends too early says so only at its end.
    int error = Z_OK;
    const char* why = gzerror(file, &error);
    if (count < 0 || (count == 0 && error == Z_BUF_ERROR)) return fail("{}", why);
    if (count == 0) break;
    std::string_view rest(block.data(), static_cast<size_t>(count));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
      line += rest.substr(0, end);
      take(line);
      line.clear();
    }
    line += rest;
  }
  if (!line.empty()) take(line);
  return {};
}

Result<> read_file(const std::string& file, bool only_end, const std::function<void(const std::string&)>& take) {
  File in(gzopen(file.c_str(), "rb"));
  if (!in) return fail("{}: {}", file, std::strerror(errno));
  std::error_code error;
  const auto size = static_cast<z_off_t>(fs::file_size(file, error));
  // What the end begins with is a part of a line, and no record.
  if (only_end && !error && size > kEnd && gzdirect(in.get())) gzseek(in.get(), size - kEnd, SEEK_SET);
  auto read = read_lines(in.get(), take);
  if (!read) return fail_with(read.error(), "{}", file);
  return {};
}

}  // namespace

std::vector<std::string> files_of(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::absolute(file, error);
  std::vector<std::pair<fs::file_time_type, std::string>> rotated;
  for (fs::directory_iterator each(path.parent_path(), error), end; !error && each != end; each.increment(error)) {
    std::error_code gone;
    const bool is_one =
        is_rotated(each->path().filename().string(), path) && is_readable(each->path()) && each->is_regular_file(gone);
    const auto time = each->last_write_time(gone);
    if (is_one && !gone) rotated.emplace_back(time, each->path().string());
  }
  std::ranges::sort(rotated, std::greater{});
  std::vector<std::string> files;
  if (fs::exists(path, error)) files.push_back(file);
  for (auto& [time, name] : rotated) files.push_back(std::move(name));
  return files;
}

Result<> for_each_line(const std::string& file, const std::function<void(const std::string&)>& take) {
  return read_file(file, false, take);
}

uint64_t call_of(std::string_view line) {
  if (!line.starts_with(kBeginning)) return 0;
  line.remove_prefix(kBeginning.size());
  uint64_t call = 0;
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), call);
  const bool is_whole = error == std::errc{} && end != line.data() + line.size() && *end == ',';
  return is_whole && call <= kHighest ? call : 0;
}

std::string_view uid_of(std::string_view line) {
  constexpr std::string_view kKey = ",\"uid\":\"";
  const size_t at = line.find(kKey);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + kKey.size());
  return line.substr(0, line.find('"'));
}

void for_each_recent_line(const std::string& file, const std::function<void(const std::string&)>& take) {
  const auto files = files_of(file);
  // A log rotation may have come between.
  for (size_t i = 0; i < std::min<size_t>(files.size(), 2); ++i) (void)read_file(files[i], true, take);
}

uint64_t highest_call(const std::string& file) {
  for (const std::string& each : files_of(file)) {
    uint64_t highest = 0;
    // What can be read of it is enough.
    (void)read_file(each, true, [&](const std::string& line) { highest = std::max(highest, call_of(line)); });
    if (highest != 0) return highest;
  }
  return 0;
}

}  // namespace sg::records
