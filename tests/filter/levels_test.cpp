// Directories that are entered deeper than one step below the transfer root, and what merge files take from elsewhere.
// What is expected was seen with stock rsync 3.5.0.
#include <array>

#include "make_rules.hpp"

using namespace volsync;
using namespace volsync::filter;
using namespace volsync::filter::test;

namespace {

// The rules in `directory` of the root /srv/top, entered as the first one; a leaf name is looked up in it.
std::shared_ptr<rule_set const> entered(std::shared_ptr<rule_set const> const& from, files const& content,
                                        std::string const& directory) {
  auto const load = [&](std::string const& name) -> result<std::optional<std::string>> {
    auto const found = content.find(name.starts_with('/') ? name : "/srv/top/" + directory + "/" + name);
    return found == content.end() ? std::optional<std::string>{} : std::optional<std::string>{found->second};
  };
  std::string sentence;
  auto inside = enter(from, directory, load, sentence);
  REQUIRE(sentence == "");
  REQUIRE(inside.has_value());
  return *inside;
}

std::string hidden(std::vector<std::string> const& rules, files const& content, std::string const& directory,
                   std::string const& names) {
  auto const inside = entered(compile(with_rules(rules)).made.rules, content, directory);
  std::string found;
  for (char const each : names) {
    if (inside->excludes(directory + "/" + each, false, side::sender)) found += each;
  }
  return found;
}

}  // namespace

TEST_CASE("directories on the way to the first one count as entered, the root does not", "[merge]") {
  files const content{
      {"/srv/top/.f", "- r\n"}, {"/srv/top/d/.f", "- x\n- /e/y\n+ z\n"}, {"/srv/top/d/e/.f", "- z\n- w\n"}};
  CHECK(hidden({": .f"}, content, "d/e", "rxyzw") == "xyzw");
  CHECK(hidden({":n .f"}, content, "d/e", "rxyzw") == "zw");
  CHECK(hidden({": /.f"}, content, "d/e", "rxyzw") == "rxyzw");
  CHECK(hidden({": .f"}, content, "e", "rxyzw") == "");
}

TEST_CASE("merge files met on the way may name further ones", "[merge]") {
  files const content{{"/srv/top/d/.f", ": .g\n"},
                      {"/srv/top/d/.g", "- x\n"},
                      {"/srv/top/d/e/.g", "- y\n: .f\n"},
                      {"/srv/top/d/e/.f", "- z\n"}};
  CHECK(hidden({": .f"}, content, "d/e", "xyz") == "xyz");
}

TEST_CASE("-C in a merge file takes in what it takes in elsewhere", "[merge]") {
  auto from = from_files({});
  from.home_cvsignore = "h\n";
  from.cvsignore_variable = "v w";
  auto const start = compile(with_rules({": .f"}), from).made.rules;
  auto const inside = entered(start, {{"/srv/top/d/.f", "+ w\n-C\n"}}, "d");
  CHECK(inside->excludes("d/h", false, side::sender));
  CHECK(inside->excludes("d/v", false, side::sender));
  CHECK(inside->excludes("d/a.o", false, side::sender));
  CHECK_FALSE(inside->excludes("d/w", false, side::sender));
  CHECK_FALSE(inside->excludes("d/x", false, side::sender));
  auto const deeper = entered(inside, {{"/srv/top/d/e/.f", "!\n-C\n"}}, "d/e");
  CHECK(deeper->excludes("d/e/v", false, side::sender));
}

TEST_CASE("a relative path before the name of a merge file is only for the other end", "[merge]") {
  files const content{{"/srv/top/d/.f", "- x\n"}, {"/srv/top/d/sub/.f", "- y\n"}, {"/srv/.f", "- z\n"}};
  for (std::string const rule : {": sub/.f", ": ./.f", ": ../.f", ": sub//.f"}) {
    CAPTURE(rule);
    CHECK(hidden({rule}, content, "d", "xyz") == "x");
    CHECK(wire_of(with_rules({rule})) == std::vector<std::string>{rule});
  }
  CHECK(wire_of(with_rules({":e /sub/.f"})) == std::vector<std::string>{"- .f", ": /sub/.f"});
  CHECK(wire_of(with_rules({": sub/.f", ": .f"})) == std::vector<std::string>{": sub/.f"});
}

TEST_CASE("--delete-excluded takes merge files of bare patterns along", "[wire]") {
  auto what = with_rules({":- .a", ":+n .b", ":C", ": .c", ":-r .d"});
  what.delete_excluded = true;
  CHECK(wire_of(what) == std::vector<std::string>{": .c", ":-r .d"});
  what.delete_excluded = false;
  CHECK(wire_of(what) == std::vector<std::string>{":- .a", ":n+ .b", ":C .cvsignore", ": .c", ":-r .d"});
}

TEST_CASE("-C hands its sides, kind and ! to its words", "[wire]") {
  auto from = from_files({});
  from.cvsignore_variable = "v";
  for (auto const& [rule, first, last] : std::vector<std::array<std::string, 3>>{{"-C", "-p RCS", "- v"},
                                                                                 {"+C", "+p RCS", "+ v"},
                                                                                 {"-!C", "-!p RCS", "-! v"},
                                                                                 {"-rC", "-rp RCS", "-r v"},
                                                                                 {"-pC", "-p RCS", "-p v"},
                                                                                 {"-/C", "-/p RCS", "-/ v"}}) {
    auto const lines = wire_of(with_rules({rule}), from);
    CAPTURE(rule);
    REQUIRE(lines.size() > 2);
    CHECK(lines.front() == first);
    CHECK(lines.back() == last);
  }
  CHECK(wire_of(with_rules({"-sC"}), from).empty());
}
