// The command line of the remote rsync: which words it gets, in rsync's order, and how they survive a remote shell.
//
// A stock server refuses words it does not know and derives from these words which bytes will follow, so they are
// exact: order, spelling and side (push or pull). Source: lib/protocol/README.md, arguments of the remote command.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <volsync/options.hpp>

#include "base/bytes.hpp"

namespace volsync::protocol {

// Who reads the words: a remote shell first, or a daemon, which splits and expands nothing but a path.
enum class addressee : std::uint8_t { remote_shell, daemon };

struct server_command {
  std::vector<std::string> words;  // after the remote program's name: "--server", ... each quoted for a shell already
  bytes first_input;               // -s: what is written before the handshake; else empty
};

// we_are_sender: push. letters: our compatibility letters as they follow "e" (".iLsfxCIvu"); empty below protocol 30.
// paths: push: the destination; pull: the sources; bytes as the user typed them after "host:"; for a daemon each begins
// with the module, and a module alone is written "module/".
[[nodiscard]] server_command make_server_command(options const& what, bool we_are_sender, std::string_view letters,
                                                 std::vector<std::string> const& paths,
                                                 addressee reader = addressee::remote_shell);

// The same words before any quoting: "--server", cluster, long options, ".", paths (-s does not hide them here).
[[nodiscard]] std::vector<std::string> make_server_args(options const& what, bool we_are_sender,
                                                        std::string_view letters,
                                                        std::vector<std::string> const& paths);

// Compatibility letters that these options allow: ".iLsfxCIvu", without `i` where incremental recursion cannot be.
// Empty below protocol 30.
[[nodiscard]] std::string compatibility_letters(options const& what, bool we_are_sender);

// True if incremental recursion is allowed by these options (the peer must agree as well).
[[nodiscard]] bool allows_incremental_recursion(options const& what, bool we_are_sender);

// Whether directories are sent without their content: there is no recursion, and -d was given or is implied by
// --list-only or --files-from.
[[nodiscard]] bool transfers_dirs(options const& what);

// Whether the list of --files-from lies on the other side: "host:file" or ":file". A colon behind a slash is part of a
// local name.
[[nodiscard]] bool names_come_from_server(options const& what);

// Quotes for the remote shell, which splits and expands the joined words once more. Wildcards of a path stay alive.
[[nodiscard]] std::string quoted_path(std::string_view path, options const& what, bool we_are_sender);
// A daemon cuts a path where " MODULE/" follows, unless the space is written as a pattern.
[[nodiscard]] std::string daemon_path(std::string_view path, options const& what);
[[nodiscard]] std::string quoted_value(std::string_view value);

}  // namespace volsync::protocol
