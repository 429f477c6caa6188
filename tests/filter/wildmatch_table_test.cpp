// Stars against a table of prefixes, which is slow and plain, and against the clock.
#include <array>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "filter/wildmatch.hpp"

#include "support/catch.hpp"

using namespace volsync::filter;

namespace {

// Row by row: whether the pattern so far matches the first j bytes of the text. Patterns of bytes, `?`, `*` and `**`.
bool by_table(std::string_view pattern, std::string_view text) {
  std::vector<bool> row(text.size() + 1, false);
  row[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::vector<bool> next(text.size() + 1, false);
    std::size_t const begin = i;
    while (pattern[begin] == '*' && i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
    for (std::size_t j = 0; j <= text.size(); ++j) {
      if (pattern[begin] == '*') {
        next[j] = row[j] || (j > 0 && next[j - 1] && (i > begin || text[j - 1] != '/'));
      } else if (j > 0) {
        next[j] = row[j - 1] && (pattern[i] == '?' ? text[j - 1] != '/' : text[j - 1] == pattern[i]);
      }
    }
    row = std::move(next);
  }
  return row[text.size()];
}

std::string times(std::size_t n, std::string_view what) {
  std::string made;
  for (; n > 0; --n) made += what;
  return made;
}

}  // namespace

TEST_CASE("long texts match as a table of prefixes says", "[wildmatch]") {
  static constexpr std::array units = {"a", "a", "b", "/", "*", "*", "**", "?", "a*b", "/a*"};
  std::mt19937 random{314};
  int matched = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string pattern = round % 2 == 0 ? "**" : "", text;
    for (auto left = random() % 8; left > 0; --left) pattern += units[random() % units.size()];
    for (auto left = random() % 24; left > 0; --left) text += "aaab/"[random() % 5];
    CAPTURE(pattern, text);
    bool const expected = by_table(pattern, text);
    REQUIRE(wildmatch(pattern, text) == expected);
    matched += expected;
  }
  CHECK(matched > 3'000);
}

TEST_CASE("a later start of a run is tried where an earlier one cannot reach", "[wildmatch]") {
  CHECK(wildmatch("**a*x/y*d", "ax/yaQQQQQx/yd"));
  CHECK(wildmatch("**a*b", "a/ab"));
  CHECK(wildmatch("**aa*b", "aaa/aaab"));
  CHECK(wildmatch("**/a*b/*c", "/a/axb/a/ab/c"));
  CHECK_FALSE(wildmatch("**a*b", "a/a/b"));
  CHECK_FALSE(wildmatch("**a*x/y*d", "ax/yaQQQQQ/x/yd"));
}

TEST_CASE("no pattern takes more than its length times the text's", "[wildmatch]") {
  auto const start = std::chrono::steady_clock::now();
  // Each would take minutes if every start of `**` were tried with every end of `*`.
  CHECK_FALSE(wildmatch("**a*" + times(2000, "a") + "b", times(4000, "a") + "/"));
  CHECK_FALSE(wildmatch("**" + times(500, "a*") + "b", times(4000, "a") + "/c"));
  CHECK_FALSE(wildmatch(times(300, "**a*") + "b", times(200, "aaaaaaaaaaaaaaaaaaa/")));
  CHECK_FALSE(wildmatch(times(1000, "*a") + "b", times(4000, "a")));
  CHECK(wildmatch("**" + times(300, "a*/") + "b", times(900, "aaa/") + "b"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{60});
}
