#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/socket_address.h"
#include "gateway/sip/sip_agent.h"
#include "tdm/types.h"

namespace sg::sgfax {

enum class Command : uint8_t { Send, Receive, Poll, Offer, Help, Version };
constexpr bool calls(Command command) {
  return command == Command::Send || command == Command::Poll;
}
constexpr bool sends(Command command) {
  return command == Command::Send || command == Command::Offer;
}
// How the fax is to travel: T.38 where the peer takes it, or G.711 whatever the peer says.
enum class Carriage : uint8_t { T38, G711 };
// When to ask the peer for T.38. Usual: right after the answer as the called side, late as the calling one.
enum class AskForT38 : uint8_t { Usual, Never, After };

struct Options {
  Command command = Command::Help;
  std::filesystem::path file;  // send, offer
  std::string number;          // send, poll: user part of the address
  sip::Target target;          // send, poll
  std::filesystem::path out = ".";
  unsigned count = 1;  // receive, offer: 0 for ever
  Carriage carriage = Carriage::T38;
  AskForT38 ask_for_t38 = AskForT38::Usual;
  std::chrono::seconds ask_after{0};  // the answer
  std::string identity = "sgfax";
  std::string from = "sgfax";
  std::string header;
  bool ecm = true;
  int max_bit_rate = 14400;
  CodecId codec = CodecId::Pcma;
  SocketAddress local;  // unset: any address, receive on port 5060, send on any
  std::chrono::seconds timeout{1800};
  bool json = false;
  bool verbose = false;
};

// The words of the command line after the program's name. Error: one line for the user.
Result<Options> parse_options(int argc, char** argv);
std::string help_text();

}  // namespace sg::sgfax
