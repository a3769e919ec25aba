#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <boost/program_options.hpp>
#include <csignal>
#include <iostream>

#include "base/event_loop.h"
#include "base/log.h"
#include "tools/pstnsim/control.h"
#include "tools/pstnsim/exchange.h"
#include "tools/pstnsim/options.h"

namespace options = boost::program_options;
using namespace sg;
using namespace sg::pstnsim;

namespace {

constexpr const char* kAbout = R"(NAME
  pstnsim - a telephone exchange with subscribers, for tests and demonstrations

SYNOPSIS
  pstnsim --config FILE [--events]
  pstnsim --span local=HOST:PORT,remote=HOST:PORT --subscriber NUMBER=KIND ...
          [--control PATH] [--events]

DESCRIPTION
  Stands where the public network would: the network side of ISDN on one or
  more E1 or T1 spans, each over UDP as RFC 5086 (CESoPSN), or in the DAHDI
  driver; also analog lines, or the telephones at the ends of such. Numbers
  called over a span are answered by subscribers: fax machines, voices, tones,
  busy lines. Fax machines also call out, when told to through the control
  socket. SIGTERM and SIGINT end it.

)";

constexpr const char* kMore = R"(
KINDS OF SUBSCRIBERS
  fax           a fax machine: receives into a TIFF, sends when told to
  voice         plays a sound file and records another
  echo          says back what it hears
  data          a tester of 64 kbit/s unrestricted data, which meets no voice:
                pseudo-random bits, compared at the other end; "calls" and
                "wait" tell "data": octets compared, errors, clean (in a row
                without any) and slips
  tone          a tone without end
  busy          cause 17
  no_answer     rings without end
  unknown       cause 1, as every number that is not listed
  announcement  plays a tone before any answer, then ends with a cause

CONTROL SOCKET
  A Unix stream socket; a JSON object a line in, one a line out, with "ok" and,
  if that is false, "error".
  {"command":"originate","from":"100","to":"200","send":"page.tif","span":1}
      -> "call"; "send" is a TIFF as fax machines make them
  {"command":"wait","call":1,"timeout_ms":60000}
      -> when the call is over: "cause", and "fax" with its result
  {"command":"hangup","call":1,"cause":16}
  {"command":"calls"}  {"command":"status"}
  {"command":"dchannel","span":1,"cut":true}
  On spans over UDP also:
  {"command":"clock","span":1,"ppm":50}
  {"command":"alarm","span":1,"kind":"ais","on":true}          ais, rai or los
  {"command":"bit_errors","span":1,"timeslot":0,"rate":1e-4}   timeslot 0: all

EVENTS
  With --events, a JSON object a line on standard output: ready (all interfaces
  take calls), interface_up, interface_down, incoming, outgoing, proceeding,
  progress, alerting, answered, disconnected, fax_finished, released, alarms,
  error.

EXIT STATUS
  0 after SIGTERM or SIGINT; 1 when it could not start: one line on standard
  error says why; 2 on a wrong option.

EXAMPLE
  pstnsim --span local=127.0.0.1:7000,remote=127.0.0.1:7001 \
          --subscriber 100=fax,directory=/tmp/faxes --subscriber 101=echo \
          --control /tmp/pstnsim.sock --events
)";

constexpr int kUsage = 2;

int complain(const std::string& message, int status) {
  std::cerr << "pstnsim: " << message << std::endl;
  return status;
}

// Adds what the words of the command line say.
Result<> read_words(const options::variables_map& given, Config& config) {
  if (given.count("span")) {
    for (const auto& words : given["span"].as<std::vector<std::string>>()) {
      auto span = parse_span(words, config.spans.size() + 1);
      if (!span) return tl::unexpected(span.error());
      config.spans.push_back(*span);
    }
  }
  if (given.count("subscriber")) {
    for (const auto& words : given["subscriber"].as<std::vector<std::string>>()) {
      auto subscriber = parse_subscriber(words);
      if (!subscriber) return tl::unexpected(subscriber.error());
      config.subscribers.push_back(*subscriber);
    }
  }
  if (given.count("control")) config.control = given["control"].as<std::string>();
  return check(config);
}

}  // namespace

int main(int count, char** words) {
  options::options_description described("OPTIONS");
  described.add_options()("help", "this text")("version", "the version")(
      "config", options::value<std::string>(), "TOML file with control = \"PATH\", [[span]] and [[subscriber]] tables")(
      "span", options::value<std::vector<std::string>>()->composing(), "a span: see SPANS; may be repeated")(
      "subscriber", options::value<std::vector<std::string>>()->composing(),
      "a subscriber: see SUBSCRIBERS; may be repeated")(
      "control", options::value<std::string>(), "path of the control socket")("events", "events on standard output")(
      "log-level", options::value<std::string>()->default_value("warning"),
      "error, warning, info or debug; to standard error");
  options::variables_map given;
  try {
    options::options_description all;
    all.add(described).add_options()("word", options::value<std::string>());
    auto positions = options::positional_options_description().add("word", 1);
    options::store(options::command_line_parser(count, words).options(all).positional(positions).run(), given);
    options::notify(given);
  } catch (const options::error& error) {
    return complain(std::string(error.what()) + "; see --help", kUsage);
  }
  const std::string word = given.count("word") ? given["word"].as<std::string>() : "";
  if (!word.empty() && word != "help") return complain("\"" + word + "\" is no option; see --help", kUsage);
  if (given.count("help") || word == "help") {
    std::cout << kAbout << described << '\n' << options_help() << kMore;
    return 0;
  }
  if (given.count("version")) {
    std::cout << "pstnsim " SG_VERSION "\n";
    return 0;
  }
  auto level = parse_log_level(given["log-level"].as<std::string>());
  if (!level) return complain(level.error().message, kUsage);
  set_up_logging(*level);
  Config config;
  if (given.count("config")) {
    if (auto loaded = load(given["config"].as<std::string>(), config); !loaded)
      return complain(loaded.error().message, 1);
  }
  if (auto read = read_words(given, config); !read) return complain(read.error().message, kUsage);

  // Before any thread begins, so that all have them blocked.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  UniqueFd ends(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));

  EventLoop loop;
  Counters counters;
  bool tells = given.count("events") > 0;
  auto exchange = Exchange::make(config, loop, counters, [tells](const Exchange::Json& event) {
    if (tells) std::cout << event.dump() << std::endl;
  });
  if (!exchange) return complain(exchange.error().message, 1);
  std::unique_ptr<ControlServer> control;
  if (!config.control.empty()) {
    auto made = ControlServer::make(config.control, loop, **exchange);
    if (!made) return complain(made.error().message, 1);
    control = std::move(*made);
  }
  if (auto watched = loop.watch(ends.get(), EPOLLIN, [&](uint32_t) { loop.stop(); }); !watched) {
    return complain(watched.error().message, 1);
  }
  loop.run();
  return 0;
}
