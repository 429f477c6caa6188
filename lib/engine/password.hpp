// Where a daemon's password comes from: a file, the environment, or somebody who is asked.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "volsync/options.hpp"
#include "volsync/run.hpp"

namespace volsync::engine {

struct password_problem {
  exit_code code = exit_code::syntax;
  std::string text;
  bool named = false;  // the program's name stands before it
};

// The first of --password-file ("-": standard input), RSYNC_PASSWORD and the prompter. A file that others may read or
// write, or that root does not own while we are root, is refused. `role` stands in the sentence about one that is
// missing. The caller wipes the text.
[[nodiscard]] std::variant<std::string, password_problem> find_password(options const& what,
                                                                        std::shared_ptr<prompter> const& ask,
                                                                        std::string const& role);

}  // namespace volsync::engine
