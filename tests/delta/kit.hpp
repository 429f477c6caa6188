// What the tests of the search share: noise, signatures of a basis, a whole search, and rebuilding the file.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "delta/matcher.hpp"

namespace volsync::delta::test {

inline bytes noise(std::size_t length, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  bytes out(length);
  for (std::byte& b : out) b = static_cast<std::byte>(random());
  return out;
}

inline checksum::block_digest strong_of(std::int32_t seed = 12345) {
  return checksum::block_digest{checksum::algorithm::xxh128, seed};
}

// A signature with a head of our choice; remainder and count follow from the basis.
inline std::shared_ptr<signature const> sign(byte_view basis, std::int32_t block_length, std::int32_t s2_length = 16,
                                             checksum::block_digest strong = strong_of()) {
  auto const size = static_cast<std::int64_t>(basis.size());
  sum_head head;
  if (size != 0) {
    head = {static_cast<std::int32_t>((size + block_length - 1) / block_length), block_length, s2_length,
            static_cast<std::int32_t>(size % block_length)};
  }
  signer s{head, strong};
  s.feed(basis);
  return std::make_shared<signature const>(std::move(*s.finish()));
}

inline std::shared_ptr<match_index const> index_of(std::shared_ptr<signature const> sums) {
  return std::make_shared<match_index const>(std::move(*match_index::build(std::move(sums))));
}

// One call of the sink: a literal's length, or a run of blocks.
struct event {
  std::size_t literal = 0;
  std::int32_t block = -1;
  std::int32_t run = 0;
  friend bool operator==(event const&, event const&) = default;
};

struct recorder final : token_sink {
  std::vector<event> events;
  token_batch batch;
  void literal(byte_view data) override {
    events.push_back({data.size(), -1, 0});
    batch.literal(data);
  }
  void match(std::int32_t block, std::int32_t run) override {
    events.push_back({0, block, run});
    batch.match(block, run);
  }
};

struct search_result {
  recorder tokens;
  std::int64_t literal_bytes = 0;
  std::int64_t matched_bytes = 0;
  std::int64_t false_alarms = 0;
};

// Feeds `target` in pieces of `piece` bytes. Each piece is an allocation of exact size.
inline search_result search(std::shared_ptr<match_index const> index, byte_view target, std::size_t piece,
                            basis_use use = basis_use::separate, checksum::block_digest strong = strong_of()) {
  matcher m{std::move(index), strong, use};
  search_result r;
  for (std::size_t at = 0; at < target.size(); at += piece) {
    byte_view const part = target.subspan(at, std::min(piece, target.size() - at));
    m.feed(bytes(part.begin(), part.end()), r.tokens);
  }
  m.finish(r.tokens);
  r.literal_bytes = m.literal_bytes();
  r.matched_bytes = m.matched_bytes();
  r.false_alarms = m.false_alarms();
  return r;
}

// patch() over memory.
inline result<bytes> rebuild(sum_head const& head, byte_view basis, token_batch const& batch) {
  bytes out;
  result<void> const done = patch(
      head,
      [&](std::int64_t offset, std::size_t length) -> result<byte_view> {
        return basis.subspan(static_cast<std::size_t>(offset), length);
      },
      batch,
      [&](byte_view data) -> result<void> {
        append(out, data);
        return {};
      });
  if (!done) return done.error();
  return out;
}

// What a receiver has afterwards that writes the new file over its basis, block by block.
inline bytes rebuild_in_place(sum_head const& head, bytes file, token_batch const& batch) {
  std::size_t at = 0;
  auto const put = [&](bytes const& data) {
    if (file.size() < at + data.size()) file.resize(at + data.size());
    std::copy(data.begin(), data.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
    at += data.size();
  };
  batch.visit([&](byte_view data) { put(bytes(data.begin(), data.end())); },
              [&](block_token const& t) {
                for (std::int32_t b = t.block; b < t.block + t.run; ++b) {
                  auto const from = file.begin() + std::int64_t{b} * head.block_length;
                  put(bytes(from, from + head.length_of(b)));
                }
              });
  file.resize(at);
  return file;
}

}  // namespace volsync::delta::test
