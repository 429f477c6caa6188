#include "bench/random.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace volsync::bench {
namespace {

constexpr std::size_t vocabulary_size = 4'000;

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// The words are the same for every seed: text of two trees differs in order, not in vocabulary.
std::vector<std::string> const& vocabulary() {
  static std::vector<std::string> const words = [] {
    random_stream random{0, "vocabulary"};
    std::vector<std::string> made(vocabulary_size);
    for (auto& word : made) {
      word.resize(2 + random.below(9));
      for (auto& letter : word) letter = static_cast<char>('a' + random.below(26));
    }
    return made;
  }();
  return words;
}

}  // namespace

random_stream::random_stream(std::uint64_t seed, std::string_view purpose) {
  // FNV-1a of the purpose; split_mix spreads it over the whole state.
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash += seed;
  for (auto& word : state_) word = split_mix(hash);
}

std::uint64_t random_stream::next() {  // xoshiro256**
  std::uint64_t const out = std::rotl(state_[1] * 5, 7) * 9;
  std::uint64_t const shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

double random_stream::normal() {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += unit();
  return sum;
}

std::uint64_t random_stream::whole(double expected) {
  auto const floor = static_cast<std::uint64_t>(expected);
  return floor + (chance(expected - static_cast<double>(floor)) ? 1 : 0);
}

std::string random_stream::hex(std::size_t digits) {
  std::string out(digits, '0');
  for (auto& digit : out) digit = "0123456789abcdef"[next() & 15];
  return out;
}

std::uint64_t log_normal(random_stream& random, double median, double deviation) {
  // 2^x by straight lines between the powers of two: exp() is not the same to the last bit everywhere.
  double const x = deviation * random.normal();
  double const whole = std::floor(x);
  return static_cast<std::uint64_t>(std::max(0.0, std::ldexp(median * (1 + (x - whole)), static_cast<int>(whole))));
}

std::string raw_bytes(random_stream& random, std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t at = 0; at < count; at += 8) {
    std::uint64_t const word = random.next();
    std::array<char, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(word >> (8 * i));
    std::memcpy(out.data() + at, bytes.data(), std::min<std::size_t>(8, count - at));
  }
  return out;
}

std::string base64_text(random_stream& random, std::size_t count) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out(count, '\n');
  std::uint64_t word = 0;
  for (std::size_t at = 0, drawn = 0; at < count; ++at) {
    std::size_t const column = at % 78;
    if (column == 76) out[at] = '\r';
    if (column >= 76) continue;
    if (drawn++ % 10 == 0) word = random.next();
    out[at] = letters[word & 63];
    word >>= 6;
  }
  return out;
}

std::string plain_text(random_stream& random, std::size_t count) {
  auto const& words = vocabulary();
  std::string out;
  out.reserve(count + 16);
  for (std::size_t in_line = 0; out.size() < count; ++in_line) {
    double const u = random.unit();
    out +=
        words[static_cast<std::size_t>(static_cast<double>(vocabulary_size) * u * u * u)];  // some words are frequent
    out += in_line % 11 == 10 ? "\r\n" : " ";
  }
  out.resize(count);
  return out;
}

}  // namespace volsync::bench
