// The table of weak sums and the moving window over it.
#include "delta/match_index.hpp"

#include <chrono>

#include "delta/kit.hpp"

#include "support/catch.hpp"

namespace volsync::delta {
namespace {

// A signature of blocks of one byte with these sums and empty digests.
std::shared_ptr<signature const> of_sums(std::vector<std::uint32_t> weak) {
  sum_head const head{static_cast<std::int32_t>(weak.size()), 1, 0, 0};
  return std::make_shared<signature const>(signature{head, std::move(weak), {}});
}

// The bytes in an allocation of exact size, so that the sanitizer sees a read past them.
candidate scan_exact(match_index const& index, byte_view data, std::size_t at, std::size_t length) {
  bytes const copy(data.begin(), data.end());
  checksum::rolling_sum const start = checksum::sum_of(byte_view{copy}.subspan(at, length));
  candidate const fast = scan(index, copy, at, length, start);
  candidate const plain = scan_scalar(index, copy, at, length, start);
  REQUIRE(fast.at == plain.at);
  REQUIRE(fast.sum == plain.sum);
  REQUIRE(fast.found == plain.found);
  return fast;
}

}  // namespace

TEST_CASE("every full block is found by its sum, others are not") {
  for (std::size_t const count : {1U, 2U, 3U, 100U, 5000U, 70000U}) {
    std::mt19937 generator{static_cast<unsigned>(count)};
    auto const random = [&] { return static_cast<std::uint32_t>(generator()); };
    std::vector<std::uint32_t> weak(count);
    for (auto& w : weak) w = random() | 1U;
    auto const index = test::index_of(of_sums(weak));
    CHECK(index->full_blocks() == static_cast<std::int32_t>(count));
    std::size_t missing = 0;
    std::size_t invented = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::int32_t b = index->find(weak[i]);
      while (b >= 0 && b != static_cast<std::int32_t>(i)) b = index->next(b);
      missing += b < 0 ? 1 : 0;
      invented += index->find(random() & ~1U) >= 0 ? 1 : 0;
    }
    CHECK(missing == 0);
    CHECK(invented == 0);
  }
}

TEST_CASE("blocks of equal sum are chained, the latest first") {
  auto const index = test::index_of(of_sums({7, 5, 7, 7}));
  CHECK(index->find(7) == 3);
  CHECK(index->next(3) == 2);
  CHECK(index->next(2) == 0);
  CHECK(index->next(0) == -1);
  CHECK(index->find(5) == 1);
}

TEST_CASE("a short last block is not in the table") {
  bytes const basis = test::noise(2500, 1);
  auto const index = test::index_of(test::sign(basis, 1000));
  CHECK(index->full_blocks() == 2);
  CHECK(index->find(index->weak(1)) == 1);
  CHECK(index->find(index->weak(2)) == -1);
}

TEST_CASE("sums that do not fit the head give no index") {
  auto broken = [](auto change) {
    signature s = *test::sign(test::noise(2500, 1), 1000);
    change(s);
    return match_index::build(std::make_shared<signature const>(std::move(s))).error();
  };
  CHECK(broken([](signature&) {}) == error_code{});
  CHECK(broken([](signature& s) { s.weak.pop_back(); }) == delta_errc::incomplete_signature);
  CHECK(broken([](signature& s) { s.strong.pop_back(); }) == delta_errc::incomplete_signature);
  CHECK(broken([](signature& s) { s.weak.clear(), s.strong.clear(); }) == delta_errc::incomplete_signature);
}

TEST_CASE("the null head gives an empty index") {
  auto const index = test::index_of(std::make_shared<signature const>());
  CHECK(index->full_blocks() == 0);
  CHECK(index->find(0) == -1);
}

// Weak sums chosen so that all begin their search for a place in the same corner of the table.
TEST_CASE("a table that a peer crowds on purpose is built and read in bounded time") {
  constexpr std::size_t count = 1U << 19;
  std::uint32_t inverse = 1;  // of the multiplier, modulo 2^32
  for (int i = 0; i < 5; ++i) inverse *= 2 - match_index::multiplier * inverse;
  std::vector<std::uint32_t> weak(count);
  for (std::uint32_t i = 0; i < count; ++i) weak[i] = i * inverse;  // hashes are 0, 1, 2, ...
  auto const start = std::chrono::steady_clock::now();
  auto const index = test::index_of(of_sums(weak));
  std::size_t found = 0;
  for (std::uint32_t const w : weak) found += index->find(w) >= 0 ? 1 : 0;
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
  CHECK(found > 0);
  CHECK(found < count);        // some were left out
  CHECK(took.count() < 20.0);  // without a limit: some 10^11 steps
}

TEST_CASE("the fast scan stops where the plain one does") {
  bytes const basis = test::noise(64000, 2);
  bytes target = test::noise(5000, 3);
  for (std::size_t const block : {1U, 2U, 7U, 8U, 9U, 700U}) {
    auto const index = test::index_of(
        test::sign(byte_view{basis}.first(std::min<std::size_t>(64000, block * 90)), static_cast<std::int32_t>(block)));
    for (std::size_t place = 0; place < 40; ++place) {
      // A block of the basis stands at `place` beyond the start, and the data ends soon after it.
      bytes data(target.begin(), target.begin() + 50);
      data.insert(data.begin() + static_cast<std::ptrdiff_t>(place), basis.begin(),
                  basis.begin() + static_cast<std::ptrdiff_t>(block));
      for (std::size_t at = 0; at < place; at = scan_exact(*index, data, at, block).at + 1) {
        if (at + block > data.size()) break;
      }
    }
  }
}

TEST_CASE("the fast scan finds a block at each offset, and nothing in unrelated data") {
  bytes const basis = test::noise(70000, 4);
  auto const index = test::index_of(test::sign(basis, 700));
  for (std::size_t place = 1; place < 70; ++place) {
    bytes data = test::noise(2000, place);
    std::copy_n(basis.begin() + 2100, 700, data.begin() + static_cast<std::ptrdiff_t>(place));
    candidate const c = scan_exact(*index, data, 0, 700);
    CHECK(c.found);
    CHECK(c.at == place);
  }
  candidate const none = scan_exact(*index, test::noise(100000, 5), 0, 700);
  CHECK_FALSE(none.found);
  CHECK(none.at == 100000 - 700);
}

TEST_CASE("the scan keeps exact sums with blocks of the greatest length and bytes of the greatest weight") {
  auto const index = test::index_of(test::sign(test::noise(131072, 6), 131072));
  bytes data(200000, std::byte{0x80});
  candidate const c = scan_exact(*index, data, 0, 131072);
  CHECK_FALSE(c.found);
  CHECK(c.sum == checksum::sum_of_scalar(byte_view{data}.last(131072)));
}

}  // namespace volsync::delta
