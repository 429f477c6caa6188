// The weak sum: values seen from rsync, the fast way against the plain one, and moving by one byte.
#include "checksum/rolling.hpp"

#include "hex.hpp"
#include "support/catch.hpp"

namespace volsync::checksum {
namespace {

bytes squares(std::size_t length) {
  bytes out(length);
  for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<std::byte>(i * i * 31 + i * 7);
  return out;
}

bytes filled(std::size_t length, int value) { return bytes(length, static_cast<std::byte>(value)); }

// Any length gives an exact-size allocation, so a read past the end is seen by the sanitizer.
void require_both_ways(bytes const& window) {
  INFO("length " << window.size());
  REQUIRE(sum_of(window) == sum_of_scalar(window));
}

}  // namespace

// rsync 3.5.0, protocol 32: rsync -t -B 1000 --checksum-seed=7 -e tee a/f h:b/f; the basis is squares(3000).
TEST_CASE("the weak sum of bytes above 127 is what rsync sends") {
  bytes const basis = squares(3000);
  byte_view const all{basis};
  CHECK(block_sum(all.subspan(0, 1000)) == 0xd44cfcd8U);
  CHECK(block_sum(all.subspan(1000, 1000)) == 0xdcecfbd8U);
  CHECK(block_sum(all.subspan(2000, 1000)) == 0xd28cfcd8U);
}

TEST_CASE("the weak sum of small windows is the definition") {
  CHECK(block_sum({}) == 0U);
  CHECK(block_sum(filled(1, 1)) == 0x00010001U);
  CHECK(block_sum(filled(1, 255)) == 0xffffffffU);
  // 1, 2, 3: s1 = 6, s2 = 1 + 3 + 6 = 10
  CHECK(block_sum(bytes{std::byte{1}, std::byte{2}, std::byte{3}}) == 0x000a0006U);
}

TEST_CASE("the fast way gives the sum of the plain one at every length") {
  for (std::size_t length = 0; length <= 300; ++length) require_both_ways(test::noise(length, length));
  for (std::size_t const length : {700U, 704U, 4096U, 16383U, 131072U, 1000003U}) {
    require_both_ways(test::noise(length, 5));
    require_both_ways(filled(length, 0x80));
    require_both_ways(filled(length, 0x7f));
    require_both_ways(filled(length, 0xff));
  }
}

TEST_CASE("a rolled window has the sum of the window at its new place") {
  bytes const data = test::noise(3000, 9);
  byte_view const all{data};
  for (std::uint32_t const length : {1U, 2U, 63U, 700U}) {
    rolling_sum sum = sum_of(all.first(length));
    for (std::size_t at = 0; at + length < data.size(); ++at) {
      sum.roll(data[at], data[at + length], length);
      REQUIRE(sum == sum_of_scalar(all.subspan(at + 1, length)));
    }
  }
}

TEST_CASE("a window that shrinks at its front keeps the sum of the rest") {
  bytes const data = test::noise(200, 10);
  rolling_sum sum = sum_of(data);
  for (std::uint32_t length = 200; length > 0; --length) {
    REQUIRE(sum == sum_of_scalar(byte_view{data}.last(length)));
    sum.shrink(data[200 - length], length);
  }
  CHECK(sum == rolling_sum{});
}

}  // namespace volsync::checksum
