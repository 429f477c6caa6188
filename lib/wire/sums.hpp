// Sum heads and block sums: how a generator describes its basis. Source: lib/wire/FORMAT.md, sum head.
#pragma once

#include "volsync/result.hpp"

#include "delta/signature.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

inline constexpr std::size_t sum_head_size = 16;  // bytes on the wire
// Blocks of a head that is read: what 1 GiB holds at 24 bytes each, no fewer than a common sender takes.
inline constexpr std::int32_t max_block_sums = (1 << 30) / 24;

void write_sum_head(writer& out, delta::sum_head const& head);
// digest_length: bytes of the transfer's checksum. Errors: truncated, delta_errc (the rules of delta::check),
// too_many_sums.
[[nodiscard]] result<delta::sum_head> read_sum_head(cursor& in, std::size_t digest_length);

// The sums of all blocks, without the head.
void write_block_sums(writer& out, delta::signature const& sums);

// Collects the sums that follow a head. Memory grows as they arrive, whatever the head says. One thread at a time.
class signature_reader {
 public:
  // head: checked, as read_sum_head gives it.
  explicit signature_reader(delta::sum_head const& head) { made_.head = head; }

  // Takes whole records from the input; true when the last one was taken. A begun record is left in the input.
  [[nodiscard]] bool feed(cursor& in);
  [[nodiscard]] bool complete() const noexcept {
    return made_.weak.size() == static_cast<std::size_t>(made_.head.count);
  }
  // Requires complete(). The reader is spent then.
  [[nodiscard]] delta::signature take() { return std::move(made_); }

 private:
  delta::signature made_;
};

}  // namespace volsync::wire
