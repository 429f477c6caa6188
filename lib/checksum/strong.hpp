// Strong digests of files and of blocks, in the byte order of the wire.
//
// A file's digest is never seeded (nor is the one of -c in the file list, which is the same digest); a block's digest
// takes the session's seed. Wire order: xxh* little-endian, low half first; md4, md5, sha1 as their standards print.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"

#include "checksum/algorithm.hpp"

namespace volsync::checksum {

// A digest value: up to 20 bytes in wire order. Any thread.
class digest {
 public:
  digest() noexcept = default;
  // The first max_digest_length bytes of `from`.
  explicit digest(byte_view from) noexcept
      : length_{static_cast<std::uint8_t>(std::min(from.size(), max_digest_length))} {
    std::copy_n(from.begin(), length_, bytes_.begin());
  }
  [[nodiscard]] byte_view view() const noexcept { return {bytes_.data(), length_}; }
  [[nodiscard]] std::size_t size() const noexcept { return length_; }
  friend bool operator==(digest const&, digest const&) = default;  // bytes beyond the length are always zero

 private:
  std::array<std::byte, max_digest_length> bytes_{};
  std::uint8_t length_ = 0;
};

// Digest of a whole file, fed in order in pieces of any size. One thread at a time; movable. Throws only bad_alloc.
class file_digest {
 public:
  explicit file_digest(algorithm which);
  file_digest(file_digest&&) noexcept;
  file_digest& operator=(file_digest&&) noexcept;
  ~file_digest();

  [[nodiscard]] algorithm which() const noexcept { return which_; }
  void update(byte_view data);
  // digest_length(which()) bytes. The object then starts over with an empty file.
  [[nodiscard]] digest finish();

  // The digest of a file that lies in memory as a whole: no state is set up, the cheap way for small files. Any thread.
  [[nodiscard]] static digest of(algorithm which, byte_view whole);

 private:
  struct state;
  algorithm which_;
  std::unique_ptr<state> state_;  // none for algorithm::none
};

// Where md5 takes the seed. Every negotiated or chosen md5 has it before the data; only the md5 that a protocol-30 peer
// without the compat flag for it implies has it after. Source: lib/wire/FORMAT.md, digests and compat flags.
enum class md5_seed : std::uint8_t { before, after };

// Digest of one block, with the session's seed. A value; any thread.
class block_digest {
 public:
  // seed 0 mixes nothing into md4, md5 and sha1.
  explicit block_digest(algorithm which, std::int32_t seed = 0, md5_seed place = md5_seed::before) noexcept
      : seed_{seed}, which_{which}, place_{place} {}

  [[nodiscard]] algorithm which() const noexcept { return which_; }
  // Bytes of a full digest; a signature keeps the first s2_length of them.
  [[nodiscard]] std::size_t length() const noexcept { return digest_length(which_); }
  [[nodiscard]] digest of(byte_view block) const;
  // The block is `first` followed by `second` (a window that wraps around a ring).
  [[nodiscard]] digest of(byte_view first, byte_view second) const;

 private:
  std::int32_t seed_;
  algorithm which_;
  md5_seed place_;
};

}  // namespace volsync::checksum
