// Sum heads and block sums.
#include "wire/sums.hpp"

#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

void write_sum_head(writer& out, delta::sum_head const& head) {
  write_int32(out, head.count);
  write_int32(out, head.block_length);
  write_int32(out, head.s2_length);
  write_int32(out, head.remainder);
}

result<delta::sum_head> read_sum_head(cursor& in, std::size_t digest_length) {
  if (in.remaining() < sum_head_size) return wire_errc::truncated;
  attempt whole{in};
  delta::sum_head head;
  for (std::int32_t* const field : {&head.count, &head.block_length, &head.s2_length, &head.remainder}) {
    *field = *read_int32(in);
  }
  if (auto const valid = delta::check(head, digest_length); !valid) return valid.error();
  if (head.count > max_block_sums) return wire_errc::too_many_sums;
  whole.succeed();
  return head;
}

void write_block_sums(writer& out, delta::signature const& sums) {
  byte_view rest{sums.strong};
  auto const length = static_cast<std::size_t>(sums.head.s2_length);
  for (std::uint32_t const weak : sums.weak) {
    write_int32(out, static_cast<std::int32_t>(weak));
    out.put(rest.first(length));
    rest = rest.subspan(length);
  }
}

bool signature_reader::feed(cursor& in) {
  auto const length = static_cast<std::size_t>(made_.head.s2_length);
  while (!complete() && in.remaining() >= sizeof(std::uint32_t) + length) {
    made_.weak.push_back(static_cast<std::uint32_t>(*read_int32(in)));
    append(made_.strong, in.take(length));
  }
  return complete();
}

}  // namespace volsync::wire
