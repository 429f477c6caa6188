// The list: what it keeps, and the order in which both ends number it, by a plain statement of that order and by rsync.
#include "flist/list.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace volsync::flist;

namespace {

struct named {
  std::string path;
  bool directory = false;
};

// The order said plainly: components in turn, directories after others and with a slash at their end.
using key = std::vector<std::pair<int, std::string>>;
key key_of(named const& n) {
  if (n.directory && n.path == ".") return {{0, ""}};
  key made;
  std::size_t at = 0;
  for (std::size_t slash = n.path.find('/'); slash != std::string::npos; slash = n.path.find('/', at)) {
    made.emplace_back(1, n.path.substr(at, slash - at) + "/");
    at = slash + 1;
  }
  made.emplace_back(n.directory ? 1 : 0, n.path.substr(at) + (n.directory ? "/" : ""));
  return made;
}

int sign(std::strong_ordering order) { return std::is_lt(order) ? -1 : std::is_gt(order) ? 1 : 0; }
int sign(key const& a, key const& b) { return a < b ? -1 : b < a ? 1 : 0; }

entry of_mode(std::uint32_t mode) {
  entry e;
  e.mode = mode;
  return e;
}

void append(list& to, named const& n) {
  auto const slash = n.path.rfind('/');
  bool const top = slash == std::string::npos;
  entry e = of_mode(n.directory ? S_IFDIR | 0755 : S_IFREG | 0644);
  e.parent = to.add_parent(top ? std::string{} : n.path.substr(0, slash));
  to.append(e, top ? n.path : n.path.substr(slash + 1));
}

std::vector<std::string> sorted_paths(list const& of) {
  std::vector<std::string> paths;
  for (std::uint32_t p = 0; p < of.size(); ++p) paths.push_back(of.path(of.at(static_cast<position>(p))));
  return paths;
}

std::string random_path(std::mt19937& random) {
  static constexpr std::array pieces = {"a",        "b", "a-", "a.", "a0", "foo", "foo.d", "\x7f", "\x80",
                                        "\xff\xfe", "!", "A",  "-",  ".",  "a/b", "b/a",   "a/a-", "0/0"};
  std::string path;
  for (auto left = 1 + random() % 3; left > 0; --left) {
    if (!path.empty()) path += random() % 2 == 0 ? "/" : "";
    path += pieces[random() % pieces.size()];
  }
  return path;
}

struct temporary_directory {
  temporary_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "flist-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  temporary_directory(temporary_directory const&) = delete;
  temporary_directory& operator=(temporary_directory const&) = delete;
  std::filesystem::path path;
};

// Lines of the program's output. A program that cannot be run is a failure.
std::vector<std::string> lines_of(std::string const& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> some{};
  for (std::size_t n = 0; (n = std::fread(some.data(), 1, some.size(), pipe)) > 0;) text.append(some.data(), n);
  REQUIRE(::pclose(pipe) == 0);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Tricky names: directories end in a slash here.
std::vector<std::string> const tricky = {
    "a/",         "a/x",       "a,",      "a.b",      "a-/",         "a-/y", "a.d/",    "a.d/z",   "a0",     "foo.d/",
    "foo.d/f",    "foo/",      "foo/f",   "foo.c",    "foo-/",       "A",    "B/",      "B/b",     "zz",     "!",
    "~",          "\x7f",      "\x80q",   "\xc3\xa4", "\xc3\xa4.d/", "\xff", " blank",  "-dash",   "#hash#", "a/sub/",
    "a/sub/deep", "a/sub.txt", "a/sub-/", "a/sub-/n", "a/sub0",      ".hid", ".hid.d/", ".hid.d/h"};

void make(std::filesystem::path const& root, std::string const& name) {
  std::filesystem::path const full = (root / name).lexically_normal();
  if (name.back() == '/') {
    std::filesystem::create_directories(full);
  } else {
    std::filesystem::create_directories(full.parent_path());
    std::ofstream{full} << "x";
  }
}

}  // namespace

TEST_CASE("names compare as their keys do") {
  std::mt19937 random{20260731};
  for (int round = 0; round < 20'000; ++round) {
    named const a{random_path(random), random() % 2 == 0}, b{random_path(random), random() % 2 == 0};
    CAPTURE(a.path, a.directory, b.path, b.directory);
    REQUIRE(sign(compare_names(a.path, a.directory, b.path, b.directory)) == sign(key_of(a), key_of(b)));
  }
}

TEST_CASE("the order of names that look alike") {
  auto const before = [](char const* a, bool a_directory, char const* b, bool b_directory) {
    return compare_names(a, a_directory, b, b_directory) < 0 && compare_names(b, b_directory, a, a_directory) > 0;
  };
  CHECK(before(".", true, "!", false));       // the transfer root is first
  CHECK(before("!", false, ".", false));      // a file cannot be it
  CHECK(before("z", false, "a", true));       // files before directories
  CHECK(before("foo.d", true, "foo", true));  // '.' is less than '/'
  CHECK(before("a-", true, "a", true));
  CHECK(before("a", true, "a0", true));    // '0' is more
  CHECK(before("a", false, "a-", false));  // files have no slash
  CHECK(before("a", true, "a/x", false));  // a directory is directly before its content
  CHECK(before("a/x", false, "a0", true));
  CHECK(before("a-/y", false, "a", true));
  CHECK(before("\x7f", false, "\x80", false));  // bytes are unsigned
  CHECK(before("\x7f", true, "\xff", true));
  CHECK(before("/b/c", false, "a", true));  // a leading slash is an empty component
  CHECK(before("a", false, "/b/c", false));
  CHECK(std::is_eq(compare_names("a/b", true, "a/b", true)));
  CHECK(std::is_lt(compare_names("a/b", false, "a/b", true)));
}

TEST_CASE("a sorted list is in the order of its keys, whatever order it was made in") {
  std::mt19937 random{77};
  for (int round = 0; round < 200; ++round) {
    std::vector<named> names;
    for (auto left = random() % 60; left > 0; --left) names.push_back({random_path(random), random() % 2 == 0});
    if (round % 3 == 0) names.push_back({".", true});
    list made;
    for (auto const& each : names) append(made, each);
    made.finish(ndx{1});
    std::stable_sort(names.begin(), names.end(), [](named const& a, named const& b) { return key_of(a) < key_of(b); });
    REQUIRE(made.size() == names.size());
    for (std::uint32_t p = 0; p < made.size(); ++p) {
      entry const& e = made.at(static_cast<position>(p));
      REQUIRE(made.path(e) == names[p].path);
      REQUIRE(e.is_directory() == names[p].directory);
    }
  }
}

TEST_CASE("a list has the order of rsync's listing") {
  temporary_directory const at;
  auto const source = at.path / "source";
  for (auto const& name : tricky) make(source, name);
  std::vector<named> found{{".", true}};
  for (auto const& each : std::filesystem::recursive_directory_iterator{source}) {
    found.push_back({std::filesystem::relative(each.path(), source).string(), each.is_directory()});
  }
  REQUIRE(found.size() == 39);
  std::shuffle(found.begin(), found.end(), std::mt19937{5});
  list made;
  for (auto const& each : found) append(made, each);
  made.finish(ndx{1});
  for (std::string const recursion : {"", " --no-inc-recursive"}) {
    auto lines = lines_of("LC_ALL=C rsync -r -8 --list-only" + recursion + " '" + source.string() + "/'");
    for (auto& line : lines) {  // permissions, size, date, time, one blank, name
      auto const time = line.find(':');
      REQUIRE(time != std::string::npos);
      line.erase(0, time + 7);
    }
    CHECK(lines == sorted_paths(made));
  }
}

TEST_CASE("equal names keep the order in which they came") {
  list made;
  for (std::uint32_t i = 0; i < 50; ++i) {
    entry e = of_mode(S_IFREG | 0644);
    e.uid = i;
    e.parent = made.add_parent(i % 2 == 0 ? "d" : "c");
    made.append(e, "same");
  }
  made.finish(ndx{0});
  for (std::uint32_t p = 0; p < 25; ++p) {
    CHECK(made.at(static_cast<position>(p)).uid == 2 * p + 1);
    CHECK(made.at(static_cast<position>(25 + p)).uid == 2 * p);
  }
}

TEST_CASE("a wire index is the place in the order, counted from the list's start") {
  list made;
  std::uint32_t const top = made.add_parent("");
  for (char const* name : {"c", "a", "b"}) {
    entry e = of_mode(S_IFREG | 0644);
    e.parent = top;
    made.append(e, name);
  }
  made.finish(ndx{10});
  CHECK(made.first() == ndx{10});
  CHECK(made.name(made.at(ndx{10})) == "a");
  CHECK(made.name(made.at(ndx{12})) == "c");
  CHECK(made.slot_of(position{0}) == slot{1});
  CHECK(made.slot_of(position{2}) == slot{0});
  CHECK_FALSE(made.contains(ndx{9}));
  CHECK(made.contains(ndx{10}));
  CHECK(made.contains(ndx{12}));
  CHECK_FALSE(made.contains(ndx{13}));
  CHECK_FALSE(made.contains(ndx{-1}));
}

TEST_CASE("a list that is numbered by transmission stays as it came") {
  list made;
  for (char const* name : {"c", "a", "b"}) append(made, {name, false});
  made.finish(ndx{0}, order::transmission);
  CHECK(sorted_paths(made) == std::vector<std::string>{"c", "a", "b"});
  CHECK(made.slot_of(position{2}) == slot{2});
}

TEST_CASE("a list keeps what an entry says") {
  list made;
  CHECK(made.empty());
  CHECK_FALSE(made.contains(ndx{0}));
  std::uint32_t const top = made.add_parent("");
  CHECK(made.add_parent("") == top);
  std::uint32_t const deep = made.add_parent("a/b", 3);
  CHECK(deep != top);
  CHECK(made.add_parent("a/b", 3) == deep);
  CHECK(made.add_parent("a/b", 4) != deep);  // the same name below another root
  entry link = of_mode(S_IFLNK | 0777);
  link.parent = deep;
  slot const first = made.append(link, "l", "../target");
  entry file = of_mode(S_IFREG | 0644);
  file.parent = top;
  std::string const odd{"\n\0x", 3};
  slot const second = made.append(file, odd);
  CHECK(made.path(made.at(first)) == "a/b/l");
  CHECK(made.extra(made.at(first)) == "../target");
  CHECK(made.parent(made.at(first)).root == 3);
  CHECK(made.name(made.at(second)) == odd);
  CHECK(made.path(made.at(second)) == odd);
  CHECK(made.extra(made.at(second)).empty());
}

TEST_CASE("what an entry is follows from its mode") {
  CHECK(of_mode(S_IFDIR).is_directory());
  CHECK(of_mode(S_IFREG).is_regular());
  CHECK(of_mode(S_IFLNK).is_symlink());
  CHECK(of_mode(S_IFCHR).is_device());
  CHECK(of_mode(S_IFBLK).is_device());
  CHECK(of_mode(S_IFIFO).is_special());
  CHECK(of_mode(S_IFSOCK).is_special());
  CHECK_FALSE(of_mode(0).is_regular());
  entry device = of_mode(S_IFBLK);
  device.size = 0x801;
  CHECK(device.length() == 0);
  CHECK(device.device() == 0x801);
  entry file = of_mode(S_IFREG);
  file.size = 0x801;
  CHECK(file.length() == 0x801);
  CHECK(file.device() == 0);
  entry_flags flags = entry_flags::top | entry_flags::implied;
  CHECK(has(flags, entry_flags::top));
  CHECK_FALSE(has(flags, entry_flags::no_content));
  flags |= entry_flags::no_content;
  CHECK(has(flags, entry_flags::no_content));
}

TEST_CASE("a hundred thousand entries of one directory sort at once and stay small") {
  std::vector<std::uint32_t> numbers(100'000);
  std::iota(numbers.begin(), numbers.end(), 0U);
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937{1});
  for (bool const one_directory : {true, false}) {
    list made;
    for (auto const n : numbers) {
      entry e = of_mode(S_IFREG | 0644);
      e.parent = made.add_parent(one_directory ? "maildir/cur" : "maildir/" + std::to_string(n / 1000 % 10));
      made.append(e, "message-" + std::to_string(1'000'000 + n));
    }
    auto const start = std::chrono::steady_clock::now();
    made.finish(ndx{1});
    auto const took = std::chrono::steady_clock::now() - start;
    CHECK(took < std::chrono::seconds{60});  // a tenth of a second; more only on a machine that is busy elsewhere
    REQUIRE(made.size() == numbers.size());
    for (std::uint32_t p = 1; p < made.size(); ++p) {
      entry const &a = made.at(static_cast<position>(p - 1)), &b = made.at(static_cast<position>(p));
      bool const in_order = made.parent(a).path < made.parent(b).path ||
                            (made.parent(a).path == made.parent(b).path && made.name(a) < made.name(b));
      REQUIRE(in_order);
    }
    if (one_directory) CHECK(made.memory() / made.size() <= 200);  // vectors may hold twice what they need
  }
}
