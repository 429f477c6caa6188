// What a sending session needs of the user's options and files.
#pragma once

#include <memory>
#include <variant>

#include "protocol/sending_session.hpp"

#include "engine/set_up.hpp"

namespace volsync::engine {

// For a client. The connection and the names of ids are the caller's.
[[nodiscard]] std::variant<protocol::sending_setup, refusal> sending_setup(job const& what,
                                                                           std::shared_ptr<tree> files);

}  // namespace volsync::engine
