#pragma once

#include <string>
#include <vector>

#include "gateway/call/media_description.h"
#include "gateway/call/media_policy.h"

namespace sg::call {

// Why nothing of an offer can be taken: for the peer, the log and the record alike.
struct MediaRefusal {
  int warning;       // RFC 3261 section 20.43: 301, 302, 304, 305 or 399
  std::string text;  // "the peer offers only G729; this trunk takes pcma, pcmu"; printable, without quotes
};

// `local`: where our media would be.
MediaRefusal explain_refusal(const std::vector<OfferedStream>& offered, const MediaPolicy& policy,
                             const SocketAddress& local);

}  // namespace sg::call
