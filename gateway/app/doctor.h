#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/settings.h"
#include "gateway/admin/view.h"
#include "gateway/call/cause.h"
#include "tdm/dahdi/driver_types.h"

// What `spangatectl doctor` says: what is wrong with the lines, and how to mend it. Values in, words out.
namespace sg::app {

// One span, from all sides.
struct SpanFacts {
  admin::SpanView view;
  conf::Span settings;
  std::optional<IsdnRole> role;  // of the trunk that uses it
  bool is_analog = false;        // its trunks have ports: these
  std::vector<admin::TimeslotView> ports;
  uint8_t dchannel = 0;  // the timeslot that its trunk signals on; 0: none in this span (NFAS)
  // What the DAHDI driver says; none: a pseudowire, or the driver does not have it.
  std::optional<tdm::dahdi::SpanInfo> driver;
  std::vector<tdm::dahdi::ChannelInfo> channels;
};

// What a SIP trunk's probe found.
struct PeerFacts {
  std::string trunk;
  bool is_up = true;
  std::string state;  // in words
  call::Obstacle obstacle = call::Obstacle::None;
  bool has_missed = false;    // the latest question: no answer, or one that takes no calls (503)
  bool has_met_call = false;  // the obstacle was a call's, not only a question's
};

// A file that the gateway writes to.
struct FileFacts {
  std::string subject;           // "records", "fax memory"
  std::string file;              // empty: none is wanted
  std::string error;             // why it is not written; empty: it is
  size_t waiting = 0;            // records that are not written yet
  std::optional<uint64_t> free;  // octets that its disk has left for us; not set: not known
};

// Media ports, in pairs: one an IP side of a call.
struct PortFacts {
  size_t in_use = 0;
  size_t all = 0;  // 0: not known
};

struct Facts {
  std::string driver_version;  // empty: no span wants the driver, or it is not there
  std::string driver_error;
  std::vector<SpanFacts> spans;
  std::vector<PeerFacts> peers;
  std::vector<FileFacts> files = {};
  PortFacts ports = {};
  bool is_overloaded = false;  // more calls come by SIP than can be set up
};

// Where each timeslot's clock comes from: no source, or two that contradict. Also told at start-up.
std::vector<admin::Finding> examine_clocks(const Facts& facts);
// Everything: driver, configuration, line, D-channel, clocks. What is good is told too.
std::vector<admin::Finding> examine(const Facts& facts);

}  // namespace sg::app
