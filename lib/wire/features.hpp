// What two peers agreed on, and the only place that knows which version brought what.
#pragma once

#include <cstdint>
#include <string>

namespace volsync::wire {

inline constexpr std::int32_t lowest_protocol = 30;  // what we speak
inline constexpr std::int32_t highest_protocol = 32;

// Bits that the server answers to the client's letters. Source: lib/wire/FORMAT.md, compat flags.
namespace compat {
inline constexpr std::uint32_t incremental = 0x001;        // lists come directory by directory
inline constexpr std::uint32_t symlink_times = 0x002;      // the server can set times of symbolic links
inline constexpr std::uint32_t symlink_iconv = 0x004;      // the server converts the text of symbolic links
inline constexpr std::uint32_t safe_list_end = 0x008;      // the end of a list may carry an error value
inline constexpr std::uint32_t no_xattr_shortcut = 0x010;  // xattr requests also for mere hard links
inline constexpr std::uint32_t seed_before_data = 0x020;   // md5 of blocks: seed first
inline constexpr std::uint32_t inplace_partial = 0x040;    // a file in the partial directory is updated in place
inline constexpr std::uint32_t varint_flags = 0x080;       // entry flags are varints, algorithms' names are exchanged
inline constexpr std::uint32_t id0_names = 0x100;          // lists of ids end with the name of id 0
}  // namespace compat

struct features {
  std::int32_t protocol = highest_protocol;  // 30..32
  std::uint32_t compat = 0;
  friend bool operator==(features const&, features const&) = default;
};

[[nodiscard]] constexpr bool has(features const& f, std::uint32_t bit) noexcept { return (f.compat & bit) != 0; }

[[nodiscard]] constexpr bool is_incremental(features const& f) noexcept { return has(f, compat::incremental); }
[[nodiscard]] constexpr bool has_varint_flist_flags(features const& f) noexcept { return has(f, compat::varint_flags); }
// Lists of algorithm names are exchanged after the compat flags.
[[nodiscard]] constexpr bool negotiates_names(features const& f) noexcept { return has(f, compat::varint_flags); }
[[nodiscard]] constexpr bool has_id0_names(features const& f) noexcept { return has(f, compat::id0_names); }
[[nodiscard]] constexpr bool has_seed_before_data(features const& f) noexcept {
  return has(f, compat::seed_before_data);
}
[[nodiscard]] constexpr bool updates_partial_in_place(features const& f) noexcept {
  return has(f, compat::inplace_partial);
}
[[nodiscard]] constexpr bool server_sets_symlink_times(features const& f) noexcept {
  return has(f, compat::symlink_times);
}
// Nanoseconds of modification times.
[[nodiscard]] constexpr bool has_nsec(features const& f) noexcept { return f.protocol >= 31; }
// The end of a list can carry an error value; otherwise a message does.
[[nodiscard]] constexpr bool has_safe_list_end(features const& f) noexcept {
  return f.protocol >= 31 || has(f, compat::safe_list_end);
}
// Fifos and sockets have device numbers (always 0).
[[nodiscard]] constexpr bool specials_have_rdev(features const& f) noexcept { return f.protocol < 31; }
[[nodiscard]] constexpr bool has_error_exit(features const& f) noexcept { return f.protocol >= 31; }
[[nodiscard]] constexpr bool has_io_timeout(features const& f) noexcept { return f.protocol >= 31; }
// The generator tells what was deleted, in a record of its own.
[[nodiscard]] constexpr bool has_delete_stats(features const& f) noexcept { return f.protocol >= 31; }
// The sender answers the generator's last index but one; without it there is one index less in each direction.
[[nodiscard]] constexpr bool goodbye_is_answered(features const& f) noexcept { return f.protocol >= 31; }
// Names of --files-from come in frames.
[[nodiscard]] constexpr bool names_from_are_framed(features const& f) noexcept { return f.protocol >= 31; }
// A no-op message is a keep-alive that a sender answers in kind.
[[nodiscard]] constexpr bool answers_noop(features const& f) noexcept { return f.protocol < 31; }
// Hard links need no xattr exchange of their own.
[[nodiscard]] constexpr bool has_xattr_shortcut(features const& f) noexcept {
  return f.protocol >= 31 && !has(f, compat::no_xattr_shortcut);
}

// The value of -e on the server's command line: what we can do as a client. incremental: may lists come one by one?
[[nodiscard]] std::string capability_letters(bool incremental);

}  // namespace volsync::wire
