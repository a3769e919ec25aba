#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tests/lab/hostile.h"

// What a fax of the lab goes through: a line of the grid.
namespace sg::lab {

// What a packet leg does to datagrams, each way on its own.
struct NetworkFaults {
  double loss = 0;              // share of datagrams
  double burst = 1;             // mean length of a loss, in datagrams
  Duration delay = 20ms;        // one way
  Duration jitter = 0ms;        // added at random to each datagram, evenly up to this
  bool reorders = false;        // jitter lets datagrams overtake one another
  double duplicate = 0;         // share that comes twice
  double rate_kbit_s = 0;       // of a narrow link, with its headers; 0: no limit
  Duration rate_queue = 200ms;  // what waits longer for the narrow link is dropped
  char g1050 = 0;               // a severity of ITU-T G.1050, in place of loss, delay, jitter and rate
  double mangled = 0;           // share that a hostile hand changes …
  Hand hand = Hand::Octets;     // … in this way
  Duration silent_after{};      // nothing comes any more; zero: never
  Duration late_step{};         // once, at a time by chance, the sender falls behind by so much, for good
};

// What a telephone line does to the sound, each way on its own.
struct LineFaults {
  double level_db = 0;
  double level_to_gateway_db = 0;      // the same, of one way only
  double noise_dbm0 = -99;             // white; below -90: none
  double noise_to_gateway_dbm0 = -99;  // the same, of one way, in place of it where it is louder
  double slips_per_minute = 0;         // of one frame: an octet lost or repeated
};

enum class Leg { Tdm, Rtp, T38 };
// Which machine has the document: the one at that end of the route, or each in turn.
enum class Sender { InTurn, First, Last };

struct Condition {
  std::string name;
  std::string title;
  // From one machine to the other: a gateway between each two. Machines are at the outer ones, Tdm or T38.
  std::vector<Leg> route;
  std::filesystem::path document;
  int pages = 1;  // those of the document, over and over
  NetworkFaults network;
  LineFaults line;
  double ppm = 0;  // how much faster the clock of the last leg runs
  int redundancy = 3;
  int redundant_copies = 0;  // RFC 2198 on RTP legs; 0: not negotiated
  Sender sender = Sender::InTurn;
  bool voice = false;        // two people on the lines at the ends, and no fax: every word must be heard
  bool polls = false;        // who has no document calls, and asks for it (T.30 5.3.6.1: DTC)
  bool says_once = false;    // both machines: DIS, DTC and DCS
  int silent_trainings = 0;  // of the sender: the first ones never come
  bool joins_late = false;   // the T.38 machine begins to call when the line's preamble is heard, and says CNG
  bool ecm = true;
  std::string modem = "v17";        // the fastest: v17, v29, v27ter
  int bit_rate = 0;                 // of the first training; 0: the fastest
  std::string compression = "mmr";  // the best: mh, mr, mmr
  // A fax counts only if it kept to that modem's speed, ECM and compression.
  bool exact = false;
  // … and only if every page came as it was sent.
  bool identical = false;
  // … and only if no packet of RTP that came was dropped, for being late or otherwise.
  bool drops_none = false;
  int runs = 20;
  // Per cent that must get through, for the table; 0: printed only. A hostile peer's faxes need but end, and leak
  // nothing.
  double at_least = 0;
  bool must_end_only = false;
  // One of many cells of a table: of which, and where in it.
  std::string table, row, column;
  std::string hand_name;
};

// Reads a grid (TOML: [[condition]] with the names above, times in ms; speed = "v17-12000" is modem and bit_rate in
// one; sends = "first", "last" is the sender). A list as the value of any key but route makes a condition of each; with
// as_table = true they are cells of one table, a row for each speed or hand. T.6 without ECM there is not, and is left
// out. Documents lie in `documents`. Error: with file, line and key.
Result<std::vector<Condition>> read_grid(const std::filesystem::path& file, const std::filesystem::path& documents);

}  // namespace sg::lab
