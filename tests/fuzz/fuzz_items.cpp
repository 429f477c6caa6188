// Any bytes as the records between generator and sender: indexes, items, deletions.
#include "wire/items.hpp"
#include "wire/ndx.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  ndx_reader from, second;
  ndx_writer to;
  while (auto const n = decoded_or_untouched(in, [&](cursor& c) { return from.read(c); })) {
    bytes made;
    writer out{made};
    to.write(out, *n);
    cursor copy{made};
    auto const same = second.read(copy);
    require(same.has_value() && *same == *n && copy.remaining() == 0);
    if (*n >= 0) {
      auto const read = [&](cursor& c) { return read_item(c, *n); };
      auto const item = decoded_or_untouched(in, read);
      if (!item) break;
      require(!item->xname || item->xname->size() <= max_xname);
      require_round_trip(*item, write_item, read);
    } else if (*n == ndx_del_stats) {
      auto const counts = decoded_or_untouched(in, read_delete_stats);
      if (!counts) break;
      require_round_trip(*counts, write_delete_stats, read_delete_stats);
    }
  }
  return 0;
}
