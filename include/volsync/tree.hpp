/// @file
/// A local tree as the engine touches it: held directories, one validated name at a time. Implementations: the real
/// file system, one in memory, and one that injects faults; an embedder may write another.
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
  std::uint32_t mode = 0;  ///< st_mode
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t link_count = 0;
  std::int64_t size = 0;  ///< bytes
  std::int64_t mtime = 0;
  std::uint32_t mtime_ns = 0;
  std::uint64_t device = 0;  ///< st_dev
  std::uint64_t inode = 0;
  std::uint64_t rdev = 0;  ///< st_rdev of a device node
};

/// What reading a directory tells of a child without a stat.
struct directory_entry {
  std::string name;
  std::uint64_t inode = 0;
  std::uint8_t type = 0;  ///< DT_*; DT_UNKNOWN where the file system does not say
};

/// An open regular file. One thread at a time. Errors are errno values.
class file {
 public:
  virtual ~file() = default;
  /// Reads up to `into.size()` bytes at the current offset; 0 at the end. EINTR is retried inside.
  virtual result<std::size_t> read(std::span<std::byte> into) = 0;
  /// Reads up to `into.size()` bytes at `offset` (>= 0); 0 at or behind the end. The current offset stays.
  virtual result<std::size_t> read_at(std::int64_t offset, std::span<std::byte> into) = 0;
  virtual result<file_status> status() = 0;
};

/// A point in time: seconds since 1970 (floor) and nanoseconds 0..999999999.
struct time_point {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  friend bool operator==(time_point const&, time_point const&) = default;
};

/// Stands for "leave it" where an owner or group is set.
inline constexpr std::uint32_t keep_id = 0xffffffffU;

/// A regular file being written. One thread at a time. Errors are errno values.
/// A temporary is removed when the object goes and it was not placed; a file opened in place stays as it is.
class output_file {
 public:
  virtual ~output_file() = default;
  /// Writes all of it at `offset` (>= 0), or fails (what was written before the failure stays).
  virtual result<void> write_at(std::int64_t offset, std::span<std::byte const> data) = 0;
  /// Lets the system copy up to `size` bytes from `offset` of `from` to the same place here. Returns bytes, which may
  /// be fewer; 0 says nothing about the end of `from`. Errors: EOPNOTSUPP where there is no such way (always, unless an
  /// implementation has one), else errno. Whatever the error: reading and writing may still succeed.
  virtual result<std::int64_t> copy_from(file& from, std::int64_t offset, std::int64_t size);
  /// Becomes as long as `from` and shares its blocks, where the file system can (else EOPNOTSUPP, EXDEV, EINVAL...).
  virtual result<void> clone_from(file& from);
  /// Cuts or extends (by a hole) to `size` bytes.
  virtual result<void> resize(std::int64_t size) = 0;
  virtual result<file_status> status() = 0;
  /// keep_id: unchanged. May clear set-id bits, so it comes before set_mode.
  virtual result<void> set_owner(std::uint32_t uid, std::uint32_t gid) = 0;
  virtual result<void> set_mode(std::uint32_t mode) = 0;  ///< 07777 bits
  virtual result<void> set_mtime(time_point when) = 0;
  virtual result<void> sync() = 0;  ///< content and metadata are on the disk
  /// Ends the writing: where the system writes late (network file systems, quotas), this is where it says that it could
  /// not. Afterwards only place() is possible, the rest is EBADF. Once more: nothing happens.
  virtual result<void> close() = 0;
  /// Closes it and gives a temporary its name, replacing what is there (EISDIR: a directory is), in its own directory.
  /// On an error it has no name yet and may be placed elsewhere. EINVAL: opened in place, or placed already.
  virtual result<void> place(leaf_name const& as) = 0;
  /// The same, in another directory of the same tree (EXDEV: on another file system, or of another tree).
  virtual result<void> place(class directory const& where, leaf_name const& as) = 0;
};

/// A held directory. Any thread may call the const functions of one directory at the same time. Names are resolved
/// below it and links are never followed unless the function says so. Errors are errno values; a failure changes
/// nothing. The functions that write refuse with EROFS unless an implementation has them.
class directory {
 public:
  virtual ~directory() = default;
  /// All children but "." and "..", in the order the file system gives them. On a read error in the middle: the error,
  /// and `into` holds what was read before it.
  virtual result<void> read(std::vector<directory_entry>& into) const = 0;
  virtual result<file_status> status() const = 0;
  virtual result<file_status> status_of(leaf_name const& name, bool follow = false) const = 0;
  virtual result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow = false) const = 0;
  /// For reading. Never blocks on a fifo, never follows unless asked; refuses what is not a regular file (EINVAL).
  virtual result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow = false) const = 0;
  /// The same for what was a regular file when the directory was read, at the price of one call: whether it still is
  /// one is only found out by status(), which then fails (EINVAL). Unless an implementation has it: open_file().
  virtual result<std::unique_ptr<file>> open_listed(leaf_name const& name, bool follow = false) const;
  virtual result<std::string> read_link(leaf_name const& name) const = 0;

  /// A name for something that will take the place of `name`: ".NAME.XXXXXX", at most 255 bytes (NAME is cut, a leading
  /// dot is not doubled). Unlikely to exist; whoever creates it does so exclusively and asks again on EEXIST.
  [[nodiscard]] leaf_name temporary_name(leaf_name const& name) const;
  /// A new, empty, open file under such a name. mode: its permissions from the start, whatever the umask; 0600 is the
  /// cheapest. Errors: EEXIST if no free name was found.
  virtual result<std::unique_ptr<output_file>> create_temporary(leaf_name const& for_name, std::uint32_t mode) const;
  /// An existing regular file, or a new one of that mode, to be written in place. Never blocks on a fifo. Errors: ELOOP
  /// (a symbolic link), EISDIR, EINVAL or ENXIO (anything else that is not a regular file).
  virtual result<std::unique_ptr<output_file>> open_in_place(leaf_name const& name, std::uint32_t mode) const;
  // What makes a name fails with EEXIST where it is taken, by whatever. Modes: 07777 bits, whatever the umask; below a
  // directory with the set-group-id bit a new directory has that bit in addition, as the system gives it.
  virtual result<void> make_directory(leaf_name const& name, std::uint32_t mode) const;
  virtual result<void> make_link(leaf_name const& name, std::string const& target) const;
  /// A device, fifo or socket: mode with its type.
  virtual result<void> make_node(leaf_name const& name, std::uint32_t mode, std::uint64_t rdev) const;
  /// A further name for `existing` of `from`, a directory of the same tree; a symbolic link itself is meant. Errors:
  /// EXDEV on another file system or of another tree.
  virtual result<void> make_hard_link(leaf_name const& name, directory const& from, leaf_name const& existing) const;
  /// Replaces what is at `as` (a directory only by a directory, and only an empty one). Where both are names of one
  /// file, nothing happens and both stay. Errors: EISDIR, ENOTDIR, ENOTEMPTY; EXDEV as above.
  virtual result<void> rename(leaf_name const& name, directory const& to, leaf_name const& as) const;
  virtual result<void> remove_file(leaf_name const& name) const;       ///< anything but a directory (EISDIR)
  virtual result<void> remove_directory(leaf_name const& name) const;  ///< an empty one (ENOTDIR, ENOTEMPTY)
  /// keep_id: unchanged. May clear set-id bits, so it comes before set_mode.
  virtual result<void> set_owner(leaf_name const& name, std::uint32_t uid, std::uint32_t gid) const;
  virtual result<void> set_mode(leaf_name const& name, std::uint32_t mode) const;  ///< EOPNOTSUPP for a link
  virtual result<void> set_mtime(leaf_name const& name, time_point when) const;
  // The directory itself.
  virtual result<void> set_owner(std::uint32_t uid, std::uint32_t gid) const;
  virtual result<void> set_mode(std::uint32_t mode) const;
  virtual result<void> set_mtime(time_point when) const;
  virtual result<void> sync() const;  ///< its names are on the disk
};

/// Where operands (paths typed by the user) become held directories. Links in operands are followed.
class tree {
 public:
  virtual ~tree() = default;
  virtual result<std::shared_ptr<directory const>> open_root(std::string const& path) = 0;
  /// Status of an operand itself.
  virtual result<file_status> status_of(std::string const& path, bool follow) = 0;
  /// Makes an operand's directory; its parent must exist. mode: as the umask leaves it. EROFS unless implemented.
  virtual result<void> make_directory(std::string const& path, std::uint32_t mode);
};

}  // namespace volsync
