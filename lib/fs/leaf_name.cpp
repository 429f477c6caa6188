// The one gate through which a name reaches a directory handle.
#include "volsync/tree.hpp"

namespace volsync {

result<leaf_name> leaf_name::make(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return std::make_error_code(std::errc::invalid_argument);
  if (text.find('/') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return std::make_error_code(std::errc::invalid_argument);
  }
  if (text.size() > 255) return std::make_error_code(std::errc::filename_too_long);
  return leaf_name{text};
}

}  // namespace volsync
