// Random numbers and random content that are the same everywhere for the same seed. Only integer arithmetic and the
// four exactly rounded operations of IEEE doubles are used: no libm, no std distribution, whose results differ between
// systems.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace volsync::bench {

// A stream of its own for each (seed, purpose): what one file gets does not depend on how many others were made before
// it. One thread at a time.
class random_stream {
 public:
  random_stream(std::uint64_t seed, std::string_view purpose);
  std::uint64_t next();
  // 0 .. limit - 1; limit > 0. The bias of the modulo (below 2^-32 for our limits) does not matter here.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  // 0 <= x < 1, 53 bits.
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return unit() < probability; }
  // Mean 0, deviation 1: the sum of 12 uniform numbers, so within -6 .. 6.
  double normal();
  // >= 1 with a heavy tail: half of the values above 2, a hundredth above 100.
  double heavy_tail() { return 1.0 / (1.0 - unit()); }
  // A whole number whose mean is `expected`.
  std::uint64_t whole(double expected);
  std::string hex(std::size_t digits);

 private:
  std::uint64_t state_[4];
};

// About median * 2^(deviation * normal): what message sizes look like. Bytes.
std::uint64_t log_normal(random_stream& random, double median, double deviation);

// Content of the given number of bytes. `raw` does not compress, `base64` has CRLF lines of 76 letters, `text` repeats
// its words as mail text does (it compresses to about a third).
std::string raw_bytes(random_stream& random, std::size_t count);
std::string base64_text(random_stream& random, std::size_t count);
std::string plain_text(random_stream& random, std::size_t count);

}  // namespace volsync::bench
