/// @file
/// The other door: a server that a client started on this host (`rsync --server ...`), talking through two descriptors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <volsync/events.hpp>
#include <volsync/run.hpp>
#include <volsync/tree.hpp>

namespace volsync {

/// Whether these arguments (argv, with the program's name first) ask for a server.
[[nodiscard]] bool asks_to_serve(std::vector<std::string> const& arguments);

/// Serves one client to its end. Blocking. What the user should see travels to the client, but for errors, which are
/// told as events to be written to standard error; standard output belongs to the client.
/// @param arguments  argv, with the program's name first
/// @param in, out    descriptors to the client, not owned; may be the same
/// @param files      the local tree; null: the real file system
/// @return how it ended; also the observer's last event, unless the client tells its user by itself (codes 23 and 24)
finished serve(std::vector<std::string> const& arguments, int in, int out, observer& events, cancellation& cancel,
               std::shared_ptr<tree> files = nullptr);

}  // namespace volsync
