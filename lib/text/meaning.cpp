// The table of exit codes in rsync's words: scripts look for them.
#include <volsync/exit_code.hpp>

namespace volsync {

std::string_view meaning(exit_code code) noexcept {
  switch (code) {
    case exit_code::success:
      return "success";
    case exit_code::syntax:
      return "syntax or usage error";
    case exit_code::protocol:
      return "protocol incompatibility";
    case exit_code::file_selection:
      return "errors selecting input/output files, dirs";
    case exit_code::unsupported:
      return "requested action not supported";
    case exit_code::start_client:
      return "error starting client-server protocol";
    case exit_code::socket_io:
      return "error in socket IO";
    case exit_code::file_io:
      return "error in file IO";
    case exit_code::stream:
      return "error in rsync protocol data stream";
    case exit_code::message_io:
      return "errors with program diagnostics";
    case exit_code::ipc:
      return "error in IPC code";
    case exit_code::signal:
      return "received SIGINT, SIGTERM, or SIGHUP";
    case exit_code::wait:
      return "waitpid() failed";
    case exit_code::memory:
      return "error allocating core memory buffers";
    case exit_code::partial:
      return "some files/attrs were not transferred (see previous errors)";
    case exit_code::vanished:
      return "some files vanished before they could be transferred";
    case exit_code::delete_limit:
      return "the --max-delete limit stopped deletions";
    case exit_code::timeout:
      return "timeout in data send/receive";
    case exit_code::connect_timeout:
      return "timeout waiting for daemon connection";
    case exit_code::remote_shell:
      return "remote shell failed";
    case exit_code::remote_killed:
      return "remote shell killed";
    case exit_code::remote_not_runnable:
      return "remote command could not be run";
    case exit_code::remote_not_found:
      return "remote command not found";
  }
  // A peer's status that is in the table but that no part of ours ends with.
  switch (static_cast<int>(code)) {
    case 15:
      return "sibling process crashed";
    case 16:
      return "sibling process terminated abnormally";
    case 19:
      return "received SIGUSR1";
    default:
      return "unexplained error";
  }
}

}  // namespace volsync
