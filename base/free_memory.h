#pragma once

#include <cstddef>

namespace sg {

// Memory that is free inside of the process goes back to the system. The C library keeps it otherwise: what a flood
// took would be ours until the end.
class FreeMemory {
 public:
  // False: there is not so much more than the last time that it would be worth the work.
  bool give_back();

 private:
  size_t kept_ = 0;  // free, and known to be
};

}  // namespace sg
