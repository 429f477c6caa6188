// Figures, not tests: run with the tag [.speed].
#include <chrono>
#include <iostream>
#include <string>

#include "checksum/rolling.hpp"
#include "checksum/strong.hpp"

#include "hex.hpp"
#include "support/catch.hpp"

namespace volsync::checksum {
namespace {

// Best of five passes over `total` bytes cut into pieces of `piece`.
template <class Work>
void measure(std::string const& what, bytes const& data, std::size_t piece, Work work) {
  double best = 0;
  for (int pass = 0; pass < 5; ++pass) {
    auto const start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at + piece <= data.size(); at += piece) work(byte_view{data}.subspan(at, piece));
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(data.size()) / took.count() / 1e6);
  }
  std::cout << what << ", pieces of " << piece << ": " << static_cast<long>(best) << " MB/s\n";
}

}  // namespace

TEST_CASE("speed of sums", "[.speed]") {
  bytes const data = test::noise(16U << 20, 1);
  unsigned sink = 0;
  for (std::size_t const piece : {700U, 16384U, 131072U}) {
    measure("weak sum", data, piece, [&](byte_view b) { sink += block_sum(b); });
    measure("weak sum, plain", data, piece, [&](byte_view b) { sink += sum_of_scalar(b).value(); });
    for (algorithm const which :
         {algorithm::xxh128, algorithm::xxh3, algorithm::xxh64, algorithm::md5, algorithm::md4, algorithm::sha1}) {
      measure(std::string{name(which)}, data, piece, [&, strong = block_digest{which, 5}](byte_view b) {
        sink += std::to_integer<unsigned>(strong.of(b).view()[0]);
      });
    }
  }
  CHECK(sink != 0);
}

}  // namespace volsync::checksum
