// Moving a window over data until its weak sum is in the index: plain, and eight offsets at a time for AVX2.
//
// With D the running sum of (byte in - byte out) over a step of eight, n the window's length and out the bytes left
// behind: s1 after k + 1 moves is s1 + D[k]; s2 is s2 + (k + 1) * s1 + the running sum of (D - n * out). Only the first
// terms depend on the step before, so the running sums of many steps overlap in the processor.
#include "delta/match_index.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace volsync::delta {

candidate scan_scalar(match_index const& index, byte_view data, std::size_t at, std::size_t length,
                      checksum::rolling_sum sum) noexcept {
  std::size_t const last = data.size() - length;
  while (at < last) {
    sum.roll(data[at], data[at + length], static_cast<std::uint32_t>(length));
    ++at;
    if (index.find(sum.value()) >= 0) return {at, sum, true};
  }
  return {at, sum, false};
}

#if defined(__x86_64__)
namespace {

#define VOLSYNC_AVX2 __attribute__((target("avx2")))

VOLSYNC_AVX2 inline __m256i eight_signed(std::byte const* p) noexcept {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(p)));
}

// Lane k becomes the sum of lanes 0 to k.
VOLSYNC_AVX2 inline __m256i running_sum(__m256i v) noexcept {
  v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
  v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
  __m256i const low_total = _mm256_permutevar8x32_epi32(v, _mm256_set1_epi32(3));
  return _mm256_add_epi32(v, _mm256_blend_epi32(_mm256_setzero_si256(), low_total, 0xf0));
}

VOLSYNC_AVX2 inline __m256i last_lane(__m256i v) noexcept {
  return _mm256_permutevar8x32_epi32(v, _mm256_set1_epi32(7));
}

// Bit k: the bitmap lets the sum in lane k pass.
VOLSYNC_AVX2 inline unsigned let_through(__m256i weak, std::uint32_t const* bitmap, __m128i shift) noexcept {
  __m256i const multiplier = _mm256_set1_epi32(static_cast<int>(match_index::multiplier));
  __m256i const bit = _mm256_srl_epi32(_mm256_mullo_epi32(weak, multiplier), shift);
  __m256i const words = _mm256_i32gather_epi32(reinterpret_cast<int const*>(bitmap), _mm256_srli_epi32(bit, 5), 4);
  __m256i const low = _mm256_and_si256(bit, _mm256_set1_epi32(31));
  __m256i const to_sign = _mm256_sllv_epi32(words, _mm256_sub_epi32(_mm256_set1_epi32(31), low));
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(to_sign)));
}

struct lanes {
  alignas(32) std::uint32_t s1[8];
  alignas(32) std::uint32_t s2[8];
};

VOLSYNC_AVX2 candidate scan_avx2(match_index const& index, byte_view data, std::size_t at, std::size_t length,
                                 checksum::rolling_sum sum) noexcept {
  std::size_t const last = data.size() - length;
  std::byte const* const p = data.data();
  __m256i const n = _mm256_set1_epi32(static_cast<int>(length));
  __m256i const ramp = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8);
  __m128i const shift = _mm_cvtsi32_si128(static_cast<int>(index.bitmap_shift()));
  __m256i s1 = _mm256_set1_epi32(static_cast<int>(sum.s1));  // the sum at `at`, in all lanes
  __m256i s2 = _mm256_set1_epi32(static_cast<int>(sum.s2));
  for (; at + 8 <= last; at += 8) {
    __m256i const out = eight_signed(p + at);
    __m256i const d = running_sum(_mm256_sub_epi32(eight_signed(p + at + length), out));
    __m256i const f = running_sum(_mm256_sub_epi32(d, _mm256_mullo_epi32(n, out)));
    __m256i const next1 = _mm256_add_epi32(s1, d);
    __m256i const next2 = _mm256_add_epi32(_mm256_add_epi32(s2, _mm256_mullo_epi32(ramp, s1)), f);
    __m256i const weak = _mm256_blend_epi16(next1, _mm256_slli_epi32(next2, 16), 0xaa);
    if (unsigned passed = let_through(weak, index.bitmap(), shift); passed != 0) {
      lanes sums;
      _mm256_store_si256(reinterpret_cast<__m256i*>(sums.s1), next1);
      _mm256_store_si256(reinterpret_cast<__m256i*>(sums.s2), next2);
      for (; passed != 0; passed &= passed - 1) {
        auto const k = static_cast<unsigned>(__builtin_ctz(passed));
        checksum::rolling_sum const here{sums.s1[k], sums.s2[k]};
        if (index.find_in_table(here.value()) >= 0) return {at + k + 1, here, true};
      }
    }
    s2 = _mm256_add_epi32(_mm256_add_epi32(s2, _mm256_slli_epi32(s1, 3)), last_lane(f));
    s1 = _mm256_add_epi32(s1, last_lane(d));
  }
  sum = {static_cast<std::uint32_t>(_mm256_cvtsi256_si32(s1)), static_cast<std::uint32_t>(_mm256_cvtsi256_si32(s2))};
  return scan_scalar(index, data, at, length, sum);
}

}  // namespace

candidate scan(match_index const& index, byte_view data, std::size_t at, std::size_t length,
               checksum::rolling_sum sum) noexcept {
  static bool const avx2 = __builtin_cpu_supports("avx2") != 0;
  return avx2 ? scan_avx2(index, data, at, length, sum) : scan_scalar(index, data, at, length, sum);
}
#else
candidate scan(match_index const& index, byte_view data, std::size_t at, std::size_t length,
               checksum::rolling_sum sum) noexcept {
  return scan_scalar(index, data, at, length, sum);
}
#endif

}  // namespace volsync::delta
