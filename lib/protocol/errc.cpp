// Sentences and exit codes of session errors.
#include "protocol/errc.hpp"

#include <string>

#include "wire/errc.hpp"

#include "roles/errc.hpp"

namespace volsync::protocol {
namespace {

class category final : public std::error_category {
  char const* name() const noexcept override { return "protocol"; }
  std::string message(int value) const override {
    switch (static_cast<protocol_errc>(value)) {
      case protocol_errc::not_rsync:
        return "protocol version mismatch -- is your shell clean?";
      case protocol_errc::peer_too_old:
        return "the remote rsync speaks a protocol older than 30 (openrsync, or rsync before 3.0)";
      case protocol_errc::unwanted_recursion:
        return "the server uses incremental recursion, which our options forbid";
      case protocol_errc::closed_early:
        return "connection unexpectedly closed";
      case protocol_errc::unexpected_message:
        return "the peer sent a message that only the other side may send";
      case protocol_errc::too_many_rules:
        return "the peer sent more than 100000 filter rules";
      case protocol_errc::too_many_ids:
        return "the peer sent more than a million names of users or groups";
      case protocol_errc::arguments_too_long:
        return "the arguments from standard input have no end";
      case protocol_errc::names_too_long:
        return "the peer sent a name, or names, longer than any path";
      case protocol_errc::not_a_daemon:
        return "did not see server greeting";
      case protocol_errc::overlong_greeting:
        return "the daemon says more than a daemon may before a session";
      case protocol_errc::no_common_digest:
        return "Failed to negotiate a daemon auth checksum choice.";
      case protocol_errc::daemon_refused:
        return "the daemon refuses the request";
      case protocol_errc::no_answer:
        return "didn't get server startup line";
    }
    return "unknown protocol error";
  }
};

}  // namespace

std::error_code make_error_code(protocol_errc e) noexcept {
  static category const words;
  return {static_cast<int>(e), words};
}

exit_code exit_code_of(std::error_code e) noexcept {
  if (e == make_error_code(protocol_errc::not_rsync) || e == make_error_code(protocol_errc::peer_too_old))
    return exit_code::protocol;
  if (e == make_error_code(protocol_errc::unwanted_recursion)) return exit_code::syntax;
  if (e == make_error_code(protocol_errc::too_many_rules) || e == make_error_code(protocol_errc::too_many_ids))
    return exit_code::protocol;
  if (e == make_error_code(protocol_errc::no_common_digest)) return exit_code::unsupported;
  for (auto const start : {protocol_errc::not_a_daemon, protocol_errc::overlong_greeting, protocol_errc::daemon_refused,
                           protocol_errc::no_answer}) {
    if (e == make_error_code(start)) return exit_code::start_client;
  }
  if (e.category() == make_error_code(protocol_errc::closed_early).category()) return exit_code::stream;
  if (e.category() == roles::make_error_code(roles::role_errc::no_such_index).category()) return exit_code::protocol;
  return wire::exit_code_for(e);
}

}  // namespace volsync::protocol
