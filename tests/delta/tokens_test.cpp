// Batches and patching.
#include "delta/tokens.hpp"

#include <string>

#include "delta/kit.hpp"

#include "support/catch.hpp"

namespace volsync::delta {

using test::rebuild;

TEST_CASE("a batch without matches is its bytes and no token") {
  token_batch b;
  CHECK(b.empty());
  b.literal(as_bytes("abc"));
  b.literal(as_bytes("def"));
  CHECK(as_text(b.literals) == "abcdef");
  CHECK(b.tokens.empty());
  CHECK(b.size() == 6);
  CHECK(as_text(*rebuild({}, {}, b)) == "abcdef");
}

TEST_CASE("runs join only where they touch") {
  token_batch b;
  b.match(0, 2);
  b.match(2, 1);
  b.match(4, 1);
  b.literal(as_bytes("x"));
  b.match(5, 1);
  b.match(6, 65535);
  b.match(65541, 1);
  b.literal(as_bytes("yz"));
  CHECK(b.tokens == std::vector<block_token>{{0, 0, 3}, {0, 4, 1}, {1, 5, 65536}, {0, 65541, 1}});
  CHECK_FALSE(b.empty());
  b.clear();
  CHECK(b.empty());
  b.match(7, 1);
  CHECK(b.tokens == std::vector<block_token>{{0, 7, 1}});
}

TEST_CASE("a patch puts literals and blocks in order, the short last block too") {
  bytes const basis = test::noise(10, 1);
  sum_head const head{3, 4, 2, 2};
  token_batch b;
  b.match(2, 1);
  b.literal(as_bytes("--"));
  b.match(0, 2);
  b.literal(as_bytes("!"));
  std::string const text{as_text(basis)};
  CHECK(as_text(*rebuild(head, basis, b)) == text.substr(8) + "--" + text.substr(0, 8) + "!");
}

TEST_CASE("blocks that the basis does not have are refused") {
  bytes const basis = test::noise(10, 1);
  sum_head const head{3, 4, 2, 2};
  auto const refused = [&](std::int32_t block, std::int32_t run, sum_head const& h) {
    token_batch b;
    b.tokens.push_back({0, block, run});
    return rebuild(h, basis, b).error();
  };
  CHECK(refused(2, 1, head) == error_code{});
  CHECK(refused(3, 1, head) == delta_errc::bad_block_index);
  CHECK(refused(2, 2, head) == delta_errc::bad_block_index);
  CHECK(refused(-1, 1, head) == delta_errc::bad_block_index);
  CHECK(refused(0, 0, head) == delta_errc::bad_block_index);
  CHECK(refused(0x7fffffff, 0x7fffffff, head) == delta_errc::bad_block_index);
  CHECK(refused(0, 1, {}) == delta_errc::bad_block_index);
}

TEST_CASE("the first failing read or write ends a patch") {
  token_batch b;
  b.literal(as_bytes("a"));
  b.match(0, 2);
  b.literal(as_bytes("b"));
  sum_head const head{2, 4, 2, 0};
  error_code const full = std::make_error_code(std::errc::no_space_on_device);
  auto const reader = [](std::int64_t, std::size_t length) -> result<byte_view> {
    return as_bytes("abcd").first(length);
  };
  for (int fails_at = 0; fails_at < 4; ++fails_at) {
    int writes = 0;
    auto const writer = [&](byte_view) -> result<void> {
      if (writes++ == fails_at) return full;
      return {};
    };
    CHECK(patch(head, reader, b, writer).error() == full);
    CHECK(writes == fails_at + 1);
  }
  auto const unread = [&](std::int64_t, std::size_t) -> result<byte_view> { return full; };
  int writes = 0;
  auto const count = [&](byte_view) -> result<void> { return ++writes, result<void>{}; };
  CHECK(patch(head, unread, b, count).error() == full);
  CHECK(writes == 1);
}

}  // namespace volsync::delta
