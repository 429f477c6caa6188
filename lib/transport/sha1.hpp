// HMAC-SHA1, which the hashed names of known_hosts files are made with; for nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace volsync::transport {

using sha1_digest = std::array<std::uint8_t, 20>;

// FIPS 180-4 and RFC 2104. Key and text of any length.
[[nodiscard]] sha1_digest hmac_sha1(std::string_view key, std::string_view text);

}  // namespace volsync::transport
