/// @file
/// What a run is asked to do: rsync's options as values. Defaults are those of `rsync` without options.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace volsync {

/// When destination files that the source does not have are deleted.
enum class delete_mode : std::uint8_t {
  none,
  automatic,  ///< --delete: the mode is the receiving side's choice (during)
  before,
  during,
  delay,
  after,
};

/// One filter option, in command-line order (order decides).
struct filter_option {
  enum class kind : std::uint8_t {
    rule,           ///< --filter=TEXT
    exclude,        ///< --exclude=TEXT
    include,        ///< --include=TEXT
    exclude_from,   ///< --exclude-from=FILE ("-": standard input)
    include_from,   ///< --include-from=FILE
    per_directory,  ///< -F: `: /.rsync-filter` the first time, `- .rsync-filter` the second
  };
  kind what = kind::rule;
  std::string text;
  friend bool operator==(filter_option const&, filter_option const&) = default;
};

struct options {
  // What is looked at.
  bool recurse = false;      ///< -r
  std::optional<bool> dirs;  ///< -d, --no-d; unset: implied by other options
  bool relative = false;     ///< -R (also set by --files-from unless --no-R)
  bool implied_dirs = true;  ///< --no-implied-dirs
  int one_file_system = 0;   ///< -x (2: mount points are left out as well)
  bool copy_links = false;   ///< -L
  bool copy_unsafe_links = false;
  bool safe_links = false;
  bool copy_dirlinks = false;  ///< -k
  bool keep_dirlinks = false;  ///< -K
  std::vector<filter_option> filters;
  bool cvs_exclude = false;  ///< -C
  std::optional<std::string>
      files_from;      ///< file name, "-" for standard input, "host:file" or ":file" for one on the remote
  bool from0 = false;  ///< -0

  // What is kept.
  bool links = false;            ///< -l
  bool perms = false;            ///< -p
  bool executability = false;    ///< -E
  bool times = false;            ///< -t
  bool omit_dir_times = false;   ///< -O
  bool omit_link_times = false;  ///< -J
  bool group = false;            ///< -g
  bool owner = false;            ///< -o
  bool devices = false;          ///< --devices
  bool specials = false;         ///< --specials
  bool hard_links = false;       ///< -H
  bool numeric_ids = false;
  int acls = 0, xattrs = 0, atimes = 0, crtimes = 0;  ///< -A -X -U -N: not supported yet, refused with exit code 4

  // What is transferred.
  bool checksum = false;      ///< -c
  bool ignore_times = false;  ///< -I
  bool size_only = false;
  std::optional<std::int64_t> modify_window;  ///< seconds; negative: nanoseconds count
  bool update = false;                        ///< -u
  bool existing = false;                      ///< --existing (--ignore-non-existing)
  bool ignore_existing = false;
  std::optional<std::int64_t> min_size, max_size;  ///< bytes
  std::string min_size_text, max_size_text;        ///< as typed, forwarded to the receiver
  std::optional<bool> whole_file;                  ///< -W, --no-W
  std::int32_t block_size = 0;                     ///< -B, bytes; 0: chosen by file size
  std::string checksum_choice;                     ///< --checksum-choice=A[,B]; empty or "auto": negotiated
  std::int32_t checksum_seed = 0;                  ///< 0: chosen by the server
  bool inc_recursive = true;                       ///< --no-inc-recursive

  // What is removed.
  delete_mode deletion = delete_mode::none;
  bool delete_excluded = false;
  std::optional<std::int64_t> max_delete;
  bool ignore_errors = false;
  bool force = false;

  // How it is written at the destination.
  bool dry_run = false;  ///< -n
  bool partial = false;
  std::string partial_dir;
  bool inplace = false;
  std::string temp_dir;
  bool sparse = false, preallocate = false, delay_updates = false, fsync = false, mkpath = false;

  // What is said.
  int verbose = 0;         ///< -v count
  bool quiet = false;      ///< -q
  int itemize = 0;         ///< -i count
  bool progress = false;   ///< --progress, -P
  int human_readable = 1;  ///< 0 plain, 1 separators, 2 units of 1000, 3 units of 1024
  bool stats = false;
  std::vector<std::string> info;  ///< --info=WORDS as typed, in order
  bool list_only = false;
  bool eight_bit_output = false;  ///< -8
  std::string out_format;         ///< --out-format; empty: none
  enum class stderr_mode : std::uint8_t { errors, all, client } errors_to = stderr_mode::errors;

  // How the peer is reached.
  std::string remote_shell;                 ///< -e; empty: RSYNC_RSH decides, then the transport of choice
  bool remote_shell_given = false;          ///< -e was on the command line
  std::string remote_program = "rsync";     ///< --rsync-path
  std::vector<std::string> remote_options;  ///< -M, in order
  int address_family = 0;                   ///< 4, 6, or 0 for either
  std::chrono::seconds timeout{0};          ///< 0: none
  std::chrono::seconds connect_timeout{0};
  std::int64_t bandwidth_limit = 0;  ///< bytes per second; 0: none
  int protocol = 32;                 ///< highest version offered, 30..32
  bool secluded_args = false;        ///< -s
  int old_args = 0;                  ///< --old-args
  bool trust_sender = false;         ///< --trust-sender: in a pull, whatever the other side lists is taken
  int daemon_port = 0;               ///< --port, of daemons that name none themselves; 0: 873
  std::string bind_address;          ///< --address: ours, for a daemon's socket; empty: the system's choice
  std::string password_file;         ///< --password-file, for daemons; "-": standard input
  bool motd = true;        ///< --no-motd: what a daemon says before a session is left out (a list of modules, too)
  std::string ssh_config;  ///< --ssh-config=FILE
  enum class transport_choice : std::uint8_t { automatic, libssh, ssh } transport = transport_choice::automatic;

  int threads = 0;  ///< workers; 0: as many as there are cores
};

/// One operand: a local path, or a path on another host.
struct location {
  std::string user;     ///< empty: none given
  std::string host;     ///< empty: local
  std::string path;     ///< bytes as given; never empty for a local one
  bool daemon = false;  ///< host::module or rsync://
  int port = 0;         ///< daemon port, 0: default
  [[nodiscard]] bool is_remote() const noexcept { return !host.empty(); }
};

}  // namespace volsync
