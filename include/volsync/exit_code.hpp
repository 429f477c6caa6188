/// @file
/// The exit codes of a run: rsync's table.
#pragma once

#include <string_view>

namespace volsync {

enum class exit_code : int {
  success = 0,
  syntax = 1,            ///< bad options or usage
  protocol = 2,          ///< no common protocol version, or a peer that breaks it
  file_selection = 3,    ///< the input or output files could not be selected
  unsupported = 4,       ///< the requested action is not supported
  start_client = 5,      ///< the client-server protocol could not be started
  socket_io = 10,        ///< error in socket I/O
  file_io = 11,          ///< error in file I/O
  stream = 12,           ///< error in the protocol data stream
  message_io = 13,       ///< error with program diagnostics
  ipc = 14,              ///< error in IPC code
  signal = 20,           ///< received SIGINT, SIGTERM or SIGHUP
  wait = 21,             ///< waiting for the remote shell failed
  memory = 22,           ///< a memory limit was reached
  partial = 23,          ///< some files or attributes were not transferred
  vanished = 24,         ///< some files vanished before they could be transferred
  delete_limit = 25,     ///< --max-delete stopped deletions
  timeout = 30,          ///< timeout in data send/receive
  connect_timeout = 35,  ///< timeout waiting for a daemon connection
  remote_shell = 124,
  remote_killed = 125,
  remote_not_runnable = 126,
  remote_not_found = 127,
};

/// rsync's words for a code ("partial transfer..."); "unexplained error" for one that is not in the table.
[[nodiscard]] std::string_view meaning(exit_code code) noexcept;

}  // namespace volsync
