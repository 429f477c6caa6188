// Sum heads: their rules and sizes; signing a basis.
#include "delta/signature.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "checksum/rolling.hpp"

namespace volsync::delta {
namespace {

class delta_category final : public std::error_category {
 public:
  char const* name() const noexcept override { return "delta"; }
  std::string message(int value) const override {
    switch (static_cast<delta_errc>(value)) {
      case delta_errc::bad_count:
        return "the peer's sum head has a negative block count";
      case delta_errc::bad_block_length:
        return "the peer's sum head has a block length out of range";
      case delta_errc::zero_block_length:
        return "the peer's sum head counts blocks of zero length";
      case delta_errc::bad_strong_length:
        return "the peer's sum head has a checksum length out of range";
      case delta_errc::bad_remainder:
        return "the peer's sum head has a remainder out of range";
      case delta_errc::too_many_blocks:
        return "the file is too large for block checksums";
      case delta_errc::incomplete_signature:
        return "the block checksums do not fit their sum head";
      case delta_errc::basis_too_short:
        return "the basis file became shorter while it was read";
      case delta_errc::bad_block_index:
        return "a token names a block that the basis does not have";
    }
    return "unknown delta error";
  }
};

constexpr std::int32_t max_strong_length = 16;  // of a signature, whatever the digest

std::int32_t full_strong_length(std::size_t digest_length) noexcept {
  return static_cast<std::int32_t>(std::min<std::size_t>(digest_length, max_strong_length));
}

// Whole bits of a number: 0 for 0 and 1.
int floor_log2(std::int64_t value) noexcept {
  int bits = 0;
  while ((value >>= 1) != 0) ++bits;
  return bits;
}

}  // namespace

error_code make_error_code(delta_errc e) noexcept {
  static delta_category const category;
  return {static_cast<int>(e), category};
}

result<void> check(sum_head const& head, std::size_t digest_length, std::int32_t max_block) {
  if (head.count < 0) return delta_errc::bad_count;
  if (head.block_length < 0 || head.block_length > max_block) return delta_errc::bad_block_length;
  if (head.count > 0 && head.block_length == 0) return delta_errc::zero_block_length;
  if (head.s2_length < 0 || static_cast<std::size_t>(head.s2_length) > digest_length) {
    return delta_errc::bad_strong_length;
  }
  if (head.remainder < 0 || head.remainder > head.block_length) return delta_errc::bad_remainder;
  return {};
}

std::int32_t block_length_for(std::int64_t length, std::int32_t chosen, std::int32_t max_block) {
  if (chosen > 0) return chosen;
  if (length <= std::int64_t{min_block_length} * min_block_length) return min_block_length;
  std::int64_t bit = 1;
  for (std::int64_t rest = length; (rest >>= 2) != 0 && bit < max_block;) bit <<= 1;
  if (bit >= max_block) return max_block;
  std::int64_t root = 0;
  for (; bit >= 8; bit >>= 1) {
    if (length >= (root | bit) * (root | bit)) root |= bit;
  }
  return std::max(static_cast<std::int32_t>(root), min_block_length);
}

std::int32_t strong_length_for(std::int64_t length, std::int32_t block_length, std::size_t digest_length, effort how) {
  std::int32_t const most = full_strong_length(digest_length);
  if (how == effort::redo) return most;
  // Bits that make an accidental match unlikely: 10, two for each doubling of the file, less one for each of the block
  // length; 32 of them are the weak sum's.
  int const bits = std::max(10 + 2 * floor_log2(length) - floor_log2(block_length), 0);
  return std::min(std::max((bits + 1 - 32 + 7) / 8, 2), most);
}

result<sum_head> head_for(std::int64_t length, std::size_t digest_length, effort how, std::int32_t chosen_block,
                          std::int32_t max_block) {
  if (length <= 0) return sum_head{};
  sum_head head;
  head.block_length = block_length_for(length, chosen_block, max_block);
  std::int64_t const count = length / head.block_length + (length % head.block_length != 0 ? 1 : 0);
  if (count > std::numeric_limits<std::int32_t>::max()) return delta_errc::too_many_blocks;
  head.count = static_cast<std::int32_t>(count);
  head.remainder = static_cast<std::int32_t>(length % head.block_length);
  head.s2_length = strong_length_for(length, head.block_length, digest_length, how);
  return head;
}

signer::signer(sum_head head, checksum::block_digest strong) : strong_{strong} { made_.head = head; }

void signer::feed(byte_view data) {
  while (!data.empty() && made_.weak.size() < static_cast<std::size_t>(made_.head.count)) {
    auto const whole = static_cast<std::size_t>(made_.head.length_of(static_cast<std::int32_t>(made_.weak.size())));
    std::size_t const taken = std::min(whole - partial_.size(), data.size());
    if (taken == whole) {
      sign(data.first(whole));
    } else {
      append(partial_, data.first(taken));
      if (partial_.size() == whole) {
        sign(partial_);
        partial_.clear();
      }
    }
    data = data.subspan(taken);
  }
}

void signer::sign(byte_view block) {
  made_.weak.push_back(checksum::block_sum(block));
  checksum::digest const strong = strong_.of(block);
  append(made_.strong, strong.view().first(static_cast<std::size_t>(made_.head.s2_length)));
}

result<signature> signer::finish() {
  if (made_.weak.size() < static_cast<std::size_t>(made_.head.count)) return delta_errc::basis_too_short;
  return std::move(made_);
}

}  // namespace volsync::delta
