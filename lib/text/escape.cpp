// Names fit for a terminal.
#include <cstddef>
#include <string>
#include <string_view>

#include <volsync/format.hpp>

namespace volsync {
namespace {

[[nodiscard]] bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] unsigned char byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

// Bytes of the well-formed UTF-8 sequence at `at` that may be shown: no overlong form, surrogate or C1 control (a
// terminal takes U+009B for ESC [). 0: none starts here.
[[nodiscard]] std::size_t shown_sequence(std::string_view text, std::size_t at) noexcept {
  unsigned char const lead = byte_at(text, at);
  std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, at + i) & 0xC0U) != 0x80) return 0;
  }
  unsigned char const second = byte_at(text, at + 1);
  if ((lead == 0xC2 && second < 0xA0) || (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

// How many bytes from `at` on may be shown as they are.
[[nodiscard]] std::size_t shown_bytes(std::string_view text, std::size_t at, charset names) noexcept {
  unsigned char const c = byte_at(text, at);
  if (c < 0x20) return c == '\t' ? 1 : 0;
  if (c < 0x7F || names == charset::raw) return 1;
  switch (names) {
    case charset::ascii:
      return c == 0x7F ? 1 : 0;
    case charset::utf8:
      return c == 0x7F ? 1 : shown_sequence(text, at);
    case charset::single_byte:
      return c == 0x7F || c >= 0xA0 ? 1 : 0;
    case charset::raw:
      break;
  }
  return 1;
}

void append_octal(std::string& to, unsigned char c) {
  to += "\\#";
  for (unsigned shift : {6U, 3U, 0U}) to += static_cast<char>('0' + ((c >> shift) & 7U));
}

}  // namespace

std::string escaped(std::string_view text, charset names) {
  std::string made;
  made.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    bool const looks_escaped = text[i] == '\\' && i + 4 < text.size() && text[i + 1] == '#' && is_digit(text[i + 2]) &&
                               is_digit(text[i + 3]) && is_digit(text[i + 4]);
    std::size_t const length = looks_escaped ? 0 : shown_bytes(text, i, names);
    if (length == 0) {
      append_octal(made, byte_at(text, i++));
    } else {
      made.append(text.substr(i, length));
      i += length;
    }
  }
  return made;
}

}  // namespace volsync
