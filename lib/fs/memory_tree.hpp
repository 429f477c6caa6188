// A tree in memory: for tests, and for embedders whose files lie nowhere.
//
// It behaves as the file system does where the engine can see it: inodes and link counts, links followed or not,
// entries that go on living while they are open, the errno of each refusal. Nobody is denied anything; hooks deny.
// There is no umask. What is written through the tree, and each directory in which a name changes, is from 2001-09-09,
// one second later than what was built.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "volsync/tree.hpp"

#include "fs/operation.hpp"

namespace volsync::fs {

struct memory_state;  // inodes, names, the hook

// Paths are absolute ("/a/b"). Building functions make missing parents and replace what is there (only a directory
// stays where a directory is added); they return false if the path leads through something that is not a directory. Any
// thread; hooks run on the caller's thread, with no lock held.
class memory_tree final : public tree {
 public:
  memory_tree();
  ~memory_tree() override;
  memory_tree(memory_tree const&) = delete;
  memory_tree& operator=(memory_tree const&) = delete;

  // Building. mode: permissions, the type is added. New files belong to 0:0 and are from 2001-09-09 (second
  // 1000000000).
  bool add_directory(std::string_view path, std::uint32_t mode = 0755);
  bool add_file(std::string_view path, std::string content, std::uint32_t mode = 0644);
  bool add_link(std::string_view path, std::string target);
  // A device, fifo or socket: mode with its type, as from stat.
  bool add_node(std::string_view path, std::uint32_t mode, std::uint64_t rdev = 0);
  // A further name of a file.
  bool add_hard_link(std::string_view path, std::string_view existing);

  // Changing. False: there is no such entry. What is open stays readable.
  // A directory goes with all that is in it.
  bool remove(std::string_view path);
  bool rename(std::string_view from, std::string_view to);
  // Replaces the content of the file itself, as another process writing into it would.
  bool set_content(std::string_view path, std::string content);
  // Hands out the status to be edited: mode, ids, times, device, rdev. Link count and size follow from the tree.
  bool edit(std::string_view path, std::function<void(file_status&)> const& change);
  // From now on reading directories gives DT_UNKNOWN, as some file systems do.
  void hide_types();

  // Called before each operation with the path it names; may change the tree. What it returns is the errno to fail
  // with; 0: go on. A read of a file names the path it was opened by, an output file the name that it was made for.
  using hook = std::function<int(operation what, std::string const& path)>;
  void set_hook(hook before);

  result<std::shared_ptr<directory const>> open_root(std::string const& path) override;
  result<file_status> status_of(std::string const& path, bool follow) override;
  result<void> make_directory(std::string const& path, std::uint32_t mode) override;

 private:
  std::shared_ptr<memory_state> state_;  // shared with what is open
};

}  // namespace volsync::fs
