// Directories below the arguments: never out of them, however many there are and whatever is swapped meanwhile.
#include "fs/source_roots.hpp"

#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::uint16_t added(source_roots& roots, std::string const& path) {
  auto const number = roots.add(path);
  REQUIRE(number);
  return *number;
}

std::string read_through(source_roots& roots, std::uint16_t root, std::string_view parent, std::string_view name) {
  auto opened = roots.open_file(root, parent, name);
  if (!opened) return "errno " + std::to_string(opened.error().value());
  return content_of(**opened, 100);
}

std::size_t open_descriptors() {
  auto const all = std::filesystem::directory_iterator{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Allows that many descriptors while it lives.
class descriptor_limit {
 public:
  explicit descriptor_limit(rlim_t count) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit now = before_;
    now.rlim_cur = count;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  descriptor_limit(descriptor_limit const&) = delete;
  descriptor_limit& operator=(descriptor_limit const&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a root that is named twice is one root") {
  memory_world w;
  w.directory_at("a");
  w.directory_at("b");
  source_roots roots{w.files(), false};
  CHECK(added(roots, "/top/a") == 0);
  CHECK(added(roots, "/top/b") == 1);
  CHECK(added(roots, "/top/a") == 0);
  CHECK(roots.add("/top/c").error() == std::errc::no_such_file_or_directory);
  CHECK(added(roots, "/top") == 2);
}

TEST_CASE("paths are resolved one component at a time below the root") {
  memory_world w;
  w.directory_at("a");
  w.directory_at("a/b");
  w.file_at("a/b/c", "content");
  w.file_at("f", "top");
  w.link_at("l", "a");
  w.link_at("a/up", "..");
  w.link_at("a/b/lf", "c");
  source_roots roots{w.files(), false};
  auto const root = added(roots, "/top");
  CHECK(read_through(roots, root, "a/b", "c") == "content");
  CHECK(read_through(roots, root, "", "f") == "top");
  CHECK(read_through(roots, root, "/a/b", "c") == "content");
  SECTION("never upwards") {
    for (auto const* bad : {"..", "a/..", "a/../..", "a//b", "a/./b", "."}) {
      INFO(bad);
      CHECK(roots.open(root, bad).error() == std::errc::invalid_argument);
    }
    for (auto const* bad : {"..", "b/c", "", "."}) {
      CHECK(roots.open_file(root, "a", bad).error() == std::errc::invalid_argument);
    }
  }
  SECTION("never through links") {
    CHECK(roots.open(root, "l").error() == std::errc::not_a_directory);
    CHECK(roots.open(root, "a/up").error() == std::errc::not_a_directory);
    CHECK(read_through(roots, root, "a/b", "lf") == "errno " + std::to_string(ELOOP));
  }
  SECTION("unless the run copies what links point to") {
    source_roots following{w.files(), true};
    auto const same = added(following, "/top");
    CHECK(read_through(following, same, "l/b", "c") == "content");
    CHECK(read_through(following, same, "a/up/a/up/l/b", "lf") == "content");
  }
}

TEST_CASE("a directory that was swapped for a link is not entered") {
  memory_world w;
  w.directory_at("d");
  w.file_at("d/f", "mine");
  w.inside().add_file("/secret/f", "not mine");
  source_roots roots{w.files(), false};
  auto const root = added(roots, "/top");
  w.remove("d");
  w.link_at("d", "/secret");
  CHECK(read_through(roots, root, "d", "f") == "errno " + std::to_string(ENOTDIR));
}

TEST_CASE("a link to a directory above it is not walked round for ever") {
  memory_world w;
  w.link_at("again", ".");
  w.file_at("f", "x");
  source_roots roots{w.files(), true};
  auto const root = added(roots, "/top");
  std::string path = "again";
  for (int i = 1; i < 40; ++i) path += "/again";
  CHECK(read_through(roots, root, path, "f") == "x");
  CHECK(roots.open(root, path + "/again").error() == std::errc::too_many_symbolic_link_levels);
  // A fresh look, which finds no part of the path open.
  source_roots fresh{w.files(), true};
  CHECK(fresh.open(added(fresh, "/top"), path + "/again").error() == std::errc::too_many_symbolic_link_levels);
}

TEST_CASE("a thousand roots and directories are served with few descriptors") {
  disk_world w;
  for (int i = 0; i < 100; ++i) {
    std::string const name = "r" + std::to_string(i);
    w.directory_at(name);
    w.directory_at(name + "/sub");
    w.file_at(name + "/sub/f", name);
  }
  std::size_t const before = open_descriptors();
  descriptor_limit const few{before + 40};
  source_roots roots{w.files(), false};
  for (int i = 0; i < 100; ++i) CHECK(added(roots, w.top() + "/r" + std::to_string(i)) == i);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      CHECK(read_through(roots, static_cast<std::uint16_t>(i), "sub", "f") == "r" + std::to_string(i));
    }
  }
  CHECK(open_descriptors() <= before + 24);
}

TEST_CASE("a root that was closed must be the same when it is opened again") {
  memory_world w;
  w.directory_at("r");
  w.file_at("r/f", "old");
  for (int i = 0; i < 60; ++i) w.directory_at("o" + std::to_string(i));
  source_roots roots{w.files(), false};
  auto const root = added(roots, "/top/r");
  auto const push_out = [&] {
    for (int i = 0; i < 60; ++i) REQUIRE(roots.open(added(roots, "/top/o" + std::to_string(i)), ""));
  };
  push_out();
  CHECK(read_through(roots, root, "", "f") == "old");
  push_out();
  w.remove("r");
  w.directory_at("r");
  w.file_at("r/f", "new");
  CHECK(read_through(roots, root, "", "f") == "errno " + std::to_string(ESTALE));
}

TEST_CASE("the directories of the neighbourhood are not opened again") {
  memory_world w;
  for (auto const* path : {"a", "a/b", "a/b/c", "a/b/d"}) w.directory_at(path);
  source_roots roots{w.files(), false};
  auto const root = added(roots, "/top");
  std::vector<std::string> opened;
  w.inside().set_hook([&](operation what, std::string const& path) {
    if (what == operation::open_directory || what == operation::open_root) opened.push_back(path);
    return 0;
  });
  for (auto const* path : {"a/b/c", "a/b/c", "a/b", "a/b/d", "", "a"}) REQUIRE(roots.open(root, path));
  CHECK(opened == std::vector<std::string>{"/top/a", "/top/a/b", "/top/a/b/c", "/top/a/b/d"});
}

TEST_CASE("many threads share the open directories") {
  memory_world w;
  for (int i = 0; i < 60; ++i) {
    std::string const name = "d" + std::to_string(i);
    w.directory_at(name);
    w.directory_at(name + "/e");
    w.file_at(name + "/e/f", name);
  }
  source_roots roots{w.files(), false};
  auto const root = added(roots, "/top");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        std::string const name = "d" + std::to_string((i * (t + 7)) % 60);
        auto opened = roots.open_file(root, name + "/e", "f");
        std::vector<std::byte> buffer(10);
        auto const got = opened ? (*opened)->read(buffer) : result<std::size_t>{opened.error()};
        if (!got || std::string_view{reinterpret_cast<char const*>(buffer.data()), *got} != name) ++wrong;
      }
    });
  }
  for (auto& each : threads) each.join();
  CHECK(wrong == 0);
}

TEST_CASE("a path is told as a user knows it") {
  memory_world w;
  w.directory_at("a");
  source_roots roots{w.files(), false};
  auto const root = added(roots, "/top/a/");
  CHECK(roots.full_path(root, "") == "/top/a");
  CHECK(roots.full_path(root, ".") == "/top/a");
  CHECK(roots.full_path(root, "x/y") == "/top/a/x/y");
  CHECK(roots.typed_path(root, ".") == "/top/a/.");
  CHECK(roots.typed_path(root, "x/y") == "/top/a/x/y");
  CHECK(roots.typed_path(added(roots, "/top/.//a/../a/."), "x") == "/top/a/../a/x");
  CHECK(roots.typed_path(added(roots, "/"), "top/a") == "/top/a");
  CHECK(roots.is_absolute_top(added(roots, "/")));
  CHECK_FALSE(roots.is_absolute_top(added(roots, "/.")));
  CHECK(source_roots::full_path_of("/a//b/./c/../d/") == "/a/b/d");
  CHECK(source_roots::full_path_of("/") == "/");
  CHECK(source_roots::full_path_of("x") == (std::filesystem::current_path() / "x").string());
}

TEST_CASE("a directory without the right to read it still leads to what is in it") {
  disk_world w;
  w.directory_at("d");
  w.directory_at("d/e");
  w.file_at("d/e/f", "found");
  REQUIRE(::chmod(w.top().c_str(), 0755) == 0);
  REQUIRE(::chmod((w.top() + "/d").c_str(), 0311) == 0);
  std::string found;
  error_code listing;
  as_nobody([&] {
    source_roots roots{w.files(), false};
    auto const root = roots.add(w.top() + "/d");
    auto opened = root ? roots.open_file(*root, "e", "f") : result<std::unique_ptr<volsync::file>>{root.error()};
    found = opened ? "opened" : opened.error().message();
    std::vector<directory_entry> names;
    auto const held = roots.open(*root, "");
    if (held) listing = (*held)->read(names).error();
  });
  CHECK(found == "opened");
  CHECK(listing == std::errc::permission_denied);
  REQUIRE(::chmod((w.top() + "/d").c_str(), 0700) == 0);
  error_code entering;
  as_nobody([&] { entering = w.files()->open_root(w.top() + "/d").error(); });
  if (::geteuid() == 0) CHECK(entering == std::errc::permission_denied);
  REQUIRE(::chmod((w.top() + "/d").c_str(), 0755) == 0);
}

}  // namespace volsync::fs
