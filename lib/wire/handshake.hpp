// What two peers say before there are frames. Source: lib/wire/FORMAT.md, handshake.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "volsync/result.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

inline constexpr std::size_t max_name_list = 255;  // bytes of a list of algorithm names

void write_version(writer& out, std::int32_t version);
// What the peer can speak at most. Errors: truncated, bad_version (outside 20..40: no rsync speaks there).
[[nodiscard]] result<std::int32_t> read_version(cursor& in);
// The version both speak. Errors: version_too_old (below 30).
[[nodiscard]] result<std::int32_t> agree_version(std::int32_t ours, std::int32_t theirs);

// Bits of compat (features.hpp); unknown ones are kept.
void write_compat_flags(writer& out, std::uint32_t bits);
[[nodiscard]] result<std::uint32_t> read_compat_flags(cursor& in);

// Names separated by spaces. Requires size() <= max_name_list.
void write_name_list(writer& out, std::string_view names);
// Untrusted text. Errors: truncated, name_list_too_long.
[[nodiscard]] result<std::string> read_name_list(cursor& in);

void write_seed(writer& out, std::int32_t seed);
[[nodiscard]] result<std::int32_t> read_seed(cursor& in);

}  // namespace volsync::wire
