// Makes the entries of a generated tree with every attribute set. The first failure is kept and turns all further calls
// into no-ops, so that a generator reads as a description of its tree and the caller asks once, at finish().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <volsync/result.hpp>

namespace volsync::bench {

struct attributes {
  std::uint32_t mode = 0600;  // permission bits, with setuid, setgid, sticky
  std::uint32_t uid = 0, gid = 0;
  std::int64_t mtime_ns = 0;  // since the epoch
};

// Appends the next piece to `into` (given empty); false when there is none.
using content_source = std::function<bool(std::string& into)>;

class tree_writer {
 public:
  // Owners are set only by root; ask owners_skipped() whether to say so.
  tree_writer();
  // A directory below an existing one. Its mode and times are set in finish(), after its children were made.
  void directory(std::string const& path, attributes const& a);
  void file(std::string const& path, attributes const& a, std::string_view content);
  void file(std::string const& path, attributes const& a, content_source const& content);
  // A file of `size` bytes that is a hole but for `pieces` (offset, content).
  void sparse_file(std::string const& path, attributes const& a, std::uint64_t size,
                   std::vector<std::pair<std::uint64_t, std::string>> const& pieces);
  void symlink(std::string const& path, attributes const& a, std::string const& target);
  void hard_link(std::string const& path, std::string const& existing);
  void fifo(std::string const& path, attributes const& a);
  void socket(std::string const& path, attributes const& a);  // the node only, nobody listens

  // Changes to a tree that is there. `replace` writes a new inode under the old name and keeps owner and mode,
  // `overwrite` and `append` keep the inode.
  void replace(std::string const& path, std::int64_t mtime_ns, std::string_view content);
  void overwrite(std::string const& path, std::int64_t mtime_ns,
                 std::vector<std::pair<std::uint64_t, std::string>> const& pieces);
  void append(std::string const& path, std::int64_t mtime_ns, std::string_view content);
  void rename(std::string const& from, std::string const& to);
  void unlink(std::string const& path);
  // In finish(): also of directories that were not made here.
  void touch_directory(std::string const& path, std::int64_t mtime_ns);

  // Sets what had to wait. The error of the first call that failed; failed_path() names it.
  result<void> finish();
  [[nodiscard]] bool failed() const { return static_cast<bool>(error_); }
  [[nodiscard]] std::string const& failed_path() const { return failed_path_; }
  [[nodiscard]] bool owners_skipped() const { return !root_ && wanted_owner_; }

 private:
  bool check(bool ok, std::string const& path);
  void own_path(std::string const& path, attributes const& a);
  void own_fd(int fd, std::string const& path, attributes const& a);
  void write_all(int fd, std::string const& path, std::string_view content, std::uint64_t offset);

  struct pending_directory {
    std::string path;
    attributes a;
    bool set_mode;
  };
  bool root_;
  bool wanted_owner_ = false;
  error_code error_;
  std::string failed_path_;
  std::vector<pending_directory> directories_;
};

}  // namespace volsync::bench
