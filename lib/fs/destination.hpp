// The destination of a run: held directories below its root, found by the path that the file list gives them.
//
// Paths are resolved one component at a time and links are not followed, except where the run keeps links to
// directories (-K): such a link below the root is followed as long as it leads to a directory.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "volsync/tree.hpp"

namespace volsync::fs {

// Any thread. Keeps a few directories open.
class destination {
 public:
  // root_path: for messages. keep_links: -K.
  destination(std::shared_ptr<directory const> root, std::string root_path, bool keep_links);

  // path: components between single slashes, "" for the root. Errors: errno (ENOTDIR, ELOOP for a link in the way).
  result<std::shared_ptr<directory const>> open(std::string_view path);
  // The directory at `path` (and all below it) is another one now, or gone.
  void forget(std::string_view path);
  // The path a user would know it by.
  [[nodiscard]] std::string full_path(std::string_view path) const;
  [[nodiscard]] bool keeps_links() const noexcept { return keep_links_; }

 private:
  using handle = std::shared_ptr<directory const>;
  struct cached {
    std::string path;
    handle where;
  };

  handle look_up(std::string_view path);
  void keep(std::string path, handle where);

  handle root_;
  std::string root_path_;
  bool keep_links_;
  std::mutex lock_;
  std::list<cached> recent_;   // most recent first
  std::unordered_map<std::string, std::list<cached>::iterator> index_;
};

}  // namespace volsync::fs
