// What a receiving session needs of this host: who we are, which names its users have.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "protocol/receiving_session.hpp"

#include "engine/set_up.hpp"

namespace volsync::engine {

// For a client or a server. The filter, the handshake's side and what is expected are the caller's.
[[nodiscard]] std::variant<protocol::receiving_setup, refusal> receiving_setup(options const& o,
                                                                               std::shared_ptr<tree> files,
                                                                               std::string destination);

}  // namespace volsync::engine
