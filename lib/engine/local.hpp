// A run whose source and destination are both on this host.
#pragma once

#include <memory>

#include "volsync/run.hpp"

namespace volsync::engine {

[[nodiscard]] finished run_local(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files);

}  // namespace volsync::engine
