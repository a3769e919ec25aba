// sgfax: a SIP fax machine for administrators and tests.

#include <netdb.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <list>
#include <nlohmann/json.hpp>

#include "gateway/sip/transport.h"
#include "media/port_pair.h"
#include "tools/sgfax/document.h"
#include "tools/sgfax/fax_call.h"
#include "tools/sgfax/options.h"

namespace sg::sgfax {
namespace {

constexpr uint16_t kFirstMediaPort = 20000;
constexpr uint16_t kLastMediaPort = 29999;

void print_json(const Report& report) {
  nlohmann::ordered_json json{{"direction", report.sent ? "sent" : "received"},
                              {"verdict", !report.success ? "failed"
                                          : report.sent   ? "confirmed"
                                                          : "received"},
                              {"pages", report.pages},
                              {"pages_total", report.sent ? report.pages_total : report.pages},
                              {"bit_rate", report.bit_rate},
                              {"ecm", report.ecm},
                              {"seconds", report.seconds},
                              {"transport", report.transport},
                              {"far_identity", report.far_identity},
                              {"file", report.file},
                              {"error", report.error}};
  // The far identity is whatever the far end sent: not always UTF-8.
  auto line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::printf("%s\n", line.c_str());
}

void print_text(const Report& report) {
  auto of = report.sent ? fmt::format("{} of {}", report.pages, report.pages_total) : std::to_string(report.pages);
  auto line = fmt::format("{} pages {}", of, report.sent ? "sent and confirmed" : "received");
  if (report.transport != "none") {
    line += fmt::format(" over {}, {} bit/s, {}", report.transport, report.bit_rate, report.ecm ? "ECM" : "no ECM");
  }
  line += fmt::format(", {:.1f} s", report.seconds);
  if (!report.far_identity.empty()) line += fmt::format(", far end \"{}\"", report.far_identity);
  if (!report.sent && report.success) line += fmt::format(", in {}", report.file);
  if (!report.success) line = fmt::format("failed: {} ({})", report.error, line);
  std::printf("%s\n", line.c_str());
}

// The address behind a name, so that our own towards it can be told. SIP itself goes by the name.
Result<SocketAddress> resolve(const sip::Target& target) {
  if (auto numeric = SocketAddress::parse(target.host, target.port ? target.port : 5060)) return numeric;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(target.host.c_str(), nullptr, &wanted, &found);
  if (error != 0) return fail("{}: {}", target.host, ::gai_strerror(error));
  sockaddr_storage raw{};
  std::memcpy(&raw, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  auto address = SocketAddress::from(raw);
  address.set_port(target.port ? target.port : 5060);
  return address;
}

// The program: its agent, its calls, and what they print.
class FaxApplication final : sip::SipAgent::Listener {
 public:
  explicit FaxApplication(const Options& options)
      : options_(options), ports_(kFirstMediaPort, kLastMediaPort), progress_(root_) {}

  // The exit status.
  int run();

 private:
  Result<> start();
  Result<> start_calling();
  void on_invite(std::unique_ptr<call::Leg> leg, const call::Setup&, const sip::InviteInfo& info) override;
  std::vector<sip::Listen> listen_addresses() const;
  t38::FaxMachineOptions machine_options() const;
  std::filesystem::path next_file() const;
  void on_done(const Report& report);
  void stop_when_done();
  void watch_signals();
  void show_progress();

  const Options& options_;
  sip::SuRoot root_;
  Counters counters_;
  media::PortRange ports_;
  std::optional<Document> document_;
  SocketAddress peer_;  // whom we call
  std::unique_ptr<sip::SipAgent> agent_;
  std::list<FaxCall> calls_;
  UniqueFd signals_;
  Timer progress_;
  unsigned started_ = 0;
  unsigned finished_ = 0;
  unsigned failed_ = 0;
  bool interrupted_ = false;
};

std::vector<sip::Listen> FaxApplication::listen_addresses() const {
  const bool is_caller = calls(options_.command);
  auto local = options_.local;
  if (!local.is_set()) {
    bool ipv6 = is_caller && peer_.is_ipv6();
    local = *SocketAddress::parse(ipv6 ? "::" : "0.0.0.0", is_caller ? 0 : 5060);
  }
  if (is_caller) return {{options_.target.transport, local}};
  return {{Transport::Udp, local}, {Transport::Tcp, local}};
}

// Of one call, the latest that was started.
t38::FaxMachineOptions FaxApplication::machine_options() const {
  t38::FaxMachineOptions machine;
  machine.calling = calls(options_.command);
  if (document_) {
    machine.send_file = document_->tiff();
  } else {
    machine.receive_file = next_file();
  }
  machine.identity = options_.identity;
  machine.header_info = options_.header;
  machine.ecm = options_.ecm;
  machine.max_bit_rate = options_.max_bit_rate;
  return machine;
}

Result<> FaxApplication::start() {
  if (calls(options_.command)) {
    auto peer = resolve(options_.target);
    if (!peer) return tl::unexpected(peer.error());
    peer_ = *peer;
  }
  if (sends(options_.command)) {
    auto document = Document::open(options_.file);
    if (!document) return tl::unexpected(document.error());
    document_.emplace(std::move(*document));
  } else if (!std::filesystem::is_directory(options_.out) &&
             !std::filesystem::is_directory(std::filesystem::absolute(options_.out).parent_path())) {
    return fail("--out {}: there is no such directory", options_.out.string());
  }
  sip::AgentConfig config;
  config.listen = listen_addresses();
  config.user_agent = "sgfax";
  auto agent = sip::SipAgent::start(root_, config, *this, counters_);
  if (!agent) return tl::unexpected(agent.error());
  agent_ = std::move(*agent);
  watch_signals();
  if (calls(options_.command)) return start_calling();
  // Standard output is a program's, with --json.
  std::FILE* out = options_.json ? stderr : stdout;
  for (const auto& listen : agent_->bound()) {
    fmt::print(out, "ready sip:{}{}\n", listen.address.to_string(), sip::uri_parameter_of(listen.transport));
  }
  std::fflush(out);
  return {};
}

Result<> FaxApplication::start_calling() {
  auto numeric = options_.target;
  numeric.host = peer_.host();
  auto local = agent_->local_towards(numeric);
  if (!local) return tl::unexpected(local.error());
  auto port = ports_.bind(local->host());
  if (!port) return tl::unexpected(port.error());
  auto leg = agent_->make_leg(options_.target);
  if (!leg) return tl::unexpected(leg.error());
  ++started_;
  calls_.emplace_back(root_, options_, std::move(*leg), std::move(*port), machine_options(),
                      [this](const Report& report) { on_done(report); });
  calls_.back().call(document_ ? document_->pages() : 0);
  return {};
}

void FaxApplication::on_invite(std::unique_ptr<call::Leg> leg, const call::Setup&, const sip::InviteInfo& info) {
  if (calls(options_.command)) return leg->release(call::cause_of_sip(480));
  if (interrupted_ || (options_.count != 0 && started_ >= options_.count)) return leg->release(call::cause_of_sip(486));
  auto port = ports_.bind(info.local.host());
  if (!port) return leg->release(call::cause_of_sip(503));
  // Calls that are over go now: their own callbacks could not destroy them.
  calls_.remove_if([](const FaxCall& call) { return call.is_over(); });
  ++started_;
  calls_.emplace_back(root_, options_, std::move(leg), std::move(*port), machine_options(),
                      [this](const Report& report) { on_done(report); });
  calls_.back().answer(info.offer, document_ ? document_->pages() : 0);
}

std::filesystem::path FaxApplication::next_file() const {
  if (std::filesystem::is_directory(options_.out)) {
    auto now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "%Y%m%d-%H%M%S", &local);
    return options_.out / fmt::format("fax-{}-{}.tif", date.data(), started_);
  }
  if (started_ == 1) return options_.out;
  auto name = options_.out;
  name.replace_filename(
      fmt::format("{}-{}{}", options_.out.stem().string(), started_, options_.out.extension().string()));
  return name;
}

void FaxApplication::on_done(const Report& report) {
  if (::isatty(STDERR_FILENO)) std::fprintf(stderr, "\r\033[K");
  options_.json ? print_json(report) : print_text(report);
  std::fflush(stdout);
  ++finished_;
  if (!report.success) ++failed_;
  stop_when_done();
}

void FaxApplication::stop_when_done() {
  bool all_came = interrupted_ || calls(options_.command) || (options_.count != 0 && started_ >= options_.count);
  if (all_came && finished_ == started_) root_.stop();
}

void FaxApplication::watch_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_.reset(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  [[maybe_unused]] auto watched = root_.watch(signals_.get(), EPOLLIN, [this](uint32_t) {
    signalfd_siginfo info;
    if (::read(signals_.get(), &info, sizeof(info)) < 0) return;
    interrupted_ = true;
    for (auto& call : calls_) call.hang_up("interrupted");
    stop_when_done();
  });
}

void FaxApplication::show_progress() {
  if (!calls_.empty() && !calls_.back().is_over()) {
    std::fprintf(stderr, "\r\033[K%s", calls_.back().progress().c_str());
  }
  progress_.arm(500ms, [this] { show_progress(); });
}

int FaxApplication::run() {
  if (auto started = start(); !started) {
    std::fprintf(stderr, "sgfax: %s\n", started.error().message.c_str());
    return 2;
  }
  if (::isatty(STDERR_FILENO)) show_progress();
  root_.run();
  root_.unwatch(signals_.get());
  calls_.clear();
  return failed_ == 0 && started_ > 0 ? 0 : 1;
}

int main(int argc, char** argv) {
  auto options = parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "sgfax: %s\n", options.error().message.c_str());
    return 2;
  }
  if (options->command == Command::Help) return std::fputs(help_text().c_str(), stdout), 0;
  if (options->command == Command::Version) return std::puts("sgfax " SG_VERSION), 0;
  set_up_logging(options->verbose ? LogLevel::Debug : LogLevel::Error);
  return FaxApplication(*options).run();
}

}  // namespace
}  // namespace sg::sgfax

int main(int argc, char** argv) {
  return sg::sgfax::main(argc, argv);
}
