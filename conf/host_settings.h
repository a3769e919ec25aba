#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/kinds/fax.h"
#include "base/kinds/sip.h"
#include "base/log.h"
#include "base/result.h"
#include "base/socket_address.h"

// What a machine has one of: its SIP presence, media, fax, records, control socket and log.
namespace sg::conf {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One end of SIP signalling: "udp:127.0.0.1:5060".
struct SipAddress {
  Transport transport = Transport::Udp;
  SocketAddress address;

  bool operator==(const SipAddress&) const = default;
};

// An address or a block of them: "192.0.2.0/28".
struct AddressRange {
  SocketAddress first;
  int prefix_bits = 0;

  static Result<AddressRange> parse(std::string_view text);
  // Whether the address (the port does not matter) is in the block.
  bool contains(const SocketAddress& address) const;
  std::string to_string() const;
  bool operator==(const AddressRange&) const = default;
};
// How closely the blocks name this address: the longest prefix of those that hold it; -1: none does.
int prefix_for(const std::vector<AddressRange>& ranges, const SocketAddress& address);

// What happens to requests from addresses that no trunk lists.
enum class UnknownSource : uint8_t { Drop, Refuse };

struct Sip {
  std::vector<SipAddress> listen;
  UnknownSource unknown_source = UnknownSource::Drop;
  // From one address; 0: no limit.
  int max_invites_per_second = 200, max_requests_per_second = 250;
  int max_transactions = 10000;                                 // 0: no limit
  int max_connections = 1024;                                   // TCP; 0: as many as descriptors allow
  int max_connections_per_source = 64;                          // 0: no limit
  seconds connection_first_message{10}, connection_idle{3600};  // 0: no limit
  bool options_follow_trunks = false;
  std::string user_agent = "Spangate";
  milliseconds t1{500}, t2{4000}, t4{5000};   // RFC 3261 section 17
  seconds session_expires{1800}, min_se{90};  // RFC 4028
};

struct Media {
  std::string address;  // empty: that of the SIP leg
  uint16_t first_port = 10000, last_port = 19999;
  int workers = 0;  // 0: one a processor
  milliseconds voice_jitter_min{10}, voice_jitter_start{20}, voice_jitter_max{200};
  milliseconds fax_jitter{60}, fax_jitter_max{360};
  seconds rtp_timeout{0};  // 0: never
  seconds t38_timeout{30};
  std::string hold_music;  // a file; empty: none
};

// LowerToG3: Super G3 machines are brought down to G3 by T.38. Pass: V.34 goes through as G.711.
enum class Sg3 : uint8_t { LowerToG3, Pass };
enum class Modem : uint8_t { V27ter, V29, V17 };

// How a trunk carries fax: [fax], and what [trunk.NAME.fax] says otherwise.
struct TrunkFax {
  T38Ask t38 = T38Ask::Preamble;
  std::optional<T38Ask> t38_from, t38_to;  // of calls from the trunk and to it, where they differ
  milliseconds t38_answer_timeout{5000};
  milliseconds t38_offer_window{0};  // 0: the peer's offer is taken at any time
  Sg3 sg3 = Sg3::LowerToG3;
  int max_bit_rate = 14400;
  int max_buffer = 2000;   // octets
  int max_datagram = 400;  // octets
  ErrorCorrection error_correction = ErrorCorrection::Redundancy;
  int t38_peer_max_datagram = 0;                             // octets that it really takes; 0: as it tells
  std::optional<ErrorCorrection> t38_peer_error_correction;  // that it really understands; none: as it tells
  VoiceBandData vbd = VoiceBandData::Offer;
  int rtp_redundancy = 2;  // earlier packets in each of a fax in G.711
};

struct Fax : TrunkFax {
  bool ecm = true;
  int redundancy = 3;          // earlier IFPs in each datagram
  seconds clear_after_dcn{6};  // 0: never
  std::string memory;          // file of what worked for each number; empty: nothing is remembered
  int keep = 100;              // faxes whose timeline is kept in memory
  std::vector<Modem> modems = {Modem::V27ter, Modem::V29, Modem::V17};

  bool allows(Modem modem) const;
};

struct Records {
  std::string file;  // empty: none are written
};

struct Control {
  std::optional<std::string> socket;  // not given: as conf/control_socket.h says; empty: none
  std::string group;                  // that may use it; empty: the gateway's own
};

struct LogSettings {
  LogLevel level = LogLevel::Info;
};

}  // namespace sg::conf
