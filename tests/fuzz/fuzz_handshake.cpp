// Any bytes as what stands outside frames and lists. Input: repeatedly a byte that chooses the value, then the value.
#include <string>

#include "wire/handshake.hpp"
#include "wire/integers.hpp"
#include "wire/stats.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

template <class Decode, class Encode>
bool same_again(cursor& in, Decode decode, Encode encode) {
  auto const got = decoded_or_untouched(in, decode);
  if (got) require_round_trip(*got, encode, decode);
  return got.has_value();
}

bool next(cursor& in) {
  static constexpr unsigned kinds = 8;
  auto const varlong = [](unsigned least) {
    return std::pair{[least](cursor& c) { return read_varlong(c, least); },
                     [least](writer& out, std::int64_t value) { write_varlong(out, value, least); }};
  };
  switch (choice(in) % kinds) {
    case 0:
      return same_again(in, read_version, write_version);
    case 1:
      return same_again(in, read_compat_flags, write_compat_flags);
    case 2:
      return same_again(in, read_name_list, write_name_list);
    case 3:
      return same_again(in, read_seed, write_seed);
    case 4:
      return same_again(in, read_statistics, write_statistics);
    case 5:
      return same_again(in, read_varint, write_varint);
    case 6:
      return same_again(in, varlong(3).first, varlong(3).second);
    default:
      return same_again(in, varlong(4).first, varlong(4).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  while (in.remaining() > 1 && next(in)) {
  }
  return 0;
}
