// Starting a program with its three standard streams on descriptors of ours, and running one for its output.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "volsync/result.hpp"

#include "base/unique_fd.hpp"

namespace volsync::transport {

// Two ends of a pipe, close-on-exec, neither of them 0, 1 or 2. Errors: errno.
struct pipe_ends {
  unique_fd read, write;
};
[[nodiscard]] result<pipe_ends> make_pipe();

// Starts argv (argv[0] searched in PATH) with the signal mask given and SIGPIPE at its default. The caller owns the
// child and must reap it. Errors: errno of what failed, ENOENT for a program that does not exist.
[[nodiscard]] result<pid_t> spawn(std::vector<std::string> const& argv, int in, int out, int err, sigset_t const& mask);

// Blocks all signals for the calling thread, for good: signals are the program's other threads', and a SIGPIPE that is
// pending for this one must go with it. Gives back the mask as it was.
sigset_t block_signals();

// What a program wrote, at most 1 MiB of each, and how it ended.
struct captured {
  int status = -1;  // exit status; -1 if a signal or the time-out ended it
  std::string out, err;
};
// Standard input is empty. After `timeout` the program is killed. Errors: errno if it cannot be run.
[[nodiscard]] result<captured> run_captured(std::vector<std::string> const& argv, std::chrono::milliseconds timeout);

}  // namespace volsync::transport
