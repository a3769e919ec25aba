#include "tools/sgfax/options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace sg::sgfax {
namespace {

enum Option : int {
  kT38 = 1000,
  kG711,
  kT38Ask,
  kIdentity,
  kFrom,
  kHeader,
  kNoEcm,
  kMaxRate,
  kCodec,
  kLocal,
  kTimeout,
  kJson,
  kOut,
  kCount,
  kVerbose,
  kHelp,
  kVersion
};

constexpr std::array kOptions{
    option{"t38", no_argument, nullptr, kT38},
    option{"g711", no_argument, nullptr, kG711},
    option{"t38-ask", required_argument, nullptr, kT38Ask},
    option{"identity", required_argument, nullptr, kIdentity},
    option{"from", required_argument, nullptr, kFrom},
    option{"header", required_argument, nullptr, kHeader},
    option{"no-ecm", no_argument, nullptr, kNoEcm},
    option{"max-rate", required_argument, nullptr, kMaxRate},
    option{"codec", required_argument, nullptr, kCodec},
    option{"local", required_argument, nullptr, kLocal},
    option{"timeout", required_argument, nullptr, kTimeout},
    option{"json", no_argument, nullptr, kJson},
    option{"out", required_argument, nullptr, kOut},
    option{"count", required_argument, nullptr, kCount},
    option{"verbose", no_argument, nullptr, kVerbose},
    option{"help", no_argument, nullptr, kHelp},
    option{"version", no_argument, nullptr, kVersion},
    option{nullptr, 0, nullptr, 0},
};

Result<unsigned> parse_number(std::string_view what, std::string_view text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return fail("{}: \"{}\" is no number", what, text);
  return value;
}

// sip:number@host[:port][;transport=udp|tcp]
Result<> parse_address(std::string_view uri, Options& options) {
  auto wrong = [&] { return fail("\"{}\" is no address: sip:NUMBER@HOST[:PORT][;transport=tcp] is wanted", uri); };
  auto rest = uri;
  if (!rest.starts_with("sip:")) return wrong();
  rest.remove_prefix(4);
  auto semicolon = std::min(rest.find(';'), rest.size());
  auto parameters = rest.substr(semicolon);
  rest = rest.substr(0, semicolon);
  if (parameters == ";transport=tcp") {
    options.target.transport = sip::Transport::Tcp;
  } else if (!parameters.empty() && parameters != ";transport=udp") {
    return wrong();
  }
  auto at = rest.find('@');
  if (at == std::string_view::npos || at == 0) return wrong();
  options.number = rest.substr(0, at);
  rest = rest.substr(at + 1);

  // The port's colon, not one of an IPv6 address.
  auto colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    auto port = parse_number("port", rest.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return wrong();
    options.target.port = static_cast<uint16_t>(*port);
    rest = rest.substr(0, colon);
  }
  if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return wrong();
  options.target.host = rest;
  return {};
}

Result<> apply_ask(const std::string& value, Options& options) {
  options.ask_for_t38 = value == "answer" ? AskForT38::Usual : value == "never" ? AskForT38::Never : AskForT38::After;
  if (options.ask_for_t38 != AskForT38::After) return {};
  auto seconds = parse_number("--t38-ask", value);
  if (!seconds) return fail("--t38-ask: \"answer\", \"never\" or seconds are wanted");
  options.ask_after = std::chrono::seconds(*seconds);
  return {};
}

Result<> apply(int which, const std::string& value, Options& options) {
  switch (which) {
    case kT38:
      options.carriage = Carriage::T38;
      return {};
    case kG711:
      options.carriage = Carriage::G711;
      return {};
    case kT38Ask:
      return apply_ask(value, options);
    case kIdentity:
      if (value.size() > 20) return fail("--identity: at most 20 characters (T.30)");
      options.identity = value;
      return {};
    case kFrom:
      options.from = value;
      return {};
    case kHeader:
      options.header = value;
      return {};
    case kNoEcm:
      options.ecm = false;
      return {};
    case kMaxRate: {
      auto rate = parse_number("--max-rate", value);
      if (!rate) return tl::unexpected(rate.error());
      constexpr std::array kRates{2400u, 4800u, 7200u, 9600u, 12000u, 14400u};
      if (std::find(kRates.begin(), kRates.end(), *rate) == kRates.end()) {
        return fail("--max-rate: 2400, 4800, 7200, 9600, 12000 or 14400 is wanted");
      }
      options.max_bit_rate = static_cast<int>(*rate);
      return {};
    }
    case kCodec:
      if (value != "pcma" && value != "pcmu") return fail("--codec: \"pcma\" or \"pcmu\" is wanted");
      options.codec = value == "pcma" ? tdm::Law::A : tdm::Law::Mu;
      return {};
    case kLocal: {
      auto local = SocketAddress::parse(value);
      if (!local) return fail_with(local.error(), "--local");
      options.local = *local;
      return {};
    }
    case kTimeout: {
      auto seconds = parse_number("--timeout", value);
      if (!seconds) return tl::unexpected(seconds.error());
      options.timeout = std::chrono::seconds(*seconds);
      return {};
    }
    case kCount: {
      auto count = parse_number("--count", value);
      if (!count) return tl::unexpected(count.error());
      options.count = *count;
      return {};
    }
    case kOut:
      options.out = value;
      return {};
    case kJson:
      options.json = true;
      return {};
    case kVerbose:
      options.verbose = true;
      return {};
    case kHelp:
      options.command = Command::Help;
      return {};
    case kVersion:
      options.command = Command::Version;
      return {};
    default:
      return fail("an option is unknown or lacks its value; sgfax --help tells more");
  }
}

}  // namespace

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  optind = 1;
  opterr = 0;
  for (int which; (which = ::getopt_long(argc, argv, "", kOptions.data(), nullptr)) != -1;) {
    auto applied = apply(which, optarg ? optarg : "", options);
    if (!applied) {
      return which == '?' ? fail("{}: {}", argv[optind - 1], applied.error().message) : tl::unexpected(applied.error());
    }
    if (which == kHelp || which == kVersion) return options;
  }
  int words = argc - optind;
  std::string command = words > 0 ? argv[optind] : "";
  if (command == "send" && words == 3) {
    options.command = Command::Send;
    options.file = argv[optind + 1];
    if (auto address = parse_address(argv[optind + 2], options); !address) return tl::unexpected(address.error());
    return options;
  }
  if (command == "help") {
    options.command = Command::Help;
    return options;
  }
  if (command == "receive" && words == 1) {
    options.command = Command::Receive;
    return options;
  }
  if (command == "poll" && words == 2) {
    options.command = Command::Poll;
    if (auto address = parse_address(argv[optind + 1], options); !address) return tl::unexpected(address.error());
    return options;
  }
  if (command == "offer" && words == 2) {
    options.command = Command::Offer;
    options.file = argv[optind + 1];
    return options;
  }
  return fail("\"sgfax send FILE sip:NUMBER@HOST\" or \"sgfax receive\" is wanted; sgfax --help tells more");
}

const char* help_text() {
  return R"(NAME
    sgfax - a SIP fax machine

SYNOPSIS
    sgfax [OPTIONS] send FILE sip:NUMBER@HOST[:PORT][;transport=tcp]
    sgfax [OPTIONS] receive
    sgfax [OPTIONS] poll sip:NUMBER@HOST[:PORT][;transport=tcp]
    sgfax [OPTIONS] offer FILE

DESCRIPTION
    Sends a document to a fax machine behind a SIP address, or waits for faxes
    on one. The fax travels over T.38 (UDPTL) or over G.711. It serves to try
    out a trunk, a gateway or a provider, by hand or from a script.

    send FILE ADDRESS
        Calls the address and sends FILE: a TIFF as fax machines make them (G3
        or G4, 1728 pixels wide), or a PDF, which Ghostscript turns into one
        (204 x 196 dpi).

    receive
        Listens for calls, answers each at once and writes what is received as
        a TIFF. Prints a line "ready ADDRESS" for each address as soon as it
        can be called.

    poll ADDRESS, offer FILE
        The same the other way round: calls the address and receives the
        document that the machine there has ready (T.30's polling), or listens
        for calls and gives FILE to each machine that asks for it so. What is
        said below of send as who calls and of receive as who is called holds
        for poll and offer.

OPTIONS
  Transport
    --t38
        Let the fax travel over T.38 where the peer takes it; this is the
        default. A call begins with audio. The called side asks for T.38 right
        after its answer (see --t38-ask); the calling side takes the peer's
        offer, and makes its own when none has come for 10 seconds and no fax
        tones have been understood yet. When T.38 is refused the fax goes on
        over G.711.
    --g711
        Let the fax travel over G.711. T.38 is refused with 488.
    --t38-ask answer|never|SECONDS
        When to ask the peer for T.38: as said above (answer, the default),
        never, which leaves it to the peer or to a gateway in between, or so
        many seconds after the answer.
    --codec pcma|pcmu
        The G.711 law to prefer. Default: pcma.

  Fax
    --identity TEXT
        Our identification (CSI, TSI), at most 20 characters. Default: sgfax.
    --header TEXT
        send: a line to print on top of each page. Default: none, pages are
        sent as they are.
    --no-ecm
        Do without error correction mode.
    --max-rate BIT/S
        Highest speed: 14400 (default), 12000, 9600, 7200, 4800 or 2400.

  SIP
    --local ADDRESS:PORT
        The address to speak SIP on; IPv6 as [::1]:5060. Port 0 takes any free
        one. Default: all IPv4 addresses (all of the address family of the
        peer, when sending), on port 5060 when receiving and on any when
        sending. Receiving listens on UDP and TCP; with port 0 on each at a
        port of its own.
    --from NUMBER
        send: the number we call from. Default: sgfax.
    --timeout SECONDS
        End a call that takes longer. Default: 1800.

  Output
    --out DIR|FILE
        receive: where to write. A directory gets files named fax-DATE-
        TIME-N.tif; a file name of its own is used as it is, with -2, -3 ...
        added for further faxes. Default: the current directory.
    --count N
        receive: end after N calls; 0 goes on for ever. Default: 1.
    --json
        Print the result of each fax as one line of JSON, and nothing else on
        standard output: the lines "ready ADDRESS" go to standard error.
    --verbose
        Log what SIP and T.30 do, on standard error.
    --help, --version

    On a terminal a line on standard error shows how far the fax is: "2 of 3
    pages  66 %  14400 ECM  0:12 left". Of what is received nobody knows how
    much there is: "2 pages  14400 ECM  1:05".

EXIT STATUS
    0   All pages were sent and confirmed by the far end, or received (of every
        call, when receiving several).
    1   The call failed or pages are missing; the output says why.
    2   The command line makes no sense, or a file or an address cannot be
        used.

JSON
    {"direction":"sent","verdict":"confirmed","pages":3,"pages_total":3,
     "bit_rate":14400,"ecm":true,"seconds":71.2,"transport":"T.38",
     "far_identity":"+49 30 123","file":"letter.tif","error":""}
    verdict is "confirmed" (sent), "received" or "failed"; transport is "T.38",
    "G.711" or "none".

EXAMPLES
    sgfax receive --local 127.0.0.1:5070 --out inbox/
    sgfax send letter.pdf "sip:030123@127.0.0.1:5070"
    sgfax send --g711 --no-ecm --max-rate 9600 letter.tif \
               "sip:030123@pbx.example;transport=tcp"
)";
}

}  // namespace sg::sgfax
