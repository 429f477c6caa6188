// The door for `host:path`: from what the command line says to a connection that runs the remote command.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "transport/choose.hpp"
#include "transport/connection.hpp"
#include "transport/prompter.hpp"

namespace volsync::transport {

struct remote_request {
  std::string host, user;  // as given; user empty: the configuration's
  address_family family = address_family::any;
  std::string shell;             // -e, else RSYNC_RSH; empty: neither, then `wish` decides
  bool user_from_shell = false;  // leave out `-l user` where the shell's words already have one (daemon over a shell)
  transport_wish wish = transport_wish::automatic;
  std::string ssh_config;  // --ssh-config: for `ssh -G`, libssh and a spawned ssh (-F); not with `shell`
  std::chrono::seconds connect_timeout{0};  // 0: the configuration's
  std::vector<std::string> command;         // program and arguments for the remote side, already quoted for its shell;
                                            // each one word of the local shell's argv, joined by spaces for libssh
};

// Never null. What goes wrong before a transport exists is told by the state of the connection given back. May block
// while `ssh -G` runs. `asks` null: nobody is asked by us (a spawned ssh asks on its terminal by itself).
[[nodiscard]] std::unique_ptr<connection> open_remote(remote_request const& request, std::shared_ptr<prompter> asks);

}  // namespace volsync::transport
