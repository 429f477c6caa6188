// Byte strings: the one vocabulary in which rooms hand memory to each other.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace volsync {

using byte_view = std::span<std::byte const>;
using bytes = std::vector<std::byte>;

// The bytes of a text; valid as long as the text.
[[nodiscard]] inline byte_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<std::byte const*>(text.data()), text.size()};
}
// The text of some bytes; valid as long as the bytes.
[[nodiscard]] inline std::string_view as_text(byte_view data) noexcept {
  return {reinterpret_cast<char const*>(data.data()), data.size()};
}
inline void append(bytes& to, byte_view data) { to.insert(to.end(), data.begin(), data.end()); }

}  // namespace volsync
