#include "gateway/app/daemon.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <iostream>

namespace sg::app {

Daemon Daemon::foreground() {
  return {};
}

Daemon Daemon::detach() {
  Daemon daemon;
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) < 0) return daemon;
  UniqueFd read_end(pipe_ends[0]), write_end(pipe_ends[1]);
  pid_t child = ::fork();
  if (child < 0) return daemon;
  if (child > 0) {
    write_end.reset();
    char word = 0;
    // End of file without a word: the child died.
    bool is_ready = ::read(read_end.get(), &word, 1) == 1 && word == 'r';
    daemon.parent_exit_code_ = is_ready ? 0 : 1;
    return daemon;
  }
  ::setsid();
  daemon.tell_ = std::move(write_end);
  return daemon;
}

void Daemon::ready() {
  if (!tell_) return;
  // From here on there is no terminal. Standard error stays where it was sent, for the log.
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(null.get(), STDOUT_FILENO);
  if (::isatty(STDERR_FILENO)) ::dup2(null.get(), STDERR_FILENO);
  [[maybe_unused]] auto written = ::write(tell_.get(), "r", 1);
  tell_.reset();
}

void Daemon::failed(const std::string& message) {
  std::cerr << "spangated: " << message << '\n';
  tell_.reset();
}

}  // namespace sg::app
