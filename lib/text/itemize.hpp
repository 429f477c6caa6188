// Columns and names of one entry: what `-i`, `-v` and `--list-only` are made of.
#pragma once

#include <cstdint>
#include <string>

#include <volsync/events.hpp>

#include "text/numbers.hpp"

namespace volsync::text {

// The 11 columns YXcstpoguax of an item. Removals: "*deleting  ".
// preserve_times: a `t` of an item that was transferred or created without -t is shown as `T`.
[[nodiscard]] std::string itemize(item const& what, bool preserve_times);
// NAME, with a slash after a directory's; raw bytes.
[[nodiscard]] std::string shown_name(item const& what);
// " -> TARGET", " => LEADER" or nothing; raw bytes.
[[nodiscard]] std::string shown_link(item const& what);
// "rwxr-xr-x" with s S t T where they belong: 9 characters.
[[nodiscard]] std::string permissions(std::uint32_t mode);
// The first column of a listing: - d l c b p s.
[[nodiscard]] char type_letter(std::uint32_t mode);
// "2026/11/23 03:38:49" with the separator given, in the local time zone of the process.
[[nodiscard]] std::string local_time(std::int64_t seconds, char between);
// A line of --list-only without newline; raw bytes in the name.
[[nodiscard]] std::string list_line(item const& what, number_style style);

}  // namespace volsync::text
