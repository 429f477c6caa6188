// A tree read into memory and compared or digested: what two trees must have in common to be called equal. Access and
// change times, inode numbers and allocation are the file system's own and take no part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <volsync/result.hpp>

namespace volsync::bench {

struct snapshot_entry {
  std::string path;        // relative to the root, "" for the root itself; bytes as they are
  std::uint32_t mode = 0;  // st_mode, type included
  std::uint32_t uid = 0, gid = 0;
  std::uint64_t size = 0;  // of regular files and symbolic links, else 0
  std::int64_t mtime = 0;  // seconds
  std::uint32_t mtime_ns = 0;
  std::uint64_t device = 0;  // st_rdev of device nodes, else 0
  std::string target;        // of symbolic links
  std::string first_link;    // the first path (in byte order) of this inode, where an inode has several in the tree
};

struct snapshot {
  std::string root;
  std::vector<snapshot_entry> entries;  // in byte order of the paths
};

// Paths equal to or below one of `excluded` (relative, no wildcards) are left out. Errors: errno of the first entry
// that cannot be read; `failed_path` names it.
result<snapshot> take_snapshot(std::string const& root, std::vector<std::string> const& excluded,
                               std::string& failed_path);

// SHA-256 over every entry and every content, 64 hex digits. Reads the files again. Errors: errno.
result<std::string> digest(snapshot const& tree, std::string& failed_path);

// "files=3 dirs=2 symlinks=1 ...", types that occur.
std::string counts(snapshot const& tree);

struct difference {
  enum class kind : std::uint8_t {
    missing,
    extra,
    type,
    mode,
    owner,
    mtime,
    size,
    content,
    target,
    device,
    links,
  };
  kind what;
  std::string path;
  std::string left, right;  // the two values, as text
};

// "mode", "owner", ... as printed.
char const* name_of(difference::kind what);

// All differences, in path order; an entry may have several. Contents are read and compared where sizes are equal.
// Errors: errno of a file that cannot be read.
result<std::vector<difference>> compare(snapshot const& left, snapshot const& right, std::string& failed_path);

// A path for a terminal: control characters, backslash and bytes above 126 as \ooo.
std::string printable(std::string const& path);

}  // namespace volsync::bench
