// What the sender needs of a tree, over held source roots.
#pragma once

#include <memory>

#include "fs/source_roots.hpp"

#include "roles/reply_job.hpp"
#include "roles/sender.hpp"

namespace volsync::roles {

[[nodiscard]] file_opener opener_over(std::shared_ptr<fs::source_roots> roots);
// All but the names of users and groups.
[[nodiscard]] sender_parts parts_over(std::shared_ptr<fs::source_roots> const& roots,
                                      std::shared_ptr<lister_source const> lister);

}  // namespace volsync::roles
