// Any bytes as names of ids. Input: one byte of choice, then records.
#include "wire/id_list.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  features const agreed{highest_protocol, (choice(in) & 1U) != 0 ? compat::id0_names : 0};
  auto const read = [&](cursor& c) { return read_id_name(c, agreed); };
  while (auto const got = decoded_or_untouched(in, read)) {
    require(got->name.size() <= 255);
    if (got->id == 0 || got->name.empty()) continue;
    bytes made;
    writer out{made};
    write_id_list(out, agreed, std::span{&*got, 1}, {});
    cursor again{made};
    auto const same = read(again);
    require(same.has_value() && *same == *got);
  }
  return 0;
}
