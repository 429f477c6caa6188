// How a client proves to a daemon that it knows a secret: a digest over the secret and the daemon's challenge.
//
// Both sides list the digests they know, best first; ours decides. Source: lib/wire/FORMAT.md, daemon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace volsync::checksum {

enum class auth_digest : std::uint8_t { sha512, sha256, sha1, md5, md4 };

// What we know, as it stands in a greeting.
inline constexpr std::string_view auth_names = "sha512 sha256 sha1 md5 md4";

// The first of ours that `theirs` (names between spaces, untrusted) has too; nothing if there is none.
[[nodiscard]] std::optional<auth_digest> choose_auth(std::string_view theirs) noexcept;
[[nodiscard]] std::string_view name_of(auth_digest which) noexcept;

// The digest of the secret followed by the challenge's text, in base64 without padding. Throws as evp_hash.
[[nodiscard]] std::string auth_response(auth_digest which, std::string_view secret, std::string_view challenge);

}  // namespace volsync::checksum
