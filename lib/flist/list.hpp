// A file list, or one segment of it under incremental recursion: entries in transmission order, texts in one arena,
// and the sorted order in which both ends number them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

#include "flist/entry.hpp"

namespace volsync::flist {

// Index of a file on the wire (>= 0), valid for the session.
enum class ndx : std::int32_t {};
[[nodiscard]] constexpr std::int32_t raw(ndx n) noexcept { return static_cast<std::int32_t>(n); }
// Place of an entry in its list in sorted order, 0-based. The wire index is list.first() + position.
enum class position : std::uint32_t {};
// Place of an entry in its list in transmission order, 0-based.
enum class slot : std::uint32_t {};

// Directory part shared by entries: its name on the wire ("" for the top, no trailing slash) and the source root it is
// below.
struct parent_directory {
  std::string path;        // relative to the root, as on the wire ("a/b"); with -R it may start with '/'
  std::uint16_t root = 0;  // which source argument's base directory (sender); 0 at a receiver
};

enum class order : std::uint8_t { sorted, transmission };  // --iconv numbers by transmission order

// One thread at a time; immutable after finish() and then readable by any thread.
class list {
 public:
  // Returns the index to put into entry::parent. Repeated paths under one root return the same index if they come in a
  // row.
  std::uint32_t add_parent(std::string_view path, std::uint16_t root = 0);
  // Appends in transmission order. name: leaf name ("." for the transfer root). extra: link target or digest, or empty.
  slot append(entry e, std::string_view name, std::string_view extra = {});
  // Sorts (rsync's order, stable) and fixes the numbering. ndx_start: wire index of position 0.
  void finish(ndx ndx_start, order how = order::sorted);

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] ndx first() const noexcept { return first_; }
  // Requires contains(n).
  [[nodiscard]] bool contains(ndx n) const noexcept {
    return raw(n) >= raw(first_) && static_cast<std::size_t>(raw(n) - raw(first_)) < size();
  }
  [[nodiscard]] entry& at(slot s) noexcept { return entries_[static_cast<std::size_t>(s)]; }
  [[nodiscard]] entry const& at(slot s) const noexcept { return entries_[static_cast<std::size_t>(s)]; }
  [[nodiscard]] slot slot_of(position p) const noexcept {
    return static_cast<slot>(sorted_.empty() ? static_cast<std::uint32_t>(p) : sorted_[static_cast<std::size_t>(p)]);
  }
  [[nodiscard]] entry const& at(position p) const noexcept { return at(slot_of(p)); }
  [[nodiscard]] entry const& at(ndx n) const noexcept { return at(static_cast<position>(raw(n) - raw(first_))); }

  // Views into the arena: valid until the next append, or for the life of a finished list.
  [[nodiscard]] std::string_view name(entry const& e) const noexcept { return {arena_.data() + e.name, e.name_length}; }
  [[nodiscard]] std::string_view extra(entry const& e) const noexcept {
    return {arena_.data() + e.extra, e.extra_length};
  }
  [[nodiscard]] parent_directory const& parent(entry const& e) const noexcept { return parents_[e.parent]; }
  // Full name on the wire, "a/b/name".
  [[nodiscard]] std::string path(entry const& e) const;
  [[nodiscard]] std::size_t memory() const noexcept;  // bytes held

 private:
  std::vector<entry> entries_;
  std::vector<std::uint32_t> sorted_;  // position -> slot; empty when both orders are the same
  std::vector<parent_directory> parents_;
  std::vector<char> arena_;
  ndx first_{};
};

// rsync's order on full names (protocol 29 and later): within a directory non-directories first, a directory directly
// before its content, "." first; bytes compare unsigned. Source: lib/wire/FORMAT.md, order of the list.
[[nodiscard]] std::strong_ordering compare_names(std::string_view a_path, bool a_is_directory, std::string_view b_path,
                                                 bool b_is_directory);

}  // namespace volsync::flist
