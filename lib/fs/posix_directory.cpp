// Held directories on the system calls of Linux: each call names one validated component below an open directory.
//
// A mode is given to the call that makes the name. Where the umask or a default ACL of the directory may have taken
// bits from it, a second call sets it; the owner's bits alone (0600, 0700) never need one under a usual umask.
#include "fs/posix_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "fs/posix_calls.hpp"
#include "fs/posix_file.hpp"

namespace volsync::fs {
namespace {

constexpr int held = O_PATH | O_DIRECTORY | O_CLOEXEC;
constexpr int most_tries = 100;  // names for one temporary; rounds of open and create for one file in place

// The kernel's record of getdents64.
struct dirent_head {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t dirent_name = 19;  // bytes before the name: the head without its padding

error_code other_tree() { return std::make_error_code(std::errc::cross_device_link); }

}  // namespace

int held_flags() noexcept { return held; }

result<void> posix_directory::read(std::vector<directory_entry>& into) const {
  // A descriptor of its own: the held one cannot be read, and its offset would be shared by all threads.
  unique_fd const own{retried([&] { return ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!own) return last_error();
  std::vector<char> buffer(std::size_t{64} << 10);
  for (;;) {
    long const got = retried([&] { return ::syscall(SYS_getdents64, own.get(), buffer.data(), buffer.size()); });
    if (got < 0) return last_error();
    if (got == 0) return {};
    for (long at = 0; at < got;) {
      dirent_head head{};
      std::memcpy(&head, buffer.data() + at, sizeof head);
      std::string_view const name{buffer.data() + at + dirent_name};
      if (name != "." && name != "..") into.push_back({std::string{name}, head.inode, head.type});
      at += head.length;
    }
  }
}

result<file_status> posix_directory::status() const { return status_at(fd_.get(), "", AT_EMPTY_PATH); }
result<file_status> posix_directory::status_of(leaf_name const& name, bool follow) const {
  return status_at(fd_.get(), name.c_str(), follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

result<std::shared_ptr<directory const>> posix_directory::open_directory(leaf_name const& name, bool follow) const {
  int const flags = held | (follow ? 0 : O_NOFOLLOW);
  unique_fd child{retried([&] { return ::openat(fd_.get(), name.c_str(), flags); })};
  if (!child) return last_error();
  return std::shared_ptr<directory const>{std::make_shared<posix_directory>(std::move(child), umask_)};
}

result<std::unique_ptr<file>> posix_directory::open_file(leaf_name const& name, bool follow) const {
  auto opened = open_listed(name, follow);
  if (!opened) return opened;
  auto const status = (*opened)->status();
  if (!status) return status.error();
  return opened;
}

result<std::unique_ptr<file>> posix_directory::open_listed(leaf_name const& name, bool follow) const {
  // O_NONBLOCK: a fifo put in place of the file must not stop us. It means nothing for a regular file.
  int const flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
  unique_fd fd{retried([&] { return ::openat(fd_.get(), name.c_str(), flags); })};
  if (!fd) return last_error();
  return make_posix_file(std::move(fd));
}

result<std::string> posix_directory::read_link(leaf_name const& name) const {
  std::array<char, 4097> buffer{};
  auto const got = retried([&] { return ::readlinkat(fd_.get(), name.c_str(), buffer.data(), buffer.size()); });
  if (got < 0) return last_error();
  if (static_cast<std::size_t>(got) == buffer.size()) return std::make_error_code(std::errc::filename_too_long);
  return std::string{buffer.data(), static_cast<std::size_t>(got)};
}

result<unique_fd> posix_directory::create(leaf_name const& name, std::uint32_t mode) const {
  constexpr int flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
  unique_fd fd{retried([&] { return ::openat(fd_.get(), name.c_str(), flags, mode & 0777); })};
  if (!fd) return last_error();
  if ((mode & 07777 & (~0600U | umask_)) == 0) return fd;
  if (auto const set = checked([&] { return ::fchmod(fd.get(), mode & 07777); }); !set) {
    ::unlinkat(fd_.get(), name.c_str(), 0);
    return set.error();
  }
  return fd;
}

result<std::unique_ptr<output_file>> posix_directory::create_temporary(leaf_name const& for_name,
                                                                       std::uint32_t mode) const {
  for (int tries = 1;; ++tries) {
    auto name = temporary_name(for_name);
    auto made = create(name, mode);
    if (made) return make_posix_output(std::move(*made), shared_from_this(), std::move(name));
    if (made.error() != std::errc::file_exists || tries == most_tries) return made.error();
  }
}

// Opened first and created only if it is missing: O_CREAT alone would be refused for files of others in directories
// like /tmp. Rounds, because the name may come and go meanwhile.
result<std::unique_ptr<output_file>> posix_directory::open_in_place(leaf_name const& name, std::uint32_t mode) const {
  constexpr int flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
  for (int tries = 1;; ++tries) {
    unique_fd fd{retried([&] { return ::openat(fd_.get(), name.c_str(), flags); })};
    if (fd) {
      auto const status = status_at(fd.get(), "", AT_EMPTY_PATH);
      if (!status) return status.error();
      if (!S_ISREG(status->mode)) return std::make_error_code(std::errc::invalid_argument);
      return make_posix_output(std::move(fd), shared_from_this(), std::nullopt);
    }
    if (errno != ENOENT) return last_error();
    auto made = create(name, mode);
    if (made) return make_posix_output(std::move(*made), shared_from_this(), std::nullopt);
    if (made.error() != std::errc::file_exists || tries == most_tries) return made.error();
  }
}

result<void> posix_directory::make_directory(leaf_name const& name, std::uint32_t mode) const {
  if (auto const made = checked([&] { return ::mkdirat(fd_.get(), name.c_str(), mode & 01777); }); !made) return made;
  if ((mode & 07777 & (~0700U | umask_)) == 0) return {};
  // Looked at first: to set the mode would take away a set-group-id bit that the system gave it.
  auto const now = status_of(name, false);
  if (!now) return now.error();
  if ((now->mode & 07777 & ~S_ISGID) == (mode & 07777 & ~S_ISGID) && (mode & S_ISGID & ~now->mode) == 0) return {};
  auto const set = set_mode(name, mode | (now->mode & S_ISGID));
  if (!set) ::unlinkat(fd_.get(), name.c_str(), AT_REMOVEDIR);
  return set;
}

result<void> posix_directory::make_link(leaf_name const& name, std::string const& target) const {
  if (target.find('\0') != std::string::npos) return std::make_error_code(std::errc::invalid_argument);
  return checked([&] { return ::symlinkat(target.c_str(), fd_.get(), name.c_str()); });
}

result<void> posix_directory::make_node(leaf_name const& name, std::uint32_t mode, std::uint64_t rdev) const {
  bool const known = S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
  if (!known) return std::make_error_code(std::errc::invalid_argument);
  if (auto const made = checked([&] { return ::mknodat(fd_.get(), name.c_str(), mode & (S_IFMT | 0777), rdev); });
      !made)
    return made;
  if ((mode & 07777 & (~0600U | umask_)) == 0) return {};
  auto const set = set_mode(name, mode);
  if (!set) ::unlinkat(fd_.get(), name.c_str(), 0);
  return set;
}

result<void> posix_directory::make_hard_link(leaf_name const& name, directory const& from,
                                             leaf_name const& existing) const {
  auto const* const source = dynamic_cast<posix_directory const*>(&from);
  if (source == nullptr) return other_tree();
  return checked([&] { return ::linkat(source->descriptor(), existing.c_str(), fd_.get(), name.c_str(), 0); });
}

result<void> posix_directory::rename(leaf_name const& name, directory const& to, leaf_name const& as) const {
  auto const* const target = dynamic_cast<posix_directory const*>(&to);
  if (target == nullptr) return other_tree();
  return checked([&] { return ::renameat(fd_.get(), name.c_str(), target->descriptor(), as.c_str()); });
}

result<void> posix_directory::remove_file(leaf_name const& name) const {
  return checked([&] { return ::unlinkat(fd_.get(), name.c_str(), 0); });
}
result<void> posix_directory::remove_directory(leaf_name const& name) const {
  return checked([&] { return ::unlinkat(fd_.get(), name.c_str(), AT_REMOVEDIR); });
}

result<void> posix_directory::set_owner(leaf_name const& name, std::uint32_t uid, std::uint32_t gid) const {
  return checked([&] { return ::fchownat(fd_.get(), name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW); });
}
result<void> posix_directory::set_mode(leaf_name const& name, std::uint32_t mode) const {
  return set_mode_at(fd_.get(), name.c_str(), mode);
}
result<void> posix_directory::set_mtime(leaf_name const& name, time_point when) const {
  return set_mtime_at(fd_.get(), name.c_str(), when);
}

result<void> posix_directory::set_owner(std::uint32_t uid, std::uint32_t gid) const {
  return checked([&] { return ::fchownat(fd_.get(), "", uid, gid, AT_EMPTY_PATH); });
}
result<void> posix_directory::set_mode(std::uint32_t mode) const { return set_mode_at(fd_.get(), "", mode); }
result<void> posix_directory::set_mtime(time_point when) const { return set_mtime_at(fd_.get(), "", when); }

result<void> posix_directory::sync() const {
  unique_fd const own{retried([&] { return ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!own) return last_error();
  return checked([&] { return ::fsync(own.get()); });
}

}  // namespace volsync::fs
