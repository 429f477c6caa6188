/// @file
/// A local tree as the engine touches it: held directories, one validated name at a time. Implementations: the real file
/// system, one in memory, and one that injects faults; an embedder may write another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volsync/result.hpp>

namespace volsync {

/// One component of a path: not empty, no '/', no NUL, neither "." nor "..", at most 255 bytes. So that traversal is
/// excluded by type. Owns its bytes.
class leaf_name {
 public:
  /// Errors: EINVAL (not a single component), ENAMETOOLONG.
  [[nodiscard]] static result<leaf_name> make(std::string_view text);
  [[nodiscard]] char const* c_str() const noexcept { return text_.c_str(); }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  explicit leaf_name(std::string_view text) : text_{text} {}
  std::string text_;
};

/// Metadata of one file. Times: seconds floor + nanoseconds 0..999999999.
struct file_status {
  std::uint32_t mode = 0;          ///< st_mode
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t link_count = 0;
  std::int64_t size = 0;           ///< bytes
  std::int64_t mtime = 0;
  std::uint32_t mtime_ns = 0;
  std::uint64_t device = 0;        ///< st_dev
  std::uint64_t inode = 0;
  std::uint64_t rdev = 0;          ///< st_rdev of a device node
};

/// What reading a directory tells of a child without a stat.
struct directory_entry {
  std::string name;
  std::uint64_t inode = 0;
  std::uint8_t type = 0;           ///< DT_*; DT_UNKNOWN where the file system does not say
};

/// An open regular file. One thread at a time. Errors are errno values.
class file {
 public:
  virtual ~file() = default;
  /// Reads up to `into.size()` bytes at the current offset; 0 at the end. EINTR is retried inside.
  virtual result<std::size_t> read(std::span<std::byte> into) = 0;
  virtual result<file_status> status() = 0;
};

/// A held directory. Any thread may call the const functions of one directory at the same time. Names are resolved below
/// it and links are never followed unless the function says so. Errors are errno values; a failure changes nothing.
class directory {
 public:
  virtual ~directory() = default;
  /// All children but "." and "..", in the order the file system gives them. On a read error in the middle: the error,
  /// and `into` holds what was read before it.
  virtual result<void> read(std::vector<directory_entry>& into) const = 0;
  virtual result<file_status> status() const = 0;
  virtual result<file_status> status_of(leaf_name const& name, bool follow = false) const = 0;
  virtual result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow = false) const = 0;
  /// For reading. Never blocks on a fifo, never follows unless asked; refuses what is not a regular file (EINVAL). Does not change the access time where the
  /// system allows that to be avoided without privilege trouble.
  virtual result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow = false) const = 0;
  virtual result<std::string> read_link(leaf_name const& name) const = 0;
};

/// Where operands (paths typed by the user) become held directories. Links in operands are followed.
class tree {
 public:
  virtual ~tree() = default;
  virtual result<std::shared_ptr<directory const>> open_root(std::string const& path) = 0;
  /// Status of an operand itself.
  virtual result<file_status> status_of(std::string const& path, bool follow) = 0;
};

}  // namespace volsync
