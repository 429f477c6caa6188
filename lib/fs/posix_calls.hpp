// System calls of Linux on one component below an open directory, with results for errno. EINTR is retried.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>

#include "volsync/tree.hpp"

namespace volsync::fs {

// Calls again after EINTR.
template <class Call>
auto retried(Call call) {
  auto value = call();
  while (value == -1 && errno == EINTR) value = call();
  return value;
}

// A call that gives 0, or -1 and errno.
template <class Call>
result<void> checked(Call call) {
  if (retried(call) != 0) return last_error();
  return {};
}

[[nodiscard]] file_status from_stat(struct stat const& s) noexcept;
// flags: as fstatat has them.
[[nodiscard]] result<file_status> status_at(int directory, char const* name, int flags);

// Permissions of the name, never of what a link points to (EOPNOTSUPP for a link). name "": of the directory itself.
[[nodiscard]] result<void> set_mode_at(int directory, char const* name, std::uint32_t mode);
// The same where the system has no call for it (before Linux 6.6): what the name is gets opened and looked at first.
[[nodiscard]] result<void> set_mode_in_two_steps(int directory, char const* name, std::uint32_t mode);

// The access time stays. name "": the directory itself.
[[nodiscard]] result<void> set_mtime_at(int directory, char const* name, time_point when);

// The umask of this process, read without changing it; 0777 if the system does not tell.
[[nodiscard]] std::uint32_t current_umask();

}  // namespace volsync::fs
