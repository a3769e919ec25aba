#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "gateway/guard/rate_table.h"
#include "gateway/guard/transactions.h"

namespace sg::guard {

// 0: no limit.
struct RequestLimits {
  double requests_per_second = 0;  // outside of dialogs, from one source; a trunk's sources together four times that
  double invites_per_second = 0;   // of these, from one source
  size_t transactions = 0;         // open at once, of requests outside of dialogs
};

// Question: OPTIONS.
enum class RequestKind : uint8_t { Invite, Ack, Question, Other };

// What a request says of itself, from a source that may speak at all.
struct Request {
  std::string source;  // its network_of()
  std::string trunk;   // empty: of none
  RequestKind kind = RequestKind::Other;
  bool is_whole = true;       // no: it is answered with 400, and no transaction is made of it
  bool is_of_dialog = false;  // one that stands, and is this source's
  bool is_too_much = false;   // a new call when more come than can be set up
  std::string call_id{};      // of a dialog
  TransactionKey transaction{};
};

// Refuse: with an answer that costs no memory.
enum class Verdict : uint8_t { Pass, Refuse, Drop };

// Decides for each request, before anything remembers it, whether it may cost something. What belongs to calls that
// stand never waits for what is new: it has rates of its own, by dialog. No I/O, no clock of its own.
class RequestAdmission {
 public:
  // `transaction_life`: 64 times T1.
  explicit RequestAdmission(const RequestLimits& limits, Duration transaction_life = 32s)
      : limits_(limits), transactions_(transaction_life) {}

  Verdict on_request(const Request& request, TimePoint now);
  size_t transactions(TimePoint now) { return transactions_.size(now); }

 private:
  Verdict on_ack(const Request& request, TimePoint now);
  Verdict on_new(const Request& request, TimePoint now);
  bool is_within_rates(const Request& request, TimePoint now);

  RequestLimits limits_;
  Transactions transactions_;
  RateTable requests_, invites_, repeats_, refusals_, questions_;  // by source
  RateTable trunks_, dialogs_;
};

}  // namespace sg::guard
