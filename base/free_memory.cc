#include "base/free_memory.h"

#include <malloc.h>

#include <algorithm>

namespace sg {
namespace {

// Free pieces that are smaller together are not looked for: to walk through the heap costs some of a thread's time.
constexpr size_t kWorthwhile = size_t{128} * 1024;

}  // namespace

bool FreeMemory::give_back() {
  const size_t is_free = ::mallinfo2().fordblks;
  kept_ = std::min(kept_, is_free);
  if (is_free < kept_ + kWorthwhile) return false;
  // What is given back counts as free still.
  kept_ = is_free;
  ::malloc_trim(0);
  return true;
}

}  // namespace sg
