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

void destination::forget(std::string_view path) {
  open_.forget({}, path);
  std::lock_guard const hold{lock_};
  if (path.empty()) {
    made_.clear();
    return;
  }
  if (made_.empty()) return;
  std::string const below = std::string{path} + "/";
  std::erase_if(made_, [&](std::string const& each) { return each == path || each.starts_with(below); });
}

void destination::note_made(std::string const& path) {
  std::lock_guard const hold{lock_};
  made_.insert(path);
}

bool destination::was_made(std::string const& path) const {
  std::lock_guard const hold{lock_};
  return made_.contains(path);
}

void destination::take_as_any_other(std::string const& path) {
  std::lock_guard const hold{lock_};
  made_.erase(path);
}

std::string destination::full_path(std::string_view path) const {
  if (path.empty()) return source_roots::full_path_of(root_path_);
  return source_roots::full_path_of((root_path_ + "/").append(path));
}

}  // namespace volsync::fs
