#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "gateway/call/cause.h"
#include "media/service.h"

// What is kept of a call when it is over.
namespace sg::records {

using WallTime = std::chrono::system_clock::time_point;

// One side of the call.
struct LegRecord {
  std::string trunk;
  std::string name;    // call::Leg::name()
  std::string called;  // as received (calling leg) or as sent (called leg)
  std::string calling;
  std::optional<call::Cause> cause;  // what this side ended with
  std::optional<media::SideStats> media;
};

struct MediaModeChange {
  WallTime at;
  std::string mode;  // "audio", "t38", "passthrough"
};

struct FaxRecord {
  int pages = 0;
  int bit_rate = 0;
  bool ecm = false;
  std::string verdict;  // "delivered", "in doubt", "failed"
  std::string reason;   // one sentence
};

struct CallRecord {
  CallId call;
  WallTime start;
  std::optional<WallTime> answer;
  WallTime end;
  std::string route;
  LegRecord from;
  std::optional<LegRecord> to;  // the last target tried
  std::string released_by;      // "from", "to", "gateway"
  std::vector<MediaModeChange> media_modes;
  std::optional<FaxRecord> fax;
};

// The record as one line of JSON, without its newline. Times are ISO 8601 in UTC with milliseconds.
std::string to_json(const CallRecord& record);

}  // namespace sg::records
