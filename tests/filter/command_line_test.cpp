// -F, -C, --delete-excluded, --partial-dir, and the rules that a receiving rsync is told; seen on its wire.
#include "make_rules.hpp"

using namespace volsync;
using namespace volsync::filter;
using namespace volsync::filter::test;

namespace {
using lines = std::vector<std::string>;
using kind = filter_option::kind;
std::size_t constexpr cvs_words = 36;
}  // namespace

TEST_CASE("-F once and more often", "[options]") {
  options what;
  what.filters = {{kind::per_directory, ""}};
  CHECK(wire_of(what) == lines{": /.rsync-filter"});
  what.filters.push_back({kind::exclude, "a"});
  what.filters.push_back({kind::per_directory, ""});
  CHECK(wire_of(what) == lines{": /.rsync-filter", "- a", "- .rsync-filter"});
  what.filters.push_back({kind::per_directory, ""});
  CHECK(wire_of(what) == lines{": /.rsync-filter", "- a", "- .rsync-filter"});
}

TEST_CASE("-C stands behind all rules", "[options]") {
  options what;
  what.cvs_exclude = true;
  auto from = from_files({});
  what.filters = {{kind::exclude, "foo"}};
  auto all = wire_of(what, from);
  REQUIRE(all.size() == cvs_words + 2);
  CHECK(lines(all.begin(), all.begin() + 4) == lines{"- foo", ":C .cvsignore", "-p RCS", "-p SCCS"});
  CHECK(lines(all.end() - 3, all.end()) == lines{"-p .git/", "-p .hg/", "-p .bzr/"});
  from.home_cvsignore = "hh\n#x ;y\n";
  from.cvsignore_variable = "aa bb/";
  all = wire_of(what, from);
  CHECK(lines(all.end() - 6, all.end()) == lines{"-p .bzr/", "- hh", "- #x", "- ;y", "- aa", "- bb/"});
  from.cvsignore_variable = "aa ! bb - c";  // forgets its own list only
  CHECK(wire_of(what, from) == lines{"- foo", ":C .cvsignore", "- bb", "- -", "- c"});
  what.filters = {rule_option(":C"), {kind::exclude, "foo"}};
  CHECK(wire_of(what, from) == lines{":C .cvsignore", "- foo", "- bb", "- -", "- c"});
}

TEST_CASE("the rule C puts the list where it stands", "[options]") {
  auto from = from_files({});
  from.cvsignore_variable = "aa";
  auto all = wire_of(with_rules({"- x", "-C", "- y"}), from);
  REQUIRE(all.size() == cvs_words + 3);
  CHECK(all[0] == "- x");
  CHECK(all[1] == "-p RCS");
  CHECK(lines(all.end() - 2, all.end()) == lines{"- aa", "- y"});
  all = wire_of(with_rules({"-Cr"}), from);
  CHECK(all.front() == "-rp RCS");
  CHECK(all.back() == "-r aa");
  all = wire_of(with_rules({"+C"}), from);
  CHECK(all.front() == "+p RCS");
  CHECK(all.back() == "+ aa");
  CHECK(wire_of(with_rules({"-Cp"}), from).back() == "-p aa");
  CHECK(wire_of(with_rules({"-Cs"}), from).empty());
}

TEST_CASE("--delete-excluded keeps rules without a side at home", "[options]") {
  auto what = with_rules({"P x", "- y", "H z", ": .m"});
  what.filters.push_back({kind::per_directory, ""});
  what.filters.push_back({kind::per_directory, ""});
  what.delete_excluded = true;
  CHECK(wire_of(what) == lines{"-r x", ": .m", ": /.rsync-filter"});
  auto const rules = compile(what).made.rules;
  CHECK(rules->excludes("y", false, side::sender));
  CHECK_FALSE(rules->excludes("y", false, side::receiver));
  CHECK(rules->excludes("x", false, side::receiver));
}

TEST_CASE("a relative partial directory is kept out", "[options]") {
  options what;
  what.partial_dir = ".p";
  CHECK(wire_of(what) == lines{"-p .p/"});
  CHECK(compile(what).made.rules->excludes("d/.p", true, side::sender));
  what.partial_dir = "p/q/";
  what.filters = {{kind::exclude, "z"}};
  CHECK(wire_of(what) == lines{"- z", "-p p/q/"});
  what.delete_excluded = true;
  CHECK(wire_of(what) == lines{});
  what.partial_dir = "/abs";
  what.delete_excluded = false;
  CHECK(wire_of(what) == lines{"- z"});
}

TEST_CASE("rules travel only where something is deleted", "[options]") {
  options what = with_rules({"- a"});
  CHECK_FALSE(compile(what).made.send);
  CHECK(compile(what).made.wire.size() == 1);  // for a local copy, whose other half knows them all the same
  what.deletion = delete_mode::after;
  CHECK(compile(what).made.send);
  CHECK(compile(what).made.wire.size() == 1);
}

TEST_CASE("what -C protects with --delete-excluded depends on who receives", "[command_line]") {
  bool const emptying = GENERATE(false, true);
  CAPTURE(emptying);
  options what;
  what.cvs_exclude = true;
  what.delete_excluded = emptying;
  what.deletion = delete_mode::automatic;
  what.filters = {{filter_option::kind::exclude, "x"}};
  std::string text;
  auto const server = compile_received({{"-", "y", false}}, what, {}, text);
  REQUIRE(server);
  CHECK((*server)->excludes("a.o", false, side::receiver) == !emptying);
  CHECK((*server)->excludes("a.o", false, side::sender));
  CHECK((*server)->excludes("y", false, side::receiver));  // its client says of its own rules whom they are for
  auto const client = compile_for_pull(what, {}, text);
  REQUIRE(client);
  CHECK(client->rules->excludes("a.o", false, side::receiver));
  CHECK(client->rules->excludes("x", false, side::receiver) == !emptying);
}
