// From a host's name to a connected socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.hpp"

#include "transport/errc.hpp"
#include "transport/ssh_settings.hpp"

namespace volsync::transport {

struct dial_request {
  std::string host;
  std::uint16_t port = 0;
  address_family family = address_family::any;
  std::string from;                 // the address of ours to use; empty: the system's choice
  std::chrono::seconds timeout{0};  // for all addresses of the host together; 0: the system's for each
};

struct dial_failure {
  struct attempt {
    std::string address;  // as numbers
    int error = 0;        // errno
  };
  transport_errc code = transport_errc::unreachable;  // unresolvable, refused, unreachable, connect_timed_out, aborted
  std::string reason;                                 // of `unresolvable`: the resolver's words
  std::vector<attempt> attempts;                      // each address that was tried; the last one decides the code
  bool in_time = true;                                // false: `timeout` was over
};

// A non-blocking socket without delay. Tries each address of the host in turn; blocks the calling thread, at most as
// long as the name server takes once abort_fd is readable.
[[nodiscard]] std::variant<unique_fd, dial_failure> dial(dial_request const& request, int abort_fd);

}  // namespace volsync::transport
