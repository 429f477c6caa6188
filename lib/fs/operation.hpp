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
  file_status,  // file::status
};
inline constexpr int operations = 10;

}  // namespace volsync::fs
