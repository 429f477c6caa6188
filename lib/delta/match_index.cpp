// Building the searchable form of a signature.
#include "delta/match_index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace volsync::delta {
namespace {

// The exponent of the smallest power of two that is at least `value`.
unsigned ceil_log2(std::uint64_t value) noexcept { return static_cast<unsigned>(std::bit_width(value - 1)); }

}  // namespace

result<match_index> match_index::build(std::shared_ptr<signature const> sums) {
  auto const count = static_cast<std::size_t>(sums->head.count);
  if (sums->weak.size() != count || sums->strong.size() != count * static_cast<std::size_t>(sums->head.s2_length)) {
    return delta_errc::incomplete_signature;
  }
  return match_index{std::move(sums)};
}

match_index::match_index(std::shared_ptr<signature const> sums) : sums_{std::move(sums)} {
  sum_head const& h = sums_->head;
  bool const short_last = h.count > 0 && h.length_of(h.count - 1) != h.block_length;
  auto const full = static_cast<std::size_t>(h.count) - (short_last ? 1 : 0);
  // 64 bits a block refuse 98 % of all other sums; above 1 MiB a bitmap no longer fits the cache of a core.
  unsigned const bits = std::clamp(ceil_log2(std::uint64_t{full} * 64 + 1), 10U, 23U);
  bitmap_.resize((std::size_t{1} << bits) / 32);
  bitmap_shift_ = 32 - bits;
  unsigned const slots = ceil_log2(std::uint64_t{full} * 2 + 2);
  table_.resize(std::size_t{1} << slots);
  table_shift_ = 32 - slots;
  next_.resize(full, -1);
  for (std::size_t block = 0; block < full; ++block) insert(static_cast<std::int32_t>(block));
}

void match_index::insert(std::int32_t block) {
  std::uint32_t const sum = weak(block);
  std::uint32_t const hash = sum * multiplier;
  std::size_t at = hash >> table_shift_;
  for (unsigned step = 0; step < max_steps; ++step) {
    slot& s = table_[at];
    if (s.block < 0 || s.weak == sum) {
      next_[static_cast<std::size_t>(block)] = s.block;
      s = {sum, block};
      bitmap_[(hash >> bitmap_shift_) >> 5] |= 1U << (hash >> bitmap_shift_ & 31U);
      return;
    }
    at = (at + 1) & (table_.size() - 1);
  }
}

std::int32_t match_index::find_in_table(std::uint32_t weak) const noexcept {
  std::size_t at = (weak * multiplier) >> table_shift_;
  for (unsigned step = 0; step < max_steps; ++step) {
    slot const& s = table_[at];
    if (s.block < 0 || s.weak == weak) return s.block;
    at = (at + 1) & (table_.size() - 1);
  }
  return -1;
}

}  // namespace volsync::delta
