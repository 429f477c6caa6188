// What every run over a connection has in common: what the user's environment and files say, and the connection itself.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "volsync/run.hpp"

#include "filter/command_line.hpp"

#include "fs/scan.hpp"

#include "protocol/server_args.hpp"
#include "protocol/session.hpp"

namespace volsync::engine {

// Ends the run before it began.
struct refusal {
  exit_code code;
  std::string text;
};
[[nodiscard]] finished refused(refusal why);

// All of a file that the user named; "-" is standard input, from where it stands. Errors: errno.
[[nodiscard]] result<std::string> read_file(std::string const& name);
// Of the environment; empty if it is not set.
[[nodiscard]] std::string variable(char const* name);
// Where filter rules come from in this environment.
[[nodiscard]] filter::sources filter_sources();
// How directories are read under these options.
[[nodiscard]] fs::scan_options scan_options_of(options const& o);
[[nodiscard]] std::size_t worker_count(options const& o) noexcept;

// Whom the words of a command are meant for.
[[nodiscard]] protocol::addressee addressee_of(location const& remote) noexcept;

// A run over a connection.
struct call {
  job const& what;
  location const& remote;
  protocol::server_command const& command;  // of the program there
  std::string role;                         // ours: "sender", "receiver"
  std::size_t threads = 1;
};
// What a session must know of how it is connected.
struct connected {
  std::optional<std::int32_t> version;  // a daemon: agreed on already
  bytes first_input;                    // goes before everything else
};

// Opens the connection, makes the session, runs it, and ends both.
[[nodiscard]] finished over_connection(call const& that,
                                       std::function<std::unique_ptr<protocol::session>(connected const&)> const& make,
                                       observer& events, cancellation& cancel, std::shared_ptr<prompter> ask);

}  // namespace volsync::engine
