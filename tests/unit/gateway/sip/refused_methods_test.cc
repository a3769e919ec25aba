#include "gateway/sip/refused_methods.h"

#include <gtest/gtest.h>

namespace sg::sip {
namespace {

struct RefusedMethodsFixture {
  TestClock clock;
  RefusedMethods methods;

  bool is_told(const std::string& source, const std::string& method = "REGISTER") {
    return methods.on_refused(source, method, clock.now());
  }
};

TEST(RefusedMethods, ASourceIsToldOfOnceAnHourByMethod) {
  RefusedMethodsFixture f;

  EXPECT_TRUE(f.is_told("192.0.2.1"));
  EXPECT_FALSE(f.is_told("192.0.2.1"));
  EXPECT_TRUE(f.is_told("192.0.2.1", "SUBSCRIBE"));
  EXPECT_TRUE(f.is_told("192.0.2.2"));

  f.clock.advance(59min);
  EXPECT_FALSE(f.is_told("192.0.2.1"));
  f.clock.advance(1min);
  EXPECT_TRUE(f.is_told("192.0.2.1"));
  EXPECT_FALSE(f.is_told("192.0.2.1"));
}

TEST(RefusedMethods, AFloodOfSourcesIsToldUpToALimitAndForgotten) {
  RefusedMethodsFixture f;
  for (size_t i = 0; i < RefusedMethods::kMost; ++i) ASSERT_TRUE(f.is_told("198.51.100." + std::to_string(i)));

  EXPECT_FALSE(f.is_told("192.0.2.1")) << "the log has enough of them";

  f.clock.advance(RefusedMethods::kTellAgainAfter);
  EXPECT_TRUE(f.is_told("192.0.2.1")) << "those of an hour ago do not count any more";
}

TEST(RefusedMethods, RoomIsMadeByAgeNotAtOnce) {
  RefusedMethodsFixture f;
  ASSERT_TRUE(f.is_told("192.0.2.1"));
  f.clock.advance(30min);
  for (size_t i = 1; i < RefusedMethods::kMost; ++i) ASSERT_TRUE(f.is_told("198.51.100." + std::to_string(i)));

  f.clock.advance(30min);

  EXPECT_TRUE(f.is_told("192.0.2.2")) << "the first is an hour old";
  EXPECT_FALSE(f.is_told("192.0.2.3")) << "the others are not";
}

}  // namespace
}  // namespace sg::sip
