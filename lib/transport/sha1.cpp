#include "transport/sha1.hpp"

#include <bit>
#include <string>

namespace volsync::transport {
namespace {

constexpr std::size_t block_size = 64;  // bytes

void mix(std::array<std::uint32_t, 5>& state, std::uint8_t const* block) {
  std::array<std::uint32_t, 80> w;
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | block[4 * i + 3];
  }
  for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t f = 0, k = 0;
    if (i < 20) {
      f = (b & c) | (~b & d), k = 0x5A827999;
    } else if (i < 40) {
      f = b ^ c ^ d, k = 0x6ED9EBA1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
    } else {
      f = b ^ c ^ d, k = 0xCA62C1D6;
    }
    std::uint32_t const next = std::rotl(a, 5) + f + e + k + w[i];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

sha1_digest sha1(std::string text) {
  std::uint64_t const bits = std::uint64_t{text.size()} * 8;
  text += '\x80';
  while (text.size() % block_size != block_size - 8) text += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>((bits >> shift) & 0xFF);
  std::array<std::uint32_t, 5> state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  auto const* data = reinterpret_cast<std::uint8_t const*>(text.data());
  for (std::size_t at = 0; at < text.size(); at += block_size) mix(state, data + at);
  sha1_digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return digest;
}

std::string text_of(sha1_digest const& digest) { return {digest.begin(), digest.end()}; }

}  // namespace

sha1_digest hmac_sha1(std::string_view key, std::string_view text) {
  std::string padded{key};
  if (padded.size() > block_size) padded = text_of(sha1(padded));
  padded.resize(block_size, '\0');
  std::string inner = padded, outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5C);
  return sha1(outer + text_of(sha1(inner.append(text))));
}

}  // namespace volsync::transport
