// Removes a directory with all that is in it.
#pragma once

#include "volsync/tree.hpp"

namespace volsync::fs {

// Contents before directories, nothing is asked, links are not followed. Errors: errno of the first entry that stays; the
// rest was removed as far as it went. Entries that are gone already do not matter.
[[nodiscard]] result<void> remove_all(directory const& in, leaf_name const& name);

}  // namespace volsync::fs
