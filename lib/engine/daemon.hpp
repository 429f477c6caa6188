// The way into a daemon: its connection, its text, its password; and out again with a session to begin, or without.
//
// The conversation is protocol::daemon_greeting's; here are its socket or remote shell, its deadlines, and who is asked
// for the password. A password is never printed, passed on or kept.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "volsync/run.hpp"

#include "base/bytes.hpp"

#include "transport/connection.hpp"

#include "engine/mailbox.hpp"

namespace volsync::engine {

// Where a session can begin, without an exchange of versions. The connection has been started; what it gives first is
// what the daemon said after its OK.
struct daemon_entry {
  std::unique_ptr<transport::connection> peer;
  std::int32_t protocol = 0;
};

// Who waits, and who is told.
struct daemon_caller {
  observer& events;
  cancellation& cancel;
  mailbox& box;
  std::shared_ptr<prompter> ask;  // null: a password is looked for elsewhere only
  std::string role;               // of ours, in sentences: "sender", "receiver"
};

// Goes to the daemon that `where` names (where.daemon holds). No module: its list is told, and the run is over.
// `arguments` follow its OK. Called on the protocol thread; at most options.connect_timeout until the daemon's first
// word. A daemon is reached through a remote shell only if one was given as an option, and else by RSYNC_CONNECT_PROG
// or a socket.
[[nodiscard]] std::variant<daemon_entry, finished> enter_daemon(location const& where, options const& what,
                                                                bytes arguments, daemon_caller const& caller);

}  // namespace volsync::engine
