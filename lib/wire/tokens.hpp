// The content of a file, not compressed: literal bytes and references to blocks of the basis.
// Source: lib/wire/FORMAT.md, tokens.
#pragma once

#include <cstdint>
#include <variant>

#include "volsync/result.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

inline constexpr std::size_t max_literal = 32768;  // bytes of a literal token that every release accepts

// Literal bytes, in pieces of at most max_literal. None for an empty run.
void write_literal(writer& out, byte_view run);
// `run` blocks from `block` on, a token for each. Requires 0 <= block, block + run <= 2^31 - 1.
void write_match(writer& out, std::int32_t block, std::int32_t run = 1);
void write_tokens_end(writer& out);

struct literal {
  byte_view data;
};  // a part of a literal token, never empty; a view into the input
struct block_match {
  std::int32_t block = 0;
};
struct tokens_end {};
using token = std::variant<literal, block_match, tokens_end>;

// Tokens of one file. Holds no content. One thread at a time.
class token_reader {
 public:
  // blocks: count of the basis' sum head.
  explicit token_reader(std::int32_t blocks) noexcept : blocks_{blocks} {}
  // The next token, or what is there of a literal one. Errors: truncated (nothing consumed),
  // delta_errc::bad_block_index.
  [[nodiscard]] result<token> next(cursor& in);

 private:
  std::int32_t blocks_;
  std::size_t literal_left_ = 0;
};

}  // namespace volsync::wire
