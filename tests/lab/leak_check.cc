#include "tests/lab/leak_check.h"

#include <malloc.h>

#include <future>

namespace sg::lab {
namespace {

int64_t octets_in_use() {
  const auto info = ::mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

}  // namespace

void LeakCheck::run(const std::function<void()>& one) {
  std::async(std::launch::async, one).get();
  last_ = octets_in_use();
  if (!first_) first_ = last_;
}

}  // namespace sg::lab
