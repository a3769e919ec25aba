#include "tests/lab/leak_check.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

namespace sg::lab {
namespace {

constexpr int kRuns = 20;

// Sanitizers have allocators of their own, which find leaks themselves.
class LeakCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "mallinfo2() knows nothing of a sanitizer's allocator";
#endif
  }
};

TEST_F(LeakCheckTest, WhatIsFreedIsNoLeak) {
  LeakCheck check;

  for (size_t i = 0; i < kRuns; ++i) check.run([i] { std::vector<std::vector<char>>(100, std::vector<char>(i * 50)); });

  EXPECT_LE(check.grown(), LeakCheck::kMost);
}

TEST_F(LeakCheckTest, WhatTheFirstRunSetsUpIsNoLeak) {
  LeakCheck check;
  std::vector<char> table;

  for (int i = 0; i < kRuns; ++i) check.run([&] { table.resize(100000); });

  EXPECT_LE(check.grown(), LeakCheck::kMost);
}

TEST_F(LeakCheckTest, ASmallObjectOfEachRunIsALeak) {
  LeakCheck check;
  std::array<std::unique_ptr<std::array<char, 32>>, kRuns> kept;

  for (auto& one : kept) check.run([&one] { one = std::make_unique<std::array<char, 32>>(); });

  EXPECT_GT(check.grown(), LeakCheck::kMost);
}

TEST_F(LeakCheckTest, ALargeBlockOfEachRunIsALeak) {
  LeakCheck check;
  std::array<std::vector<char>, 2> kept;

  for (auto& one : kept) check.run([&one] { one.resize(10000000); });  // mapped by itself

  EXPECT_GT(check.grown(), 9000000);
}

TEST_F(LeakCheckTest, WhatARunThrowsComesOut) {
  LeakCheck check;

  EXPECT_THROW(check.run([] { throw std::runtime_error("no"); }), std::runtime_error);
}

}  // namespace
}  // namespace sg::lab
