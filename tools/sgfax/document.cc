#include "tools/sgfax/document.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <tiffio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

extern char** environ;

namespace sg::sgfax {
namespace {

bool is_pdf(const std::filesystem::path& file) {
  std::array<char, 5> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == "%PDF-";
}

// Runs a program with nothing on its standard input and output. Error: it is not there or fails.
Result<> run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail("cannot run {}: {}", words[0], std::strerror(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail("{} failed", words[0]);
  return {};
}

Result<std::filesystem::path> temporary_tiff() {
  auto pattern = (std::filesystem::temp_directory_path() / "sgfax-XXXXXX.tif").string();
  int fd = ::mkstemps(pattern.data(), 4);
  if (fd < 0) return fail("cannot make {}: {}", pattern, std::strerror(errno));
  ::close(fd);
  return std::filesystem::path(pattern);
}

Result<int> count_pages(const std::filesystem::path& file) {
  TIFF* tiff = ::TIFFOpen(file.c_str(), "r");
  if (!tiff) return fail("{} is no TIFF that can be read", file.string());
  int pages = ::TIFFNumberOfDirectories(tiff);
  ::TIFFClose(tiff);
  return pages;
}

}  // namespace

Result<Document> Document::open(const std::filesystem::path& file) {
  if (::access(file.c_str(), R_OK) < 0) return fail("{}: {}", file.string(), std::strerror(errno));
  // libtiff's own lines on standard error say less than ours.
  ::TIFFSetErrorHandler(nullptr);
  ::TIFFSetWarningHandler(nullptr);
  Document document;
  document.tiff_ = file;
  if (is_pdf(file)) {
    auto tiff = temporary_tiff();
    if (!tiff) return tl::unexpected(tiff.error());
    document.tiff_ = *tiff;
    document.is_ours_ = true;
    // 1728 pixels are a fax line; without the fixed size a page a little wider than A4 would not fit.
    auto converted = run({"gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=tiffg4", "-r204x196",
                          "-sPAPERSIZE=a4", "-dFIXEDMEDIA", "-dPDFFitPage", "-o", tiff->string(), file.string()});
    if (!converted) return fail_with(converted.error(), "{} cannot be turned into a TIFF", file.string());
  }
  auto pages = count_pages(document.tiff_);
  if (!pages) return tl::unexpected(pages.error());
  document.pages_ = *pages;
  return document;
}

Document::Document(Document&& other) noexcept
    : tiff_(std::move(other.tiff_)), pages_(other.pages_), is_ours_(std::exchange(other.is_ours_, false)) {}

Document::~Document() {
  std::error_code ignored;
  if (is_ours_) std::filesystem::remove(tiff_, ignored);
}

}  // namespace sg::sgfax
