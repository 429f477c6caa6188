/// @file
/// What a run tells while it goes on. The program's text, and whatever else spells a run, are made from these alone.
/// Events arrive on one thread (the protocol thread), one at a time. Texts are raw bytes, possibly from the peer:
/// escape them before printing (format.hpp does).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include <volsync/exit_code.hpp>
#include <volsync/report.hpp>

namespace volsync {

/// Something was decided or done about one entry of the file list, or one entry was deleted at the destination.
struct item {
  enum class action : std::uint8_t {
    change,  ///< see flags; a request of the generator or a local change at the destination
    remove,  ///< deleted at the destination
    list,    ///< --list-only
  };
  action what = action::change;
  std::uint16_t flags = 0;  ///< rsync's itemize flags (report_*, is_new, local_change, transfer)
  bool sending = true;      ///< direction seen from this process
  bool local = false;       ///< both ends are on this host
  std::uint32_t mode = 0;   ///< st_mode; for removals only the type counts
  std::string name;         ///< relative to the transfer root, without trailing slash
  std::string path;         ///< as the operand names it ("src/a"); empty: unknown, the name stands for it
  std::string link;         ///< symlink target, or the leader of a hard link
  bool hard_link = false;   ///< link is a hard link's leader
  std::int64_t size = 0;    ///< bytes
  std::int64_t mtime = 0;   ///< seconds
  std::uint32_t mtime_ns = 0;
  std::uint32_t uid = 0, gid = 0;
};

/// A file is being sent or was finished, or the run as a whole went on.
struct progress {
  std::string name;             ///< file in work
  std::int64_t done = 0;        ///< bytes of this file handled so far
  std::int64_t size = 0;        ///< bytes of this file
  bool finished = false;        ///< last report of this file
  std::int64_t total_done = 0;  ///< bytes of all transfers so far
  std::int64_t total_size = 0;  ///< bytes of all files listed so far
  std::int64_t transfers = 0;   ///< regular files transferred so far
  std::int64_t to_check = 0;    ///< entries after this one in what is listed so far
  std::int64_t entries = 0;     ///< entries listed so far
  bool list_complete = false;   ///< entries will not grow any more
};

/// A line for the user.
struct message {
  enum class level : std::uint8_t {
    info,
    warning,
    error,
    remote_error /**< raw standard error of the remote program */
  };
  level what = level::info;
  std::string text;  ///< without the final newline (remote_error: raw bytes as they came)
  bool from_peer = false;
};

/// One entry could not be handled; the run goes on and ends with code 23 (24 if it only vanished).
struct problem {
  std::string path;  ///< full local path
  std::string step;  ///< "opendir", "send_files failed to open", "readlink_stat", ...
  int error = 0;     ///< errno
  bool vanished = false;
  bool directory = false;
  std::string role = "sender";
};

/// Milestones that rsync prints lines about.
struct phase {
  enum class step : std::uint8_t { connected, list_started, list_complete };
  step what = step::connected;
  bool incremental = false;
  std::int64_t entries = 0;
};

/// The last event of a run.
struct finished {
  exit_code code = exit_code::success;
  std::string text;  ///< what went wrong, what to do next; empty on success
  report result;
  bool no_session = false;  ///< there was none to have figures of: a daemon's list of modules
  bool peer_told = false;   ///< the peer ended the run and printed its own error line: ours would repeat it
};

using event = std::variant<item, progress, message, problem, phase, finished>;

/// Receives events. Called on the protocol thread; must not block for long and must not throw.
class observer {
 public:
  virtual ~observer() = default;
  virtual void on_event(event const& what) = 0;
};

}  // namespace volsync
