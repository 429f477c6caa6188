// Names of user and group ids, sent after a single file list. Source: lib/wire/FORMAT.md, id lists.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "volsync/result.hpp"

#include "wire/cursor.hpp"
#include "wire/features.hpp"

namespace volsync::wire {

struct id_name {
  std::uint32_t id = 0;
  std::string name;  // at most 255 bytes
  friend bool operator==(id_name const&, id_name const&) = default;
};

// One list: users or groups. Ids 0 and names that are empty or longer than 255 bytes are left out of the body.
// name_of_0: ends the list where peers agreed on that.
void write_id_list(writer& out, features const& agreed, std::span<id_name const> ids, std::string_view name_of_0);

// One record. Id 0 is the end of the list; its name is empty unless has_id0_names. Errors: truncated, overlong_varint.
[[nodiscard]] result<id_name> read_id_name(cursor& in, features const& agreed);

}  // namespace volsync::wire
