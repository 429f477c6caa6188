// Base64 as known_hosts files write keys (padded) and daemons write digests (not padded).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace volsync {

[[nodiscard]] std::string to_base64(std::string_view data);
// The same without the `=` at the end.
[[nodiscard]] std::string to_base64_unpadded(std::string_view data);
// Nothing for anything but whole groups of four with proper padding.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace volsync
