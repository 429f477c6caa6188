// The weak sum of a block: cheap to move on by one byte, wide enough to find candidates.
//
// Bytes count as signed (-128..127) and no constant is added: s1 is their sum, s2 the sum of s1 after each byte, both
// kept modulo 2^32 of which the low 16 bits travel: s1 | s2 << 16. Source: lib/wire/FORMAT.md, block sums.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace volsync::checksum {

// The weak sum of a window of bytes, movable by one byte. A value.
struct rolling_sum {
  std::uint32_t s1 = 0;
  std::uint32_t s2 = 0;

  [[nodiscard]] constexpr std::uint32_t value() const noexcept { return (s1 & 0xffffU) | (s2 << 16); }

  // A byte as the sum sees it: signed, then modulo 2^32.
  [[nodiscard]] static constexpr std::uint32_t weight(std::byte b) noexcept {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::int8_t>(b)));
  }
  // The window of `length` bytes loses its first byte `out` and gains `in` at its end.
  constexpr void roll(std::byte out, std::byte in, std::uint32_t length) noexcept {
    s1 += weight(in) - weight(out);
    s2 += s1 - length * weight(out);
  }
  // The window of `length` bytes loses its first byte and shrinks by one.
  constexpr void shrink(std::byte out, std::uint32_t length) noexcept {
    s1 -= weight(out);
    s2 -= length * weight(out);
  }
  // The window grows at its end.
  constexpr void grow(std::byte in) noexcept {
    s1 += weight(in);
    s2 += s1;
  }
  friend bool operator==(rolling_sum const&, rolling_sum const&) = default;
};

// The sum of a whole window, by the fastest way this processor has. Any size below 2^32. Any thread.
[[nodiscard]] rolling_sum sum_of(byte_view window) noexcept;
// The plain definition, one byte at a time: the reference for sum_of.
[[nodiscard]] rolling_sum sum_of_scalar(byte_view window) noexcept;

// What travels for a block.
[[nodiscard]] inline std::uint32_t block_sum(byte_view block) noexcept { return sum_of(block).value(); }

}  // namespace volsync::checksum
