// Output at a rate: never faster over a second, and in pieces that are worth a call.
#include "engine/pacer.hpp"

#include "support/catch.hpp"

using namespace volsync::engine;
using namespace std::chrono_literals;

TEST_CASE("a rate holds however often one asks") {
  for (std::int64_t const rate : {100, 1'000, 1'000'000, 1'000'000'000}) {
    for (auto const step : {1us, 700us, 20'000us, 300'000us}) {
      pacer::clock::time_point now{1s};
      pacer pace{rate, now};
      std::uint64_t sent = 0, pieces = 0;
      for (auto const end = now + 2s; now < end; now += step) {
        auto const piece = pace.allowed(now);
        pace.spent(piece);
        sent += piece;
        pieces += piece != 0 ? 1 : 0;
      }
      INFO("rate " << rate << ", a call each " << step.count() << " us");
      CHECK(sent <= 2 * static_cast<std::uint64_t>(rate));
      CHECK(pieces <= 101);
      if (step <= 20ms) CHECK(sent >= 2 * static_cast<std::uint64_t>(rate) * 95 / 100 - 2);
    }
  }
}

TEST_CASE("no more than a tenth of a second is saved up") {
  pacer::clock::time_point now{1s};
  pacer pace{1'000'000, now};
  CHECK(pace.allowed(now + 60s) == 100'000);
}

TEST_CASE("without a rate everything passes") {
  pacer pace{0};
  pace.spent(1'000'000'000);
  CHECK(pace.allowed(pacer::clock::time_point{1s}) == static_cast<std::size_t>(-1));
}
