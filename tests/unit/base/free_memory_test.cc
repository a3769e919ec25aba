#include "base/free_memory.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <vector>

namespace sg {
namespace {

size_t resident_pages() {
  size_t all = 0, resident = 0;
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/statm", "r"), std::fclose);
  return file && std::fscanf(file.get(), "%zu %zu", &all, &resident) == 2 ? resident : 0;
}

TEST(FreeMemory, OfAFloodGoesBackToTheSystem) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  constexpr size_t kPieces = 40'000, kSize = 1000;
  FreeMemory memory;
  memory.give_back();
  std::vector<std::unique_ptr<char[]>> flood, live;
  for (size_t i = 0; i < kPieces; ++i) {
    flood.push_back(std::make_unique<char[]>(kSize));
    // Among what goes lies what stays, so that no end of the heap is free.
    if (i % 100 == 0) live.push_back(std::make_unique<char[]>(kSize));
  }
  const size_t before = resident_pages();

  flood.clear();

  EXPECT_TRUE(memory.give_back());
  constexpr size_t kPage = 4096;
  EXPECT_LT(resident_pages() + kPieces * kSize / 2 / kPage, before);
  EXPECT_FALSE(memory.give_back()) << "nothing more has become free";
}

}  // namespace
}  // namespace sg
