#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>

#include "conf/settings.h"
#include "gateway/app/application.h"
#include "gateway/app/check.h"
#include "gateway/app/daemon.h"
#include "gateway/app/surroundings.h"
#include "gateway/app/version.h"

namespace {

namespace po = boost::program_options;
using namespace sg;

constexpr const char* kDefaultConfig = "/etc/spangate/spangate.toml";

struct CommandLine {
  std::string config = kDefaultConfig;
  std::string check;
  std::string log_level;
  bool file_only = false;
  bool foreground = false;
};

int refused(const std::string& why, int code) {
  std::cerr << why << '\n';
  return code;
}

// Returns the exit code where nothing is left to do.
std::optional<int> read_command_line(int argc, char** argv, CommandLine& line) {
  po::options_description options("spangated: the Spangate gateway\n\nUsage: spangated [OPTIONS]\n\nOptions");
  options.add_options()                                                                                          //
      ("help,h", "show this text")                                                                               //
      ("version,V", "show the version")                                                                          //
      ("config,c", po::value(&line.config)->value_name("FILE")->default_value(kDefaultConfig), "configuration")  //
      ("check", po::value(&line.check)->value_name("FILE"),
       "only check a configuration, run its tests, and see whether this machine has what it wants: exit 0 if it is "
       "good")                                                                                 //
      ("file-only", po::bool_switch(&line.file_only), "with --check: leave this machine out")  //
      ("sample", "write a commented sample configuration to standard output")                  //
      ("foreground,f", po::bool_switch(&line.foreground),
       "stay attached to the terminal instead of going to the background")  //
      ("log-level,l", po::value(&line.log_level)->value_name("LEVEL"),
       "error, warning, info or debug; wins over the configuration");
  po::variables_map values;
  try {
    po::options_description all;
    all.add(options).add_options()("file", po::value<std::string>());
    auto positions = po::positional_options_description().add("file", 1);
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    std::cerr << "spangated: " << error.what() << "\nTry \"spangated --help\".\n";
    return 2;
  }
  const auto file = values.count("file") ? values["file"].as<std::string>() : std::string();
  if (!file.empty() && file != "help") {
    return refused(
        fmt::format("spangated: {0} stands alone; --config {0} starts by it, --check {0} checks it (see --help)", file),
        2);
  }
  if (line.file_only && line.check.empty()) return refused("spangated: --file-only goes only with --check", 2);
  if (values.count("help") || file == "help") {
    std::cout << options;
    return 0;
  }
  if (values.count("version")) {
    std::cout << "spangated " << app::kVersion << '\n';
    return 0;
  }
  if (values.count("sample")) {
    std::cout << conf::sample();
    return 0;
  }
  return std::nullopt;
}

// Blocks the signals in every thread that is started from here on, and reads them on the root.
UniqueFd catch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return UniqueFd(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

// Every call takes five descriptors or more. The lower, soft limit is there for programs that use select(2).
void allow_all_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(conf::Settings settings, app::Daemon& daemon) {
  allow_all_descriptors();
  UniqueFd signals = catch_signals();
  sip::SuRoot root;
  auto app = app::Application::start(std::move(settings), root);
  if (!app) {
    daemon.failed(app.error().message);
    return 1;
  }
  auto watched = root.watch(signals.get(), EPOLLIN, [&](uint32_t) {
    signalfd_siginfo info;
    while (::read(signals.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGHUP) {
        (*app)->reopen_files();
        (*app)->reload();
      } else {
        (*app)->shut_down([&root] { root.stop(); });
      }
    }
  });
  if (!watched) {
    daemon.failed(watched.error().message);
    return 1;
  }
  daemon.ready();
  root.run();
  root.unwatch(signals.get());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  if (auto code = read_command_line(argc, argv, line)) return *code;
  if (!line.log_level.empty()) {
    if (auto level = parse_log_level(line.log_level); !level)
      return refused("spangated: --log-level: " + level.error().message, 2);
  }
  if (!line.check.empty()) return app::check(line.check, line.file_only, std::cout, std::cerr);

  auto settings = conf::load(line.config);
  if (!settings) return refused(settings.error().message, 1);
  set_up_logging(parse_log_level(line.log_level).value_or(settings->log.level));
  if (auto ready = app::prepare(*settings); !ready) return refused(ready.error().message, 1);

  auto daemon = line.foreground ? app::Daemon::foreground() : app::Daemon::detach();
  if (auto code = daemon.parent_exit_code()) return *code;
  return run(std::move(*settings), daemon);
}
