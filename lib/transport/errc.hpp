// Why a pipe to a peer could not be opened, or broke: one sentence each.
#pragma once

#include <system_error>

namespace volsync::transport {

enum class transport_errc {
  unresolvable = 1,       // the host name has no address
  refused,                // the host refuses the connection
  unreachable,            // no route to the host, or the network is down
  connect_timed_out,      // the host did not answer within the time allowed for connecting
  handshake_failed,       // what answered does not speak SSH, or no common algorithm was found
  host_key_unknown,       // the host's key is in no known_hosts file and nobody accepted it
  host_key_changed,       // the host shows another key than the one known for it, or a revoked one
  authentication_failed,  // the host accepts none of the keys and passwords offered
  command_not_started,    // connected, but the remote command was refused
  program_not_started,    // the local remote-shell program cannot be run
  connection_lost,        // the pipe broke before the peer had closed it
  peer_silent,            // the host answers no keep-alive any more
  aborted,                // this side gave up
  bad_configuration,      // the SSH configuration cannot be read, or asks for what no transport can do
  bad_shell_words,        // the remote-shell command cannot be split into words
};

[[nodiscard]] std::error_category const& transport_category() noexcept;
[[nodiscard]] std::error_code make_error_code(transport_errc value) noexcept;

}  // namespace volsync::transport

template <>
struct std::is_error_code_enum<volsync::transport::transport_errc> : std::true_type {};
