// Every rule of the wire that a peer can break, and the exit code with which rsync answers it.
//
// All but `truncated` are final: the connection cannot go on, because what follows could not be read in step.
#pragma once

#include <system_error>

#include "volsync/exit_code.hpp"
#include "volsync/result.hpp"

namespace volsync::wire {

// Source: lib/wire/FORMAT.md, limits.
enum class wire_errc {
  truncated = 1,       // the input ends inside a value; nothing was consumed, call again with more
  overlong_varint,     // a varint announces more than four further bytes
  overlong_varlong,    // a varlong announces more than nine bytes in all
  bad_version,         // the first bytes are no protocol version (a shell that prints something?)
  version_too_old,     // the peer speaks no protocol from 30 on
  name_list_too_long,  // a list of algorithm names is longer than 255 bytes
  string_too_long,     // a counted string is longer than its place allows
  bad_index,           // a file index is out of the range of indexes
  unknown_tag,         // a frame has a tag that no peer may send
  bad_message_length,  // a message has a length that its tag does not allow
  message_too_long,    // a message text is 5120 bytes or more
  rule_too_long,       // a filter rule is 5120 bytes or more
  name_too_long,       // a file name is longer than 4095 bytes
  bad_name,            // a file name is empty, has a NUL or an odd component, or shares more than there is
  unsafe_name,         // a file name has a ".." component, or a leading slash without --relative
  dot_not_directory,   // the transfer root is not a directory
  bad_mode,            // a mode is of no known file type
  bad_nanoseconds,     // nanoseconds are outside 0..999999999
  negative_size,       // a file size is below zero
  bad_symlink_length,  // a symbolic link's text is empty or longer than 4095 bytes
  bad_link_index,      // a hard link refers to no first member of a group, or links are not preserved
  wrong_directory,     // an entry of a directory's list lies in another directory
  bad_delete_count,    // a count of deleted files is outside 0..2^28
  bad_statistics,      // a statistic is negative
  too_many_sums,       // a sum head announces more blocks than max_block_sums
};
[[nodiscard]] error_code make_error_code(wire_errc e) noexcept;

// rsync's exit code for a violation; knows the codes of wire, delta and checksum. Anything else: exit_code::stream.
[[nodiscard]] exit_code exit_code_for(error_code violation) noexcept;

}  // namespace volsync::wire

template <>
struct std::is_error_code_enum<volsync::wire::wire_errc> : std::true_type {};
