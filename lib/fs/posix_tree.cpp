// Held directories on the system calls of Linux: each call names one validated component below an open directory.
#include "fs/posix_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.hpp"

namespace volsync::fs {
namespace {

// Calls again after EINTR.
template <class Call>
auto retried(Call call) {
  auto value = call();
  while (value == -1 && errno == EINTR) value = call();
  return value;
}

file_status from(struct stat const& s) {
  file_status status;
  status.mode = s.st_mode;
  status.uid = s.st_uid;
  status.gid = s.st_gid;
  status.link_count = static_cast<std::uint32_t>(s.st_nlink);
  status.size = s.st_size;
  status.mtime = s.st_mtim.tv_sec;
  status.mtime_ns = static_cast<std::uint32_t>(s.st_mtim.tv_nsec);
  status.device = s.st_dev;
  status.inode = s.st_ino;
  status.rdev = s.st_rdev;
  return status;
}

// How a directory is held: names can be looked up in it, which takes no right to read it (a parent of mode 0711).
constexpr int held = O_PATH | O_DIRECTORY | O_CLOEXEC;

result<file_status> status_at(int fd, char const* name, int flags) {
  struct stat s {};
  if (retried([&] { return ::fstatat(fd, name, &s, flags); }) != 0) return last_error();
  return from(s);
}

class posix_file final : public file {
 public:
  explicit posix_file(unique_fd fd, file_status const& known) : fd_{std::move(fd)}, known_{known} {}
  result<std::size_t> read(std::span<std::byte> into) override {
    auto const got = retried([&] { return ::read(fd_.get(), into.data(), into.size()); });
    if (got < 0) return last_error();
    return static_cast<std::size_t>(got);
  }
  // As it was when the file was opened.
  result<file_status> status() override { return known_; }

 private:
  unique_fd fd_;
  file_status known_;
};

// The kernel's record of getdents64.
struct dirent_head {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t dirent_name = 19;  // bytes before the name: the head without its padding

class posix_directory final : public directory {
 public:
  explicit posix_directory(unique_fd fd) : fd_{std::move(fd)} {}

  result<void> read(std::vector<directory_entry>& into) const override {
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

  result<file_status> status() const override { return status_at(fd_.get(), "", AT_EMPTY_PATH); }
  result<file_status> status_of(leaf_name const& name, bool follow) const override {
    return status_at(fd_.get(), name.c_str(), follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }

  result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow) const override {
    int const flags = held | (follow ? 0 : O_NOFOLLOW);
    unique_fd child{retried([&] { return ::openat(fd_.get(), name.c_str(), flags); })};
    if (!child) return last_error();
    return std::shared_ptr<directory const>{std::make_shared<posix_directory>(std::move(child))};
  }

  result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow) const override {
    // O_NONBLOCK: a fifo put in place of the file must not stop us. It means nothing for a regular file.
    int const flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    unique_fd fd{retried([&] { return ::openat(fd_.get(), name.c_str(), flags); })};
    if (!fd) return last_error();
    auto const status = status_at(fd.get(), "", AT_EMPTY_PATH);
    if (!status) return status.error();
    if (!S_ISREG(status->mode)) return std::make_error_code(std::errc::invalid_argument);
    return std::unique_ptr<file>{std::make_unique<posix_file>(std::move(fd), *status)};
  }

  result<std::string> read_link(leaf_name const& name) const override {
    std::array<char, 4097> buffer{};
    auto const got = retried([&] { return ::readlinkat(fd_.get(), name.c_str(), buffer.data(), buffer.size()); });
    if (got < 0) return last_error();
    if (static_cast<std::size_t>(got) == buffer.size()) return std::make_error_code(std::errc::filename_too_long);
    return std::string{buffer.data(), static_cast<std::size_t>(got)};
  }

 private:
  unique_fd fd_;
};

class posix_tree final : public tree {
 public:
  result<std::shared_ptr<directory const>> open_root(std::string const& path) override {
    if (path.empty()) return std::make_error_code(std::errc::no_such_file_or_directory);
    // Through its ".": a directory that may not be entered is of no use, and this says so now.
    unique_fd fd{retried([&] { return ::open((path + "/.").c_str(), held); })};
    if (!fd) return last_error();
    return std::shared_ptr<directory const>{std::make_shared<posix_directory>(std::move(fd))};
  }
  result<file_status> status_of(std::string const& path, bool follow) override {
    return status_at(AT_FDCWD, path.c_str(), follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
};

}  // namespace

std::shared_ptr<tree> make_posix_tree() { return std::make_shared<posix_tree>(); }

}  // namespace volsync::fs
