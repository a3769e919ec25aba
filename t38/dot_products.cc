#include "t38/dot_products.h"

#if defined(__x86_64__)

#include <dlfcn.h>
#include <immintrin.h>
#include <spandsp.h>

#include <cstdint>

#define SG_AVX2 __attribute__((target("avx2,fma")))

namespace sg::t38 {
namespace {

const bool is_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");

// What SpanDSP's library has under the name of one of the functions below.
template <class Function>
Function* in_spandsp(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
auto* const their_dot = in_spandsp(&vec_dot_prodf, "vec_dot_prodf");
auto* const their_circular_dot = in_spandsp(&vec_circular_dot_prodf, "vec_circular_dot_prodf");
auto* const their_complex_dot = in_spandsp(&cvec_dot_prodf, "cvec_dot_prodf");
auto* const their_complex_circular_dot = in_spandsp(&cvec_circular_dot_prodf, "cvec_circular_dot_prodf");

constexpr int kLanes = 8;
// From kLanes - count on: a mask of the first `count` lanes.
constexpr int32_t kMasks[2 * kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};

SG_AVX2 inline __m256i first_lanes(int count) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMasks + kLanes - count));
}

SG_AVX2 inline float sum_of(__m256 lanes) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

SG_AVX2 inline __m256 add_products(__m256 sum, const float* x, const float* y, int n) {
  for (; n >= kLanes; n -= kLanes, x += kLanes, y += kLanes) {
    sum = _mm256_fmadd_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(y), sum);
  }
  if (n <= 0) return sum;
  const __m256i rest = first_lanes(n);
  return _mm256_fmadd_ps(_mm256_maskload_ps(x, rest), _mm256_maskload_ps(y, rest), sum);
}

// Four products at once: re by re and im by im in `straight`, re by im and im by re in `crossed`.
struct ComplexSum {
  __m256 straight, crossed;
};

SG_AVX2 inline ComplexSum add_products(ComplexSum sum, const complexf_t* x, const complexf_t* y, int n) {
  constexpr int kNumbers = kLanes / 2;
  for (; n > 0; n -= kNumbers, x += kNumbers, y += kNumbers) {
    const __m256i lanes = first_lanes(n < kNumbers ? 2 * n : kLanes);
    const __m256 a = _mm256_maskload_ps(&x->re, lanes), b = _mm256_maskload_ps(&y->re, lanes);
    sum.straight = _mm256_fmadd_ps(a, b, sum.straight);
    sum.crossed = _mm256_fmadd_ps(a, _mm256_permute_ps(b, 0b10'11'00'01), sum.crossed);
  }
  return sum;
}

SG_AVX2 inline complexf_t sum_of(const ComplexSum& sum) {
  const __m256 minus_odd = _mm256_setr_ps(0.F, -0.F, 0.F, -0.F, 0.F, -0.F, 0.F, -0.F);
  return {sum_of(_mm256_xor_ps(sum.straight, minus_odd)), sum_of(sum.crossed)};
}

// Of x[pos] … x[n - 1], x[0] … x[pos - 1] with y[0] … y[n - 1]. Where the processor has AVX2.
template <class Sum>
SG_AVX2 inline auto circular_dot(Sum sum, const auto* x, const auto* y, int n, int pos) {
  sum = add_products(sum, x + pos, y, n - pos);
  return sum_of(add_products(sum, x, y + (n - pos), pos));
}

SG_AVX2 float fast_dot(const float* x, const float* y, int n, int pos) {
  return circular_dot(_mm256_setzero_ps(), x, y, n, pos);
}
SG_AVX2 complexf_t fast_dot(const complexf_t* x, const complexf_t* y, int n, int pos) {
  return circular_dot(ComplexSum{_mm256_setzero_ps(), _mm256_setzero_ps()}, x, y, n, pos);
}

}  // namespace

bool has_fast_dot_products() {
  return is_avx2;
}

}  // namespace sg::t38

float vec_dot_prodf(const float x[], const float y[], int n) {
  return sg::t38::is_avx2 ? sg::t38::fast_dot(x, y, n, 0) : sg::t38::their_dot(x, y, n);
}
float vec_circular_dot_prodf(const float x[], const float y[], int n, int pos) {
  return sg::t38::is_avx2 ? sg::t38::fast_dot(x, y, n, pos) : sg::t38::their_circular_dot(x, y, n, pos);
}
complexf_t cvec_dot_prodf(const complexf_t x[], const complexf_t y[], int n) {
  return sg::t38::is_avx2 ? sg::t38::fast_dot(x, y, n, 0) : sg::t38::their_complex_dot(x, y, n);
}
complexf_t cvec_circular_dot_prodf(const complexf_t x[], const complexf_t y[], int n, int pos) {
  return sg::t38::is_avx2 ? sg::t38::fast_dot(x, y, n, pos) : sg::t38::their_complex_circular_dot(x, y, n, pos);
}

#else

namespace sg::t38 {
bool has_fast_dot_products() {
  return false;
}
}  // namespace sg::t38

#endif
