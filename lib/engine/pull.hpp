// A pull: files of another host come here.
#pragma once

#include <memory>

#include "volsync/run.hpp"

namespace volsync::engine {

// Sources: one or more paths of one host; the destination is local. files: never null.
[[nodiscard]] finished run_pull(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files,
                                std::shared_ptr<prompter> ask);

}  // namespace volsync::engine
