// A remote command over SSH, spoken in this process by libssh.
//
// All of libssh is used by the connection's one thread. The host's key is checked before any authentication, and
// nothing of the peer's is read before that.
#pragma once

#include <memory>
#include <string>

#include "transport/connection.hpp"
#include "transport/prompter.hpp"
#include "transport/ssh_settings.hpp"

namespace volsync::transport {

struct ssh_request {
  ssh_settings settings;
  std::string command;             // one line for the remote user's shell
  std::shared_ptr<prompter> asks;  // null: nobody is asked, what is unknown is refused
  std::string description;         // what description() says; empty: one of ours
};

// States: `connected` once the command was accepted. Both take_input and take_errors must be called on a wake: they
// share one window, so errors that are left lying stop the input too. A remote signal is reported as
// remote_exit::signal. abort() asks for the remote command to be sent TERM, closes the channel and disconnects, within
// 1 s altogether.
[[nodiscard]] std::unique_ptr<connection> make_ssh_connection(ssh_request request);

}  // namespace volsync::transport
