#pragma once

#include <cstdint>

namespace sg::sip {

// How a peer wants to be told who calls: P-Asserted-Identity (RFC 3325), Remote-Party-ID (the draft that never became
// an RFC), or From alone.
enum class IdentityStyle : uint8_t { Asserted, RemoteParty, From };
// And on whose behalf: Diversion (RFC 5806), History-Info (RFC 7044), or not at all.
enum class DiversionStyle : uint8_t { Diversion, HistoryInfo, None };

struct IdentityPolicy {
  IdentityStyle identity = IdentityStyle::Asserted;
  DiversionStyle diversion = DiversionStyle::Diversion;
};

}  // namespace sg::sip
