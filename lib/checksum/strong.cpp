// Digests of files and blocks over the algorithms behind them.
#define XXH_INLINE_ALL
#include "checksum/strong.hpp"

#include <xxhash.h>

#include <optional>
#include <variant>

#include "checksum/evp.hpp"
#include "checksum/md4.hpp"
#include "checksum/xxh3.hpp"

namespace volsync::checksum {
namespace {

void put_low_first(std::uint64_t value, std::byte* to) noexcept {
  for (unsigned i = 0; i < 8; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

digest eight_bytes(std::uint64_t value) noexcept {
  std::array<std::byte, 8> out;
  put_low_first(value, out.data());
  return digest{out};
}

digest sixteen_bytes(xxh3_value value) noexcept {
  std::array<std::byte, 16> out;
  put_low_first(value.low, out.data());
  put_low_first(value.high, out.data() + 8);
  return digest{out};
}

digest no_digest() noexcept { return digest{std::array<std::byte, 1>{}}; }

// The library wants an address even for no bytes.
std::uint64_t xxh64_of(byte_view data, std::uint64_t seed) noexcept {
  return XXH64(data.empty() ? static_cast<void const*>("") : data.data(), data.size(), seed);
}

// One context for each thread: making one costs more than the digest of a small block.
evp_hash& thread_hash(algorithm which) {
  thread_local std::optional<evp_hash> hash;
  if (hash) {
    hash->reset(which);
  } else {
    hash.emplace(which);
  }
  return *hash;
}

// The pieces one after the other; null or empty ones add nothing.
template <std::size_t N>
digest classic(algorithm which, std::array<byte_view, N> const& pieces) {
  if (which == algorithm::md4) {
    md4 hash;
    for (byte_view const piece : pieces) hash.update(piece);
    return digest{hash.finish()};
  }
  evp_hash& hash = thread_hash(which);
  for (byte_view const piece : pieces) {
    if (!piece.empty()) hash.update(piece);
  }
  return hash.finish();
}

// A window in two pieces, for the algorithms whose one-shot functions want one. Rare: rings that wrap.
digest xxh_of_two(algorithm which, byte_view first, byte_view second, std::uint64_t seed) {
  if (which == algorithm::xxh64) {
    XXH64_state_t state;
    XXH64_reset(&state, seed);
    XXH64_update(&state, first.data(), first.size());
    XXH64_update(&state, second.data(), second.size());
    return eight_bytes(XXH64_digest(&state));
  }
  xxh3_functions const& f = xxh3();
  xxh3_state state;
  f.reset(state, seed);
  f.update(state, first.data(), first.size());
  f.update(state, second.data(), second.size());
  return which == algorithm::xxh3 ? eight_bytes(f.digest_64(state).low) : sixteen_bytes(f.digest_128(state));
}

}  // namespace

struct file_digest::state {
  std::variant<XXH64_state_t, xxh3_state, evp_hash, md4> of;

  explicit state(algorithm which) : of{fresh(which)} {}

  static decltype(of) fresh(algorithm which) {
    switch (which) {
      case algorithm::xxh64: {
        XXH64_state_t s;
        XXH64_reset(&s, 0);
        return s;
      }
      case algorithm::xxh3:
      case algorithm::xxh128: {
        xxh3_state s;
        xxh3().reset(s, 0);
        return s;
      }
      case algorithm::md5:
      case algorithm::sha1:
        return evp_hash{which};
      case algorithm::md4:
      case algorithm::none:
        break;
    }
    return md4{};
  }
};

file_digest::file_digest(algorithm which)
    : which_{which}, state_{which == algorithm::none ? nullptr : std::make_unique<state>(which)} {}
file_digest::file_digest(file_digest&&) noexcept = default;
file_digest& file_digest::operator=(file_digest&&) noexcept = default;
file_digest::~file_digest() = default;

void file_digest::update(byte_view data) {
  if (data.empty() || !state_) return;
  if (auto* const h = std::get_if<XXH64_state_t>(&state_->of)) XXH64_update(h, data.data(), data.size());
  if (auto* const h = std::get_if<xxh3_state>(&state_->of)) xxh3().update(*h, data.data(), data.size());
  if (auto* const h = std::get_if<evp_hash>(&state_->of)) h->update(data);
  if (auto* const h = std::get_if<md4>(&state_->of)) h->update(data);
}

digest file_digest::finish() {
  if (!state_) return no_digest();
  digest out;
  if (auto* const h = std::get_if<XXH64_state_t>(&state_->of)) out = eight_bytes(XXH64_digest(h));
  if (auto* const h = std::get_if<xxh3_state>(&state_->of)) {
    out = which_ == algorithm::xxh3 ? eight_bytes(xxh3().digest_64(*h).low) : sixteen_bytes(xxh3().digest_128(*h));
  }
  if (auto* const h = std::get_if<evp_hash>(&state_->of)) out = h->finish();
  if (auto* const h = std::get_if<md4>(&state_->of)) out = digest{h->finish()};
  state_->of = state::fresh(which_);
  return out;
}

digest file_digest::of(algorithm which, byte_view whole) { return block_digest{which}.of(whole); }

digest block_digest::of(byte_view block) const { return of(block, {}); }

digest block_digest::of(byte_view first, byte_view second) const {
  // Sign-extended, as if the seed were a 64-bit number all along.
  auto const seed = static_cast<std::uint64_t>(std::int64_t{seed_});
  std::array<std::byte, 8> seed_bytes;
  put_low_first(seed, seed_bytes.data());
  byte_view const mixed = seed_ != 0 ? byte_view{seed_bytes}.first(4) : byte_view{};
  bool const xxh = which_ == algorithm::xxh64 || which_ == algorithm::xxh3 || which_ == algorithm::xxh128;
  if (xxh && !second.empty()) return xxh_of_two(which_, first, second, seed);
  switch (which_) {
    case algorithm::xxh64:
      return eight_bytes(xxh64_of(first, seed));
    case algorithm::xxh3:
      return eight_bytes(xxh3().one_shot_64(first.data(), first.size(), seed).low);
    case algorithm::xxh128:
      return sixteen_bytes(xxh3().one_shot_128(first.data(), first.size(), seed));
    case algorithm::md5:
      if (place_ == md5_seed::after) break;
      [[fallthrough]];
    case algorithm::sha1:
      return classic(which_, std::array{mixed, first, second});
    case algorithm::md4:
      break;
    case algorithm::none:
      return no_digest();
  }
  return classic(which_, std::array{first, second, mixed});
}

}  // namespace volsync::checksum
