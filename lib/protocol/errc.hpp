// How a conversation can fail beyond the grammar of its messages; each ends the session.
#pragma once

#include <cstddef>
#include <system_error>

#include "volsync/exit_code.hpp"

namespace volsync::protocol {

enum class protocol_errc {
  not_rsync = 1,       // the first bytes are no version number: the remote shell printed something (exit 2)
  peer_too_old,        // the peer speaks a protocol before 30 (exit 2)
  unwanted_recursion,  // the server turned incremental recursion on although we forbade it (exit 1)
  closed_early,        // the peer's stream ended in the middle of the run (exit 12)
  unexpected_message,  // a message that this peer may not send (exit 12)
  too_many_rules,      // the filter list has more rules than anybody needs (exit 2)
  too_many_ids,        // a list of ids is longer than anybody needs (exit 2)
  not_a_daemon,        // what answers does not greet as an rsync daemon (exit 5)
  overlong_greeting,   // a daemon's line is too long, or there are too many (exit 5)
  no_common_digest,    // a daemon asks for a secret by no digest that we have (exit 4)
  daemon_refused,      // a daemon said why it sends us away (exit 5)
  no_answer,           // a daemon hung up before it had said yes or no (exit 5)
  arguments_too_long,  // the secluded words of a client never end (exit 12)
  names_too_long,      // a name of --files-from, or all of them, beyond every bound (exit 12)
};
[[nodiscard]] std::error_code make_error_code(protocol_errc e) noexcept;

// Limits of what a peer may send.
inline constexpr std::size_t filter_rules_at_most = 100'000;
inline constexpr std::size_t ids_at_most = std::size_t{1} << 20;

// The exit code of any error of a session: of wire, delta, checksum, roles and protocol.
[[nodiscard]] exit_code exit_code_of(std::error_code e) noexcept;

}  // namespace volsync::protocol

template <>
struct std::is_error_code_enum<volsync::protocol::protocol_errc> : std::true_type {};
