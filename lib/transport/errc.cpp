#include "transport/errc.hpp"

#include <string>

namespace volsync::transport {
namespace {

char const* sentence(transport_errc value) {
  switch (value) {
    case transport_errc::unresolvable:
      return "the host name has no address";
    case transport_errc::refused:
      return "the host refuses the connection";
    case transport_errc::unreachable:
      return "the host cannot be reached";
    case transport_errc::connect_timed_out:
      return "the host did not answer in time";
    case transport_errc::handshake_failed:
      return "the SSH handshake failed";
    case transport_errc::host_key_unknown:
      return "the host's key is not known";
    case transport_errc::host_key_changed:
      return "the host's key is not the one known for it";
    case transport_errc::authentication_failed:
      return "the host does not let us in";
    case transport_errc::command_not_started:
      return "the remote command was refused";
    case transport_errc::program_not_started:
      return "the remote-shell program cannot be run";
    case transport_errc::connection_lost:
      return "the connection was lost";
    case transport_errc::peer_silent:
      return "the host does not answer any more";
    case transport_errc::aborted:
      return "the connection was given up";
    case transport_errc::bad_configuration:
      return "the SSH configuration cannot be used";
    case transport_errc::bad_shell_words:
      return "the remote-shell command cannot be split into words";
  }
  return "unknown transport error";
}

class category final : public std::error_category {
 public:
  char const* name() const noexcept override { return "transport"; }
  std::string message(int value) const override { return sentence(static_cast<transport_errc>(value)); }
};

}  // namespace

std::error_category const& transport_category() noexcept {
  static category const the_category;
  return the_category;
}

std::error_code make_error_code(transport_errc value) noexcept {
  return {static_cast<int>(value), transport_category()};
}

}  // namespace volsync::transport
