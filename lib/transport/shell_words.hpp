// The remote-shell command of `-e` and RSYNC_RSH as words, and the argument vector made of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "volsync/result.hpp"

#include "transport/ssh_settings.hpp"

namespace volsync::transport {

// Splits on spaces; '...' and "..." group, a doubled quote inside stands for one; a backslash is an ordinary byte.
// Errors: bad_shell_words (a quote that is not closed, no word at all).
[[nodiscard]] result<std::vector<std::string>> split_shell_words(std::string_view text);

// words [-l user] [-4|-6] host command...; the family only where the program's name is `ssh`.
[[nodiscard]] std::vector<std::string> shell_argv(std::vector<std::string> words, std::string const& user,
                                                  address_family family, std::string const& host,
                                                  std::vector<std::string> const& command);
// True if a word is `-l`: the command already names a user. (`-lx` in one word is not seen, as rsync does not see it.)
[[nodiscard]] bool names_user(std::vector<std::string> const& words);

}  // namespace volsync::transport
