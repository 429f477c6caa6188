// Item records and the record of deletions.
#include "wire/items.hpp"

#include <algorithm>

#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

void write_item(writer& out, item_record const& item) {
  namespace bit = flist::item;
  auto flags = static_cast<flist::item_flags>(item.flags & ~(bit::basis_type_follows | bit::xname_follows));
  if (item.basis) flags = static_cast<flist::item_flags>(flags | bit::basis_type_follows);
  if (item.xname) flags = static_cast<flist::item_flags>(flags | bit::xname_follows);
  write_shortint(out, flags);
  if (item.basis) write_byte(out, *item.basis);
  if (item.xname) write_vstring(out, *item.xname);
}

result<item_record> read_item(cursor& in, std::int32_t ndx) {
  attempt whole{in};
  auto const flags = read_shortint(in);
  if (!flags) return flags.error();
  item_record item;
  item.ndx = ndx;
  item.flags = *flags;
  if ((item.flags & flist::item::basis_type_follows) != 0) {
    auto const basis = read_byte(in);
    if (!basis) return basis.error();
    item.basis = *basis;
  }
  if ((item.flags & flist::item::xname_follows) != 0) {
    auto const xname = read_vstring(in, max_xname);
    if (!xname) return xname.error();
    item.xname = std::string{*xname};
  }
  whole.succeed();
  return item;
}

void write_delete_stats(writer& out, entry_counts const& deleted) {
  for (std::int64_t const count :
       {deleted.regular, deleted.directories, deleted.symlinks, deleted.devices, deleted.specials}) {
    write_varint(out, static_cast<std::int32_t>(std::clamp<std::int64_t>(count, 0, max_delete_count)));
  }
}

result<entry_counts> read_delete_stats(cursor& in) {
  attempt whole{in};
  entry_counts deleted;
  for (std::int64_t* const count :
       {&deleted.regular, &deleted.directories, &deleted.symlinks, &deleted.devices, &deleted.specials}) {
    auto const read = read_varint(in);
    if (!read) return read.error();
    if (*read < 0 || *read > max_delete_count) return wire_errc::bad_delete_count;
    *count = *read;
  }
  whole.succeed();
  return deleted;
}

}  // namespace volsync::wire
