// A command run as a child process; its standard input and output are the pipe, its standard error is kept apart.
//
// The child stays in our process group: a remote shell can ask on the terminal, and Ctrl-C reaches it too. It gets the
// signal mask of the thread that called start() and the default SIGPIPE; no descriptor of ours but 0, 1 and 2.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "transport/connection.hpp"

namespace volsync::transport {

struct process_options {
  std::vector<std::string> argv;  // argv[0] is searched in PATH; at least one word
  std::string description;        // what description() says; empty: the program's name
};

// The child is started by start(); a command that cannot be run gives program_not_started. A child that closes its
// input while we have bytes for it is no failure if it ends within a second (its exit status says more): queued output
// is dropped. abort() closes the pipes and sends TERM, 1.5 s later KILL. Errors that it wrote before its end are queued
// before `exit` is set.
[[nodiscard]] std::unique_ptr<connection> make_process_connection(process_options options);

}  // namespace volsync::transport
