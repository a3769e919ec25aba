#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"

namespace sg::route {

// A call that looks for its way: the trunk it came from and its numbers, in the one form the plan is written in
// ("+493012345" where the country is known, else as dialled).
struct Query {
  std::string from_trunk;
  std::string called;
  std::string calling;
};

// One way to try: the trunk, and the numbers to send there.
struct Attempt {
  std::string trunk;
  std::string called;
  std::string calling;
  std::string route;  // the name of the route that chose it, for logs and records

  bool operator==(const Attempt&) const = default;
};

// The dial plan at run time. A value made from the settings once; asking it changes nothing. Any thread.
class Plan {
 public:
  // Error: a route that can never be told from another.
  static Result<Plan> make(const conf::Settings& settings);
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();

  // Where to send the call: the targets of the route with the longest prefix of the called number among those open to
  // its trunk, in the order to try. Among equals a route that names its sources wins. Empty: no route.
  std::vector<Attempt> route(const Query& query) const;

 private:
  struct Node;
  explicit Plan(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

}  // namespace sg::route
