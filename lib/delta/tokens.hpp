// What a search yields: literal bytes and references to blocks of the basis, and how they become the new file again.
//
// A batch is one vector of bytes and, only where blocks match, one of tokens, so that a file without a basis costs its
// bytes and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

#include "delta/signature.hpp"

namespace volsync::delta {

inline constexpr std::size_t max_literal_piece = 32768;  // bytes; what every release accepts in one token

// Takes the result of a search, in the order of the new file.
class token_sink {
 public:
  virtual ~token_sink() = default;
  // New bytes, at most max_literal_piece and never none; the view is valid during the call.
  virtual void literal(byte_view data) = 0;
  // `run` >= 1 blocks of the basis from `block` on, in order.
  virtual void match(std::int32_t block, std::int32_t run) = 0;
};

// A run of matched blocks and the number of the batch's literal bytes that come directly before it.
struct block_token {
  std::uint32_t literal_before = 0;  // bytes
  std::int32_t block = 0;
  std::int32_t run = 1;
  friend bool operator==(block_token const&, block_token const&) = default;
};

// A piece of a token stream. Literal bytes that no token counts come after the last token. A value.
struct token_batch final : token_sink {
  bytes literals;
  std::vector<block_token> tokens;

  void literal(byte_view data) override;
  // Joins the last token if it goes on where that one ended and the run stays below 65536 blocks.
  void match(std::int32_t block, std::int32_t run) override;

  [[nodiscard]] bool empty() const noexcept { return literals.empty() && tokens.empty(); }
  // Bytes held, for budgets.
  [[nodiscard]] std::size_t size() const noexcept { return literals.size() + tokens.size() * sizeof(block_token); }
  void clear() noexcept;  // keeps the memory
  // Calls on_literal(byte_view) with whole literal runs and on_match(block_token const&) in order.
  template <class Literal, class Match>
  void visit(Literal&& on_literal, Match&& on_match) const;

 private:
  std::size_t counted_ = 0;  // literal bytes that tokens count
};

// Bytes at which a job hands its batch on. A batch may pass it by what one feed of the matcher gives.
inline constexpr std::size_t batch_budget = 256U << 10;

// Reads exactly `length` bytes of the basis at `offset`; the view is valid until the next call. Errors end the patch.
using basis_reader = std::function<result<byte_view>(std::int64_t offset, std::size_t length)>;
using byte_writer = std::function<result<void>(byte_view)>;

// Writes what a batch stands for. head: of the basis (checked). Errors: bad_block_index, those of the two functions;
// what was written before the error stays written.
[[nodiscard]] result<void> patch(sum_head const& head, basis_reader const& basis, token_batch const& batch,
                                 byte_writer const& write);

template <class Literal, class Match>
void token_batch::visit(Literal&& on_literal, Match&& on_match) const {
  std::size_t at = 0;
  for (block_token const& t : tokens) {
    if (t.literal_before != 0) on_literal(byte_view{literals}.subspan(at, t.literal_before));
    at += t.literal_before;
    on_match(t);
  }
  if (at < literals.size()) on_literal(byte_view{literals}.subspan(at));
}

}  // namespace volsync::delta
