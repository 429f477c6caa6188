// The two descriptors by which somebody started us as a server: usually standard input and output.
#pragma once

#include <memory>
#include <string>

#include "transport/connection.hpp"

namespace volsync::transport {

// The descriptors are not owned; they may be one socket. While it lives, `out` does not block (its old flags come back
// at the end). There is nobody whose end could be awaited: `exit` is set to status 0 once end_output() was
// called and all output was taken. A peer that no longer takes output is connection_lost. There are no errors to take.
[[nodiscard]] std::unique_ptr<connection> make_stdio_connection(int in, int out);

}  // namespace volsync::transport
