// Random rules over a fixed tree: what is left is what stock rsync leaves.
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "make_rules.hpp"
#include "support/seed.hpp"

using namespace volsync;
using namespace volsync::filter;
using namespace volsync::filter::test;

namespace {

namespace disk = std::filesystem;

// A directory of its own, gone at the end.
struct scratch {
  disk::path top;
  scratch() {
    std::string name = (disk::temp_directory_path() / "filter-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    top = disk::canonical(name);
  }
  ~scratch() {
    std::error_code ignored;
    disk::remove_all(top, ignored);
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  void file(std::string const& name, std::string const& content) const {
    disk::create_directories((top / name).parent_path());
    std::ofstream{top / name, std::ios::binary} << content;
  }
};

void make_tree(scratch const& where) {
  disk::create_directory(where.top / "dst");
  auto const directories = {"", "foo/", "a/", "a/b/", "foo/a/", "foo/a/bar/", "x[y]/", "a/foo/", ".d/"};
  for (auto const* directory : directories) disk::create_directories(where.top / "src" / directory);
  for (auto const* directory : directories) {
    for (auto const* leaf : {"b1", "foo.c", "[z]", "back\\slash", "b", "-"}) {
      std::string const name = std::string{"src/"} + directory + leaf;
      if (!disk::is_directory(where.top / name)) where.file(name, "");
    }
  }
}

// Directories with a slash at the end, as %n has it.
std::set<std::string> stock(scratch const& where, std::vector<std::string> const& rules) {
  std::string command = "cd '" + where.top.string() + "' && rsync -rn8 --out-format=%n";
  for (auto const& each : rules) command += " '--filter=" + each + "'";
  command += " src/ dst/ 2>&1";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose};
  REQUIRE(pipe);
  std::set<std::string> names;
  std::string all;
  for (int c; (c = std::fgetc(pipe.get())) != EOF;) all += static_cast<char>(c);
  INFO(command);
  REQUIRE(pclose(pipe.release()) == 0);  // no rsync, no test
  for (std::size_t at = 0; at < all.size();) {
    auto const end = all.find('\n', at);
    if (auto const name = all.substr(at, end - at); name != "./") names.insert(name);
    at = end + 1;
  }
  return names;
}

void walk(disk::path const& root, std::string const& directory, std::shared_ptr<rule_set const> const& outer,
          std::set<std::string>& found) {
  std::string sentence;
  auto const load = [&](std::string const& name) -> result<std::optional<std::string>> {
    std::ifstream in{name.starts_with('/') ? disk::path{name} : root / directory / name, std::ios::binary};
    if (!in) return std::optional<std::string>{};
    return std::optional<std::string>{std::string{std::istreambuf_iterator<char>{in}, {}}};
  };
  auto const rules = enter(outer, directory, load, sentence);
  INFO(sentence);
  REQUIRE(rules);
  for (auto const& each : disk::directory_iterator{root / directory}) {
    std::string const path = (directory.empty() ? "" : directory + "/") + each.path().filename().string();
    if ((*rules)->excludes(path, each.is_directory(), side::sender)) continue;
    found.insert(each.is_directory() ? path + "/" : path);
    if (each.is_directory()) walk(root, path, *rules, found);
  }
}

std::set<std::string> ours(scratch const& where, std::vector<std::string> const& rules) {
  auto from = from_files({});
  from.current_directory = (where.top / "src").string();
  auto const all = compile(with_rules(rules), from);
  REQUIRE(all.sentence == "");
  std::set<std::string> found;
  walk(where.top / "src", "", all.made.rules, found);
  return found;
}

struct maker {
  std::mt19937 random;
  template <std::size_t n>
  std::string any(char const* const (&of)[n]) {
    return of[random() % n];
  }
  std::string pattern() {
    static char const* const parts[] = {"foo", "a",  "b",  "bar",  "*",   "**",  "/",  "/",           "?",   "[a-f]",
                                        "o",   ".c", "1",  "[!b]", "***", "**/", "/*", "[[:alpha:]]", "\\[", "[",
                                        "z",   "]",  "b1", "src",  "\\",  "-",   ".d", "x[[]y]"};
    std::string made;
    for (auto count = 1 + random() % 4; count > 0; --count) made += any(parts);
    return random() % 5 == 0 ? made + "/" : made;
  }
  std::string rule() {
    static char const* const kinds[] = {"- ", "- ", "- ", "+ ", "+ ", "-! ", "-/ ", "H ", "S ", "-p ", "P ", "-s "};
    return any(kinds) + pattern();
  }
};

}  // namespace

TEST_CASE("random rules leave what stock rsync leaves", "[stock]") {
  scratch const where;
  make_tree(where);
  auto const seed = volsync::test::seed();
  maker make{std::mt19937{seed}};
  std::size_t shortened = 0;
  auto const whole = ours(where, {}).size();
  CHECK(whole > 60);
  for (int round = 0; round < 120; ++round) {
    std::vector<std::string> rules;
    for (auto count = 1 + make.random() % 4; count > 0; --count) rules.push_back(make.rule());
    std::string said = "seed " + std::to_string(seed);
    for (auto const& each : rules) said += " | " + each;
    INFO(said);
    auto const left = ours(where, rules);
    REQUIRE(left == stock(where, rules));
    shortened += left.size() < whole;
  }
  CHECK(shortened > 25);
}

TEST_CASE("random merge files leave what stock rsync leaves", "[stock]") {
  scratch const where;
  make_tree(where);
  auto const seed = volsync::test::seed();
  maker make{std::mt19937{seed}};
  static char const* const merges[] = {": .f", ":n .f", ":e .f", ": /.f", ":/ .f", ":s .f", ":p .f"};
  static char const* const extra[] = {": .g\n", "!\n", "# c\n", "\n", ": .f\n", ":n .g\n", ": /.g\n", ": src/.g\n"};
  static char const* const places[] = {"", "src/", "src/foo/", "src/a/", "src/foo/a/", "src/a/b/"};
  for (int round = 0; round < 70; ++round) {
    std::string said = "seed " + std::to_string(seed);
    std::vector<std::string> rules{make.any(merges)};
    rules.insert(make.random() % 2 ? rules.begin() : rules.end(), make.rule());
    for (auto const* place : places) {
      for (auto const* name : {".f", ".g"}) {
        disk::remove(where.top / (place + std::string{name}));
        if (make.random() % 2) continue;
        std::string text;
        for (auto count = 1 + make.random() % 3; count > 0; --count) {
          if (make.random() % 4 == 0) text += make.any(extra);
          std::string kind = make.random() % 3 ? "- " : "+ ";
          text += kind + make.pattern() + "\n";
        }
        where.file(place + std::string{name}, text);
        said += "\n" + std::string{place} + name + ":\n" + text;
      }
    }
    for (auto const& each : rules) said += " | " + each;
    INFO(said);
    REQUIRE(ours(where, rules) == stock(where, rules));
  }
}

TEST_CASE("a merge rule that a merge file names is read in the directories above as stock rsync does", "[stock]") {
  scratch const where;
  make_tree(where);
  static char const* const places[] = {"", "src/", "src/foo/"};
  for (auto const* place : places) {
    for (auto const* leaf : {"m", "ms", "mf"}) where.file("src/foo/a/" + std::string{leaf}, "");
    where.file(place + std::string{".g"}, *place == '\0' ? "- m\n" : place[4] == '\0' ? "- ms\n" : "- mf\n");
  }
  auto const top = where.top.string();
  for (auto const* place : places) {
    for (auto const& nested : {std::string{": .g"}, std::string{":n .g"}, std::string{": /.g"}, std::string{":n /.g"},
                               std::string{": src/.g"}, ": " + top + "/src/.g"}) {
      where.file(place + std::string{".f"}, nested + "\n");
      for (auto const& rule : {std::string{": /.f"}, std::string{": .f"}, ": " + top + "/.f"}) {
        INFO(rule + ", in " + place + ".f: " + nested);
        CHECK(ours(where, {rule}) == stock(where, {rule}));
      }
    }
    disk::remove(where.top / (place + std::string{".f"}));
  }
}
