// What is to be done about one entry of the list, given what is at the destination. Pure: no tree, no state.
//
// The flags are exactly what goes to the sender and what itemize prints. Source: lib/wire/FORMAT.md, items.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "volsync/tree.hpp"

#include "flist/entry.hpp"
#include "flist/item_flags.hpp"

#include "roles/apply_job.hpp"
#include "roles/receive_options.hpp"

namespace volsync::roles {

// What is at an entry's place.
struct present {
  file_status status;
  std::string link;           // target of a symbolic link
  bool same_content = false;  // -c: the digests agree
};

enum class step_kind : std::uint8_t {
  leave,     // nothing is done and nothing is said but `remark`
  keep,      // up to date; attributes are mended where the flags say so
  create,    // make the directory, link, device or special
  transfer,  // ask for the content
};

struct decision {
  step_kind what = step_kind::leave;
  flist::item_flags flags = 0;
  bool clear_way = false;  // what is there must be removed first: it is of another type
  // A line for the user, "NAME is newer"; the level at which it is said. `leave` only.
  enum class remark_level : std::uint8_t { none, skip, absent, nonreg, safe_links } level = remark_level::none;
  std::string_view remark;  // words after the name ("exists"), before it (nonreg), or what is not made (absent: "file")
};

// target: of a symbolic link in the list. path: on the wire. there: null if nothing is there.
[[nodiscard]] decision decide(flist::entry const& e, std::string_view path, std::string_view target,
                              present const* there, receive_options const& how);

// Whether size and time (or content, under -c) let a regular file pass as unchanged.
[[nodiscard]] bool passes_quick_check(flist::entry const& e, present const& there, receive_options const& how) noexcept;
// Whether -c wants the content of what is there digested before decide().
[[nodiscard]] bool wants_digest(flist::entry const& e, file_status const& there, receive_options const& how) noexcept;

[[nodiscard]] bool same_time(flist::entry const& e, file_status const& there, std::int64_t modify_window) noexcept;

// The differences in attributes of an entry that stays: the report_* bits. changes: it is transferred or made anew, so
// that a time that is not kept changes as well.
[[nodiscard]] flist::item_flags attribute_flags(flist::entry const& e, file_status const& there, bool changes,
                                                receive_options const& how);

// What has to be set so that the entry gets what it should have. there: what it has now (a file just made: its
// temporary); was: what was at its place before, if it is kept or replaced.
[[nodiscard]] wanted_attributes attributes_for(flist::entry const& e, file_status const& there, file_status const* was,
                                               receive_options const& how);
// Permissions of an entry at the end. was: as above.
[[nodiscard]] std::uint32_t final_mode(flist::entry const& e, file_status const* was,
                                       receive_options const& how) noexcept;

}  // namespace volsync::roles
