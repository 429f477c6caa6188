// A directory of the running system, held by a descriptor that need not be readable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "volsync/tree.hpp"

#include "base/unique_fd.hpp"

namespace volsync::fs {

// Made by std::make_shared only: files being written keep their directory.
class posix_directory final : public directory, public std::enable_shared_from_this<posix_directory> {
 public:
  // fd: O_PATH is enough. umask: of this process; a mode that it takes bits from costs one call more.
  posix_directory(unique_fd fd, std::uint32_t umask) : fd_{std::move(fd)}, umask_{umask} {}
  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

  result<void> read(std::vector<directory_entry>& into) const override;
  result<file_status> status() const override;
  result<file_status> status_of(leaf_name const& name, bool follow) const override;
  result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow) const override;
  result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow) const override;
  result<std::unique_ptr<file>> open_listed(leaf_name const& name, bool follow) const override;
  result<std::string> read_link(leaf_name const& name) const override;

  result<std::unique_ptr<output_file>> create_temporary(leaf_name const& for_name, std::uint32_t mode) const override;
  result<std::unique_ptr<output_file>> open_in_place(leaf_name const& name, std::uint32_t mode) const override;
  result<void> make_directory(leaf_name const& name, std::uint32_t mode) const override;
  result<void> make_link(leaf_name const& name, std::string const& target) const override;
  result<void> make_node(leaf_name const& name, std::uint32_t mode, std::uint64_t rdev) const override;
  result<void> make_hard_link(leaf_name const& name, directory const& from, leaf_name const& existing) const override;
  result<void> rename(leaf_name const& name, directory const& to, leaf_name const& as) const override;
  result<void> remove_file(leaf_name const& name) const override;
  result<void> remove_directory(leaf_name const& name) const override;
  result<void> set_owner(leaf_name const& name, std::uint32_t uid, std::uint32_t gid) const override;
  result<void> set_mode(leaf_name const& name, std::uint32_t mode) const override;
  result<void> set_mtime(leaf_name const& name, time_point when) const override;
  result<void> set_owner(std::uint32_t uid, std::uint32_t gid) const override;
  result<void> set_mode(std::uint32_t mode) const override;
  result<void> set_mtime(time_point when) const override;
  result<void> sync() const override;

 private:
  // A new file, exclusively, with exactly that mode.
  [[nodiscard]] result<unique_fd> create(leaf_name const& name, std::uint32_t mode) const;

  unique_fd fd_;
  std::uint32_t umask_;
};

// How a directory is held: names can be looked up in it, which takes no right to read it (a parent of mode 0711).
// Flags for open.
[[nodiscard]] int held_flags() noexcept;

}  // namespace volsync::fs
