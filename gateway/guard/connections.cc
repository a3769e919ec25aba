#include "gateway/guard/connections.h"

#include <algorithm>

#include "gateway/guard/network.h"

namespace sg::guard {
namespace {

bool is_reached(size_t count, size_t limit) {
  return limit && count >= limit;
}

bool is_over(Duration waited, Duration limit) {
  return limit > Duration::zero() && waited > limit;
}

// What waits now must have gone when the time is over; what comes meanwhile has its own time. So who takes an octet now
// and then is stuck too. `gone`, `waiting`: octets.
bool is_stuck(std::optional<uint64_t>& due, TimePoint& since, uint64_t gone, size_t waiting, Duration limit,
              TimePoint now) {
  if (due && gone < *due) return is_over(now - since, limit);
  due.reset();
  if (waiting) {
    due = gone + waiting;
    since = now;
  }
  return false;
}

}  // namespace

Admission Connections::admit(const SocketAddress& peer, Source source) const {
  const bool is_stranger = source == Source::Stranger;
  if (is_reached(count_from(network_of(peer)), is_stranger ? limits_.per_stranger : limits_.per_source)) {
    return Admission::SourceHasTooMany;
  }
  // Strangers never take the places of the trunks.
  if (is_stranger && is_reached(strangers_, limits_.for_strangers())) return Admission::TooManyInAll;
  return is_reached(open_.size(), limits_.in_all) ? Admission::TooManyInAll : Admission::Taken;
}

void Connections::add(int id, const SocketAddress& peer, Source source, Direction direction, TimePoint now) {
  remove(id);
  Connection connection;
  connection.peer = peer;
  connection.network = network_of(peer);
  connection.source = source;
  connection.direction = direction;
  connection.since = now;
  by_peer_[peer.to_string()] = id;
  ++by_network_[connection.network];
  if (source == Source::Stranger) ++strangers_;
  open_[id] = std::move(connection);
}

void Connections::remove(int id) {
  auto found = open_.find(id);
  if (found == open_.end()) return;
  const Connection& connection = found->second;
  if (auto named = by_peer_.find(connection.peer.to_string()); named != by_peer_.end() && named->second == id) {
    by_peer_.erase(named);
  }
  if (auto counted = by_network_.find(connection.network); --counted->second == 0) by_network_.erase(counted);
  if (connection.source == Source::Stranger) --strangers_;
  open_.erase(found);
}

std::vector<int> Connections::ids() const {
  std::vector<int> all;
  for (const auto& [id, connection] : open_) all.push_back(id);
  return all;
}

std::vector<int> Connections::ids_from(const SocketAddress& peer) const {
  std::vector<int> theirs;
  auto network = network_of(peer);
  for (const auto& [id, connection] : open_) {
    if (connection.network == network) theirs.push_back(id);
  }
  return theirs;
}

std::optional<int> Connections::find(const SocketAddress& peer) const {
  if (by_peer_.empty()) return std::nullopt;
  auto found = by_peer_.find(peer.to_string());
  if (found == by_peer_.end()) return std::nullopt;
  return found->second;
}

std::optional<SocketAddress> Connections::peer_of(int id) const {
  auto found = open_.find(id);
  if (found == open_.end()) return std::nullopt;
  return found->second.peer;
}

bool Connections::hears_request(int id, const ConnectionFacts& facts) {
  auto found = open_.find(id);
  if (found == open_.end()) return true;
  Connection& connection = found->second;
  connection.has_spoken = true;
  // An answer repeats the request's Via, From, To, Call-ID and CSeq: it is no shorter.
  constexpr uint64_t kShortestAnswer = 150;
  const uint64_t written = facts.taken + facts.waiting;
  const uint64_t answered = (written - connection.written) / kShortestAnswer;
  const bool owes_little = !limits_.unanswered || connection.heard < limits_.unanswered + answered;
  if (facts.waiting <= limits_.backlog && owes_little) {
    ++connection.heard;
    return true;
  }
  ++connection.unheard;
  return false;
}

std::optional<Ending> Connections::examine(int id, const ConnectionFacts& facts, TimePoint now) {
  auto found = open_.find(id);
  if (found == open_.end() || found->second.is_ending) return std::nullopt;
  auto ending = ending_of(found->second, facts, now);
  found->second.is_ending = ending.has_value();
  return ending;
}

std::optional<Ending> Connections::ending_of(Connection& connection, const ConnectionFacts& facts,
                                             TimePoint now) const {
  // A peer may say that it has nothing more to send and still take its answers: they have the time between two looks.
  if (facts.is_half_closed && connection.was_half_closed && !facts.waiting) return Ending::PeerIsGone;
  connection.was_half_closed = facts.is_half_closed;
  if (is_deaf(connection, facts, now)) return Ending::Deaf;
  // Some requests are never answered (ACK; what is above a rate): they are owed for until the next look only.
  if (!facts.waiting) {
    connection.heard = 0;
    connection.written = facts.taken;
  }
  if (is_stuck(connection.to_read, connection.to_read_since, facts.read, facts.unread, limits_.unread, now)) {
    return Ending::NotRead;
  }
  const bool must_speak = connection.direction == Direction::In && !connection.has_spoken;
  if (must_speak && is_over(now - connection.since, limits_.first_message)) return Ending::NoWholeMessage;
  // Where nothing has ever gone the kernel counts from its own start.
  if (is_over(std::min(facts.silent_for, now - connection.since), limits_.idle)) return Ending::Idle;
  return std::nullopt;
}

bool Connections::is_deaf(Connection& connection, const ConnectionFacts& facts, TimePoint now) const {
  if (limits_.unheard_requests && connection.unheard >= limits_.unheard_requests) return true;
  return is_stuck(connection.due, connection.due_since, facts.taken, facts.waiting, limits_.deaf, now);
}

size_t Connections::count_from(const std::string& network) const {
  auto found = by_network_.find(network);
  return found == by_network_.end() ? 0 : found->second;
}

}  // namespace sg::guard
