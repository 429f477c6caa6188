// Sum heads: rsync's sizes, the rules for a peer's head, and signing.
#include "delta/signature.hpp"

#include <limits>
#include <string>
#include <vector>

#include "checksum/rolling.hpp"

#include "delta/kit.hpp"

#include "support/catch.hpp"

namespace volsync::delta {
namespace {

struct size_case {
  std::int64_t length;
  sum_head head;
};

// Sum heads that rsync 3.5.0 sends for basis files of these lengths (checksum with digests of 16 bytes, protocol 32).
std::vector<size_case> const sizes{
    {1, {1, 700, 2, 1}},
    {700, {1, 700, 2, 0}},
    {490000, {700, 700, 2, 0}},
    {490001, {701, 700, 2, 1}},
    {500000, {711, 704, 2, 160}},
    {1000000, {1000, 1000, 2, 0}},
    {10000000, {3165, 3160, 2, 1760}},
    {33554431, {5794, 5792, 2, 1375}},
    {33554432, {5794, 5792, 3, 1376}},
    {40000000, {6330, 6320, 3, 720}},
    {123456789, {11119, 11104, 3, 2517}},
    {1LL << 30, {32768, 32768, 3, 0}},
    {(1LL << 32) + 12345, {65537, 65536, 4, 12345}},
    {1LL << 34, {131072, 131072, 4, 0}},
    {20000000001, {152588, 131072, 4, 116737}},
    {1LL << 40, {8388608, 131072, 6, 0}},
};

error_code checked(sum_head head, std::size_t digest_length = 16) { return check(head, digest_length).error(); }

}  // namespace

TEST_CASE("a head for a length is rsync's") {
  for (size_case const& c : sizes) {
    INFO("length " << c.length);
    result<sum_head> const head = head_for(c.length, 16);
    REQUIRE(head);
    CHECK(head->count == c.head.count);
    CHECK(head->block_length == c.head.block_length);
    CHECK(head->s2_length == c.head.s2_length);
    CHECK(head->remainder == c.head.remainder);
    CHECK(head->basis_length() == c.length);
    CHECK(check(*head, 16));
  }
}

TEST_CASE("older protocols have longer blocks") {
  // rsync 3.5.0 with --protocol=29.
  CHECK(*head_for(20000000001, 16, effort::first, 0, 1 << 29) == sum_head{141427, 141416, 4, 100785});
}

TEST_CASE("a redo has whole digests, at most 16 bytes") {
  CHECK(strong_length_for(1800, 700, 16, effort::redo) == 16);
  CHECK(strong_length_for(1800, 700, 20, effort::redo) == 16);
  CHECK(strong_length_for(1800, 700, 8, effort::redo) == 8);
  CHECK(strong_length_for(1LL << 62, 700, 8) == 8);
  CHECK(strong_length_for(1800, 700, 1) == 1);
}

TEST_CASE("the user's block length is taken as it is") {
  CHECK(*head_for(10000, 16, effort::first, 4096) == sum_head{3, 4096, 2, 1808});
  CHECK(*head_for(10000, 16, effort::first, 1) == sum_head{10000, 1, 2, 0});
}

TEST_CASE("no basis has the null head, and one too large has none") {
  CHECK(*head_for(0, 16) == sum_head{});
  CHECK(sum_head{}.basis_length() == 0);
  CHECK(sum_head{0, 700, 2, 5}.basis_length() == 0);
  CHECK(head_for(std::numeric_limits<std::int64_t>::max(), 16).error() == delta_errc::too_many_blocks);
  CHECK(head_for((1LL << 31) * 700, 16, effort::first, 700).error() == delta_errc::too_many_blocks);
  CHECK(head_for((1LL << 31) * 700 - 700, 16, effort::first, 700)->count == std::numeric_limits<std::int32_t>::max());
}

TEST_CASE("each rule for a peer's head has its error") {
  CHECK(checked({}) == error_code{});
  CHECK(checked({3, 700, 2, 400}) == error_code{});
  CHECK(checked({3, 700, 2, 700}) == error_code{});
  CHECK(checked({3, 131072, 0, 0}) == error_code{});
  CHECK(checked({-1, 700, 2, 0}) == delta_errc::bad_count);
  CHECK(checked({3, -1, 2, 0}) == delta_errc::bad_block_length);
  CHECK(checked({3, 131073, 2, 0}) == delta_errc::bad_block_length);
  CHECK(check({3, 131073, 2, 0}, 16, 1 << 29));
  CHECK(checked({1, 0, 2, 0}) == delta_errc::zero_block_length);
  CHECK(checked({3, 700, -1, 0}) == delta_errc::bad_strong_length);
  CHECK(checked({3, 700, 17, 0}) == delta_errc::bad_strong_length);
  CHECK(checked({3, 700, 9, 0}, 8) == delta_errc::bad_strong_length);
  CHECK(checked({3, 700, 2, -1}) == delta_errc::bad_remainder);
  CHECK(checked({3, 700, 2, 701}) == delta_errc::bad_remainder);
}

TEST_CASE("every error has a sentence of its own") {
  std::vector<std::string> seen;
  for (int value = 1; value <= static_cast<int>(delta_errc::bad_block_index); ++value) {
    std::string const text = make_error_code(static_cast<delta_errc>(value)).message();
    CHECK(text != "unknown delta error");
    CHECK(std::find(seen.begin(), seen.end(), text) == seen.end());
    seen.push_back(text);
  }
}

// 200 lines "line 000\n" to "line 199\n" as rsync 3.5.0 signs them: rsync -t --checksum-seed=12345 --cc=xxh128, push.
TEST_CASE("a signature is the one rsync sends") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line " + std::to_string(1000 + i).substr(1) + "\n";
  sum_head const head = *head_for(static_cast<std::int64_t>(text.size()), 16);
  CHECK(head == sum_head{3, 700, 2, 400});
  for (std::size_t const piece : {1U, 7U, 699U, 700U, 701U, 1800U}) {
    signer s{head, test::strong_of(12345)};
    for (std::size_t at = 0; at < text.size(); at += piece) s.feed(as_bytes(std::string_view{text}.substr(at, piece)));
    s.feed(as_bytes("more than the head says"));
    result<signature> const made = s.finish();
    REQUIRE(made);
    CHECK(made->weak == std::vector<std::uint32_t>{0x42f1bbfcU, 0xe0eabc45U, 0x67bd6bbbU});
    CHECK(as_text(made->strong) == "\x41\x0a\x80\x22\x34\xe2");
  }
}

TEST_CASE("a basis that ends early gives no signature") {
  bytes const basis = test::noise(1799, 1);
  signer s{{3, 700, 2, 400}, test::strong_of()};
  s.feed(basis);
  CHECK(s.finish().error() == delta_errc::basis_too_short);
}

}  // namespace volsync::delta
