#include "transport/printable.hpp"

namespace volsync::transport {

std::string printable(std::string_view text, std::size_t limit) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  bool const cut = text.size() > limit;
  text = text.substr(0, limit);
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    if (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    bool const looks_escaped = byte == '\\' && i + 1 < text.size() && text[i + 1] == '#';
    if (byte == '\n') {
      shown += "; ";
    } else if (byte < 0x20 || byte >= 0x7F || looks_escaped) {
      for (char const c : {'\\', '#'}) shown += c;
      for (int const shift : {6, 3, 0}) shown += static_cast<char>('0' + ((byte >> shift) & 7));
    } else {
      shown += static_cast<char>(byte);
    }
  }
  return cut ? shown + "..." : shown;
}

}  // namespace volsync::transport
