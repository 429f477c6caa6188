// XXH3 in two builds of the same source: plain, and for processors with AVX2.
//
// Plain pointers and structs only: nothing inline may be compiled in the AVX2 build and then be used by others.
#pragma once

#include <cstddef>
#include <cstdint>

namespace volsync::checksum {

// xxh3 (64 bits) leaves `high` 0.
struct xxh3_value {
  std::uint64_t low;
  std::uint64_t high;
};

// State of a digest in progress: the library's own, kept opaque. Its layout does not depend on the build.
struct alignas(64) xxh3_state {
  unsigned char memory[640];
};

// data may be null if size is 0.
struct xxh3_functions {
  xxh3_value (*one_shot_64)(void const* data, std::size_t size, std::uint64_t seed);
  xxh3_value (*one_shot_128)(void const* data, std::size_t size, std::uint64_t seed);
  void (*reset)(xxh3_state& s, std::uint64_t seed);  // serves both widths
  void (*update)(xxh3_state& s, void const* data, std::size_t size);
  xxh3_value (*digest_64)(xxh3_state const& s);
  xxh3_value (*digest_128)(xxh3_state const& s);
};

[[nodiscard]] xxh3_functions const& xxh3_plain() noexcept;
// Null where this build or this processor has no AVX2.
[[nodiscard]] xxh3_functions const* xxh3_avx2() noexcept;
// The better one for this processor.
[[nodiscard]] inline xxh3_functions const& xxh3() noexcept {
  static xxh3_functions const& best = xxh3_avx2() != nullptr ? *xxh3_avx2() : xxh3_plain();
  return best;
}

}  // namespace volsync::checksum
