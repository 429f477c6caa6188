// What a tree in memory consists of: inodes and names under one lock.
//
// Whoever is open holds its inode, so removal never pulls it away.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "volsync/tree.hpp"

#include "fs/memory_tree.hpp"
#include "fs/operation.hpp"

namespace volsync::fs {

struct memory_node {
  file_status status;  // link count of a file; size and the directory's link count follow from the rest
  std::string data;    // content of a file, target of a link
  std::map<std::string, std::shared_ptr<memory_node>, std::less<>> children;
  std::vector<std::string> order;     // of the children, as they came
  std::weak_ptr<memory_node> parent;  // of a directory; the root's is itself
  bool removed = false;               // a directory without a name: nothing can be made in it
};
using node_ptr = std::shared_ptr<memory_node>;

[[nodiscard]] bool is_directory(memory_node const& n) noexcept;
[[nodiscard]] file_status status_of_node(memory_node const& n);
// A path without its last component, and that component; slashes at the end are skipped.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_last(std::string_view path);

struct memory_state {
  std::mutex lock;
  node_ptr root;
  std::uint64_t next_inode = 2;
  bool types_hidden = false;
  memory_tree::hook before;

  // The hook's verdict. Called without the lock.
  error_code ask(operation what, std::string const& path);

  // The functions below are called with the lock held.

  node_ptr make(std::uint32_t mode);
  // Replaces what has the name.
  static void attach(node_ptr const& parent, std::string_view name, node_ptr const& child);
  static bool detach(memory_node& parent, std::string_view name);
  // With all that is below it.
  static bool erase(memory_node& parent, std::string_view name);

  // follow_last: a link at the end of the path is followed. Errors as the system has them.
  result<node_ptr> resolve(node_ptr from, std::string_view path, bool follow_last) const;
  // The directory of that path, made where it is missing; null where something else is in the way.
  node_ptr directory_at(std::string_view path);
  // Null if there is none. A link at the end is meant itself.
  node_ptr find(std::string_view path) const;
  bool put(std::string_view path, std::uint32_t mode, std::string data, std::uint64_t rdev);

  // What the system's rename does: moves a name over what is there. Errors: ENOENT, EISDIR, ENOTDIR, ENOTEMPTY, EINVAL
  // (a directory into itself), EXDEV.
  static result<void> move(node_ptr const& from, std::string_view name, node_ptr const& to, std::string_view as);
  // A new name for a new or old inode. Errors: EEXIST, ENOENT (the directory is gone).
  static result<void> add_name(node_ptr const& parent, std::string_view name, node_ptr const& child);
  // Content or names changed: the time of it is one second after that of what was built.
  static void touch(memory_node& what);

 private:
  result<node_ptr> resolve(node_ptr from, std::string_view path, bool follow_last, int& budget) const;
};

// A directory of the tree, as the engine sees it. path: for the hook.
[[nodiscard]] std::shared_ptr<directory const> make_memory_directory(std::shared_ptr<memory_state> state, node_ptr what,
                                                                     std::string path);
// An open file; path as above.
[[nodiscard]] std::unique_ptr<file> make_memory_file(std::shared_ptr<memory_state> state, node_ptr what,
                                                     std::string path);
// parent: where the temporary lies; empty name: written in place.
[[nodiscard]] std::unique_ptr<output_file> make_memory_output(std::shared_ptr<memory_state> state, node_ptr what,
                                                              std::string path, node_ptr parent, std::string temporary);
// The inode of a directory of this tree; null for a stranger.
[[nodiscard]] node_ptr node_of(directory const& where, memory_state const& state);
// What owner and mode mean for an inode, as the system does it: both for names and for open files.
void set_node_owner(memory_node& what, std::uint32_t uid, std::uint32_t gid);
result<void> set_node_mode(memory_node& what, std::uint32_t mode);

}  // namespace volsync::fs
