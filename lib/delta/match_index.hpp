// A signature made searchable by weak sum: a bitmap that fits a cache, a table behind it, chains of equal sums.
//
// Almost every offset of unrelated data is refused by the bitmap alone, so it has 64 bits a block as long as it fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "volsync/result.hpp"

#include "checksum/rolling.hpp"

#include "delta/signature.hpp"

namespace volsync::delta {

// Immutable once built; any thread. About 28 to 45 bytes a block besides the signature.
//
// A peer chooses the weak sums: a block whose place in the table is taken by max_steps others is left out (it then
// never matches), so neither building nor looking up can be made slow.
class match_index {
 public:
  // sums: a signature whose head was checked. Errors: incomplete_signature (the sums do not fit the head).
  [[nodiscard]] static result<match_index> build(std::shared_ptr<signature const> sums);

  [[nodiscard]] sum_head const& head() const noexcept { return sums_->head; }
  [[nodiscard]] std::uint32_t weak(std::int32_t block) const noexcept {
    return sums_->weak[static_cast<std::size_t>(block)];
  }
  // The s2_length bytes of a block's strong digest.
  [[nodiscard]] byte_view strong(std::int32_t block) const noexcept {
    auto const length = static_cast<std::size_t>(sums_->head.s2_length);
    return byte_view{sums_->strong}.subspan(static_cast<std::size_t>(block) * length, length);
  }
  // A block of full length with this weak sum, or -1. Only full blocks are in the table and its chains.
  [[nodiscard]] std::int32_t find(std::uint32_t weak) const noexcept { return maybe(weak) ? find_in_table(weak) : -1; }
  // The same for a sum that maybe() let pass.
  [[nodiscard]] std::int32_t find_in_table(std::uint32_t weak) const noexcept;
  // Another block with the same weak sum, or -1.
  [[nodiscard]] std::int32_t next(std::int32_t block) const noexcept { return next_[static_cast<std::size_t>(block)]; }
  // Full blocks: those that the table knows.
  [[nodiscard]] std::int32_t full_blocks() const noexcept { return static_cast<std::int32_t>(next_.size()); }

  // The bitmap, for the search: bit `weak * multiplier >> shift` is set for each block in the table.
  static constexpr std::uint32_t multiplier = 0x9e3779b1U;
  [[nodiscard]] std::uint32_t const* bitmap() const noexcept { return bitmap_.data(); }
  [[nodiscard]] unsigned bitmap_shift() const noexcept { return bitmap_shift_; }
  [[nodiscard]] bool maybe(std::uint32_t weak) const noexcept {
    std::uint32_t const bit = weak * multiplier >> bitmap_shift_;
    return (bitmap_[bit >> 5] >> (bit & 31U) & 1U) != 0;
  }

 private:
  struct slot {
    std::uint32_t weak = 0;
    std::int32_t block = -1;  // head of the chain; -1: free
  };
  static constexpr unsigned max_steps = 256;

  explicit match_index(std::shared_ptr<signature const> sums);
  void insert(std::int32_t block);

  std::shared_ptr<signature const> sums_;
  std::vector<std::uint32_t> bitmap_;
  std::vector<slot> table_;
  std::vector<std::int32_t> next_;
  unsigned bitmap_shift_ = 0;
  unsigned table_shift_ = 0;
};

// A window found by scan(): its offset in `data` and its sum; if nothing was found, those of the last window.
struct candidate {
  std::size_t at = 0;
  checksum::rolling_sum sum;
  bool found = false;
};
// Looks at the windows of `length` bytes at offsets `at` + 1 and following. sum: of the window at `at`. Stops at the
// first one whose weak sum is in the table, or with the last window of `data`. By the fastest way this processor has.
[[nodiscard]] candidate scan(match_index const& index, byte_view data, std::size_t at, std::size_t length,
                             checksum::rolling_sum sum) noexcept;
// One offset at a time: the reference for scan.
[[nodiscard]] candidate scan_scalar(match_index const& index, byte_view data, std::size_t at, std::size_t length,
                                    checksum::rolling_sum sum) noexcept;

}  // namespace volsync::delta
