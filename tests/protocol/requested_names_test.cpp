// Names that a sender lists, against what was asked for; each row was seen with a stock client where that refuses.
#include "protocol/requested_names.hpp"

#include "filter/command_line.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;
using verdict = requested_names::verdict;

namespace {

verdict judged(std::vector<std::string> const& asked, std::string const& path, bool directory = false,
               bool relative = false, int old_args = 0) {
  options o;
  o.relative = relative;
  o.old_args = old_args;
  return requested_names{asked, o, nullptr}.judge(path, directory);
}

verdict with_rules(std::vector<std::string> const& rules, std::string const& path, bool directory = false) {
  options o;
  for (auto const& each : rules) o.filters.push_back({filter_option::kind::rule, each});
  std::string text;
  auto const compiled = filter::compile_for_pull(o, {}, text);
  INFO(text);
  REQUIRE(compiled);
  return requested_names{{"./"}, o, rules_known_here(*compiled->sent)}.judge(path, directory);
}

}  // namespace

TEST_CASE("an operand lets in its last component and what is below") {
  CHECK(judged({"a"}, "a", true) == verdict::fine);
  CHECK(judged({"a"}, "a/b/c") == verdict::fine);
  CHECK(judged({"a"}, "b") == verdict::unrequested);
  CHECK(judged({"a"}, "ab") == verdict::unrequested);
  CHECK(judged({"a", "x/b"}, "b/c") == verdict::fine);
  CHECK(judged({"x/b"}, "x", true) == verdict::unrequested);
  CHECK(judged({"/srv/b"}, "b") == verdict::fine);
  CHECK(judged({"~/b"}, "b") == verdict::fine);
}

TEST_CASE("the root itself comes with the content of a directory only") {
  CHECK(judged({"a"}, ".", true) == verdict::unrequested);
  for (char const* asked : {"a/", "a//", "a/.", ".", "", "/", "..", "a/.."}) {
    CAPTURE(asked);
    CHECK(judged({asked}, ".", true) == verdict::fine);
    CHECK(judged({asked}, "any/name") == verdict::fine);
  }
}

TEST_CASE("wildcards are the sender's to expand, one component at a time") {
  CHECK(judged({"*.o"}, "x.o") == verdict::fine);
  CHECK(judged({"*.o"}, "x.c") == verdict::unrequested);
  CHECK(judged({"d/[ab]?"}, "a1/deep") == verdict::fine);
  CHECK(judged({"d/[ab]?"}, "c1") == verdict::unrequested);
  CHECK(judged({"[x]"}, "[x]") == verdict::fine);
  CHECK(judged({"a\\*"}, "a*") == verdict::fine);
  CHECK(judged({"a\\*"}, "ab") == verdict::unrequested);
  CHECK(judged({"a\\b*"}, "a\\bc") == verdict::fine);
  CHECK(judged({"a\\b*"}, "abc") == verdict::fine);  // what a daemon makes of it
  CHECK(judged({"\\top"}, "top") == verdict::unrequested);
  CHECK(judged({"{a,c}"}, "a") == verdict::unrequested);
}

TEST_CASE("with -R whole paths are compared, and the directories on the way may come") {
  auto const relative = [](std::string const& asked, std::string const& path, bool directory) {
    return judged({asked}, path, directory, true);
  };
  CHECK(relative("a/b", "a", true) == verdict::fine);
  CHECK(relative("a/b", "a", false) == verdict::unrequested);
  CHECK(relative("a/b", "a/b/c", false) == verdict::fine);
  CHECK(relative("a/b", "a/c", false) == verdict::unrequested);
  CHECK(relative("a/b", "b", true) == verdict::unrequested);
  CHECK(relative("a/./b", "a", true) == verdict::unrequested);
  CHECK(relative("a/./b", "b", true) == verdict::fine);
  CHECK(relative("/srv/a", "/srv", true) == verdict::fine);
  CHECK(relative("/srv/a", "srv/a/f", false) == verdict::fine);
  CHECK(relative("*/b", "x/b", false) == verdict::fine);
  CHECK(relative("*/b", "x/c", false) == verdict::unrequested);
  CHECK(relative("a*g", "a", true) == verdict::unrequested);
  CHECK(relative("./a", ".", true) == verdict::fine);
  CHECK(relative("a/./", "x", false) == verdict::fine);
}

TEST_CASE("a remote shell may make anything of --old-args") {
  CHECK(judged({"$(x)"}, "top", false, false, 1) == verdict::fine);
}

TEST_CASE("what our rules hide may not come") {
  CHECK(with_rules({"- *.o"}, "x.o") == verdict::excluded);
  CHECK(with_rules({"- d/"}, "d", true) == verdict::excluded);
  CHECK(with_rules({"- d/"}, "d", false) == verdict::fine);
  CHECK(with_rules({"+ keep.o", "- *.o"}, "keep.o") == verdict::fine);
  CHECK(with_rules({"H x"}, "x") == verdict::excluded);
  CHECK(with_rules({"P x"}, "x") == verdict::fine);
  CHECK(with_rules({"-r x"}, "x") == verdict::fine);
  CHECK(with_rules({"- ."}, ".", true) == verdict::fine);
}

TEST_CASE("rules whose meaning only the sender knows end what can be judged") {
  CHECK(with_rules({"- a", ": .rules", "- b"}, "a") == verdict::excluded);
  CHECK(with_rules({"- a", ": .rules", "- b"}, "b") == verdict::fine);
  CHECK(with_rules({"+/ /srv/b", "- b"}, "b") == verdict::fine);
  CHECK(with_rules({":r .rules", "- b"}, "b") == verdict::excluded);
}
