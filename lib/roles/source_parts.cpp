// Listing, opening and naming below source roots.
#include "roles/source_parts.hpp"

#include <utility>

namespace volsync::roles {

file_opener opener_over(std::shared_ptr<fs::source_roots> roots) {
  return [roots = std::move(roots)](source_file const& f) { return roots->open_file(f.root, f.parent, f.name, true); };
}

sender_parts parts_over(std::shared_ptr<fs::source_roots> const& roots, std::shared_ptr<lister_source const> lister) {
  sender_parts parts;
  parts.lister = std::move(lister);
  parts.open = opener_over(roots);
  parts.full_path = [roots](std::uint16_t root, std::string const& path) { return roots->full_path(root, path); };
  parts.names_of = [roots](std::uint16_t root, std::string const& path) -> entry_names {
    std::string typed = roots->typed_path(root, path);
    return {roots->is_absolute_top(root) ? "/" + path : path, std::move(typed)};
  };
  return parts;
}

}  // namespace volsync::roles
