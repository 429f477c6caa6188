// What can be asked of a tree, for those who stand between it and its caller.
#pragma once

#include <cstdint>

namespace volsync::fs {

enum class operation : std::uint8_t {
  open_root,
  operand_status,  // tree::status_of
  read_directory,
  directory_status,  // directory::status
  status,            // directory::status_of
  open_directory,
  open_file,
  read_link,
  read,         // file::read
  read_at,      // file::read_at
  file_status,  // file::status

  // Those that write. An output file is told of by the name that it was made for.
  make_operand,  // tree::make_directory
  create_temporary,
  open_in_place,
  make_directory,
  make_link,
  make_node,
  make_hard_link,
  rename,
  remove_file,
  remove_directory,
  set_owner,  // these four of a name, of a directory itself, and of an output file
  set_mode,
  set_mtime,
  sync,
  write,  // output_file::write_at, and so on
  resize,
  output_status,
  close,
  place,  // told of by the name that it is to get
};
inline constexpr int operations = 30;

}  // namespace volsync::fs
