#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "tdm/cas/config.h"
#include "tdm/cesop/backend.h"
#include "tdm/pri/config.h"

namespace sg::pstnsim {

// What answers a number.
enum class Kind : uint8_t {
  Fax,           // a fax machine: receives into a TIFF, sends on command
  Voice,         // plays a sound file and records one
  Echo,          // says back what it hears
  Data,          // a tester of 64 kbit/s unrestricted data: calls and takes calls with this bearer only
  Tone,          // a tone, without end
  Busy,          // cause 17
  NoAnswer,      // rings without end
  Unknown,       // cause 1: the number is not allocated
  Announcement,  // plays a tone before any answer, and ends with a cause
};

struct Subscriber {
  std::string number;
  Kind kind = Kind::Fax;
  std::chrono::milliseconds answer_after{0};
  // Fax.
  std::filesystem::path directory = ".";  // received faxes: NUMBER-CALL.tif
  std::string identity;                   // TSI and CSI; the number when empty
  bool ecm = true;
  int max_bit_rate = 14400;
  // Voice.
  std::filesystem::path play, record;  // a sound file of any kind; a WAV file
  // Tone and Announcement.
  double frequency = 1000;  // Hz
  double level = -10;       // dBm0
  // Announcement: by PROGRESS before the end, or in the DISCONNECT itself; how long; and the cause.
  bool in_progress = false;
  std::chrono::milliseconds length{3000};
  int cause = 1;
};

// Given: handed to Exchange::make().
enum class SpanBackend : uint8_t { Cesop, Dahdi, Given };

struct Span {
  SpanBackend backend = SpanBackend::Cesop;
  tdm::cesop::SpanConfig cesop;  // of a span in the DAHDI driver only number and type count
  int driver_span = 0;           // the driver's number; 0: ours
  tdm::pri::Config pri;
  uint16_t nfas = 0;             // the span whose interface has the timeslots of this one; 0: its own
  bool backup_dchannel = false;  // with nfas: the backup of that interface's D-channel is here
  // Of an analog span, one port for each number. Fxo: telephones and fax machines with these numbers, on FXS ports of
  // who is tested. Fxs: lines of the exchange with these numbers, behind its FXO ports. EAndM: tie lines.
  tdm::cas::Config analog;
  int first_port = 1;  // of the first number; the others follow

  bool is_analog() const { return cesop.type == SpanType::Analog; }
};

struct Config {
  std::vector<Span> spans;
  std::vector<Subscriber> subscribers;
  std::string control;  // path of the control socket; empty: none
};

// `words`: "local=127.0.0.1:7000,remote=127.0.0.1:7001,type=e1,role=network", or
// "type=analog,backend=dahdi,ports=fxo,numbers=201+202".
Result<Span> parse_span(const std::string& words, size_t number);
// `words`: "100=fax,directory=/tmp/faxes,ecm=false".
Result<Subscriber> parse_subscriber(const std::string& words);
// Adds what the TOML file says. Error: file, line, and what is wrong there.
Result<> load(const std::filesystem::path& file, Config& config);
// Error: there is nothing to do, or two things have one number.
Result<> check(const Config& config);

}  // namespace sg::pstnsim
