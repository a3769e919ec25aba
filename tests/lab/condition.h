#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

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
  double mangled = 0;           // share that a hostile hand changes, cuts or makes up
};

// What a telephone line does to the sound, each way on its own.
struct LineFaults {
  double level_db = 0;
  double noise_dbm0 = -99;      // white; below -90: none
  double slips_per_minute = 0;  // of one frame: an octet lost or repeated
};

enum class Leg { Tdm, Rtp, T38 };

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
  bool ecm = true;
  std::string modem = "v17";        // the fastest: v17, v29, v27ter
  std::string compression = "mmr";  // the best: mh, mr, mmr
  int runs = 20;
  // Per cent that must get through, for the table; 0: printed only. A hostile peer's faxes need but end.
  double at_least = 0;
  bool must_end_only = false;
};

// Reads a grid (TOML: [[condition]] with the names above, times in ms). A list as the value of modem, ecm, compression
// or ppm makes a condition of each. Documents lie in `documents`. Error: with file, line and key.
Result<std::vector<Condition>> read_grid(const std::filesystem::path& file, const std::filesystem::path& documents);

}  // namespace sg::lab
