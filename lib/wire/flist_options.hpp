// Which fields the entries of a file list have: what both ends know from the options of the run.
#pragma once

#include <cstddef>

namespace volsync::wire {

struct flist_options {
  bool links = false;               // -l: targets of symbolic links
  bool devices = false;             // --devices: device numbers
  bool specials = false;            // --specials
  bool owner = false;               // -o
  bool group = false;               // -g
  bool hard_links = false;          // -H
  bool checksum = false;            // -c: digests of regular files
  bool numeric_ids = false;         // no names of ids anywhere
  bool incremental = false;         // lists come directory by directory: names of ids stand in the entries
  bool relative = false;            // -R: names may begin with a slash
  bool missing_args = false;        // --delete-missing-args: entries of mode 0 stand for missing arguments
  std::size_t checksum_length = 0;  // bytes of a digest of -c
};

}  // namespace volsync::wire
