#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/socket_address.h"

namespace sg::guard {

// Who may have how many connections, and for how long. 0 counts and times of 0: no limit.
struct ConnectionLimits {
  size_t in_all = 1024;
  size_t per_source = 64;
  // An address that no trunk lists but that is heard all the same (`unknown_source = "refuse"`).
  size_t per_stranger = 4;
  Duration first_message = 10s;  // from the connection to the end of the first whole request
  Duration idle = 1h;            // without an octet either way
  // A peer that has not taken within this time what was sent to it does not read.
  Duration deaf = 20s;
  // Octets that wait for a peer to take them, above which its requests are not heard. Nor are they while so many of
  // them have not been answered: a whole read of them comes before the first answer is written.
  size_t backlog = 64 * 1024;
  size_t unanswered = 256;
  // Sofia reads no more of a connection on which garbage came: what came then has waited for so long.
  Duration unread = 5s;
  // It is closed at once when it has sent so many requests all the same.
  size_t unheard_requests = 256;

  size_t for_strangers() const { return in_all / 8; }
};

enum class Source : uint8_t { Stranger, Listed };
// Whether they came to us or we went to them.
enum class Direction : uint8_t { In, Out };
enum class Admission : uint8_t { Taken, SourceHasTooMany, TooManyInAll };
// Why a connection ends.
enum class Ending : uint8_t { PeerIsGone, NoWholeMessage, NotRead, Idle, Deaf };

// What the kernel knows of one connection.
struct ConnectionFacts {
  bool is_half_closed = false;  // the peer will send nothing more
  uint64_t taken = 0;           // octets of ours that the peer has acknowledged, ever
  size_t waiting = 0;           // octets of ours that it has not
  uint64_t read = 0;            // octets of the peer's that were read, ever
  size_t unread = 0;            // octets of the peer's that were not
  Duration silent_for{};        // since an octet went either way
};

// Decides which TCP connections are taken and which have to go. A core: the kernel's facts and the time come in.
// A connection is named by its descriptor. Signalling thread only.
class Connections {
 public:
  explicit Connections(const ConnectionLimits& limits) : limits_(limits) {}

  // Whether one more from (or to) there may be. It counts from add() on.
  Admission admit(const SocketAddress& peer, Source source) const;
  void add(int id, const SocketAddress& peer, Source source, Direction direction, TimePoint now);
  void remove(int id);
  std::vector<int> ids() const;
  // Those of a peer's network (IPv4: the host; IPv6: its /64).
  std::vector<int> ids_from(const SocketAddress& peer) const;
  std::optional<int> find(const SocketAddress& peer) const;
  std::optional<SocketAddress> peer_of(int id) const;
  size_t size() const { return open_.size(); }

  // A whole request has come on it. False: it is not to be heard, as the peer does not take what it was answered.
  bool hears_request(int id, const ConnectionFacts& facts);
  // To be asked every second or so. Set, once: the connection has to go.
  std::optional<Ending> examine(int id, const ConnectionFacts& facts, TimePoint now);

 private:
  struct Connection {
    SocketAddress peer;
    std::string network;
    Source source = Source::Listed;
    Direction direction = Direction::In;
    TimePoint since;
    bool has_spoken = false;
    bool was_half_closed = false;
    size_t unheard = 0;
    // Requests that were heard since this many octets had been written.
    size_t heard = 0;
    uint64_t written = 0;
    bool is_ending = false;
    // What the peer has to take, and we have to read, and since when it waits.
    std::optional<uint64_t> due, to_read;
    TimePoint due_since, to_read_since;
  };

  std::optional<Ending> ending_of(Connection& connection, const ConnectionFacts& facts, TimePoint now) const;
  bool is_deaf(Connection& connection, const ConnectionFacts& facts, TimePoint now) const;
  size_t count_from(const std::string& network) const;

  const ConnectionLimits limits_;
  std::map<int, Connection> open_;
  std::map<std::string, int> by_peer_;
  std::map<std::string, size_t> by_network_;
  size_t strangers_ = 0;
};

}  // namespace sg::guard
