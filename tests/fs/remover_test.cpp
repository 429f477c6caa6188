// Removing what a directory holds: in order, in steps, however deep, and nothing that was not meant.
#include "fs/remover.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "fs/fault_tree.hpp"
#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::unique_ptr<world> make_world(bool on_disk) {
  if (on_disk) return std::make_unique<disk_world>();
  return std::make_unique<memory_world>();
}

void furnish(world& w) {
  w.file_at("keep", "kept");
  w.directory_at("old");
  w.file_at("old/b", "b");
  w.directory_at("old/a");
  w.file_at("old/a/x", "x");
  w.link_at("old/a/out", "../../keep");
  w.directory_at("old/a/deep");
  w.node_at("old/c", S_IFIFO | 0644);
  w.link_at("old/to_dir", "a");
  w.directory_at("old/z");
  w.file_at("old/z/only", "o");
}

std::string text_of(std::vector<removal_event> const& told) {
  static constexpr std::string_view marks = "-#@!?";
  std::string text;
  for (auto const& each : told) {
    text += (text.empty() ? "" : " ") + std::string{marks[static_cast<std::size_t>(each.what)]} + each.path;
    if (S_ISDIR(each.mode)) text += "/";
    if (each.why) text += ":" + std::string{each.step} + ":" + std::to_string(each.why.value());
  }
  return text;
}

struct outcome {
  std::string told;
  bool gone = false;
};

outcome removed(tree& files, std::string const& top, std::string_view entry, std::string const& path,
                removal_options how = {}, std::size_t names = 3) {
  auto const in = files.open_root(top);
  REQUIRE(in);
  remover by{*in, leaf(entry), path, std::move(how)};
  std::vector<removal_event> told;
  for (int steps = 0; !by.done(); ++steps) {
    REQUIRE(steps < 10000);
    std::size_t const before = told.size();
    by.step(names, told);
    REQUIRE(told.size() - before <= 2 * names);
  }
  return {text_of(told), by.gone()};
}

// In reverse order of a list: directories first, contents before them.
std::string const everything =
    "-old/z/only -old/z/ -old/a/deep/ -old/a/x -old/a/out -old/a/ -old/to_dir -old/c -old/b -old/";

std::string names_below(tree& files, std::string const& path) {
  auto const in = files.open_root(path);
  if (!in) return "none";
  std::vector<directory_entry> names;
  REQUIRE((*in)->read(names));
  std::vector<std::string> sorted;
  for (auto const& each : names) {
    auto const inner = names_below(files, path + "/" + each.name);
    bool const is_directory = S_ISDIR(files.status_of(path + "/" + each.name, false)->mode);
    sorted.push_back(is_directory ? each.name + "(" + inner + ")" : each.name);
  }
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (auto const& each : sorted) text += (text.empty() ? "" : " ") + each;
  return text;
}

}  // namespace

TEST_CASE("an entry goes with its content, the last of a list first") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const names = GENERATE(as<std::size_t>{}, 1, 2, 1000);
  auto const end = removed(*w->files(), w->top(), "old", "sub/old", {}, names);
  std::string expected;
  for (std::size_t at = 0; at < everything.size(); ++at) {
    if (everything[at] == '-') {
      expected += "-sub/";
    } else {
      expected += everything[at];
    }
  }
  CHECK(end.told == expected);
  CHECK(end.gone);
  CHECK(names_below(*w->files(), w->top()) == "keep");
}

TEST_CASE("anything can be the entry, even nothing") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  w->link_at("link", "old");
  auto const files = w->files();
  CHECK(removed(*files, w->top(), "absent", "absent").told.empty());
  CHECK(removed(*files, w->top(), "absent", "absent").gone);
  CHECK(removed(*files, w->top(), "link", "link").told == "-link");
  CHECK(removed(*files, w->top(), "keep", "keep").told == "-keep");
  CHECK(names_below(*files, w->top()) == "old(a(deep() out x) b c to_dir z(only))");
}

TEST_CASE("where the file system tells no types the order is the same") {
  memory_world w;
  furnish(w);
  w.inside().hide_types();
  CHECK(removed(*w.files(), "/top", "old", "old").told == everything);
}

TEST_CASE("what must not go keeps its directories") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  std::vector<std::string> asked;
  removal_options how;
  how.may_remove = [&](std::string_view path, bool is_directory) {
    asked.push_back(std::string{path} + (is_directory ? "/" : ""));
    return path != "old/a/out" && path != "old/z";
  };
  auto const end = removed(*w->files(), w->top(), "old", "old", how);
  CHECK(end.told == "-old/a/deep/ -old/a/x #old/a/ #old/a/ -old/to_dir -old/c -old/b #old/");
  CHECK_FALSE(end.gone);
  CHECK(asked == std::vector<std::string>{"old/z/", "old/a/", "old/a/deep/", "old/a/x", "old/a/out", "old/to_dir",
                                          "old/c", "old/b"});
  CHECK(names_below(*w->files(), w->top()) == "keep old(a(out) z(only))");
}

TEST_CASE("a limit is asked right before each removal") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  int left = 4;
  removal_options how;
  how.grant = [&](std::string_view, bool) { return left-- > 0; };
  auto const end = removed(*w->files(), w->top(), "old", "old", how);
  CHECK(end.told ==
        "-old/z/only -old/z/ -old/a/deep/ -old/a/x !old/a/out #old/a/ !old/a/ !old/to_dir !old/c !old/b #old/");
  CHECK_FALSE(end.gone);
  CHECK(names_below(*w->files(), w->top()) == "keep old(a(out) b c to_dir)");
}

TEST_CASE("a dry run tells the same and does nothing") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  std::string const before = names_below(*w->files(), w->top());
  auto const end = removed(*w->files(), w->top(), "old", "old", {{}, {}, {}, true});
  CHECK(end.told == everything);
  CHECK(end.gone);
  CHECK(names_below(*w->files(), w->top()) == before);
}

TEST_CASE("with one file system, mount points stay") {
  memory_world w;
  furnish(w);
  REQUIRE(w.inside().edit("/top/old/a", [](file_status& s) { s.device = 2; }));
  removal_options how;
  how.one_device = 1;
  CHECK(removed(*w.files(), "/top", "old", "old", how).told ==
        "-old/z/only -old/z/ @old/a/ -old/to_dir -old/c -old/b #old/");
  CHECK(names_below(*w.files(), "/top") == "keep old(a(deep() out x))");
}

TEST_CASE("no call that fails goes without a word, and nothing else is removed") {
  bool failed = true;
  int silent = 0;
  std::uint64_t n = 1;
  for (; failed; ++n) {
    memory_world w;
    furnish(w);
    failed = false;
    auto const files = make_fault_tree(w.files(), [&](call const& now) {
      if (now.number != n + 1) return fault{};  // the first one opens the top
      failed = true;
      return fault{EIO};
    });
    auto const end = removed(*files, "/top", "old", "old");
    INFO(n << " " << end.told);
    if (failed) {
      CHECK(end.told.find(":5") != std::string::npos);
      CHECK(end.gone == (names_below(*w.files(), "/top") == "keep"));
    } else {
      CHECK(end.told == everything);
    }
    CHECK(w.files()->status_of("/top/keep", false));
    if (end.told.empty()) ++silent;
  }
  CHECK(n > 15);
  CHECK(silent == 0);
}

TEST_CASE("what cannot be removed or read is told as rsync tells it") {
  memory_world w;
  furnish(w);
  auto const with = [&](operation what, std::string const& path, int error) {
    w.inside().set_hook([=](operation now, std::string const& at) { return now == what && at == path ? error : 0; });
    auto const end = removed(*w.files(), "/top", "old", "old");
    w.inside().set_hook(nullptr);
    return end.told;
  };
  CHECK(with(operation::remove_file, "/top/old/z/only", EPERM) ==
        "?old/z/only:delete_file: unlink:1 #old/z/ #old/z/ -old/a/deep/ -old/a/x -old/a/out -old/a/ -old/to_dir -old/c "
        "-old/b "
        "#old/");
  CHECK(with(operation::read_directory, "/top/old/z", EACCES) == "?old/z/:opendir:13 #old/z/ #old/");
  CHECK(with(operation::remove_directory, "/top/old/z", EBUSY) == "-old/z/only ?old/z/:delete_file: rmdir:16 #old/");
  // Empty by now: a directory that cannot be read may go.
  CHECK(with(operation::open_directory, "/top/old/z", EACCES) == "?old/z/:opendir:13 -old/z/ -old/");
}

TEST_CASE("in directories of others each failure is told, and the directory is tried all the same") {
  if (::geteuid() != 0) FAIL("needs root to become somebody else");
  disk_world w;
  w.directory_at("d");
  w.directory_at("d/e");
  w.file_at("d/e/g", "g");
  w.file_at("d/f", "f");
  REQUIRE(::chmod(w.top().c_str(), 0777) == 0);
  outcome end;
  as_nobody([&] { end = removed(*w.files(), w.top(), "d", "d"); });
  CHECK(end.told == "?d/e/g:delete_file: unlink:13 #d/e/ ?d/e/:delete_file: rmdir:13 ?d/f:delete_file: unlink:13 #d/");
  CHECK_FALSE(end.gone);
}

TEST_CASE("a dry run tells what would stay") {
  memory_world w;
  furnish(w);
  REQUIRE(w.inside().edit("/top/old/a", [](file_status& s) { s.device = 2; }));
  removal_options how;
  how.dry_run = true;
  how.one_device = 1;
  CHECK(removed(*w.files(), "/top", "old", "old", how).told ==
        "-old/z/only -old/z/ @old/a/ -old/to_dir -old/c -old/b #old/");
  w.inside().set_hook([](operation what, std::string const& at) {
    return what == operation::read_directory && at == "/top/old/z" ? EACCES : 0;
  });
  how.one_device.reset();
  how.may_remove = [](std::string_view path, bool) { return path != "old/a/x"; };
  CHECK(removed(*w.files(), "/top", "old", "old", how).told ==
        "?old/z/:opendir:13 -old/z/ -old/a/deep/ -old/a/out #old/a/ -old/to_dir -old/c -old/b #old/");
  how.may_remove = nullptr;
  CHECK(removed(*w.files(), "/top", "old", "old", how).told ==
        "?old/z/:opendir:13 -old/z/ -old/a/deep/ -old/a/x -old/a/out -old/a/ -old/to_dir -old/c -old/b -old/");
}

TEST_CASE("what comes and goes meanwhile is no failure") {
  memory_world w;
  furnish(w);
  w.inside().set_hook([&](operation what, std::string const& at) {
    if (what == operation::open_directory && at == "/top/old/z") w.inside().remove("/top/old/z");
    if (what == operation::remove_file && at == "/top/old/c") w.inside().remove("/top/old/c");
    if (what == operation::remove_directory && at == "/top/old/a") w.inside().add_file("/top/old/a/new", "n");
    return 0;
  });
  CHECK(removed(*w.files(), "/top", "old", "old").told ==
        "-old/a/deep/ -old/a/x -old/a/out #old/a/ -old/to_dir -old/b #old/");
  CHECK(names_below(*w.files(), "/top") == "keep old(a(new))");
}

TEST_CASE("directories of ours that are not writable are made so") {
  if (::geteuid() != 0) FAIL("needs root to become somebody else");
  disk_world w;
  furnish(w);
  for (auto const* path : {"", "/old", "/old/a", "/old/a/deep", "/old/z"}) {
    REQUIRE(::lchown((w.top() + path).c_str(), 65534, 65534) == 0);
    if (*path != '\0') REQUIRE(::chmod((w.top() + path).c_str(), 0500) == 0);
  }
  outcome end;
  as_nobody([&] { end = removed(*w.files(), w.top(), "old", "old"); });
  CHECK(end.told == everything);
  // The directory that the entry lies in is not touched.
  w.directory_at("old");
  REQUIRE(::chmod(w.top().c_str(), 0555) == 0);
  as_nobody([&] { end = removed(*w.files(), w.top(), "old", "old"); });
  CHECK(end.told == "?old/:delete_file: rmdir:13");
  CHECK((w.files()->status_of(w.top(), false)->mode & 07777) == 0555);
}

TEST_CASE("depth costs no descriptors") {
  disk_world w;
  constexpr std::size_t deep = 3000;
  auto const top = w.files()->open_root(w.top());
  REQUIRE(top);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit const small{48, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &small) == 0);
  std::size_t made = 0;
  {
    descent down{*top};
    auto const name = leaf("deeper");
    for (; made < deep; ++made) {
      auto const here = down.here();
      if (!here || !(*here)->make_directory(name, 0700) || !(*here)->make_link(leaf("l"), "x") || !down.enter(name))
        break;
    }
    CHECK(down.depth() == made);
  }
  outcome const end = removed(*w.files(), w.top(), "deeper", "deeper", {}, 64);
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(made == deep);
  CHECK(end.gone);
  CHECK(end.told.find('?') == std::string::npos);
  CHECK(names_below(*w.files(), w.top()) == "l");
}

TEST_CASE("a directory that another one took the place of is not entered again") {
  memory_world w;
  std::string path = "d0";
  w.directory_at(path);
  for (int i = 1; i < 30; ++i) w.directory_at(path += "/d" + std::to_string(i));
  auto const at_second = [&](std::string const& rest) { return "/top/d0/d1" + rest; };
  // When the bottom is reached, the second directory is exchanged for a precious one.
  bool once = true;
  w.inside().set_hook([&](operation what, std::string const& at) {
    if (what == operation::remove_directory && at == "/top/" + path && std::exchange(once, false)) {
      w.inside().rename("/top/d0/d1", "/top/aside");
      w.inside().add_directory(at_second("/d2/d3/precious"));
    }
    return 0;
  });
  auto const end = removed(*w.files(), "/top", "d0", "d0");
  CHECK_FALSE(end.gone);
  CHECK(end.told.find(":" + std::to_string(ESTALE)) != std::string::npos);
  w.inside().set_hook(nullptr);
  CHECK(names_below(*w.files(), "/top/d0") == "d1(d2(d3(precious())))");
}

}  // namespace volsync::fs
