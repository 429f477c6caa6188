// Item records: what a generator says of an entry, and what a sender echoes. Also the record of deletions.
// Source: lib/wire/FORMAT.md, item records and delete statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "volsync/report.hpp"
#include "volsync/result.hpp"

#include "flist/item_flags.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

inline constexpr std::size_t max_xname = 4095;  // bytes

// How the basis byte is to be read.
namespace basis_type {
inline constexpr std::uint8_t destination = 0x80;  // never sent
inline constexpr std::uint8_t partial_dir = 0x81;
inline constexpr std::uint8_t backup = 0x82;
inline constexpr std::uint8_t fuzzy = 0x83;  // and above: fuzzy in a basis directory
}  // namespace basis_type

struct item_record {
  std::int32_t ndx = 0;
  flist::item_flags flags = 0;
  std::optional<std::uint8_t> basis;  // there iff flags have basis_type_follows
  std::optional<std::string> xname;   // there iff flags have xname_follows; raw bytes of the peer
  friend bool operator==(item_record const&, item_record const&) = default;
};

// The part of a record after its index. The bits for basis and xname are made to fit. Requires xname of <= max_xname.
void write_item(writer& out, item_record const& item);
// The part after the index `ndx`. Errors: truncated, string_too_long.
[[nodiscard]] result<item_record> read_item(cursor& in, std::int32_t ndx);

inline constexpr std::int64_t max_delete_count = std::int64_t{1} << 28;

// The part of the record after its index, ndx_del_stats. Counts above max_delete_count are sent as that.
void write_delete_stats(writer& out, entry_counts const& deleted);
// Errors: truncated, overlong_varint, bad_delete_count.
[[nodiscard]] result<entry_counts> read_delete_stats(cursor& in);

}  // namespace volsync::wire
