// The search: what it finds, that nothing is lost, and that hostile input costs it neither time nor memory.
#include "delta/matcher.hpp"

#include <chrono>
#include <map>

#include "delta/kit.hpp"

#include "support/catch.hpp"

namespace volsync::delta {
namespace {

using test::event;
using test::index_of;
using test::noise;
using test::search;
using test::search_result;
using test::sign;

bytes joined(std::initializer_list<byte_view> parts) {
  bytes out;
  for (byte_view const part : parts) append(out, part);
  return out;
}

// Searches `target` in the blocks of `basis`, and demands that the outcome is right however the target is cut.
search_result search_checked(byte_view basis, std::int32_t block, byte_view target,
                             basis_use use = basis_use::separate) {
  auto const sums = sign(basis, block);
  auto const index = index_of(sums);
  search_result const whole = search(index, target, std::max<std::size_t>(target.size(), 1), use);
  result<bytes> const made = test::rebuild(sums->head, basis, whole.tokens.batch);
  REQUIRE(made);
  REQUIRE(*made == bytes(target.begin(), target.end()));
  if (use == basis_use::in_place) {
    bytes const over = test::rebuild_in_place(sums->head, bytes(basis.begin(), basis.end()), whole.tokens.batch);
    REQUIRE(over == *made);
  }
  REQUIRE(whole.literal_bytes + whole.matched_bytes == static_cast<std::int64_t>(target.size()));
  for (event const& e : whole.tokens.events) REQUIRE((e.run > 0 || (e.literal > 0 && e.literal <= max_literal_piece)));
  auto const u_block = static_cast<std::size_t>(block);
  for (std::size_t const piece : {std::size_t{1}, std::size_t{13}, u_block, u_block + 1, std::size_t{70000}}) {
    if (target.size() / piece > 100000) continue;
    INFO("pieces of " << piece);
    REQUIRE(search(index, target, piece, use).tokens.events == whole.tokens.events);
  }
  return whole;
}

// The search as the protocol's original does it, as plainly as it can be written: its literal bytes are the measure.
std::int64_t plain_search_literals(byte_view basis, std::int32_t block, byte_view target) {
  auto const sums = sign(basis, block);
  std::multimap<std::uint32_t, std::int32_t> by_sum;
  for (std::int32_t i = 0; i < sums->head.count; ++i) by_sum.emplace(sums->weak[static_cast<std::size_t>(i)], i);
  std::int64_t literals = 0;
  for (std::size_t at = 0; at < target.size();) {
    std::size_t const length = std::min(static_cast<std::size_t>(block), target.size() - at);
    byte_view const window = target.subspan(at, length);
    std::size_t matched = 0;
    auto const range = by_sum.equal_range(checksum::sum_of_scalar(window).value());
    for (auto i = range.first; i != range.second && matched == 0; ++i) {
      if (sums->head.length_of(i->second) != static_cast<std::int32_t>(length)) continue;
      std::size_t const place = static_cast<std::size_t>(i->second) * static_cast<std::size_t>(block);
      byte_view const theirs = basis.subspan(place, length);
      if (std::equal(window.begin(), window.end(), theirs.begin())) matched = length;
    }
    literals += matched == 0 ? 1 : 0;
    at += std::max<std::size_t>(matched, 1);
  }
  return literals;
}

}  // namespace

TEST_CASE("an insertion costs its own bytes and nothing else") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line " + std::to_string(1000 + i).substr(1) + "\n";
  std::string changed = text;
  changed.insert(700, "HELLO\n");
  search_result const r = search_checked(as_bytes(text), 700, as_bytes(changed));
  // The tokens rsync 3.5.0 sends for the same file: block 0, six bytes, blocks 1 and 2 (the short last one).
  CHECK(r.tokens.events == std::vector<event>{{0, 0, 1}, {6, -1, 0}, {0, 1, 2}});
  CHECK(as_text(r.tokens.batch.literals) == "HELLO\n");
}

TEST_CASE("an unchanged file is one run of blocks") {
  for (std::size_t const size : {1U, 699U, 700U, 701U, 1400U, 2000U, 100000U}) {
    INFO("size " << size);
    bytes const data = noise(size, size);
    search_result const r = search_checked(data, 700, data);
    CHECK(r.literal_bytes == 0);
    CHECK(r.tokens.batch.tokens == std::vector<block_token>{{0, 0, static_cast<std::int32_t>((size + 699) / 700)}});
    CHECK(r.false_alarms == 0);
  }
}

TEST_CASE("runs are passed on after 256 KiB of file") {
  bytes const data = noise(1 << 20, 1);
  std::vector<event> const expected{{0, 0, 64}, {0, 64, 64}, {0, 128, 64}, {0, 192, 64}};
  CHECK(search(index_of(sign(data, 4096)), data, 100000).tokens.events == expected);
}

TEST_CASE("an empty file has no tokens, an empty basis no matches") {
  bytes const data = noise(100000, 2);
  CHECK(search_checked(data, 700, {}).tokens.events.empty());
  std::vector<event> const literals{{32768, -1, 0}, {32768, -1, 0}, {32768, -1, 0}, {1696, -1, 0}};
  CHECK(search_checked({}, 700, data).tokens.events == literals);
  CHECK(search(nullptr, data, 999).tokens.events == literals);
  CHECK(search(nullptr, data, 100000).tokens.batch.literals == data);
}

TEST_CASE("a short last block matches only at the end of the file") {
  bytes const basis = noise(1000, 3);
  byte_view const all{basis};
  byte_view const tail = all.last(300);
  bytes const other = noise(2000, 4);
  CHECK(search_checked(basis, 700, joined({other, tail})).literal_bytes == 2000);
  CHECK(search_checked(basis, 700, joined({tail, other})).literal_bytes == 2300);
  CHECK(search_checked(basis, 700, tail).literal_bytes == 0);
  CHECK(search_checked(basis, 700, joined({all.first(700), all.first(700), tail})).literal_bytes == 0);
  CHECK(search_checked(basis, 700, all.first(999)).literal_bytes == 299);
}

TEST_CASE("a basis of one short block is found at the end, and the rest flows out") {
  bytes const basis = noise(300, 5);
  bytes const other = noise(100000, 6);
  CHECK(search_checked(basis, 700, joined({other, basis})).literal_bytes == 100000);
  CHECK(search_checked(basis, 700, other).literal_bytes == 100000);
  CHECK(search_checked(basis, 700, byte_view{basis}.first(299)).literal_bytes == 299);
}

TEST_CASE("a remainder of the block length is a full block") {
  bytes const basis = noise(1400, 7);
  signature sums = *sign(basis, 700);
  sums.head.remainder = 700;
  auto const index = index_of(std::make_shared<signature const>(sums));
  CHECK(search(index, joined({byte_view{basis}.last(700), noise(50, 1)}), 100).literal_bytes == 50);
}

TEST_CASE("files of zeros match in order whatever their length") {
  bytes const zeros(1 << 20, std::byte{0});
  search_result const same = search_checked(zeros, 1024, zeros);
  CHECK(same.tokens.batch.tokens == std::vector<block_token>{{0, 0, 1024}});
  search_result const longer = search_checked(byte_view{zeros}.first(10 * 1024), 1024, zeros);
  CHECK(longer.literal_bytes == 0);
}

TEST_CASE("blocks may come in any order and more than once") {
  bytes const basis = noise(7000, 8);
  byte_view const all{basis};
  auto const block = [&](std::size_t i) { return all.subspan(i * 700, 700); };
  search_result const r = search_checked(basis, 700, joined({block(9), block(0), block(0), block(5), block(6)}));
  CHECK(r.tokens.batch.tokens == std::vector<block_token>{{0, 9, 1}, {0, 0, 1}, {0, 0, 1}, {0, 5, 2}});
}

TEST_CASE("random edits are undone by the patch, with no more literals than the plain search") {
  std::mt19937 random{9};
  auto const below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (int round = 0; round < 60; ++round) {
    INFO("round " << round);
    std::int32_t const block = std::vector<std::int32_t>{8, 64, 700, 1000, 4096}[below(5)];
    bytes basis = noise(below(60000), random());
    if (round % 4 == 0) {
      for (std::byte& b : basis) b &= std::byte{1};  // few values: many near misses
    }
    bytes target = basis;
    for (std::size_t edits = below(12); edits > 0; --edits) {
      auto const at = target.begin() + static_cast<std::ptrdiff_t>(below(target.size() + 1));
      auto const length = static_cast<std::ptrdiff_t>(below(static_cast<std::size_t>(target.end() - at) + 1) / 4);
      bytes const fresh = noise(below(2000), random());
      switch (below(4)) {
        case 0:
          target.insert(at, fresh.begin(), fresh.end());
          break;
        case 1:
          target.erase(at, at + length);
          break;
        case 2:
          std::copy_n(fresh.begin(), std::min<std::ptrdiff_t>(length, std::ssize(fresh)), at);
          break;
        default:
          std::rotate(at, at + length / 2, at + length);
      }
    }
    search_result const r = search_checked(basis, block, target);
    CHECK(r.literal_bytes <= plain_search_literals(basis, block, target));
    search_checked(basis, block, target, basis_use::in_place);
  }
}

TEST_CASE("in place, blocks are used only while their bytes are there") {
  bytes const basis = noise(7000, 10);
  byte_view const all{basis};
  bytes const swapped = joined({all.last(3500), all.first(3500)});
  // rsync 3.5.0 --inplace -B 700 for the same change: 3500 literal, 3500 matched bytes.
  search_result const r = search_checked(basis, 700, swapped, basis_use::in_place);
  CHECK(r.literal_bytes == 3500);
  CHECK(r.matched_bytes == 3500);
  CHECK(search_checked(basis, 700, swapped).literal_bytes == 0);
  // Unchanged blocks may be used again later, since they are still what they were.
  bytes const repeated = joined({all.first(1400), all.first(1400), all.subspan(2800, 700)});
  CHECK(search_checked(basis, 700, repeated, basis_use::in_place).literal_bytes == 0);
  // Moved towards the end: their bytes are overwritten before they are wanted.
  CHECK(search_checked(basis, 700, joined({noise(700, 1), basis}), basis_use::in_place).literal_bytes == 7700);
  CHECK(search_checked(basis, 700, all.subspan(300), basis_use::in_place).literal_bytes == 400);
}

TEST_CASE("in place, a block at its own offset is taken before others like it") {
  bytes const zeros(7000, std::byte{0});
  bytes const target = joined({noise(700, 1), byte_view{zeros}.subspan(700)});
  search_result const r = search_checked(zeros, 700, target, basis_use::in_place);
  CHECK(r.tokens.batch.tokens == std::vector<block_token>{{700, 1, 9}});
}

TEST_CASE("in place, a stretch of equal blocks is taken at its own offsets") {
  bytes const zeros(70000, std::byte{0});
  byte_view const all{zeros};
  auto const tokens = [&](bytes const& target) {
    return search_checked(zeros, 700, target, basis_use::in_place).tokens.batch.tokens;
  };
  CHECK(tokens(joined({noise(100, 1), all.subspan(100)})) == std::vector<block_token>{{700, 1, 99}});
  CHECK(tokens(joined({noise(1500, 1), all.subspan(1500)})) == std::vector<block_token>{{2100, 3, 97}});
  // Too few zeros to reach the next block's place whole: taken where they are.
  CHECK(search_checked(zeros, 700, joined({noise(100, 1), all.first(1299), noise(3000, 2)}), basis_use::in_place)
            .matched_bytes == 700);
  CHECK(search_checked(zeros, 700, joined({noise(100, 1), all.first(1200)}), basis_use::in_place).matched_bytes == 700);
  // What stands at the next block's place has the weak sum of zeros (s1 = 1 - 2 + 1, s2 likewise) but is none.
  bytes const impostor{std::byte{1}, std::byte{0xfe}, std::byte{1}};
  bytes const false_zeros = joined({noise(100, 1), all.first(700), impostor, all.first(597), noise(3000, 2)});
  CHECK(search_checked(zeros, 700, false_zeros, basis_use::in_place).matched_bytes == 700);
  // Growing by an insertion: blocks left in their own places stay usable to the end.
  CHECK(search_checked(zeros, 700, joined({noise(2100, 1), zeros}), basis_use::in_place).literal_bytes == 2100);
}

TEST_CASE("literals flow out while the search goes on") {
  // Many blocks, a single short one, none, and no index at all.
  for (auto const& index : {index_of(sign(noise(1 << 20, 11), 1024)), index_of(sign(noise(1000, 11), 1024)),
                            index_of(sign({}, 1024)), std::shared_ptr<match_index const>{}}) {
    matcher m{index, test::strong_of()};
    bytes const fresh = noise(4096, 12);
    std::int64_t fed = 0;
    for (int i = 0; i < 500; ++i) {
      test::recorder out;
      m.feed(fresh, out);
      fed += 4096;
      REQUIRE(fed - m.literal_bytes() < static_cast<std::int64_t>(max_literal_piece) + 1024 + 4096);
    }
  }
}

TEST_CASE("without strong digests the weak sums decide, at the end too") {
  bytes const basis = noise(1000, 16);
  auto const index = index_of(sign(basis, 700, 0));
  CHECK(search(index, basis, 100).matched_bytes == 1000);
  CHECK(search(index, joined({byte_view{basis}.first(700), noise(300, 17)}), 100).literal_bytes == 300);
}

TEST_CASE("the buffer can be filled in place") {
  bytes const basis = noise(300000, 13);
  auto const sums = sign(basis, 1000);
  matcher m{index_of(sums), test::strong_of()};
  test::recorder out;
  for (std::size_t at = 0; at < basis.size();) {
    std::span<std::byte> const room = m.space(100000);
    REQUIRE(room.size() == 100000);
    std::size_t const part = std::min<std::size_t>(basis.size() - at, 777);  // a short read
    std::copy_n(basis.begin() + static_cast<std::ptrdiff_t>(at), part, room.begin());
    m.commit(part, out);
    at += part;
  }
  m.finish(out);
  CHECK(m.matched_bytes() == 300000);
  CHECK(*test::rebuild(sums->head, basis, out.batch) == basis);
  CHECK(m.space(10U << 20).size() == (256U << 10));
}

TEST_CASE("every digest serves, also cut to a few bytes") {
  using checksum::algorithm;
  bytes const basis = noise(50000, 14);
  bytes const target = joined({byte_view{basis}.subspan(20000), noise(333, 1), byte_view{basis}.first(20000)});
  for (algorithm const which :
       {algorithm::xxh128, algorithm::xxh3, algorithm::xxh64, algorithm::md5, algorithm::md4, algorithm::sha1}) {
    checksum::block_digest const strong{which, -5};
    for (std::int32_t const length : {2, static_cast<std::int32_t>(strong.length())}) {
      auto const sums = sign(basis, 700, length, strong);
      search_result const r = search(index_of(sums), target, 5000, basis_use::separate, strong);
      CHECK(*test::rebuild(sums->head, basis, r.tokens.batch) == target);
      CHECK(r.matched_bytes > 48000);
      // Another seed: the weak sums lead to the blocks, the digests refuse them.
      checksum::block_digest const other{which, 6};
      search_result const wrong = search(index_of(sums), target, 5000, basis_use::separate, other);
      CHECK(wrong.matched_bytes < 1400);
      CHECK(wrong.false_alarms > 50);
    }
  }
}

TEST_CASE("a signature whose sums all lie is paid for within limits") {
  // Source and every weak sum are those of zeros, the digests are not: every offset of the file is a candidate.
  constexpr std::int32_t block = 131072;
  constexpr std::int32_t count = 5000;
  signature lies{{count, block, 2, 0}, std::vector<std::uint32_t>(count, 0), bytes(2 * count, std::byte{0xee})};
  auto const index = index_of(std::make_shared<signature const>(std::move(lies)));
  bytes const zeros(4U << 20, std::byte{0});
  auto const start = std::chrono::steady_clock::now();
  search_result const r = search(index, zeros, 1U << 18);
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
  CHECK(r.literal_bytes == 4 << 20);
  // Each costs a digest of 128 KiB; without a limit there would be four million of them, some 20 s here.
  CHECK(r.false_alarms > 100);
  CHECK(r.false_alarms < 4000);
  CHECK(took.count() < 15.0);
}

TEST_CASE("a block is found behind others of equal sum, up to a limit") {
  // A true block stands behind false ones of the same weak sum: 1024 are looked at for one offset and no more.
  bytes const block(700, std::byte{0});
  for (std::int32_t const lies : {1023, 1024}) {
    signature s = *sign(block, 700, 16);
    s.head.count += lies;
    s.weak.resize(static_cast<std::size_t>(s.head.count), s.weak[0]);
    s.strong.resize(static_cast<std::size_t>(s.head.count) * 16, std::byte{0xee});
    // `want` is block 0 at the start and would hit at once: a match of the last block moves it away.
    bytes const other = noise(700, 15);
    s.weak.push_back(checksum::block_sum(other));
    append(s.strong, test::strong_of().of(other).view());
    ++s.head.count;
    search_result const r = search(index_of(std::make_shared<signature const>(s)), joined({other, block}), 1400);
    CHECK(r.matched_bytes == (lies == 1023 ? 1400 : 700));
  }
}

}  // namespace volsync::delta
