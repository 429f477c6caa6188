// The source side of a push: the base directories of the arguments, and a small cache of open directories below them.
//
// Paths are resolved one component at a time below a root. Links are not followed, except where the run copies what
// links point to, for then a directory of the list may have been a link, and on the way to what -R was asked for. Of
// any number of arguments and directories only a few are open at a time; an argument's directory that was closed
// meanwhile must be the same when it is opened again.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "volsync/tree.hpp"

#include "fs/directory_cache.hpp"

namespace volsync::fs {

// Roots are added by one thread before or while others use the ones they know. Any thread otherwise.
class source_roots {
 public:
  // follow: directories of the list may be links (-L, -k, --copy-unsafe-links).
  source_roots(std::shared_ptr<tree> files, bool follow) : files_{std::move(files)}, open_{follow} {}

  // Opens an operand's base directory (its links are followed) and returns its number. A repeated path gives the same
  // one. typed: what of the path is shown; none: all of it. Errors: errno; EMFILE beyond 65535 roots.
  result<std::uint16_t> add(std::string const& path, std::optional<std::string> const& typed = std::nullopt);
  // From now on the directory of that path below a root may be a link: the user named it, or something behind it.
  void allow_link(std::uint16_t root, std::string_view path);
  // A directory below a root; path: components between single slashes, "" for the root itself. Errors: errno; ESTALE if
  // another directory has taken the root's place, ELOOP if more than 40 links lie on the way.
  result<std::shared_ptr<directory const>> open(std::uint16_t root, std::string_view path);
  // A regular file below a root. listed: it was one when its directory was read (see directory::open_listed).
  result<std::unique_ptr<file>> open_file(std::uint16_t root, std::string_view parent, std::string_view name,
                                          bool listed = false);
  // A file named by an absolute path that the user has a say in (a merge file above the transfer root).
  result<std::unique_ptr<file>> open_outside(std::string const& path) const;
  // Whether the root was given as "/".
  [[nodiscard]] bool is_absolute_top(std::uint16_t root) const;
  // The path as it was typed, up to the root, and goes on below it: without "." and doubled slashes. path: on the wire
  // ("." for the root itself).
  [[nodiscard]] std::string typed_path(std::uint16_t root, std::string_view path) const;
  // The path a user would know it by.
  [[nodiscard]] std::string full_path(std::uint16_t root, std::string_view path) const;
  // The same for a path that is below no root.
  [[nodiscard]] static std::string full_path_of(std::string const& path);
  [[nodiscard]] bool follows() const noexcept { return open_.follows(); }

 private:
  struct base {
    std::string path;
    std::uint64_t device = 0, inode = 0;
    std::string typed;
  };

  result<std::shared_ptr<directory const>> open_base(std::uint16_t root);

  std::shared_ptr<tree> files_;
  mutable std::mutex lock_;
  std::vector<base> roots_;
  std::unordered_map<std::string, std::uint16_t> known_roots_;
  directory_cache open_;  // a tree's prefix is the number of its root
};

}  // namespace volsync::fs
