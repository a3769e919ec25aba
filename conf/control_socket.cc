#include "conf/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/unix_socket.h"

namespace sg::conf {
namespace {

// Anybody may make a directory in /tmp: one that another user made is not ours to trust. A gateway that was killed
// leaves a socket behind that nobody answers.
bool is_ours_and_answered(const std::string& path, uid_t user) {
  struct stat directory {};
  const std::string parent = std::filesystem::path(path).parent_path();
  return ::lstat(parent.c_str(), &directory) == 0 && S_ISDIR(directory.st_mode) && directory.st_uid == user &&
         is_answered(path);
}

}  // namespace

ControlSocket::ControlSocket() : ControlSocket(::geteuid(), std::getenv("XDG_RUNTIME_DIR")) {}

ControlSocket::ControlSocket(uid_t user, const char* runtime_dir, std::string machine)
    : user_(user), machine_(std::move(machine)) {
  const bool is_set = runtime_dir && *runtime_dir == '/';
  own_ = is_set ? fmt::format("{}/spangate/control.sock", runtime_dir)
                : fmt::format("/tmp/spangate-{}/control.sock", user);
}

std::string ControlSocket::to_make() const {
  if (user_ == 0) return machine_;
  // A service manager makes it for the user that the gateway runs as.
  const std::string directory = std::filesystem::path(machine_).parent_path();
  return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? machine_ : own_;
}

std::string ControlSocket::to_ask() const {
  if (user_ == 0) return machine_;
  if (is_ours_and_answered(own_, user_)) return own_;
  return ::access(machine_.c_str(), F_OK) == 0 ? machine_ : own_;
}

}  // namespace sg::conf
