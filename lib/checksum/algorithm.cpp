// Names of checksums, read from users and peers.
#include "checksum/algorithm.hpp"

#include <algorithm>

namespace volsync::checksum {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<algorithm> parse(std::string_view text) noexcept {
  if (same_name(text, "xxhash")) return algorithm::xxh64;
  for (std::size_t i = 0; i < algorithm_names.size(); ++i) {
    if (same_name(algorithm_names[i], text)) return static_cast<algorithm>(i);
  }
  return std::nullopt;
}

}  // namespace volsync::checksum
