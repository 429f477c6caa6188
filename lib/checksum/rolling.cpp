// The sum of a whole window, plain and for AVX2.
//
// The AVX2 way works on 64 bytes at a time. With b the bytes of a step in order, n the bytes of a step and S1 the sum
// before it, s2 grows by n * S1 plus the sum of (n - i) * b[i]; the S1 are collected and multiplied by n at the end.
#include "checksum/rolling.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace volsync::checksum {

rolling_sum sum_of_scalar(byte_view window) noexcept {
  rolling_sum sum;
  for (std::byte const b : window) sum.grow(b);
  return sum;
}

#if defined(__x86_64__)
namespace {

__attribute__((target("avx2"))) std::uint32_t total(__m256i lanes) noexcept {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(sum));
}

// 64, 63, ... 33 and 32, 31, ... 1: how often s2 counts each byte of a step.
__attribute__((target("avx2"))) __m256i counts_from(int first) noexcept {
  __m256i const steps = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                         22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  return _mm256_sub_epi8(_mm256_set1_epi8(static_cast<char>(first)), steps);
}

__attribute__((target("avx2"))) rolling_sum sum_of_avx2(byte_view window) noexcept {
  constexpr std::size_t step = 64;
  __m256i const high_counts = counts_from(64);
  __m256i const low_counts = counts_from(32);
  __m256i const ones8 = _mm256_set1_epi8(1);
  __m256i const ones16 = _mm256_set1_epi16(1);
  __m256i s1 = _mm256_setzero_si256();      // sum of bytes so far
  __m256i before = _mm256_setzero_si256();  // sum of s1 before each step
  __m256i weighted = _mm256_setzero_si256();
  std::byte const* p = window.data();
  std::size_t const steps = window.size() / step;
  for (std::size_t i = 0; i < steps; ++i, p += step) {
    __m256i const a = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p));
    __m256i const b = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p + 32));
    before = _mm256_add_epi32(before, s1);
    // Unsigned constants times signed bytes: at most 2 * 64 * 128 = 16384 in size, so 16 bits hold the pairs.
    __m256i const plain = _mm256_add_epi16(_mm256_maddubs_epi16(ones8, a), _mm256_maddubs_epi16(ones8, b));
    s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(plain, ones16));
    __m256i const pairs = _mm256_add_epi32(_mm256_madd_epi16(_mm256_maddubs_epi16(high_counts, a), ones16),
                                           _mm256_madd_epi16(_mm256_maddubs_epi16(low_counts, b), ones16));
    weighted = _mm256_add_epi32(weighted, pairs);
  }
  rolling_sum sum{total(s1), total(weighted) + static_cast<std::uint32_t>(step) * total(before)};
  for (std::byte const b : window.subspan(steps * step)) sum.grow(b);
  return sum;
}

}  // namespace

rolling_sum sum_of(byte_view window) noexcept {
  static bool const avx2 = __builtin_cpu_supports("avx2") != 0;
  return avx2 ? sum_of_avx2(window) : sum_of_scalar(window);
}
#else
rolling_sum sum_of(byte_view window) noexcept { return sum_of_scalar(window); }
#endif

}  // namespace volsync::checksum
