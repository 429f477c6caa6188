// What a receiver tells of its basis: block length, count and the sums of each block.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace volsync::delta {

// Source: lib/wire/FORMAT.md, sum head. A null head (count 0, all fields 0) says: no basis.
struct sum_head {
  std::int32_t count = 0;          // blocks
  std::int32_t block_length = 0;   // bytes, every block but perhaps the last
  std::int32_t s2_length = 0;      // bytes of the strong digest kept for each block
  std::int32_t remainder = 0;      // bytes of the last block if shorter, else 0

  [[nodiscard]] std::int64_t basis_length() const noexcept {
    return std::int64_t{count} * block_length - (remainder != 0 ? block_length - remainder : 0);
  }
  [[nodiscard]] std::int32_t length_of(std::int32_t block) const noexcept {
    return block == count - 1 && remainder != 0 ? remainder : block_length;
  }
  friend bool operator==(sum_head const&, sum_head const&) = default;
};

// Immutable once filled; readable by any thread.
struct signature {
  sum_head head;
  std::vector<std::uint32_t> weak;   // head.count rolling sums
  bytes strong;                      // head.count * head.s2_length bytes
};

}  // namespace volsync::delta
