// Any basis, any target made of its parts and of new bytes, any cuts: a patch of the basis gives the target back.
//
// Input: block length, mode bits, piece size, basis length (2 bytes, low first), basis, then the target as operations:
// even byte n: n / 2 new bytes follow; odd byte: offset (2 bytes) and length (1 byte) of a copy from the basis.
// Mode 1: in place. Mode 2: the weak sums are the basis' own bytes, a lie; then only the bookkeeping must be right.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "delta/matcher.hpp"

namespace {

using namespace volsync;
using namespace volsync::delta;

void require(bool holds) {
  if (!holds) std::abort();
}

struct input {
  byte_view rest;
  std::size_t number(std::size_t width) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < width && !rest.empty(); ++i, rest = rest.subspan(1)) {
      value |= std::to_integer<std::size_t>(rest[0]) << (8 * i);
    }
    return value;
  }
  byte_view take(std::size_t count) {
    byte_view const taken = rest.first(std::min(count, rest.size()));
    rest = rest.subspan(taken.size());
    return taken;
  }
};

bytes target_of(input in, byte_view basis) {
  bytes target;
  while (!in.rest.empty() && target.size() < 100000) {
    std::size_t const operation = in.number(1);
    if (operation % 2 == 0) {
      append(target, in.take(operation / 2));
      continue;
    }
    std::size_t const offset = std::min(in.number(2), basis.size());
    append(target, basis.subspan(offset, std::min(16 * in.number(1), basis.size() - offset)));
  }
  return target;
}

// The file after a receiver has written the tokens over its basis, or beside it.
bytes rebuilt(sum_head const& head, byte_view basis, token_batch const& batch, bool in_place) {
  bytes file(basis.begin(), basis.end());
  bytes out;
  bytes& from = in_place ? out : file;
  if (in_place) out = file;
  std::size_t at = 0;
  auto const reader = [&](std::int64_t offset, std::size_t length) -> result<byte_view> {
    return byte_view{from}.subspan(static_cast<std::size_t>(offset), length);
  };
  auto const writer = [&](byte_view data) -> result<void> {
    bytes const copy(data.begin(), data.end());
    if (out.size() < at + copy.size()) out.resize(at + copy.size());
    std::copy(copy.begin(), copy.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    at += copy.size();
    return {};
  };
  require(patch(head, reader, batch, writer).has_value());
  out.resize(at);
  return out;
}

token_batch searched(std::shared_ptr<match_index const> index, checksum::block_digest strong, basis_use use,
                     byte_view target, std::size_t piece) {
  matcher m{std::move(index), strong, use};
  token_batch batch;
  for (std::size_t at = 0; at < target.size(); at += piece) {
    byte_view const part = target.subspan(at, std::min(piece, target.size() - at));
    m.feed(bytes(part.begin(), part.end()), batch);
  }
  m.finish(batch);
  require(m.literal_bytes() == static_cast<std::int64_t>(batch.literals.size()));
  require(m.literal_bytes() + m.matched_bytes() == static_cast<std::int64_t>(target.size()));
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  input in{{reinterpret_cast<std::byte const*>(data), size}};
  auto const block = static_cast<std::int32_t>(in.number(1) + 1);
  std::size_t const mode = in.number(1);
  std::size_t const piece = in.number(1) + 1;
  byte_view const basis = in.take(in.number(2));
  bytes const target = target_of(in, basis);
  checksum::block_digest const strong{checksum::algorithm::xxh128, 1};
  signer s{*head_for(static_cast<std::int64_t>(basis.size()), strong.length(), effort::redo, block), strong};
  s.feed(basis);
  signature sums = std::move(*s.finish());
  bool const lies = (mode & 2U) != 0;
  for (std::size_t i = 0; lies && i < sums.weak.size(); ++i) sums.weak[i] = std::to_integer<std::uint32_t>(basis[i]);
  sum_head const head = sums.head;
  require(check(head, strong.length()).has_value());
  auto const built = match_index::build(std::make_shared<signature const>(std::move(sums)));
  require(built.has_value());
  auto const index = std::make_shared<match_index const>(*built);
  basis_use const use = (mode & 1U) != 0 ? basis_use::in_place : basis_use::separate;
  token_batch const batch = searched(index, strong, use, target, piece);
  token_batch const whole = searched(index, strong, use, target, std::max<std::size_t>(target.size(), 1));
  require(batch.literals == whole.literals && batch.tokens == whole.tokens);
  if (!lies) require(rebuilt(head, basis, batch, use == basis_use::in_place) == target);
  return 0;
}
