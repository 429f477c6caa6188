// Calls whose best form depends on the age of the system.
#include "fs/posix_calls.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "base/unique_fd.hpp"

namespace volsync::fs {
namespace {

#ifdef SYS_fchmodat2
constexpr long fchmodat2_number = SYS_fchmodat2;
#elif defined(__alpha__)
constexpr long fchmodat2_number = 562;
#else
constexpr long fchmodat2_number = 452;  // the same on all other architectures
#endif

}  // namespace

file_status from_stat(struct stat const& s) noexcept {
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

result<file_status> status_at(int directory, char const* name, int flags) {
  struct stat s {};
  if (retried([&] { return ::fstatat(directory, name, &s, flags); }) != 0) return last_error();
  return from_stat(s);
}

// EPERM is tried again the old way, too: a sandbox that does not know the call refuses it so.
result<void> set_mode_at(int directory, char const* name, std::uint32_t mode) {
  static std::atomic<bool> missing{false};
  if (!missing.load(std::memory_order_relaxed)) {
    int const flags = *name == '\0' ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW;
    auto const set = checked([&] { return ::syscall(fchmodat2_number, directory, name, mode & 07777, flags); });
    if (set || (set.error() != std::errc::function_not_supported && set.error() != std::errc::operation_not_permitted))
      return set;
    if (set.error() == std::errc::function_not_supported) missing.store(true, std::memory_order_relaxed);
  }
  return set_mode_in_two_steps(directory, name, mode);
}

// The C library's AT_SYMLINK_NOFOLLOW: O_PATH | O_NOFOLLOW, a look at the type, and the change by the descriptor.
result<void> set_mode_in_two_steps(int directory, char const* name, std::uint32_t mode) {
  if (*name == '\0') return checked([&] { return ::fchmodat(directory, ".", mode & 07777, 0); });
  return checked([&] { return ::fchmodat(directory, name, mode & 07777, AT_SYMLINK_NOFOLLOW); });
}

result<void> set_mtime_at(int directory, char const* name, time_point when) {
  std::array<timespec, 2> times{};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = when.seconds;
  times[1].tv_nsec = static_cast<long>(when.nanoseconds);
  if (*name == '\0') return checked([&] { return ::utimensat(directory, ".", times.data(), 0); });
  return checked([&] { return ::utimensat(directory, name, times.data(), AT_SYMLINK_NOFOLLOW); });
}

// umask() tells the mask only by setting another one, which other threads would notice.
std::uint32_t current_umask() {
  constexpr std::uint32_t unknown = 0777;
  unique_fd const fd{retried([] { return ::open("/proc/self/status", O_RDONLY | O_CLOEXEC); })};
  std::array<char, 4096> text{};
  if (!fd) return unknown;
  auto const got = retried([&] { return ::read(fd.get(), text.data(), text.size() - 1); });
  std::string_view const whole{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  constexpr std::string_view label = "\nUmask:\t";
  auto const at = whole.find(label);
  if (at == std::string_view::npos) return unknown;
  return static_cast<std::uint32_t>(std::strtoul(whole.data() + at + label.size(), nullptr, 8)) & 0777U;
}

}  // namespace volsync::fs
