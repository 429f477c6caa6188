// Merge files of directories. The transfer root is /srv/top; what is expected was seen with stock rsync 3.5.0.
#include "filter/errc.hpp"

#include "make_rules.hpp"

using namespace volsync;
using namespace volsync::filter;
using namespace volsync::filter::test;

namespace {

// A tree of merge files by their absolute path.
struct world {
  files content;
  std::string sentence;
  std::vector<std::string> asked;  // absolute paths that the loader was asked for

  std::shared_ptr<rule_set const> start(std::vector<std::string> const& rules) {
    return compile(with_rules(rules), from_files(content)).made.rules;
  }
  result<std::shared_ptr<rule_set const>> go(std::shared_ptr<rule_set const> const& outer, std::string const& path) {
    auto const load = [&](std::string const& name) -> result<std::optional<std::string>> {
      std::string full = name;
      if (!name.starts_with('/')) full = "/srv/top/" + path + (path.empty() ? "" : "/") + name;
      asked.push_back(full);
      auto const found = content.find(full);
      if (found == content.end()) return std::optional<std::string>{};
      if (found->second == "EIO") return std::make_error_code(std::errc::io_error);
      return std::optional<std::string>{found->second};
    };
    return enter(outer, path, load, sentence);
  }
  // Which of these names are hidden in a directory, entered from the root or from its first component on.
  std::string hidden(std::vector<std::string> const& rules, std::string const& directory, std::string const& names) {
    auto now = start(rules);
    for (std::size_t at = 0;;) {
      auto entered = go(now, directory.substr(0, at));
      if (!entered) return "error";
      now = *entered;
      if (at >= directory.size()) break;
      at = std::min(directory.find('/', at + 1), directory.size());
    }
    std::string found;
    for (char const each : names) {
      std::string const path = directory + (directory.empty() ? "" : "/") + each;
      if (now->excludes(path, false, side::sender)) found += each;
    }
    return found;
  }
};

}  // namespace

TEST_CASE("rules of a directory stand before inherited ones, at the place of the merge rule", "[merge]") {
  world w{{{"/srv/top/.f", "- a\n"}, {"/srv/top/d/.f", "+ a\n- b\n"}}, {}, {}};
  CHECK(w.hidden({": .f"}, "", "abc") == "a");
  CHECK(w.hidden({": .f"}, "d", "abc") == "b");
  CHECK(w.hidden({": .f"}, "d/e", "abc") == "b");
  CHECK(w.hidden({":n .f"}, "d/e", "abc") == "");
  CHECK(w.hidden({":n .f"}, "d", "abc") == "b");
  CHECK(w.hidden({"+ b", ": .f"}, "d", "abc") == "");
  CHECK(w.hidden({": .f", "- c", "- a"}, "d", "abc") == "bc");
  CHECK(w.hidden({":e .f"}, "", "abc") == "a");
  CHECK(w.hidden({":- .f"}, "d", "abc") == "");  // "+ a" is a name there
  w.content["/srv/top/d/.f"] = "!\n- b\n";
  CHECK(w.hidden({": .f", "- c"}, "d", "abc") == "bc");
  w.content["/srv/top/d/.f"] = "- b\n!\n";
  CHECK(w.hidden({"- c", ": .f"}, "d", "abc") == "c");
}

TEST_CASE("nothing to read is nothing changed", "[merge]") {
  world w;
  auto const plain = w.start({"- a"});
  CHECK_FALSE(plain->has_directory_rules());
  CHECK(*w.go(plain, "d") == plain);
  CHECK(w.asked.empty());
  CHECK(w.start({": .f"})->has_directory_rules());
}

TEST_CASE("merge files name further ones", "[merge]") {
  world w{{{"/srv/top/.f", "- a\n: .g\n"}, {"/srv/top/.g", "- b\n"}, {"/srv/top/d/.g", "+ b\n- c\n"}}, {}, {}};
  CHECK(w.hidden({": .f"}, "", "abc") == "ab");
  CHECK(w.hidden({": .f"}, "d", "abc") == "ac");
  CHECK(w.hidden({": .f"}, "d/e", "abc") == "ac");
  w.content["/srv/top/d/.f"] = "!\n- c\n";  // forgets `: .g` as well
  CHECK(w.hidden({": .f"}, "d", "abc") == "c");
  w.content["/srv/top/d/.f"] = "!\n: .g\n";  // and may name it again
  CHECK(w.hidden({": .f"}, "d", "abc") == "c");
  w.content["/srv/top/d/.f"] = ": .g\n: .f\n";  // both are in force already
  CHECK(w.hidden({": .f"}, "d", "abc") == "ac");
  w.content["/srv/top/.f"] = ". .h\n- c\n";
  w.content["/srv/top/.h"] = "- /a\n- b\n";
  CHECK(w.hidden({": .f"}, "", "abc") == "abc");
  CHECK(w.hidden({": .f"}, "x", "abc") == "bc");
  w.content["/srv/top/d/.f"] = ". .h\n";  // the root's, and anchored there
  w.content["/srv/top/.f"] = "";
  CHECK(w.hidden({": .f"}, "d", "abc") == "b");
  w.content["/srv/top/d/.f"] = ": .g\n- b\n";  // the inherited one counts, behind these rules
  w.content["/srv/top/.f"] = ": .g\n";
  CHECK(w.hidden({": .f"}, "d", "abc") == "bc");
  w.content["/srv/top/.g"] = "- b\n: .g\n";  // itself
  CHECK(w.hidden({": .f"}, "", "abc") == "b");
  w.content["/srv/top/.f"] = "- a\n-C\n";
  CHECK(w.start({": .f"})->has_directory_rules());
  CHECK((*w.go(w.start({": .f"}), ""))->excludes("x.o", false, side::sender));
}

TEST_CASE("merge files may be words", "[merge]") {
  world w{{{"/srv/top/.f", "a b\n#c"},
           {"/srv/top/.g", "a ! b"},
           {"/srv/top/.h", "- a + b"},
           {"/srv/top/.i", "- d\n+ b"},
           {"/srv/top/.cvsignore", "a\tb\n"},
           {"/srv/top/.j", "-_a -_b"}},
          {},
          {}};
  CHECK(w.hidden({":w- .f"}, "", "abc#") == "ab");
  CHECK(w.hidden({":C .f"}, "", "abc") == "ab");
  CHECK(w.hidden({":C .f"}, "x", "abc") == "");  // C does not reach further down
  CHECK(w.hidden({":C .g"}, "", "abc") == "b");
  CHECK(w.hidden({":w- .g"}, "", "abc!") == "ab!");
  CHECK(w.hidden({":C .h"}, "", "ab-+") == "ab-+");
  CHECK(w.hidden({":w .j"}, "", "abc") == "ab");
  CHECK(w.hidden({":C"}, "", "abc") == "ab");
}

TEST_CASE("patterns of a merge file are anchored to its directory", "[merge]") {
  world w{{{"/srv/top/d/.f", "- /a\n- d/b\n- /**/c\n"}, {"/srv/top/x[y]/.f", "- /a\n"}}, {}, {}};
  CHECK(w.hidden({": .f"}, "d", "abc") == "ab");
  CHECK(w.hidden({": .f"}, "d/e", "abc") == "c");
  CHECK(w.hidden({": .f"}, "d/d", "abc") == "bc");
  CHECK(w.hidden({":/ .f"}, "d", "abc") == "bc");  // absolute ones are not
  CHECK(w.hidden({": .f"}, "x[y]", "abc") == "");  // as with rsync, the directory is part of the pattern
  w.content["/srv/top/d/.f"] = "+ /a\n- /***\n";
  CHECK(w.hidden({": .f"}, "d", "abc") == "bc");
  w.content["/srv/top/d/.f"] = "- /\n";
  CHECK(w.hidden({": .f"}, "d", "abc") == "");
  w.content["/srv/top/d/.f"] = "-/ /srv/top/d/a\n-/ /b\n-/ d/c\n";
  CHECK(w.hidden({": .f"}, "d", "abc") == "ac");
}

TEST_CASE("a path looks above the transfer root", "[merge]") {
  world w{{{"/srv/.f", "- /top/a\n- b\n- /c\n"}, {"/.f", "- d\n- /srv/top/s/e\n"}}, {}, {}};
  CHECK(w.hidden({": /.f"}, "", "abcde") == "abd");
  CHECK(w.hidden({": /.f"}, "s", "abcde") == "bde");
  CHECK(w.hidden({":n /.f"}, "", "abcde") == "");
  CHECK(w.hidden({": .f"}, "", "abcde") == "");
  CHECK(w.hidden({": /srv/.f"}, "", "abcde") == "ab");
  CHECK(w.hidden({": /x/../srv//.f"}, "", "abcde") == "ab");
  CHECK(w.hidden({": /srv/top/.f"}, "", "abcde") == "");
  CHECK(w.hidden({": /etc/.f"}, "", "abcde") == "");
  CHECK(w.hidden({": /sr/.f"}, "", "abcde") == "");
  w.content["/srv/top/.f"] = "+ b\n- e\n";
  CHECK(w.hidden({": /.f"}, "", "abcde") == "ade");
  w.content["/srv/top/.f"] = "- e\n!\n- c\n";
  CHECK(w.hidden({": /.f"}, "", "abcde") == "c");
  // An argument without a slash at its end: the root itself is only a directory above.
  w.asked.clear();
  auto const below = *w.go(w.start({": /.f"}), "s");
  CHECK(w.asked == std::vector<std::string>{"/.f", "/srv/.f", "/srv/top/.f", "/srv/top/s/.f"});
  CHECK(below->excludes("s/c", false, side::sender));
  w.asked.clear();
  CHECK(*w.go(below, "s/t"));
  CHECK(w.asked == std::vector<std::string>{"/srv/top/s/t/.f"});
}

TEST_CASE("what is wrong in a merge file is said with its path and without its text", "[merge]") {
  world w;
  struct {
    char const *rule, *text, *sentence;
    error_code code;
  } const table[] = {
      {": .f", "- a\nsecret\n", "Unknown filter rule: <rule from /srv/top/d/.f line 2>", filter_errc::unknown_rule},
      {": .f", "-q secret\n", "invalid modifier in filter rule: <rule from /srv/top/d/.f line 1>",
       filter_errc::invalid_modifier},
      {":w .f", "- a", "unexpected end of filter rule: <rule from /srv/top/d/.f>", filter_errc::unexpected_end},
      {":r .f", "H a", "specified-side merge file contains specified-side filter: <rule from /srv/top/d/.f line 1>",
       filter_errc::invalid_modifier},
      {": .f", ". nosuch", "failed to open exclude file <rule from /srv/top/d/.f line 1>",
       std::make_error_code(std::errc::no_such_file_or_directory)},
      {": .f", "EIO", "", std::make_error_code(std::errc::io_error)},
  };
  for (auto const& each : table) {
    w.content["/srv/top/d/.f"] = each.text;
    w.sentence.clear();
    auto const entered = w.go(w.start({each.rule}), "d");
    CHECK(entered.error() == each.code);
    CHECK(w.sentence == each.sentence);
  }
  w.content = {{"/srv/top/.f", ". .f\n"}};
  CHECK(w.go(w.start({": .f"}), "").error() == filter_errc::too_deep);
}

TEST_CASE("merge files that name ever more merge files end", "[merge]") {
  world w;
  for (int i = 0; i < 100; ++i) w.content["/srv/top/" + std::to_string(i)] = ": " + std::to_string(i + 1) + "\n";
  CHECK(w.go(w.start({": 0"}), "").error() == filter_errc::too_deep);
  CHECK(w.sentence == "merge-file include depth limit (32) exceeded below /srv/top");
}

TEST_CASE("sides and -0 of a merge rule hold for its file", "[merge]") {
  world w{{{"/srv/top/.f", "a"}, {"/srv/top/.g", std::string{"- a\n\0- b\0", 9}}}, {}, {}};
  CHECK(w.hidden({":s- .f"}, "", "a") == "a");
  CHECK(w.hidden({":r- .f"}, "", "a") == "");
  CHECK((*w.go(w.start({":r- .f"}), ""))->excludes("a", false, side::receiver));
  CHECK_FALSE((*w.go(w.start({":s- .f"}), ""))->excludes("a", false, side::receiver));
  options what = with_rules({": .g"});
  what.from0 = true;
  auto const rules = *w.go(compile(what).made.rules, "");
  CHECK(rules->excludes("a\n", false, side::sender));
  CHECK_FALSE(rules->excludes("a", false, side::sender));
  CHECK(rules->excludes("b", false, side::sender));
}
