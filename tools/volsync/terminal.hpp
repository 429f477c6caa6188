// Questions on the terminal: host keys, passwords.
#pragma once

#include <memory>

#include <volsync/run.hpp>

namespace volsync::cli {

// Asks on /dev/tty, which is there even where standard input is not. Without a terminal every answer is no. A question
// under way ends when `cancel` is requested. Secrets are typed without echo.
[[nodiscard]] std::shared_ptr<prompter> make_terminal_prompter(cancellation const& cancel);

// Gives the terminal its echo back if a question took it. Async-signal-safe.
void restore_terminal() noexcept;

}  // namespace volsync::cli
