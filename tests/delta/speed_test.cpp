// Figures, not tests: run with the tag [.speed].
#include <chrono>
#include <iostream>
#include <string>

#include "delta/kit.hpp"

#include "support/catch.hpp"

namespace volsync::delta {
namespace {

struct nowhere final : token_sink {
  std::size_t taken = 0;
  void literal(byte_view data) override { taken += data.size(); }
  void match(std::int32_t, std::int32_t run) override { taken += static_cast<std::size_t>(run); }
};

void measure(std::string const& what, std::shared_ptr<match_index const> const& index, byte_view target,
             checksum::block_digest strong) {
  double best = 0;
  nowhere sink;
  for (int pass = 0; pass < 3; ++pass) {
    auto const start = std::chrono::steady_clock::now();
    matcher m{index, strong};
    for (std::size_t at = 0; at < target.size(); at += 1U << 18) {
      m.feed(target.subspan(at, std::min<std::size_t>(1U << 18, target.size() - at)), sink);
    }
    m.finish(sink);
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(target.size()) / took.count() / 1e6);
  }
  REQUIRE(sink.taken > 0);
  std::cout << what << ", " << index->full_blocks() << " blocks of " << index->head().block_length << ": "
            << static_cast<long>(best) << " MB/s\n";
}

}  // namespace

TEST_CASE("speed of the search", "[.speed]") {
  bytes const target = test::noise(64U << 20, 1);
  bytes changed = target;
  for (std::size_t at = 5000; at < changed.size(); at += 1U << 20) changed[at] ^= std::byte{1};
  bytes text(64U << 20);
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<std::byte>('a' + std::to_integer<int>(target[i]) % 20);
  }
  for (std::int32_t const block : {700, 2048, 8192, 32768, 131072}) {
    auto const strong = test::strong_of();
    auto const unrelated = test::index_of(test::sign(test::noise(64U << 20, 2), block, 4));
    measure("unrelated", unrelated, target, strong);
    measure("unrelated text", unrelated, text, strong);
    auto const same = test::index_of(test::sign(target, block, 4));
    measure("identical", same, target, strong);
    measure("a byte in each MiB changed", same, changed, strong);
    checksum::block_digest const md5{checksum::algorithm::md5, 5};
    measure("identical, md5", test::index_of(test::sign(target, block, 4, md5)), target, md5);
  }
  auto const start = std::chrono::steady_clock::now();
  auto const sums = test::sign(target, 700, 4);
  auto const signed_at = std::chrono::steady_clock::now();
  auto const index = test::index_of(sums);
  std::chrono::duration<double> const sign_time = signed_at - start;
  std::chrono::duration<double> const index_time = std::chrono::steady_clock::now() - signed_at;
  std::cout << "sign: " << static_cast<long>(64.0 * 1.048576 / sign_time.count()) << " MB/s, index of "
            << index->full_blocks() << " blocks: " << index_time.count() * 1e3 << " ms\n";
}

}  // namespace volsync::delta
