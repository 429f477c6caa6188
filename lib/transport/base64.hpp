// Base64 with padding, as keys and hashed names are written in known_hosts files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace volsync::transport {

[[nodiscard]] std::string to_base64(std::string_view data);
// Nothing for anything but whole groups of four with proper padding.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace volsync::transport
