// Batches of tokens, and the patch that turns them into a file.
#include "delta/tokens.hpp"

#include <cassert>

namespace volsync::delta {

namespace {

constexpr std::int32_t max_run = 65536;  // blocks; what a compressed run token can say

}  // namespace

void token_batch::literal(byte_view data) { append(literals, data); }

void token_batch::match(std::int32_t block, std::int32_t run) {
  std::size_t const before = literals.size() - counted_;
  assert(before <= UINT32_MAX);
  if (before == 0 && !tokens.empty()) {
    block_token& last = tokens.back();
    if (last.block + last.run == block && last.run <= max_run - run) {
      last.run += run;
      return;
    }
  }
  tokens.push_back({static_cast<std::uint32_t>(before), block, run});
  counted_ = literals.size();
}

void token_batch::clear() noexcept {
  literals.clear();
  tokens.clear();
  counted_ = 0;
}

namespace {

result<void> copy_run(sum_head const& head, basis_reader const& basis, block_token const& token,
                      byte_writer const& write) {
  std::int64_t const end = std::int64_t{token.block} + token.run;
  if (token.block < 0 || token.run < 1 || end > head.count) return delta_errc::bad_block_index;
  for (std::int32_t block = token.block; block < end; ++block) {
    std::int64_t const offset = std::int64_t{block} * head.block_length;
    result<byte_view> const data = basis(offset, static_cast<std::size_t>(head.length_of(block)));
    if (!data) return data.error();
    if (result<void> const written = write(*data); !written) return written;
  }
  return {};
}

}  // namespace

result<void> patch(sum_head const& head, basis_reader const& basis, token_batch const& batch,
                   byte_writer const& write) {
  result<void> outcome;
  batch.visit(
      [&](byte_view data) {
        if (outcome) outcome = write(data);
      },
      [&](block_token const& token) {
        if (outcome) outcome = copy_run(head, basis, token, write);
      });
  return outcome;
}

}  // namespace volsync::delta
