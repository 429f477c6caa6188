// One file of the list: fixed size, no heap block of its own. Its texts live in the arena of its list.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>

namespace volsync::flist {

// What the wire and the roles need to know of an entry beyond its stat data. Our own bits, not the wire's.
enum class entry_flags : std::uint16_t {
  none = 0,
  top = 1,          // named on the command line
  no_content = 2,   // a directory whose content is not sent (implied parent, mount point, -d)
  implied = 4,      // a parent that -R brought in (always with top and no_content on the wire)
  hard_linked = 8,  // member of a hard-link group
  first_link = 16,  // the group's first member in the session
  duplicate = 32,   // inactive slot (same name as another entry); keeps its index
};
constexpr entry_flags operator|(entry_flags a, entry_flags b) noexcept {
  return static_cast<entry_flags>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr entry_flags& operator|=(entry_flags& a, entry_flags b) noexcept { return a = a | b; }
[[nodiscard]] constexpr bool has(entry_flags set, entry_flags bit) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(bit)) != 0;
}

struct entry {
  std::int64_t size = 0;       // bytes; for devices the device number (dev_t), whose size is 0 on the wire
  std::int64_t mtime = 0;      // seconds since 1970, floor
  std::uint32_t mtime_ns = 0;  // 0..999999999
  std::uint32_t mode = 0;      // st_mode as on the wire (0 only for a missing argument)
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t name = 0;   // leaf name: offset in the arena
  std::uint32_t extra = 0;  // symlink target or -c digest: offset in the arena
  std::uint16_t name_length = 0;
  std::uint16_t extra_length = 0;
  std::uint32_t parent = 0;  // index of the directory part in the list's table of directories
  std::uint32_t group = 0;   // hard_linked: identity (ndx by transmission order) of the group's first member
  entry_flags flags = entry_flags::none;

  [[nodiscard]] bool is_directory() const noexcept { return S_ISDIR(mode); }
  [[nodiscard]] bool is_regular() const noexcept { return S_ISREG(mode); }
  [[nodiscard]] bool is_symlink() const noexcept { return S_ISLNK(mode); }
  [[nodiscard]] bool is_device() const noexcept { return S_ISCHR(mode) || S_ISBLK(mode); }
  [[nodiscard]] bool is_special() const noexcept { return S_ISFIFO(mode) || S_ISSOCK(mode); }
  [[nodiscard]] std::int64_t length() const noexcept { return is_device() || is_special() ? 0 : size; }
  [[nodiscard]] dev_t device() const noexcept { return is_device() ? static_cast<dev_t>(size) : 0; }
};
static_assert(sizeof(entry) <= 64);

}  // namespace volsync::flist
