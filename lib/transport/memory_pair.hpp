// Two connections in one process, each the other's peer: for embedding and for tests, which may narrow, delay or cut
// them.
//
// No thread: wake functions are called on the thread that put, took or ended something, outside of all locks.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "transport/connection.hpp"

namespace volsync::transport {

// How one end is made worse than memory. Defaults: not at all.
struct memory_limits {
  std::size_t take_at_most = std::numeric_limits<std::size_t>::max();       // bytes handed out by one take_input
  std::uint64_t cut_output_at = std::numeric_limits<std::uint64_t>::max();  // after so many bytes put by this end,
                                                                            // both ends see connection_lost
};

// Both ends are `connected` after start(). Bytes put before the peer's start() wait for it. The peer of an end that is
// aborted or destroyed before end_output() sees connection_lost; after end_output() it sees the end of input. When both
// have ended, each state has exit status 0. The pair lives until both ends are gone.
[[nodiscard]] std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>> make_memory_pair(
    memory_limits const& first = {}, memory_limits const& second = {});

}  // namespace volsync::transport
