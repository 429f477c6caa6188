// What the receiving half is asked to do, as its decisions need it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "checksum/algorithm.hpp"

namespace volsync::roles {

struct receive_options {
  // What is kept.
  bool links = false, perms = false, executability = false, times = false, omit_dir_times = false,
       omit_link_times = false;
  bool group = false, owner = false, devices = false, specials = false, hard_links = false;

  // What is transferred.
  bool checksum = false;                                  // -c
  checksum::algorithm digest = checksum::algorithm::md5;  // of -c
  bool ignore_times = false, size_only = false;
  std::int64_t modify_window = 0;  // seconds; negative: nanoseconds count
  bool update = false, existing = false, ignore_existing = false;
  std::optional<std::int64_t> min_size, max_size;  // bytes
  bool whole_file = false;
  std::int32_t block_size = 0;  // -B; 0: by file size
  bool inplace = false;
  std::string partial_dir;  // relative: below each file's directory
  bool safe_links = false;

  bool deletes = false;          // any --delete: directories in the way go with their content
  bool one_file_system = false;  // -x: what is mounted at the destination is not emptied
  bool force = false;            // --force: likewise
  bool dry_run = false;
  bool itemize_unchanged = false;  // entries without a change are told, too (-vvi, -ii)
  bool implied_dirs = true;        // false: attributes of implied directories are left alone

  // What is said.
  bool tell_skipped = false, tell_nonreg = true, tell_unsafe_links = false;
  bool tell_unchanged = false;  // names of what is not made anew nor sent (-vv without -i)
  bool tell_delta = false;      // whether deltas are asked for (-vv)

  // Who we are.
  bool as_root = false;
  std::uint32_t umask = 022;
  std::function<bool(std::uint32_t)>
      in_group;  // whether a process that is not root may give files this group; null: none
};

}  // namespace volsync::roles
