// The search for blocks of a basis in a new file: every offset is a candidate, the weak sum says which to look at.
//
// The tokens depend on the file and the signature alone, never on how the file was cut. Matches are as exact
// as the signature's digests; whoever sends a file's tokens sends its whole-file digest as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"

#include "checksum/rolling.hpp"
#include "checksum/strong.hpp"

#include "delta/match_index.hpp"
#include "delta/signature.hpp"
#include "delta/tokens.hpp"

namespace volsync::delta {

// Whether the receiver writes the new file over the very basis it reads from. Then block i may stand at offset o only
// if its bytes are still there: i * block_length >= o, or the block was matched at its own offset before.
enum class basis_use : std::uint8_t { separate, in_place };

// One file. Holds at most one block (in place: two) and some 300 KiB; grows to that only as bytes come. One thread at a
// time; movable.
//
//   while (read some bytes into m.space(n)) m.commit(count, sink);   or   m.feed(bytes, sink);
//   m.finish(sink);
//
// Literals flow out as the search goes on, in pieces of max_literal_piece and the rest before a match; at most one
// block (in place: two) and one piece are held back. Runs of adjacent blocks are joined up to 256 KiB of file.
//
// Digesting windows whose weak sum lies is limited to some 64 bytes for each byte of the file; beyond that, matches may
// be missed. Only signatures made to that end come near.
class matcher {
 public:
  // index: of the signature to search in, made by the same digest as `strong`; null: everything is literal.
  matcher(std::shared_ptr<match_index const> index, checksum::block_digest strong, basis_use use = basis_use::separate);

  void feed(byte_view data, token_sink& sink);
  // Room for up to `wanted` bytes at the end of the buffer (at least 1, at most 256 KiB), to be filled by the caller
  // and then committed. Valid until the next call of anything.
  [[nodiscard]] std::span<std::byte> space(std::size_t wanted);
  // The first `count` bytes of the last space() are the file's next bytes.
  void commit(std::size_t count, token_sink& sink);
  // End of the file: the short last block is looked for here. The matcher is spent then.
  void finish(token_sink& sink);

  // So far, in bytes; together they are what was passed to the sink.
  [[nodiscard]] std::int64_t literal_bytes() const noexcept { return literal_bytes_; }
  [[nodiscard]] std::int64_t matched_bytes() const noexcept { return matched_bytes_; }
  // Offsets at which a weak sum was found and the strong digest then disagreed.
  [[nodiscard]] std::int64_t false_alarms() const noexcept { return false_alarms_; }

 private:
  enum class more : std::uint8_t { may_come, none };
  void search(more what, token_sink& sink);
  [[nodiscard]] bool next_candidate(std::size_t upto);
  [[nodiscard]] bool wait_for_own_place(std::int32_t block);
  [[nodiscard]] std::int32_t matching_block(std::uint32_t weak);
  [[nodiscard]] bool may_use(std::int32_t block) const noexcept;
  [[nodiscard]] bool same_digest(byte_view digest, std::int32_t block) const noexcept;
  void accept(std::int32_t block, token_sink& sink);
  void pass_literals(std::size_t least, token_sink& sink);
  void pass_run(token_sink& sink);
  void make_room(std::size_t wanted);
  [[nodiscard]] byte_view window(std::size_t length) const noexcept { return {buffer_.get() + at_, length}; }
  [[nodiscard]] std::int64_t offset() const noexcept { return base_ + static_cast<std::int64_t>(at_); }

  static constexpr std::size_t max_piece = 256U << 10;  // bytes fed at a time

  std::shared_ptr<match_index const> index_;
  checksum::block_digest strong_;
  basis_use use_;
  sum_head head_;  // of the index; null without one
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;        // bytes in the buffer
  std::size_t literal_ = 0;     // start of what was not yet passed to the sink
  std::size_t at_ = 0;          // the offset under examination; literal_ <= at_ <= size_
  std::int64_t base_ = 0;       // place of the buffer's first byte in the file
  checksum::rolling_sum sum_;   // of the window at at_, if checked_
  bool checked_ = false;        // the window at at_ was looked at and matches nothing
  std::int32_t want_ = 0;       // the block after the last matched one
  std::int32_t run_block_ = 0;  // matched, not yet passed on
  std::int32_t run_ = 0;
  std::vector<bool> in_own_place_;  // in_place: blocks matched at their own offset
  std::int64_t literal_bytes_ = 0;
  std::int64_t matched_bytes_ = 0;
  std::int64_t false_alarms_ = 0;
  std::int64_t wasted_ = 0;  // bytes of digesting spent on false alarms
};

}  // namespace volsync::delta
