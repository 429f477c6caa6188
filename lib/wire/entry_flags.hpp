// Bits that begin an entry of the file list. Source: lib/wire/FORMAT.md, file list.
#pragma once

#include <cstdint>

namespace volsync::wire::xflag {

inline constexpr std::uint32_t top_dir = 0x0001;  // directories only
inline constexpr std::uint32_t same_mode = 0x0002;
inline constexpr std::uint32_t extended = 0x0004;  // a second byte of bits follows; means nothing in a varint
inline constexpr std::uint32_t same_uid = 0x0008;
inline constexpr std::uint32_t same_gid = 0x0010;
inline constexpr std::uint32_t same_name = 0x0020;  // the name begins like the one before
inline constexpr std::uint32_t long_name = 0x0040;  // the length of the rest is a varint
inline constexpr std::uint32_t same_time = 0x0080;
inline constexpr std::uint32_t same_rdev_major = 0x0100;  // devices (and specials, where they have device numbers)
inline constexpr std::uint32_t no_content_dir = 0x0100;   // directories
inline constexpr std::uint32_t hard_linked = 0x0200;      // anything but directories
inline constexpr std::uint32_t user_name = 0x0400;
inline constexpr std::uint32_t group_name = 0x0800;
inline constexpr std::uint32_t first_link = 0x1000;  // with hard_linked
inline constexpr std::uint32_t error_end = 0x1000;   // with extended alone: the end of the list, with an error
inline constexpr std::uint32_t mod_nsec = 0x2000;

}  // namespace volsync::wire::xflag
