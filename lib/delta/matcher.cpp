// The search over a file that arrives in pieces.
//
// The buffer holds what was not passed on (literal_ to at_), the window under examination and what follows it. Between
// calls at_ stands at the last window that is complete, so that nothing depends on where the pieces ended.
#include "delta/matcher.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace volsync::delta {
namespace {

constexpr int max_probes = 1024;                 // blocks of equal weak sum tried for one offset
constexpr std::int64_t probe_cost = 16;          // bytes of digesting that one comparison is worth
constexpr std::int64_t free_waste = 64LL << 20;  // bytes digested in vain before the limit begins to count
constexpr std::int64_t waste_for_byte = 64;
constexpr std::size_t joined = 256U << 10;  // bytes of file that a run may stand for

}  // namespace

matcher::matcher(std::shared_ptr<match_index const> index, checksum::block_digest strong, basis_use use)
    : index_{std::move(index)}, strong_{strong}, use_{use} {
  if (index_) head_ = index_->head();
  if (use_ == basis_use::in_place) in_own_place_.resize(static_cast<std::size_t>(head_.count));
}

void matcher::feed(byte_view data, token_sink& sink) {
  while (!data.empty()) {
    std::span<std::byte> const to = space(data.size());
    std::copy_n(data.begin(), to.size(), to.begin());
    commit(to.size(), sink);
    data = data.subspan(to.size());
  }
}

std::span<std::byte> matcher::space(std::size_t wanted) {
  wanted = std::clamp<std::size_t>(wanted, 1, max_piece);
  if (wanted > capacity_ - size_) make_room(wanted);
  return {buffer_.get() + size_, wanted};
}

void matcher::make_room(std::size_t wanted) {
  std::size_t const kept = size_ - literal_;
  std::size_t const blocks = use_ == basis_use::in_place ? 2 : 1;
  std::size_t const limit = blocks * static_cast<std::size_t>(head_.block_length) + max_literal_piece + max_piece;
  std::byte const* const from = buffer_.get() + literal_;
  // Half of the buffer must come free, or else moving would cost more than searching.
  if (kept + wanted > capacity_ / 2 && capacity_ < limit) {
    capacity_ = std::max(kept + wanted, std::min(limit, 2 * capacity_));
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    if (kept != 0) std::memcpy(larger.get(), from, kept);
    buffer_ = std::move(larger);
  } else {
    std::memmove(buffer_.get(), from, kept);
  }
  base_ += static_cast<std::int64_t>(literal_);
  at_ -= literal_;
  size_ = kept;
  literal_ = 0;
}

void matcher::commit(std::size_t count, token_sink& sink) {
  size_ += count;
  search(more::may_come, sink);
}

void matcher::search(more what, token_sink& sink) {
  if (!index_ || index_->full_blocks() == 0) {
    // Only a short last block can match, at the very end: hold back as much as it takes.
    auto const held = static_cast<std::size_t>(head_.count > 0 ? head_.length_of(head_.count - 1) : 0);
    if (size_ - at_ > held) at_ = size_ - held;
    return pass_literals(max_literal_piece, sink);
  }
  auto const length = static_cast<std::size_t>(head_.block_length);
  // wait_for_own_place looks ahead of the window, and must see the same however the file is cut.
  std::size_t const ahead = use_ == basis_use::in_place && what == more::may_come ? length : 0;
  while (size_ - at_ >= length + ahead) {
    if (!checked_) {
      sum_ = checksum::sum_of(window(length));
    } else if (!next_candidate(size_ - ahead)) {
      break;
    }
    std::int32_t const block = matching_block(sum_.value());
    checked_ = true;
    if (block >= 0 && !wait_for_own_place(block)) accept(block, sink);
  }
  pass_literals(max_literal_piece, sink);
}

// Moves at_ on to the next window before `upto` in the buffer whose sum is in the index.
bool matcher::next_candidate(std::size_t upto) {
  auto const length = static_cast<std::size_t>(head_.block_length);
  candidate const c = scan(*index_, {buffer_.get(), upto}, at_, length, sum_);
  at_ = c.at;
  sum_ = c.sum;
  return c.found;
}

// In a stretch of equal blocks (zeros, mostly) every offset matches. In place, blocks at their own offsets are worth
// the literal bytes up to the next one: the receiver has nothing to write there, and such blocks never become unusable.
// True: at_ was moved to that offset, where the data is the block that belongs there.
bool matcher::wait_for_own_place(std::int32_t block) {
  auto const length = static_cast<std::size_t>(head_.block_length);
  auto const inside = static_cast<std::size_t>(offset() % head_.block_length);
  if (use_ == basis_use::separate || inside == 0) return false;
  std::int64_t const own = offset() / head_.block_length + 1;
  std::size_t const place = at_ + length - inside;
  if (own >= index_->full_blocks() || place + length > size_) return false;
  auto const there = static_cast<std::int32_t>(own);
  byte_view const data{buffer_.get() + place, length};
  if (index_->weak(there) != index_->weak(block) || !same_digest(index_->strong(block), there) ||
      checksum::block_sum(data) != index_->weak(there) || !same_digest(strong_.of(data).view(), there)) {
    return false;
  }
  at_ = place;
  checked_ = false;
  return true;
}

bool matcher::may_use(std::int32_t block) const noexcept {
  return use_ == basis_use::separate || std::int64_t{block} * head_.block_length >= offset() ||
         in_own_place_[static_cast<std::size_t>(block)];
}

bool matcher::same_digest(byte_view digest, std::int32_t block) const noexcept {
  byte_view const theirs = index_->strong(block);
  return digest.size() >= theirs.size() && std::equal(theirs.begin(), theirs.end(), digest.begin());
}

// The block that the window at at_ is, or -1. weak: the window's sum.
std::int32_t matcher::matching_block(std::uint32_t weak) {
  if (wasted_ > waste_for_byte * offset() + free_waste) return -1;
  std::optional<checksum::digest> digest;
  auto const is = [&](std::int32_t block) {
    if (!may_use(block)) return false;
    if (!digest) digest = strong_.of(window(static_cast<std::size_t>(head_.block_length)));
    return same_digest(digest->view(), block);
  };
  auto const is_guess = [&](std::int64_t block) {
    if (block >= index_->full_blocks()) return false;
    auto const guess = static_cast<std::int32_t>(block);
    return index_->weak(guess) == weak && is(guess);
  };
  // A block at its own offset costs an in-place receiver nothing.
  if (use_ == basis_use::in_place && offset() % head_.block_length == 0 && is_guess(offset() / head_.block_length)) {
    return static_cast<std::int32_t>(offset() / head_.block_length);
  }
  if (is_guess(want_)) return want_;
  int probes = 0;
  for (std::int32_t block = index_->find(weak); block >= 0 && probes < max_probes; block = index_->next(block)) {
    if (is(block)) return block;
    ++probes;
  }
  wasted_ += probe_cost * probes + (digest ? head_.block_length : 0);
  if (digest) ++false_alarms_;
  return -1;
}

// The bytes at at_ are `block`.
void matcher::accept(std::int32_t block, token_sink& sink) {
  pass_literals(1, sink);
  std::int32_t const most = std::max<std::int32_t>(static_cast<std::int32_t>(joined) / head_.block_length, 1);
  if (run_ == 0 || block != run_block_ + run_ || run_ >= most) {
    pass_run(sink);
    run_block_ = block;
  }
  ++run_;
  if (use_ == basis_use::in_place && std::int64_t{block} * head_.block_length == offset()) {
    in_own_place_[static_cast<std::size_t>(block)] = true;
  }
  auto const length = static_cast<std::size_t>(head_.length_of(block));
  matched_bytes_ += static_cast<std::int64_t>(length);
  at_ += length;
  literal_ = at_;
  checked_ = false;
  want_ = block + 1;
}

// Passes on literal bytes before at_ as long as there are at least `least` of them.
void matcher::pass_literals(std::size_t least, token_sink& sink) {
  while (at_ - literal_ >= least) {
    pass_run(sink);
    std::size_t const length = std::min(at_ - literal_, max_literal_piece);
    sink.literal({buffer_.get() + literal_, length});
    literal_ += length;
    literal_bytes_ += static_cast<std::int64_t>(length);
  }
}

void matcher::pass_run(token_sink& sink) {
  if (run_ == 0) return;
  sink.match(run_block_, run_);
  run_ = 0;
}

void matcher::finish(token_sink& sink) {
  search(more::none, sink);
  std::int32_t const last = head_.count - 1;
  auto const length = static_cast<std::size_t>(last >= 0 ? head_.length_of(last) : 0);
  if (length != 0 && last >= index_->full_blocks() && size_ - at_ >= length) {
    at_ = size_ - length;
    byte_view const tail = window(length);
    bool const same =
        may_use(last) && checksum::block_sum(tail) == index_->weak(last) && same_digest(strong_.of(tail).view(), last);
    if (same) accept(last, sink);
  }
  at_ = size_;
  pass_literals(1, sink);
  pass_run(sink);
}

}  // namespace volsync::delta
