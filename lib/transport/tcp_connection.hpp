// A connection to a port of a host, without encryption and without a program of ours at its other end.
//
// There is no exit status behind a socket: `exit` is set to 0 when the peer has closed the connection in order, so that
// whoever waits for a remote program's end need not know the difference.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "transport/connection.hpp"
#include "transport/dial.hpp"

namespace volsync::transport {

// Dials on its own thread. Failures: those of dial(); connection_lost when the socket breaks; aborted.
[[nodiscard]] std::unique_ptr<connection> make_tcp_connection(dial_request request);

}  // namespace volsync::transport
