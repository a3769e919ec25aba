#include "base/lifetime.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace sg {
namespace {

TEST(Lifetime, AGuardedTaskDoesNothingOnceTheOwnerIsGone) {
  std::optional<Lifetime> owner(std::in_place);
  int sum = 0;
  std::function<void(int)> task = owner->guard([&sum](int value) { sum += value; });

  task(1);
  owner.reset();
  task(2);

  EXPECT_EQ(sum, 1);
}

TEST(Lifetime, IsWatchedThroughACallBackThatMayEndIt) {
  std::optional<Lifetime> owner(std::in_place);
  auto life = owner->watch();
  EXPECT_FALSE(life.is_over());

  owner.reset();

  EXPECT_TRUE(life.is_over());
}

}  // namespace
}  // namespace sg
