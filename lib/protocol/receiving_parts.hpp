// What the receiving session keeps of a file whose answer is being read.
#pragma once

#include <optional>

#include "protocol/receiving_session.hpp"

namespace volsync::protocol {

struct receiving_session::file_under_way {
  roles::request what;
  std::optional<wire::token_reader> tokens;
};

}  // namespace volsync::protocol
