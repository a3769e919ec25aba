#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <unordered_map>

#include "base/clock.h"

namespace sg::guard {

// Which server transaction a request is of, as fingerprints. An INVITE and its ACK have the same `call`.
struct TransactionKey {
  uint64_t call = 0;    // of Call-ID, From tag, CSeq number and whether it is INVITE's
  uint64_t branch = 0;  // of the topmost Via
};

// The server transactions that requests outside of dialogs have opened, as far as they still cost memory: 64 times T1
// (RFC 3261 section 17.2, timers H and J), an INVITE less when its ACK comes. Their memory is their own: among that of
// the transactions themselves each entry would keep a page from going back to the system.
class Transactions {
 public:
  explicit Transactions(Duration life) : life_(life) {}

  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  void open(const TransactionKey& key, TimePoint now);
  // A resent request is of one that is open.
  bool knows(const TransactionKey& key, TimePoint now);
  // False: there was none.
  bool close(const TransactionKey& key, TimePoint now);
  // Those that have had their time are forgotten, by each of these functions.
  size_t size(TimePoint now);

 private:
  struct Entry {
    uint64_t branch = 0;
    TimePoint ends;
  };
  struct Due {
    TimePoint at;
    uint64_t call = 0;
  };
  void expire(TimePoint now);

  const Duration life_;
  using Open = std::pmr::unordered_map<uint64_t, Entry>;
  using Dues = std::pmr::deque<Due>;
  std::pmr::unsynchronized_pool_resource memory_;
  std::optional<Open> open_{std::in_place, &memory_};
  std::optional<Dues> due_{std::in_place, &memory_};
};

}  // namespace sg::guard
