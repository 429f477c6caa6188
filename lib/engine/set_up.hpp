// What every run over a connection has in common: what the user's environment and files say, and the connection itself.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "filter/command_line.hpp"
#include "protocol/server_args.hpp"
#include "protocol/session.hpp"
#include "volsync/run.hpp"

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
[[nodiscard]] std::size_t worker_count(options const& o) noexcept;

// Opens the connection to the host of `remote`, runs the session over it, and ends it.
[[nodiscard]] finished over_connection(job const& what, location const& remote, protocol::server_command const& command,
                                       std::size_t threads, std::function<std::unique_ptr<protocol::session>()> const& make,
                                       observer& events, cancellation& cancel, std::shared_ptr<prompter> ask);

}  // namespace volsync::engine
