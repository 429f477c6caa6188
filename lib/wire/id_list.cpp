// Lists of ids with their names.
#include "wire/id_list.hpp"

#include "wire/integers.hpp"

namespace volsync::wire {

void write_id_list(writer& out, features const& agreed, std::span<id_name const> ids, std::string_view name_of_0) {
  for (auto const& one : ids) {
    if (one.id == 0 || one.name.empty() || one.name.size() > max_short_string) continue;
    write_varint(out, static_cast<std::int32_t>(one.id));
    write_short_string(out, one.name);
  }
  write_varint(out, 0);
  if (has_id0_names(agreed)) write_short_string(out, name_of_0.size() > max_short_string ? "" : name_of_0);
}

result<id_name> read_id_name(cursor& in, features const& agreed) {
  attempt whole{in};
  auto const id = read_varint(in);
  if (!id) return id.error();
  id_name read{static_cast<std::uint32_t>(*id), {}};
  if (read.id != 0 || has_id0_names(agreed)) {
    auto const name = read_short_string(in);
    if (!name) return name.error();
    read.name = *name;
  }
  whole.succeed();
  return read;
}

}  // namespace volsync::wire
