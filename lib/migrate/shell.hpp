// Commands on either host: hooks of the user's, and scripts of ours.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "volsync/migrate.hpp"

namespace volsync::migrate {

struct shell_outcome {
  int code = -1;           // exit code of the command; 128 + n after a signal; -1: it did not run or did not end in time
  bool timed_out = false;
  std::string out, err;    // what it wrote, raw; each cut at 64 MiB (the script's) or to its end (the hook's 64 KiB)
  std::string failure;     // why there is no code: a sentence
  [[nodiscard]] bool ok() const noexcept { return code == 0; }
};

// Runs commands on this host or, over the transport of the link, on another one. One thread at a time.
class shell {
 public:
  // host empty: this one.
  shell(location host, options const& link, cancellation& cancel, std::shared_ptr<prompter> ask);
  // The command's text is read by /bin/sh on that host from its standard input, so it needs no quoting; commands in it
  // have /dev/null as theirs. Ends when the time is up (the command is told to end), or when it is cancelled unless `to_its_end`.
  [[nodiscard]] shell_outcome run(std::string const& script, std::chrono::seconds at_most, bool to_its_end = false);

 private:
  location host_;
  options const& link_;
  cancellation& cancel_;
  std::shared_ptr<prompter> ask_;
};

// One word for a POSIX shell: in single quotes.
[[nodiscard]] std::string quoted(std::string_view word);

}  // namespace volsync::migrate
