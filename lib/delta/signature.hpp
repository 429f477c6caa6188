// What a receiver tells of its basis: block length, count and the sums of each block.
//
// A head from a peer is checked (check) before any other use; block lengths and counts below trust it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

#include "checksum/strong.hpp"

namespace volsync::delta {

// Source: lib/wire/FORMAT.md, sum head. A null head (count 0, all fields 0) says: no basis.
struct sum_head {
  std::int32_t count = 0;         // blocks
  std::int32_t block_length = 0;  // bytes, every block but perhaps the last
  std::int32_t s2_length = 0;     // bytes of the strong digest kept for each block
  std::int32_t remainder = 0;     // bytes of the last block if shorter, else 0

  [[nodiscard]] std::int64_t basis_length() const noexcept {
    if (count <= 0) return 0;
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
  std::vector<std::uint32_t> weak;  // head.count rolling sums
  bytes strong;                     // head.count * head.s2_length bytes
};

enum class delta_errc {
  bad_count = 1,         // a sum head's count is negative
  bad_block_length,      // a sum head's block length is negative or above the limit
  zero_block_length,     // a sum head counts blocks of no length
  bad_strong_length,     // a sum head's strong length is negative or above the digest's
  bad_remainder,         // a sum head's remainder is negative or above the block length
  too_many_blocks,       // the basis has more blocks than a sum head can count
  incomplete_signature,  // the sums do not fit the head
  basis_too_short,       // the basis ended before the length its head states
  bad_block_index,       // a token names a block that the basis does not have
};
[[nodiscard]] error_code make_error_code(delta_errc e) noexcept;

inline constexpr std::int32_t min_block_length = 700;
inline constexpr std::int32_t max_block_length = 1 << 17;

// Whether a peer's head keeps the rules. max_block: the protocol's limit, bytes. digest_length: of the transfer's
// checksum. Errors: one delta_errc for each rule (protocol errors, exit 2). Source: lib/wire/FORMAT.md, sum head.
[[nodiscard]] result<void> check(sum_head const& head, std::size_t digest_length,
                                 std::int32_t max_block = max_block_length);

// Block length in bytes for a basis of `length` bytes: near its square root, a multiple of 8, at least 700.
// chosen: the user's -B, taken as it is; 0 for none.
[[nodiscard]] std::int32_t block_length_for(std::int64_t length, std::int32_t chosen = 0,
                                            std::int32_t max_block = max_block_length);

// Which strong length a signature has: enough for a first try, or all of the digest (at most 16 bytes) for a redo.
enum class effort : std::uint8_t { first, redo };
[[nodiscard]] std::int32_t strong_length_for(std::int64_t length, std::int32_t block_length, std::size_t digest_length,
                                             effort how = effort::first);

// The head for a basis of `length` bytes; the null head for an empty one. Errors: too_many_blocks.
[[nodiscard]] result<sum_head> head_for(std::int64_t length, std::size_t digest_length, effort how = effort::first,
                                        std::int32_t chosen_block = 0, std::int32_t max_block = max_block_length);

// Signs a basis that is fed in order in pieces of any size. Holds at most one block. One thread at a time.
class signer {
 public:
  // head: what head_for gave for the basis' length, with the same digest length.
  signer(sum_head head, checksum::block_digest strong);
  // Bytes beyond the head's length are ignored (the file grew; the digest of the result tells).
  void feed(byte_view data);
  // Errors: basis_too_short.
  [[nodiscard]] result<signature> finish();

 private:
  void sign(byte_view block);

  checksum::block_digest strong_;
  bytes partial_;  // begun block
  signature made_;
};

}  // namespace volsync::delta

template <>
struct std::is_error_code_enum<volsync::delta::delta_errc> : std::true_type {};
