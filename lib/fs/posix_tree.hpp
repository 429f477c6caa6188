// The tree of the running system.
#pragma once

#include <memory>

#include "volsync/tree.hpp"

namespace volsync::fs {

// Never null. Any thread. The umask is read now; a process that makes it stricter later makes another tree.
[[nodiscard]] std::shared_ptr<tree> make_posix_tree();

}  // namespace volsync::fs
