// The strong checksums two peers can agree on: their names on the wire and the sizes of their digests.
//
// The order of the enumerators is the order of preference; both ends rely on it (see negotiate.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace volsync::checksum {

enum class algorithm : std::uint8_t { xxh128, xxh3, xxh64, md5, md4, sha1, none };

// Names as the wire and the command line spell them, best first.
inline constexpr std::array<std::string_view, 7> algorithm_names{"xxh128", "xxh3", "xxh64", "md5",
                                                                 "md4",    "sha1", "none"};

[[nodiscard]] constexpr std::string_view name(algorithm a) noexcept {
  return algorithm_names[static_cast<std::size_t>(a)];
}

// Whether two names are the same; case does not matter. ASCII only: a locale must not change what a name means.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

// The algorithm of a name in any case, with the synonym "xxhash" for xxh64; nothing for an unknown name ("auto" too).
[[nodiscard]] std::optional<algorithm> parse(std::string_view text) noexcept;

inline constexpr std::size_t max_digest_length = 20;  // bytes

// Bytes of a digest on the wire. `none` takes one zero byte. Source: lib/wire/FORMAT.md, digests.
[[nodiscard]] constexpr std::size_t digest_length(algorithm a) noexcept {
  constexpr std::array<std::size_t, 7> lengths{16, 8, 8, 16, 16, 20, 1};
  return lengths[static_cast<std::size_t>(a)];
}

}  // namespace volsync::checksum
