// Removal without recursion on the stack: a path may be as deep as the file system allows.
#include "fs/remove_all.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <vector>

namespace volsync::fs {
namespace {

struct level {
  std::shared_ptr<directory const> handle;
  leaf_name name;                          // in the level above
  std::vector<directory_entry> left;
};

result<level> enter(directory const& in, leaf_name const& name) {
  auto opened = in.open_directory(name);
  if (!opened) return opened.error();
  level made{std::move(*opened), name, {}};
  if (auto const names = made.handle->read(made.left); !names) return names.error();
  return made;
}

bool is_gone(error_code why) { return why == std::errc::no_such_file_or_directory; }

}  // namespace

result<void> remove_all(directory const& in, leaf_name const& name) {
  error_code first;
  auto const note = [&](error_code why) {
    if (!first && !is_gone(why)) first = why;
  };
  std::vector<level> stack;
  if (auto top = enter(in, name)) {
    stack.push_back(std::move(*top));
  } else {
    return is_gone(top.error()) ? result<void>{} : result<void>{top.error()};
  }
  while (!stack.empty()) {
    level& now = stack.back();
    if (now.left.empty()) {
      leaf_name const done = now.name;
      stack.pop_back();
      directory const& above = stack.empty() ? in : *stack.back().handle;
      if (auto const gone = above.remove_directory(done); !gone) note(gone.error());
      continue;
    }
    directory_entry const next = std::move(now.left.back());
    now.left.pop_back();
    auto const leaf = leaf_name::make(next.name);
    if (!leaf) continue;
    if (next.type != DT_DIR) {
      auto const gone = now.handle->remove_file(*leaf);
      // A directory whose type the file system did not tell.
      if (gone || (gone.error() != std::errc::is_a_directory && gone.error() != std::errc::operation_not_permitted)) {
        if (!gone) note(gone.error());
        continue;
      }
    }
    if (auto inner = enter(*now.handle, *leaf)) {
      stack.push_back(std::move(*inner));
    } else {
      note(inner.error());
    }
  }
  return first ? result<void>{first} : result<void>{};
}

}  // namespace volsync::fs
