// Any pattern against any text: it ends soon, and a pattern without wildcards is itself.
//
// Input: length of the pattern (2 bytes, low one first), pattern, text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "filter/wildmatch.hpp"

using volsync::filter::wildmatch;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  std::size_t const announced = data[0] | static_cast<std::size_t>(data[1]) << 8U;
  std::string_view const all{reinterpret_cast<char const*>(data) + 2, size - 2};
  auto const pattern = all.substr(0, announced), text = all.substr(std::min(announced, all.size()));
  bool const matches = wildmatch(pattern, text);
  if (pattern.find_first_of("*?[\\") == std::string_view::npos && matches != (pattern == text)) std::abort();
  bool const only_stars = pattern.find_first_not_of('*') == std::string_view::npos;
  if (matches && text.empty() && !only_stars) std::abort();
  if (!matches && only_stars && pattern.size() > 1) std::abort();
  return 0;
}
