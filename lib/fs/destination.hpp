// The destination of a run: held directories below its root, found by the path that the file list gives them.
//
// Paths are resolved one component at a time and links are not followed, except where the run keeps links to
// directories (-K): such a link below the root is followed as long as it leads to a directory.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "volsync/tree.hpp"

#include "fs/directory_cache.hpp"

namespace volsync::fs {

// Any thread. Keeps a few directories open.
class destination {
 public:
  // root: not null. root_path: for messages. keep_links: -K.
  destination(std::shared_ptr<directory const> root, std::string root_path, bool keep_links)
      : root_{std::move(root)}, root_path_{std::move(root_path)}, open_{keep_links} {}

  // path: components between single slashes, "" for the root. Errors: errno; ENOENT (not there), ENOTDIR (something
  // else or a link is in the way), EINVAL (no path of names), ELOOP (-K: more than 40 links).
  result<std::shared_ptr<directory const>> open(std::string_view path);
  // The directory at `path` is another one now, or gone; so are those below it. To be said after it was removed,
  // renamed or replaced, by whoever did it. "": all below the root, which itself stays.
  void forget(std::string_view path);
  // The directory at `path` was made by this run, so whatever is in it is ours; until it is forgotten, or taken as any
  // other.
  void note_made(std::string const& path);
  [[nodiscard]] bool was_made(std::string const& path) const;
  void take_as_any_other(std::string const& path);
  // The path a user would know it by: absolute.
  [[nodiscard]] std::string full_path(std::string_view path) const;
  [[nodiscard]] bool keeps_links() const noexcept { return open_.follows(); }

 private:
  std::shared_ptr<directory const> root_;
  std::string root_path_;
  directory_cache open_;
  mutable std::mutex lock_;
  std::unordered_set<std::string> made_;
};

}  // namespace volsync::fs
