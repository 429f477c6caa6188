// Removes what stands in an entry's place and is of another type.
//
// A directory goes with its content only if deletions or --force were asked for, and never with what the rules protect.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "roles/examine_job.hpp"

namespace volsync::roles {

struct cleared {
  bool gone = false;  // nothing is there any more
  bool had_errors = false;
  entry_counts removed;  // what a directory contained
};

// path: of `name` below the destination. mode: of what is there. e: what shall be there. What there is to be said,
// why it stays included, is appended to `events`.
[[nodiscard]] cleared clear_way(examine_context const& context, directory const& in, leaf_name const& name,
                                std::string const& path, std::uint32_t mode, flist::entry const& e,
                                std::vector<event>& events);

void add(entry_counts& to, entry_counts const& more) noexcept;

}  // namespace volsync::roles
