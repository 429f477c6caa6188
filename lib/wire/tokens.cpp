// Tokens that are not compressed.
#include "wire/tokens.hpp"

#include <algorithm>
#include <limits>

#include "delta/signature.hpp"

#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

void write_literal(writer& out, byte_view run) {
  while (!run.empty()) {
    auto const piece = run.first(std::min(run.size(), max_literal));
    write_int32(out, static_cast<std::int32_t>(piece.size()));
    out.put(piece);
    run = run.subspan(piece.size());
  }
}

void write_match(writer& out, std::int32_t block, std::int32_t run) {
  assert(block >= 0 && run >= 0 && std::int64_t{block} + run <= std::numeric_limits<std::int32_t>::max());
  for (std::int32_t i = block; i < block + run; ++i) write_int32(out, -(i + 1));
}

void write_tokens_end(writer& out) { write_int32(out, 0); }

result<token> token_reader::next(cursor& in) {
  if (literal_left_ == 0) {
    attempt whole{in};
    auto const read = read_int32(in);
    if (!read) return read.error();
    if (*read > 0 && in.remaining() == 0) return wire_errc::truncated;  // the bytes come with their count
    if (*read < 0 && -(std::int64_t{*read} + 1) >= blocks_) return delta::delta_errc::bad_block_index;
    whole.succeed();
    if (*read == 0) return token{tokens_end{}};
    if (*read < 0) return token{block_match{static_cast<std::int32_t>(-(std::int64_t{*read} + 1))}};
    literal_left_ = static_cast<std::size_t>(*read);
  }
  if (in.remaining() == 0) return wire_errc::truncated;
  auto const part = in.take(std::min(in.remaining(), literal_left_));
  literal_left_ -= part.size();
  return token{literal{part}};
}

}  // namespace volsync::wire
