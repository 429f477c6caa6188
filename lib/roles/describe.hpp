// An item of the stream as an event: what both halves tell their observer about an entry.
#pragma once

#include <string>

#include "volsync/events.hpp"
#include "volsync/report.hpp"

#include "flist/list.hpp"

#include "roles/values.hpp"

namespace volsync::roles {

// in: the list that holds the entry's texts; null for the directory of a list. path: its name for the user.
[[nodiscard]] item describe(request const& what, flist::list const* in, flist::entry const& e, std::string path);
// Adds one of an entry's type.
void count(entry_counts& in, std::uint32_t mode) noexcept;

}  // namespace volsync::roles
