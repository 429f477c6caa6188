// Wildcards: a table of what stock rsync 3.5.0 does, and a slow reference that tries everything.
#include "filter/wildmatch.hpp"

#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/seed.hpp"

using namespace std::literals;
using volsync::filter::wildmatch;

namespace {

// Patterns of letters, `?`, `*` and `**` only, by the definition.
bool reference(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p[0] == '*') {
    std::size_t const stars = std::min(p.find_first_not_of('*'), p.size());
    auto const rest = p.substr(stars);
    for (std::size_t i = 0;; ++i) {
      if (reference(rest, t.substr(i))) return true;
      if (i == t.size() || (stars == 1 && t[i] == '/')) return false;
    }
  }
  if (t.empty()) return false;
  return (p[0] == t[0] || (p[0] == '?' && t[0] != '/')) && reference(p.substr(1), t.substr(1));
}

}  // namespace

TEST_CASE("stars, question marks and escapes", "[wildmatch]") {
  struct {
    std::string_view pattern, text;
    bool matches;
  } const table[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "a", true},
      {"a", "A", false},
      {"a", "ab", false},
      {"?", "a", true},
      {"?", "/", false},
      {"?", "", false},
      {"?", "\xff", true},
      {"*", "", true},
      {"*", "ab", true},
      {"*", "a/b", false},
      {"*", ".hidden", true},
      {"**", "a/b", true},
      {"**", "", true},
      {"***", "a/b", true},
      {"a*", "a", true},
      {"*b", "ab", true},
      {"*b", "a/b", false},
      {"**b", "a/b", true},
      {"a**b", "a/x/b", true},
      {"f**r", "foo/bar", true},
      {"a/*/b", "a/x/b", true},
      {"a/*/b", "a/x/y/b", false},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/b", false},
      {"foo/*", "foo/", true},
      {"*a*b*c", "xaybzc", true},
      {"*a*b*c", "xaybz", false},
      {"*.tar.*", "x.tar.tar.gz", true},
      {"**a*b", "a/ab", true},
      {"**a*b", "ab/a", false},
      {"**/a*/b", "x/y/aa/a/b", true},
      {"*\\*", "a*", true},
      {"\\*", "a", false},
      {"\\a", "a", true},
      {"\\\\", "\\", true},
      {"a\\", "a\\", false},
      {"a\\", "a", false},
      {"\\?", "?", true},
      {"*/b*c", "x/bqc", true},
      {"a*/", "ab/", true},
      {"a*", "a/", false},
  };
  for (auto const& row : table) {
    INFO("pattern '" << row.pattern << "' text '" << row.text << "'");
    CHECK(wildmatch(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("sets hold what stock rsync's hold", "[wildmatch]") {
  // All one-byte names of this list that stock rsync 3.5.0 finds with the pattern.
  std::string_view const names = "abczAdelph10-[]:\\^!";
  struct {
    std::string_view pattern, found;
  } const table[] = {
      {"[a-c]", "abc"},
      {"[]]", "]"},
      {"[]-a]", "a]^"},
      {"[!]]", "abczAdelph10-[:\\^!"},
      {"[a-]", "a-"},
      {"[-a]", "a-"},
      {"[--0]", "0-"},
      {"[z-a]", "z"},
      {"[a-c-e]", "abce-"},
      {"[\\]]", "]"},
      {"[a-\\]]", "a"},
      {"[\\a-c]", "abc"},
      {"[[:a]", "a[:"},
      {"[[:alpha:]]", "abczAdelph"},
      {"[[:foo:]]", ""},
      {"[a[:foo:]]", ""},
      {"[[:digit:]-z]", "z10-"},
      {"[a", ""},
      {"[", ""},
      {"[[:alpha", ""},
      {"[[:alpha:]", ""},
      {"[[]", "["},
      {"[[:]", "[:"},
      {"[[:a:]", ""},
      {"[a[:]", "a[:"},
      {"[!]", ""},
      {"[]", ""},
      {"[^]", ""},
      {"[\\\\]", "\\"},
      {"[\\-a]", "a-"},
      {"[!!]", "abczAdelph10-[]:\\^"},
      {"[^^]", "abczAdelph10-[]:\\!"},
      {"[!^a]", "bczAdelph10-[]:\\!"},
      {"[[:upper:][:digit:]]", "A10"},
      {"[[:xdigit:]-]", "abcAde10-"},
      {"[[:-a]", "aA[]:\\^"},
      {"[[::]]", ""},
      {"[a-\\", ""},
      {"[[:alpha:a]", "alph[:"},
      {"[[:^alpha:]]", ""},
      {"[[:punct:]]", "-[]:\\^!"},
      {"[!-~]", "abczAdelph10[]:\\^!"},
      {"[a-d-z]", "abczd-"},
      {"[a--]", "a"},
      {"[[-a]", "a[]\\^"},
      {"[!a-]", "bczAdelph10[]:\\^!"},
      {"[[:space:]]", ""},
      {"[[:lower:]]", "abczdelph"},
      {"[[:alnum:]]", "abczAdelph10"},
      {"[[:graph:]]", names},
      {"[[:print:]]", names},
      {"[[:cntrl:]]", ""},
      {"[[:blank:]]", ""},
  };
  for (auto const& row : table) {
    std::string found;
    for (char const c : names) {
      if (wildmatch(row.pattern, {&c, 1})) found += c;
    }
    INFO("pattern " << row.pattern);
    CHECK(found == row.found);
  }
  CHECK(wildmatch("[[:blank:]][[:space:]][[:cntrl:]]", "\t\v\x01"));
  CHECK(wildmatch("[\\[:alpha:]]", "a]"));
  CHECK(wildmatch("[a-[:digit:]]", ":]"));
  CHECK_FALSE(wildmatch("[[:alpha:]]", "\xe9"));
  CHECK(wildmatch("[\xe0-\xef]", "\xe9"));
  CHECK_FALSE(wildmatch("a[/]b", "a/b"));
  CHECK_FALSE(wildmatch("a[!x]b", "a/b"));
  CHECK_FALSE(wildmatch("a[.-0]b", "a/b"));
}

TEST_CASE("stars find what trying everything finds", "[wildmatch]") {
  auto const seed = volsync::test::seed();
  std::mt19937 random{seed};
  CAPTURE(seed);
  auto const text_of = [&](std::vector<std::string_view> const& parts, unsigned longest) {
    std::string made;
    for (auto n = random() % (longest + 1); n > 0; --n) made += parts[random() % parts.size()];
    return made;
  };
  int hits = 0;
  for (int i = 0; i < 60'000; ++i) {
    auto const pattern = text_of({"a", "b", "/", "?", "*", "**"}, 8), text = text_of({"a", "b", "/"}, 9);
    bool const expected = reference(pattern, text);
    hits += expected;
    if (wildmatch(pattern, text) != expected) FAIL_CHECK("pattern " << pattern << " text " << text << " seed " << seed);
  }
  CHECK(hits > 1000);
}

TEST_CASE("patterns full of stars end soon", "[wildmatch]") {
  auto const start = std::chrono::steady_clock::now();
  std::string stars, twofold;
  for (int i = 0; i < 500; ++i) stars += "a*", twofold += "a**";
  std::string const text(4000, 'a');
  CHECK_FALSE(wildmatch(stars + "b", text));
  CHECK_FALSE(wildmatch(twofold + "b", text));
  CHECK_FALSE(wildmatch("**" + stars + "b", text));
  CHECK_FALSE(wildmatch("**a*" + std::string(1000, 'a') + "b", text));
  CHECK(std::chrono::steady_clock::now() - start < 60s);
}
