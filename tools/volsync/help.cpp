// Texts of --help and --version.
#include <fmt/core.h>

#include "volsync/command_line.hpp"

namespace volsync::cli {
namespace {

constexpr std::string_view usage = R"(volsync copies files to or from another host, which has a stock rsync.

Usage: volsync [OPTION]... SOURCE... [USER@]HOST:DESTINATION
   or  volsync [OPTION]... [USER@]HOST:SOURCE... DESTINATION
   or  volsync [OPTION]... SOURCE... [USER@]HOST::MODULE/DESTINATION    (a daemon; also rsync://[USER@]HOST[:PORT]/...)
   or  volsync rsync://HOST/                                            (what a daemon has)

A source that ends in a slash means what is in the directory. HOST may be [IPv6]. The options are rsync's:

 What is looked at
  -r, --recursive          go into directories
  -a, --archive            same as -rlptgoD
  -R, --relative           keep the whole path of each source (--no-implied-dirs: not its parents' attributes)
  -d, --dirs               directories without their content
  -x, --one-file-system    stay on the file system of the source (twice: leave mount points out)
  -L, --copy-links         send what symlinks point to (--copy-unsafe-links: only of those that lead outside)
      --safe-links         leave out symlinks that lead outside
  -k, --copy-dirlinks      send a symlink to a directory as that directory
  -K, --keep-dirlinks      a symlink to a directory at the destination counts as that directory
  -f, --filter=RULE        a rule about names; also --exclude, --include, --exclude-from, --include-from, -F
  -C, --cvs-exclude        leave out what CVS ignores
      --files-from=FILE    what to send, one name a line (-0, --from0: ended by NUL)
      --min-size, --max-size=SIZE

 What is kept
  -l, --links              symlinks                            -p, --perms   permissions
  -t, --times              times of modification               -g, --group   -o, --owner
  -D                       --devices --specials
  -H, --hard-links         which files are one file
  -E, --executability      only whether a file can be executed
  -O, --omit-dir-times     -J, --omit-link-times
      --numeric-ids        numbers of owners and groups, not their names

 What is transferred
  -c, --checksum           compare contents, not size and time
  -I, --ignore-times       do not skip files of equal size and time (--size-only: skip those of equal size)
  -u, --update             skip files that are newer there; --existing: that are new; --ignore-existing: that are not
  -@, --modify-window=SECONDS   how far apart times may be that count as equal
  -W, --whole-file         send whole files; --no-W: send differences
  -B, --block-size=SIZE    --checksum-choice=NAME, --checksum-seed=NUMBER, --no-inc-recursive

 What is removed at the destination
      --delete             what the source does not have; when is up to the other side, or else
                           --delete-before, --delete-during (--del), --delete-delay, --delete-after: when
      --delete-excluded    excluded files as well
      --max-delete=NUMBER  --ignore-errors, --force

 How it is written
  -n, --dry-run            say what would be done, do nothing
      --partial            keep a file that was interrupted; --partial-dir=DIR: there
      --inplace, -T, --temp-dir=DIR, -S, --sparse, --preallocate, --delay-updates, --fsync, --mkpath

 What is said
  -v, --verbose            names (twice: more)                 -q, --quiet   only errors
  -i, --itemize-changes    what changes, in columns            --stats       figures at the end
  -P                       --partial --progress
  -h, --human-readable     numbers in units (twice: of 1024)
  -8, --8-bit-output       names as they are
      --info=WORDS         in detail, see --info=help
      --out-format=TEXT    a line for each entry               --list-only, --stderr=MODE, --outbuf=MODE

 How the other host is reached
  -e, --rsh=COMMAND        remote shell; without it SSH is spoken directly
      --rsync-path=PROGRAM rsync on the other host             -M, --remote-option=OPTION   for it alone
      --ssh-config=FILE    instead of the user's own           --transport=auto|libssh|ssh
      --timeout=SECONDS, --contimeout=SECONDS, --bwlimit=RATE, --protocol=30|31|32
  -4, --ipv4               -6, --ipv6
      --port=PORT          of a daemon (873); --address=ADDRESS: ours; --no-motd: nothing of what it says first
      --password-file=FILE for a daemon; else RSYNC_PASSWORD, else the terminal
  -s, --secluded-args      send paths past the remote shell; --old-args: let it see them as they are
      --trust-sender       in a pull, take whatever the other side lists

      --threads=NUMBER     workers (default: the number of processors)
      --version, -V        --help (or -h alone)

Most options that can be given can be taken back with --no-OPTION; the last word counts.
)";

}  // namespace

std::string help_text() { return std::string{usage}; }

std::string version_text() {
  return fmt::format(
      "volsync  version {}  protocol version 32\n"
      "Speaks rsync's wire protocol, versions 30 to 32, with a stock rsync as the peer.\n"
      "Checksums: xxh128 xxh3 xxh64 md5 md4 sha1 none (libxxhash, libcrypto)\n"
      "Transports: SSH in process (libssh), any remote shell, TCP to a daemon\n"
      "Licence: Apache-2.0\n",
      program_version);
}

}  // namespace volsync::cli
