// The generator's verdict about one entry, as both ends exchange it and as itemize prints it.
#pragma once

#include <cstdint>

namespace volsync::flist {

using item_flags = std::uint16_t;

namespace item {
inline constexpr item_flags report_atime = 0x0001;
inline constexpr item_flags report_change = 0x0002;
inline constexpr item_flags report_size = 0x0004;  // symlinks: times could not be set
inline constexpr item_flags report_time = 0x0008;
inline constexpr item_flags report_perms = 0x0010;
inline constexpr item_flags report_owner = 0x0020;
inline constexpr item_flags report_group = 0x0040;
inline constexpr item_flags report_acl = 0x0080;
inline constexpr item_flags report_xattr = 0x0100;
inline constexpr item_flags report_crtime = 0x0400;
inline constexpr item_flags basis_type_follows = 0x0800;
inline constexpr item_flags xname_follows = 0x1000;
inline constexpr item_flags is_new = 0x2000;
inline constexpr item_flags local_change = 0x4000;
inline constexpr item_flags transfer = 0x8000;
inline constexpr item_flags significant = static_cast<item_flags>(~(basis_type_follows | xname_follows | local_change));
}  // namespace item

}  // namespace volsync::flist
