/// @file
/// The door to a whole move of volumes to another host: passes while live, stop, final pass, proof, start.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <volsync/exit_code.hpp>
#include <volsync/options.hpp>
#include <volsync/result.hpp>
#include <volsync/run.hpp>

namespace volsync {

/// A command of the user's around the cut-over, run by `/bin/sh -c` on one of the two hosts. A command that is stopped
/// half-way may be run again by a resumed migration, so it must bear that.
struct hook {
  std::string command;
  bool on_target = false;
  std::chrono::seconds timeout{600};
  friend bool operator==(hook const&, hook const&) = default;
};

/// The content of one directory that moves. Trailing slashes mean nothing here.
struct volume {
  std::string source;       ///< absolute path on this host
  std::string destination;  ///< absolute path on the target; empty: the same as source
  std::vector<filter_option> filters;
  /// In force only where `uname -m` differs between the hosts: files that would not work there.
  std::vector<filter_option> other_architecture_filters;
  bool allow_empty = false;  ///< an empty source is meant
  [[nodiscard]] std::string const& target_path() const noexcept { return destination.empty() ? source : destination; }
};

/// How the copy at the target is proved before it is started.
enum class verification : std::uint8_t {
  none,
  changed,   ///< what the final pass changed is looked at again on the target; the rest it compared itself
  metadata,  ///< every entry, in both directions
  content,   ///< the same, and every file by digest
};

/// What a migration may do by itself, and where it stops.
struct migration_policy {
  std::chrono::seconds max_downtime{60};
  int max_passes = 5;                      ///< live passes before the final one, at most
  int parallel = 0;                        ///< volumes at the same time; 0: by cores
  std::int64_t bandwidth_live = 0;         ///< bytes per second for each volume; 0: no limit
  std::int64_t bandwidth_final = 0;        ///< the same for the final pass
  verification proof = verification::changed;
  std::int64_t max_deletions = 1000;       ///< files that a pass may delete in any case
  double max_deletion_share = 0.2;         ///< or this share of what the source lists, if that is more
  bool unlimited_deletions = false;        ///< no limit at all
  bool continue_on_errors = false;         ///< live passes go on after exit code 23
  bool warnings_stop = false;              ///< a warning of the preflight is an error
  bool fsync = true;                       ///< the final pass writes each file to the disk before it has its name
  std::chrono::seconds timeout{600};       ///< of a silent peer
  std::chrono::seconds quiet_within{10};   ///< how long after the stop hook the last writer may take to go
};

/// A migration, whole. Everything that is not said here is taken from the hosts.
struct migration {
  std::string name;               ///< for messages and the default state directory; one path component
  location target;                ///< user and host; the path is not used
  volsync::options link;          ///< how it is reached: shell, program, ssh_config, transport, ...; the rest is not used
  std::vector<volume> volumes;
  std::vector<filter_option> filters;  ///< of every volume, behind its own
  std::vector<hook> stop_source, start_source, stop_target, start_target;
  std::vector<hook> before_pass, after_pass;
  std::vector<hook> checks;       ///< of the preflight: a command that fails is an error
  migration_policy policy;
  std::string state;              ///< directory of the journal; absolute
  std::string target_state;       ///< directory on the target; empty: /var/lib/volsync, or in the home of who is not root
  std::vector<std::string> reminders;  ///< told at the end of a migration that went well
};

enum class migration_command : std::uint8_t { plan, presync, final, migrate, verify };

struct migration_request {
  migration_command what = migration_command::plan;
  bool rehearse = false;  ///< migrate: all but stop and start
  bool resume = false;    ///< migrate: go on where the journal ends
  bool content = false;   ///< verify: by digest
};

/// Something that happened, as the journal has it. `json` is one line of JSON without the newline, its members are
/// those of lib/migrate/JOURNAL.md; `text` is one sentence for a user (escaped), empty where there is nothing to say.
struct migration_event {
  enum class level : std::uint8_t { detail, info, warning, error };
  level what = level::info;
  std::string kind;  ///< "step", "hook", "finding", "pass", ...
  std::string text;
  std::string json;
};

/// Where a migration stands. Comes often while a pass runs.
struct migration_progress {
  std::string step;                          ///< "presync", "final", ...
  int pass = 0;                              ///< number of the pass; 0: none
  std::string volume;                        ///< source of the volume that is told of; empty: all together
  std::int64_t bytes_done = 0, bytes_total = 0;  ///< of the files' contents
  std::int64_t files_done = 0;               ///< entries that need no more looking at
  std::int64_t files_total = 0;              ///< entries listed so far
  double bytes_per_second = 0;
  std::chrono::seconds remaining{-1};        ///< negative: not known yet
  std::chrono::duration<double> downtime{0};  ///< since the stop hook began; 0: nothing is stopped
};

/// Receives what happens; one call at a time, on any thread. Must not throw.
class migration_observer {
 public:
  virtual ~migration_observer() = default;
  virtual void on_event(migration_event const& what) = 0;
  virtual void on_progress(migration_progress const& where) = 0;
  /// Asked before services are stopped and when the preflight warns. False ends the migration before anything changed.
  virtual bool confirm(std::string const& question) = 0;
};

/// How it ended. Which side serves now is what counts.
struct migration_outcome {
  /// Who is in service: `untouched`: nobody was stopped or started by this migration.
  enum class serving : std::uint8_t { untouched, source, target, unknown };
  exit_code code = exit_code::success;
  std::string text;  ///< what went wrong, where, what next; or what was done
  serving who = serving::untouched;
  std::chrono::duration<double> downtime{0};            ///< from the stop hook's begin to the start hook's end
  std::chrono::duration<double> predicted_downtime{0};  ///< as said before the stop
  std::int64_t differences = 0;                         ///< found by a verification
};

/// Runs one command of a migration to its end. Blocking. Two at a time on one state directory are refused.
/// @param ask  passwords and host keys; null: every question is answered with no
migration_outcome migrate(migration const& what, migration_request const& how, migration_observer& events,
                          cancellation& cancel, std::shared_ptr<prompter> ask = nullptr);

/// The migration that the journal in `state` belongs to, so that it can be resumed without its job file.
/// Errors: errno of the journal; EINVAL: it has no job that can be read.
[[nodiscard]] result<migration> journalled_migration(std::string const& state);

enum class report_format : std::uint8_t { text, json, html };

/// The story of a migration from its journal. Errors: errno of the journal; EINVAL: it is none.
[[nodiscard]] result<std::string> migration_report(std::string const& state, report_format as);

}  // namespace volsync
