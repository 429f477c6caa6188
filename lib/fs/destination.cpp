// The root stays open for the whole run; what lies below it comes and goes.
#include "fs/destination.hpp"

#include <utility>

#include "fs/source_roots.hpp"

namespace volsync::fs {

result<std::shared_ptr<directory const>> destination::open(std::string_view path) {
  auto from = open_.nearest({}, path);
  if (!from.where.handle) from.where.handle = root_;
  return open_.walk(std::move(from), {}, path);
}

std::string destination::full_path(std::string_view path) const {
  if (path.empty()) return source_roots::full_path_of(root_path_);
  return source_roots::full_path_of((root_path_ + "/").append(path));
}

}  // namespace volsync::fs
