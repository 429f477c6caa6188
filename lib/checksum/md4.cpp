// MD4, RFC 1320 sections 3.1 to 3.5.
#include "checksum/md4.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace volsync::checksum {
namespace {

constexpr std::size_t block_size = 64;

std::uint32_t word_at(std::byte const* p) noexcept {
  return std::to_integer<std::uint32_t>(p[0]) | std::to_integer<std::uint32_t>(p[1]) << 8 |
         std::to_integer<std::uint32_t>(p[2]) << 16 | std::to_integer<std::uint32_t>(p[3]) << 24;
}

// One round: 16 steps, each rotating the roles of a, b, c, d. order: which word each step takes; shifts: by step % 4.
template <class Mix>
void round(std::array<std::uint32_t, 4>& s, std::array<std::uint32_t, 16> const& x,
           std::array<std::uint8_t, 16> const& order, std::array<int, 4> const& shifts, std::uint32_t constant,
           Mix mix) noexcept {
  for (std::size_t i = 0; i < 16; ++i) {
    std::size_t const a = (16 - i) % 4;
    std::uint32_t const sum = s[a] + mix(s[(a + 1) % 4], s[(a + 2) % 4], s[(a + 3) % 4]) + x[order[i]] + constant;
    s[a] = std::rotl(sum, shifts[i % 4]);
  }
}

}  // namespace

void md4::take(std::byte const* block) noexcept {
  std::array<std::uint32_t, 16> x;
  for (std::size_t i = 0; i < 16; ++i) x[i] = word_at(block + 4 * i);
  std::array<std::uint32_t, 4> s = state_;
  using word = std::uint32_t;
  round(s, x, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {3, 7, 11, 19}, 0,
        [](word b, word c, word d) { return (b & c) | (~b & d); });
  round(s, x, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}, {3, 5, 9, 13}, 0x5a827999U,
        [](word b, word c, word d) { return (b & c) | (b & d) | (c & d); });
  round(s, x, {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}, {3, 9, 11, 15}, 0x6ed9eba1U,
        [](word b, word c, word d) { return b ^ c ^ d; });
  for (std::size_t i = 0; i < 4; ++i) state_[i] += s[i];
}

void md4::update(byte_view data) noexcept {
  std::size_t const held = length_ % block_size;
  length_ += data.size();
  if (held != 0) {
    std::size_t const taken = std::min(block_size - held, data.size());
    std::copy_n(data.begin(), taken, pending_.begin() + static_cast<std::ptrdiff_t>(held));
    data = data.subspan(taken);
    if (held + taken < block_size) return;
    take(pending_.data());
  }
  for (; data.size() >= block_size; data = data.subspan(block_size)) take(data.data());
  std::copy(data.begin(), data.end(), pending_.begin());
}

std::array<std::byte, 16> md4::finish() noexcept {
  std::uint64_t const bits = length_ * 8;
  std::array<std::byte, block_size + 8> tail{std::byte{0x80}};
  std::size_t const held = length_ % block_size;
  std::size_t const padding = (held < 56 ? 56 : 56 + block_size) - held;
  for (unsigned i = 0; i < 8; ++i) tail[padding + i] = static_cast<std::byte>(bits >> (8 * i));
  update(byte_view{tail}.first(padding + 8));
  std::array<std::byte, 16> out;
  for (unsigned i = 0; i < 16; ++i) out[i] = static_cast<std::byte>(state_[i / 4] >> (8 * (i % 4)));
  return out;
}

}  // namespace volsync::checksum
