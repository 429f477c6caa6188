// Bytes as hexadecimal text, for the expectations of this directory.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace volsync::test {

inline std::string hex(byte_view data) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::byte const b : data) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15U];
  }
  return text;
}

// Bytes with no pattern, the same on every run.
inline bytes noise(std::size_t length, std::uint64_t seed) {
  bytes out(length);
  for (std::byte& b : out) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    b = static_cast<std::byte>(seed >> 56);
  }
  return out;
}

}  // namespace volsync::test
