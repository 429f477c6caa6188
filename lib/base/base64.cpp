#include "base/base64.hpp"

#include <cstdint>

namespace volsync {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view data) {
  std::string text;
  for (std::size_t at = 0; at < data.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < data.size() ? static_cast<std::uint8_t>(data[at + i]) : 0U);
    }
    std::size_t const used = data.size() - at < 3 ? data.size() - at : 3;
    for (std::size_t i = 0; i < 4; ++i) text += i <= used ? alphabet[(group >> (18 - 6 * i)) & 63] : '=';
  }
  return text;
}

std::string to_base64_unpadded(std::string_view data) {
  std::string text = to_base64(data);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string data;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      char const c = text[at + i];
      auto const value = alphabet.find(c);
      bool const pad = c == '=' && at + 4 == text.size() && i >= 2;
      if (pad) ++padding;
      if (!pad && (value == std::string_view::npos || padding > 0)) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(pad ? 0 : value);
    }
    for (std::size_t i = 0; i < 3 - padding; ++i) data += static_cast<char>((group >> (16 - 8 * i)) & 0xFF);
  }
  return data;
}

}  // namespace volsync
