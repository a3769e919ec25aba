#include <dlfcn.h>
#include <gtest/gtest.h>
#include <spandsp.h>

#include <random>
#include <vector>

#include "t38/gateway.h"

namespace sg::t38 {
namespace {

constexpr int kMost = 40;
constexpr float kRounding = 1e-4F;

// Of x[pos] … x[n - 1], x[0] … x[pos - 1] with y.
template <class Number>
double plain_dot(const std::vector<Number>& x, const std::vector<Number>& y, int n, int pos, auto product) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += product(x[static_cast<size_t>((pos + i) % n)], y[static_cast<size_t>(i)]);
  return sum;
}

// Vectors that end where their memory does: what reads on is found by the address sanitizer.
struct DotProducts : testing::TestWithParam<int> {
  float draw() { return spread(random); }

  const int n = GetParam();
  std::mt19937 random{static_cast<uint32_t>(n)};
  std::uniform_real_distribution<float> spread{-1, 1};
};

TEST_P(DotProducts, OfFloatsAreThoseOfAPlainLoop) {
  std::vector<float> x(static_cast<size_t>(n)), y(x.size());
  for (float& one : x) one = draw();
  for (float& one : y) one = draw();
  auto product = [](float a, float b) { return double{a} * b; };

  EXPECT_NEAR(vec_dot_prodf(x.data(), y.data(), n), plain_dot(x, y, n, 0, product), kRounding);
  for (int pos = 0; pos < n; ++pos) {
    EXPECT_NEAR(vec_circular_dot_prodf(x.data(), y.data(), n, pos), plain_dot(x, y, n, pos, product), kRounding) << pos;
  }
}

TEST_P(DotProducts, OfComplexNumbersAreThoseOfAPlainLoop) {
  std::vector<complexf_t> x(static_cast<size_t>(n)), y(x.size());
  for (complexf_t& one : x) one = {draw(), draw()};
  for (complexf_t& one : y) one = {draw(), draw()};
  auto re = [](complexf_t a, complexf_t b) { return double{a.re} * b.re - double{a.im} * b.im; };
  auto im = [](complexf_t a, complexf_t b) { return double{a.re} * b.im + double{a.im} * b.re; };

  complexf_t straight = cvec_dot_prodf(x.data(), y.data(), n);
  EXPECT_NEAR(straight.re, plain_dot(x, y, n, 0, re), kRounding);
  EXPECT_NEAR(straight.im, plain_dot(x, y, n, 0, im), kRounding);
  for (int pos = 0; pos < n; ++pos) {
    complexf_t circular = cvec_circular_dot_prodf(x.data(), y.data(), n, pos);
    EXPECT_NEAR(circular.re, plain_dot(x, y, n, pos, re), kRounding) << pos;
    EXPECT_NEAR(circular.im, plain_dot(x, y, n, pos, im), kRounding) << pos;
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, DotProducts, testing::Range(1, kMost));

// SpanDSP binds to what a look-up of all loaded objects finds first.
TEST(DotProducts, AreTheOnesThatSpandspCalls) {
  for (const char* name : {"vec_dot_prodf", "vec_circular_dot_prodf", "cvec_dot_prodf", "cvec_circular_dot_prodf"}) {
    Dl_info ours{}, bound{};
    ASSERT_NE(::dladdr(reinterpret_cast<void*>(&Gateway::has_fast_filters), &ours), 0);
    ASSERT_NE(::dladdr(::dlsym(RTLD_DEFAULT, name), &bound), 0) << name;
#if defined(__x86_64__)
    EXPECT_EQ(bound.dli_fbase, ours.dli_fbase) << name;
#endif
  }
}

}  // namespace
}  // namespace sg::t38
