// The digest against the published examples, in one piece and in any split.
#include "bench/sha256.hpp"

#include "support/catch.hpp"

using volsync::bench::sha256;

namespace {

std::string of(std::string_view text, std::size_t step) {
  sha256 sum;
  for (std::size_t at = 0; at < text.size(); at += step) sum.update(text.substr(at, step));
  return sum.finish();
}

}  // namespace

TEST_CASE("SHA-256 of the published examples") {
  CHECK(of("", 1) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of("abc", 3) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 100) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(of(std::string(1'000'000, 'a'), 999) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes are split") {
  std::string const text(300, 'x');
  auto const whole = of(text, 300);
  for (std::size_t step = 1; step < 200; ++step) CHECK(of(text, step) == whole);
}
