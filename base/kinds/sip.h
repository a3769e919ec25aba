#pragma once

#include <cstdint>
#include <string>

#include "base/names.h"

// Kinds of SIP.
namespace sg {

enum class Transport : uint8_t { Udp, Tcp };
template <>
inline constexpr auto kNames<Transport> = named<Transport>({{Transport::Udp, "udp"}, {Transport::Tcp, "tcp"}});

// Whether messages go by connections, or each by itself.
constexpr bool has_connections(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return false;
    case Transport::Tcp:
      return true;
  }
  return false;
}

// How the peer is told who calls. Asserted: P-Asserted-Identity (RFC 3325); RemoteParty: Remote-Party-ID; From: the
// From header alone.
enum class IdentityStyle : uint8_t { Asserted, RemoteParty, From };
template <>
inline constexpr auto kNames<IdentityStyle> = named<IdentityStyle>({{IdentityStyle::Asserted, "pai"},
                                                                    {IdentityStyle::RemoteParty, "rpid"},
                                                                    {IdentityStyle::From, "from"}});

// How the peer is told who was called first: RFC 5806, RFC 7044, or not.
enum class DiversionStyle : uint8_t { Diversion, HistoryInfo, None };
template <>
inline constexpr auto kNames<DiversionStyle> = named<DiversionStyle>({{DiversionStyle::Diversion, "diversion"},
                                                                      {DiversionStyle::HistoryInfo, "history-info"},
                                                                      {DiversionStyle::None, "none"}});

}  // namespace sg
