#include "tools/sgfax/options.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>

namespace sg::sgfax {
namespace {

namespace po = boost::program_options;

constexpr const char* kAbout = R"(NAME
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
)";

constexpr const char* kMore = R"(
PROGRESS
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

auto text(const char* name) {
  return po::value<std::string>()->value_name(name);
}

po::options_description described_options() {
  po::options_description transport("TRANSPORT");
  transport.add_options()  //
      ("t38",
       "Let the fax travel over T.38 where the peer takes it; this is the default. A call begins with audio. The "
       "called "
       "side asks for T.38 right after its answer (see --t38-ask); the calling side takes the peer's offer, and makes "
       "its own when none has come for 10 seconds and no fax tones have been understood yet. When T.38 is refused the "
       "fax goes on over G.711.")                                           //
      ("g711", "Let the fax travel over G.711. T.38 is refused with 488.")  //
      ("t38-ask", text("answer|never|SECONDS"),
       "When to ask the peer for T.38: as said above (answer, the default), never, which leaves it to the peer or to a "
       "gateway in between, or so many seconds after the answer.")  //
      ("codec", text("pcma|pcmu"), "The G.711 law to prefer. Default: pcma.");
  po::options_description fax("FAX");
  fax.add_options()                                                                                        //
      ("identity", text("TEXT"), "Our identification (CSI, TSI), at most 20 characters. Default: sgfax.")  //
      ("header", text("TEXT"),
       "send: a line to print on top of each page. Default: none, pages are sent as they are.")  //
      ("no-ecm", "Do without error correction mode.")                                            //
      ("max-rate", text("BIT/S"), "Highest speed: 14400 (default), 12000, 9600, 7200, 4800 or 2400.");
  po::options_description sip("SIP");
  sip.add_options()  //
      ("local", text("ADDRESS:PORT"),
       "The address to speak SIP on; IPv6 as [::1]:5060. Port 0 takes any free one. Default: all IPv4 addresses (all "
       "of "
       "the address family of the peer, when sending), on port 5060 when receiving and on any when sending. Receiving "
       "listens on UDP and TCP; with port 0 on each at a port of its own.")       //
      ("from", text("NUMBER"), "send: the number we call from. Default: sgfax.")  //
      ("timeout", text("SECONDS"), "End a call that takes longer. Default: 1800.");
  po::options_description output("OUTPUT");
  output.add_options()  //
      ("out", text("DIR|FILE"),
       "receive: where to write. A directory gets files named fax-DATE-TIME-N.tif; a file name of its own is used as "
       "it "
       "is, with -2, -3 ... added for further faxes. Default: the current directory.")     //
      ("count", text("N"), "receive: end after N calls; 0 goes on for ever. Default: 1.")  //
      ("json",
       "Print the result of each fax as one line of JSON, and nothing else on standard output: the lines \"ready "
       "ADDRESS\" go to standard error.")                          //
      ("verbose", "Log what SIP and T.30 do, on standard error.")  //
      ("help", "Show this text.")                                  //
      ("version", "Show the version.");
  po::options_description all;
  return all.add(transport).add(fax).add(sip).add(output), all;
}

po::variables_map read_words(int argc, char** argv) {
  po::options_description all = described_options();
  all.add_options()("word", po::value<std::vector<std::string>>());
  auto positions = po::positional_options_description().add("word", -1);
  po::variables_map given;
  po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), given);
  return given;
}

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
  if (!parameters.empty()) {
    constexpr std::string_view kTransport = ";transport=";
    if (!parameters.starts_with(kTransport)) return wrong();
    auto transport = value_named<Transport>(parameters.substr(kTransport.size()));
    if (!transport) return wrong();
    options.target.transport = *transport;
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

Result<> read_ask(const std::string& value, Options& options) {
  options.ask_for_t38 = value == "answer" ? AskForT38::Usual : value == "never" ? AskForT38::Never : AskForT38::After;
  if (options.ask_for_t38 != AskForT38::After) return {};
  auto seconds = parse_number("--t38-ask", value);
  if (!seconds) return fail("--t38-ask: \"answer\", \"never\" or seconds are wanted");
  options.ask_after = std::chrono::seconds(*seconds);
  return {};
}

Result<> read_rate(const std::string& value, Options& options) {
  constexpr std::array kRates{2400u, 4800u, 7200u, 9600u, 12000u, 14400u};
  auto rate = parse_number("--max-rate", value);
  if (!rate || std::ranges::find(kRates, *rate) == kRates.end()) {
    return fail("--max-rate: 2400, 4800, 7200, 9600, 12000 or 14400 is wanted");
  }
  options.max_bit_rate = static_cast<int>(*rate);
  return {};
}

Result<> read_codec(const std::string& value, Options& options) {
  auto codec = value_named<CodecId>(value);
  if (!codec) return fail("--codec: \"pcma\" or \"pcmu\" is wanted");
  options.codec = *codec;
  return {};
}

Result<> read_local(const std::string& value, Options& options) {
  auto local = SocketAddress::parse(value);
  if (!local) return fail_with(local.error(), "--local");
  options.local = *local;
  return {};
}

Result<> read_identity(const std::string& value, Options& options) {
  if (value.size() > 20) return fail("--identity: at most 20 characters (T.30)");
  options.identity = value;
  return {};
}

Result<> read_timeout(const std::string& value, Options& options) {
  auto seconds = parse_number("--timeout", value);
  if (!seconds) return tl::unexpected(seconds.error());
  options.timeout = std::chrono::seconds(*seconds);
  return {};
}

Result<> read_count(const std::string& value, Options& options) {
  auto count = parse_number("--count", value);
  if (!count) return tl::unexpected(count.error());
  options.count = *count;
  return {};
}

// What each option's value says.
struct Reader {
  const char* name;
  Result<> (*read)(const std::string& value, Options& options);
};
constexpr std::array kReaders{
    Reader{"t38-ask", read_ask},
    Reader{"max-rate", read_rate},
    Reader{"codec", read_codec},
    Reader{"local", read_local},
    Reader{"identity", read_identity},
    Reader{"timeout", read_timeout},
    Reader{"count", read_count},
    Reader{"from", [](const std::string& value, Options& options) { return options.from = value, Result<>{}; }},
    Reader{"header", [](const std::string& value, Options& options) { return options.header = value, Result<>{}; }},
    Reader{"out", [](const std::string& value, Options& options) { return options.out = value, Result<>{}; }},
};

Result<> read_options(const po::variables_map& given, Options& options) {
  if (given.count("t38") && given.count("g711")) return fail("--t38 and --g711 exclude each other");
  if (given.count("g711")) options.carriage = Carriage::G711;
  options.ecm = given.count("no-ecm") == 0;
  options.json = given.count("json") != 0;
  options.verbose = given.count("verbose") != 0;
  for (const Reader& reader : kReaders) {
    if (!given.count(reader.name)) continue;
    if (auto read = reader.read(given[reader.name].as<std::string>(), options); !read) return read;
  }
  return {};
}

// The command and what it is about.
Result<> read_command(const std::vector<std::string>& words, Options& options) {
  const std::string command = words.empty() ? "" : words.front();
  if (command == "help") {
    options.command = Command::Help;
    return {};
  }
  if (command == "send" && words.size() == 3) {
    options.command = Command::Send;
    options.file = words[1];
    return parse_address(words[2], options);
  }
  if (command == "receive" && words.size() == 1) {
    options.command = Command::Receive;
    return {};
  }
  if (command == "poll" && words.size() == 2) {
    options.command = Command::Poll;
    return parse_address(words[1], options);
  }
  if (command == "offer" && words.size() == 2) {
    options.command = Command::Offer;
    options.file = words[1];
    return {};
  }
  return fail("\"sgfax send FILE sip:NUMBER@HOST\" or \"sgfax receive\" is wanted; sgfax --help tells more");
}

}  // namespace

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  po::variables_map given;
  try {
    given = read_words(argc, argv);
  } catch (const po::error& error) {
    return fail("{}; sgfax --help tells more", error.what());
  }
  if (given.count("help") || given.count("version")) {
    options.command = given.count("help") ? Command::Help : Command::Version;
    return options;
  }
  if (auto read = read_options(given, options); !read) return tl::unexpected(read.error());
  const auto words = given.count("word") ? given["word"].as<std::vector<std::string>>() : std::vector<std::string>();
  if (auto read = read_command(words, options); !read) return tl::unexpected(read.error());
  return options;
}

std::string help_text() {
  std::ostringstream text_of_all;
  text_of_all << kAbout << described_options() << kMore;
  return text_of_all.str();
}

}  // namespace sg::sgfax
