#include "gateway/app/surroundings.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/bound_socket.h"
#include "base/log.h"
#include "base/unix_address.h"
#include "base/unix_socket.h"
#include "conf/control_socket.h"
#include "gateway/sip/transport.h"
#include "media/tone/sound_file.h"

namespace sg::app {
namespace {

namespace fs = std::filesystem;

// What is made for the gateway: its members' group may look, nobody else.
constexpr mode_t kDirectoryMode = 0750;

bool may(const fs::path& path, int how) {
  return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0;
}

fs::path directory_of(const fs::path& file) {
  auto directory = file.parent_path();
  return directory.empty() ? fs::path(".") : directory;
}

// Only the last directory of a path is made: a longer one that is missing is more likely a slip of the pen.
Result<> may_be_made(const fs::path& directory) {
  auto parent = directory_of(directory);
  std::error_code ignored;
  if (!fs::is_directory(parent, ignored)) {
    return fail("there is no directory {}, nor {} to make it in", directory.string(), parent.string());
  }
  if (may(parent, W_OK | X_OK)) return {};
  return fail("there is no directory {}, and this user may not make it: {}", directory.string(), std::strerror(errno));
}

// Whether files can be made in the directory, or it can be made.
Result<> examine_directory(const fs::path& directory) {
  std::error_code ignored;
  auto status = fs::status(directory, ignored);
  if (status.type() == fs::file_type::not_found) return may_be_made(directory);
  if (status.type() == fs::file_type::none) {
    return fail("the directory {} cannot be looked at: {}", directory.string(), std::strerror(errno));
  }
  if (status.type() != fs::file_type::directory) return fail("{} is no directory", directory.string());
  if (may(directory, W_OK | X_OK)) return {};
  return fail("this user may not make files in {}: {}", directory.string(), std::strerror(errno));
}

// Whether the file can be written to, or be made.
Result<> examine_file(const fs::path& file) {
  std::error_code ignored;
  auto status = fs::status(file, ignored);
  if (status.type() == fs::file_type::directory) return fail("{} is a directory", file.string());
  if (!fs::exists(status)) return examine_directory(directory_of(file));
  if (may(file, W_OK)) return {};
  return fail("this user may not write to {}: {}", file.string(), std::strerror(errno));
}

// /tmp is everybody's: whoever was there first must not get our socket into his hands.
bool is_anothers(const fs::path& directory) {
  struct stat found {};
  if (::geteuid() == 0 || ::lstat(directory.c_str(), &found) != 0) return false;
  return !S_ISDIR(found.st_mode) || (found.st_mode & S_IWOTH) != 0 ||
         (found.st_uid != ::geteuid() && directory.parent_path() == "/tmp");
}
std::string anothers(const fs::path& directory) {
  return fmt::format("the directory {} is another user's", directory.string());
}

// Finds what is missing, in the order of the sections of a file.
class Examiner {
 public:
  // `has_taken`: a gateway that is of these settings has the addresses.
  Examiner(const conf::Settings& settings, bool has_taken) : settings_(settings), has_taken_(has_taken) {}

  std::vector<std::string> run() {
    addresses();
    if (const auto& file = settings_.media.hold_music; !file.empty()) {
      if (auto music = media::read_sound(file); !music) lacks("[media]", "hold_music", music.error().message);
    }
    file("[fax]", "memory", settings_.fax.memory);
    file("[records]", "file", settings_.records.file);
    control();
    return std::move(found_);
  }

 private:
  void lacks(const std::string& title, const std::string& key, const std::string& reason) {
    found_.push_back(fmt::format("{}: {} {}: {}", settings_.where(settings_.line_of(title, key)), title, key, reason));
  }

  void file(const std::string& title, const std::string& key, const std::string& path) {
    if (path.empty()) return;
    if (auto done = examine_file(path); !done) lacks(title, key, done.error().message);
  }

  void addresses() {
    // All at once: one of them may be in the way of another.
    std::vector<UniqueFd> held;
    auto hold = [&](const std::string& title, const std::string& key, std::string_view what,
                    const SocketAddress& address, int type) {
      auto bound = bound_socket(address, type);
      if (bound) return held.push_back(std::move(*bound));
      if (bound.error() == EADDRINUSE && has_taken_) return;
      lacks(title, key,
            fmt::format("cannot use {} {}: {}", what, address.to_string(), why_not_bound(bound.error(), address)));
    };
    for (const auto& listen : settings_.sip.listen) {
      hold("[sip]", "listen", name_of(listen.transport), listen.address, sip::socket_type_of(listen.transport));
    }
    if (const auto& host = settings_.media.address; !host.empty()) {
      if (auto address = SocketAddress::parse(host, 0)) hold("[media]", "address", "udp", *address, SOCK_DGRAM);
    }
    for (const conf::Span& span : settings_.spans) {
      if (span.backend != conf::SpanBackend::Cesop) continue;
      hold(fmt::format("[span.{}]", span.number), "local", "udp", span.local, SOCK_DGRAM);
    }
  }

  void control() {
    const std::string path = control_socket(settings_);
    if (path.empty()) return;
    auto blame = [&](const std::string& reason) { lacks("[control]", "socket", reason); };
    if (!settings_.control.group.empty()) group();
    if (!unix_address(path)) return blame(fmt::format("{} has more than {} characters", path, kLongestPath));
    std::error_code ignored;
    auto status = fs::symlink_status(path, ignored);
    if (fs::exists(status) && status.type() != fs::file_type::socket) {
      return blame(fmt::format("{} exists and is no socket", path));
    }
    if (is_answered(path)) {
      if (!has_taken_) blame(fmt::format("another gateway answers on {}", path));
      return;
    }
    if (auto done = examine_directory(directory_of(path)); !done) return blame(done.error().message);
    if (!settings_.control.socket && is_anothers(directory_of(path))) blame(anothers(directory_of(path)));
  }

  void group() {
    const auto& name = settings_.control.group;
    const group_entry* entry = ::getgrnam(name.c_str());
    if (!entry) return lacks("[control]", "group", fmt::format("this machine has no group \"{}\"", name));
    std::vector<gid_t> ours(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
    ::getgroups(static_cast<int>(ours.size()), ours.data());
    const bool is_ours = ::geteuid() == 0 || entry->gr_gid == ::getegid() ||
                         std::find(ours.begin(), ours.end(), entry->gr_gid) != ours.end();
    if (!is_ours) lacks("[control]", "group", fmt::format("this user is not in the group \"{}\"", name));
  }

  using group_entry = struct ::group;
  static constexpr size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
  const conf::Settings& settings_;
  const bool has_taken_;
  std::vector<std::string> found_;
};

Result<> make_directory(const fs::path& directory, mode_t mode = kDirectoryMode) {
  std::error_code ignored;
  if (fs::exists(directory, ignored)) return {};
  if (::mkdir(directory.c_str(), mode) != 0 || ::chmod(directory.c_str(), mode) != 0) {
    return fail("cannot make the directory {}: {}", directory.string(), std::strerror(errno));
  }
  Log().info("made the directory {}", directory.string());
  return {};
}

}  // namespace

std::string control_socket(const conf::Settings& settings) {
  return settings.control.socket ? *settings.control.socket : conf::ControlSocket().to_make();
}

Result<> give_to_group(const conf::Settings& settings, const std::string& path) {
  const auto& name = settings.control.group;
  if (name.empty()) return {};
  const auto* entry = ::getgrnam(name.c_str());
  if (entry && ::chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) == 0) return {};
  return fail("[control] group: {} cannot be given to \"{}\": {}", path, name,
              entry ? std::strerror(errno) : "there is no such group");
}

std::vector<std::string> missing(const conf::Settings& settings) {
  return Examiner(settings, is_answered(control_socket(settings))).run();
}

Result<> prepare(const conf::Settings& settings) {
  if (auto found = Examiner(settings, false).run(); !found.empty()) return fail("{}", fmt::join(found, "\n"));
  for (const std::string& file : {settings.fax.memory, settings.records.file}) {
    if (file.empty()) continue;
    if (auto made = make_directory(directory_of(file)); !made) return made;
  }
  const std::string socket = control_socket(settings);
  if (socket.empty()) return {};
  auto directory = directory_of(socket);
  std::error_code ignored;
  const bool is_there = fs::exists(directory, ignored);
  // A user's own is his alone, unless he names a group.
  const bool is_own = !settings.control.socket && socket != conf::kMachineSocket;
  const mode_t mode = is_own && settings.control.group.empty() ? 0700 : kDirectoryMode;
  if (auto made = make_directory(directory, mode); !made) return made;
  // Somebody may have made it since it was examined. From now on nobody can: /tmp is sticky.
  if (is_own && is_anothers(directory)) return fail("[control] socket: {}", anothers(directory));
  if (is_there) return {};
  return give_to_group(settings, directory);
}

}  // namespace sg::app
