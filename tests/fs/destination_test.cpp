// Directories of the destination: never out of it, never one that was forgotten.
#include "fs/destination.hpp"

#include <atomic>
#include <cerrno>
#include <thread>

#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

// A destination "root" beside a directory "outside".
struct place {
  explicit place(bool keep_links, bool on_disk = false) {
    if (on_disk) {
      w = std::make_unique<disk_world>();
    } else {
      w = std::make_unique<memory_world>();
    }
    w->directory_at("outside");
    w->directory_at("outside/in");
    w->directory_at("root");
    w->directory_at("root/a");
    w->directory_at("root/a/b");
    w->directory_at("root/ab");
    w->file_at("root/file", "f");
    w->link_at("root/link", "a");
    w->link_at("root/out", w->top() + "/outside");
    w->link_at("root/to_file", "file");
    w->link_at("root/dangling", "nowhere");
    w->link_at("root/loop", ".");
    auto root = w->files()->open_root(w->top() + "/root");
    REQUIRE(root);
    to = std::make_unique<destination>(*root, w->top() + "/root", keep_links);
  }
  std::unique_ptr<world> w;
  std::unique_ptr<destination> to;

  // The inode of what the destination finds, or minus errno.
  [[nodiscard]] std::int64_t found(std::string_view path) const {
    auto const opened = to->open(path);
    return opened ? static_cast<std::int64_t>((*opened)->status()->inode) : -opened.error().value();
  }
  [[nodiscard]] std::int64_t inode(std::string const& path) const {
    return static_cast<std::int64_t>(w->files()->status_of(w->top() + "/" + path, true)->inode);
  }
};

}  // namespace

TEST_CASE("paths of a destination are walked one name at a time") {
  place const p{false, GENERATE(true, false)};
  CHECK(p.found("") == p.inode("root"));
  for (int round = 0; round < 2; ++round) {
    CHECK(p.found("a") == p.inode("root/a"));
    CHECK(p.found("a/b") == p.inode("root/a/b"));
    CHECK(p.found("a/c") == -ENOENT);
    CHECK(p.found("a/c/d") == -ENOENT);
    CHECK(p.found("file") == -ENOTDIR);
    for (auto const* link : {"link", "out", "to_file", "dangling", "loop", "link/b", "out/in", "loop/a"})
      CHECK(p.found(link) == -ENOTDIR);
    for (auto const* bad : {"..", ".", "a/..", "a//b", "/", "/a", "a/", "a/./b", "../outside"})
      CHECK(p.found(bad) == -EINVAL);
    CHECK(p.found(std::string(256, 'x')) == -ENAMETOOLONG);
    CHECK(p.found(std::string_view{"a\0b", 3}) == -EINVAL);
  }
}

TEST_CASE("with -K a link to a directory is that directory, any other is in the way") {
  place const p{true, GENERATE(true, false)};
  CHECK(p.to->keeps_links());
  CHECK(p.found("link") == p.inode("root/a"));
  CHECK(p.found("link/b") == p.inode("root/a/b"));
  CHECK(p.found("out/in") == p.inode("outside/in"));
  CHECK(p.found("to_file") == -ENOTDIR);
  CHECK(p.found("dangling") == -ENOENT);
  std::string path = "loop";
  for (int i = 1; i < 40; ++i) path += "/loop";
  CHECK(p.found(path) == p.inode("root"));
  CHECK(p.found(path + "/loop") == -ELOOP);
}

TEST_CASE("what was forgotten is looked up anew, with all below it and nothing else") {
  place const p{false};
  auto& files = dynamic_cast<memory_world&>(*p.w).inside();
  std::vector<std::string> opened;
  files.set_hook([&](operation what, std::string const& path) {
    if (what == operation::open_directory) opened.push_back(path);
    return 0;
  });
  auto const look = [&](std::string_view path) {
    opened.clear();
    CHECK(p.found(path) > 0);
    return opened.size();
  };
  CHECK(look("a/b") == 2);
  CHECK(look("ab") == 1);
  CHECK(look("a/b") == 0);
  CHECK(look("a") == 0);
  auto const old = p.found("a/b");
  files.remove("/top/root/a");
  files.add_directory("/top/root/a/b");
  CHECK(p.found("a/b") == old);
  p.to->forget("a");
  CHECK(look("ab") == 0);
  CHECK(look("a/b") == 2);
  CHECK(p.found("a/b") != old);
  p.to->forget("a/b");
  CHECK(look("a") == 0);
  CHECK(look("a/b") == 1);
  p.to->forget("");
  CHECK(look("ab") == 1);
  CHECK(look("") == 0);
}

TEST_CASE("a walk that began before something was forgotten keeps nothing") {
  place const p{false};
  auto& files = dynamic_cast<memory_world&>(*p.w).inside();
  bool once = true;
  files.set_hook([&](operation what, std::string const& path) {
    if (what == operation::open_directory && path == "/top/root/a/b" && std::exchange(once, false)) {
      // Another thread replaces the directory in the middle of the walk.
      files.rename("/top/root/a", "/top/outside/a");
      files.add_directory("/top/root/a/b");
      p.to->forget("a");
    }
    return 0;
  });
  auto const first = p.found("a/b");
  CHECK(first == p.inode("outside/a/b"));
  CHECK(p.found("a/b") == p.inode("root/a/b"));
  CHECK(p.found("a") == p.inode("root/a"));
}

TEST_CASE("a directory that was swapped for a link is not entered once it is forgotten") {
  place const p{false, true};
  CHECK(p.found("a/b") > 0);
  p.w->remove("root/a");
  p.w->link_at("root/a", p.w->top() + "/outside");
  p.to->forget("a");
  CHECK(p.found("a") == -ENOTDIR);
  CHECK(p.found("a/in") == -ENOTDIR);
}

TEST_CASE("many directories of a destination are served with few descriptors, by many threads") {
  place const p{false, true};
  for (int i = 0; i < 200; ++i) {
    p.w->directory_at("root/" + std::to_string(i));
    p.w->directory_at("root/" + std::to_string(i) + "/x");
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 400; ++i) {
        std::string const path = std::to_string((i * (t + 1)) % 200) + "/x";
        auto const opened = p.to->open(path);
        if (!opened ||
            (*opened)->status()->inode != p.w->files()->status_of(p.w->top() + "/root/" + path, false)->inode)
          ++wrong;
        if (i % 7 == 0) p.to->forget(path);
      }
    });
  }
  for (auto& each : threads) each.join();
  CHECK(wrong == 0);
  auto const all = std::filesystem::directory_iterator{"/proc/self/fd"};
  CHECK(std::distance(begin(all), end(all)) < 40);
}

TEST_CASE("a destination is told as a user knows it") {
  memory_world w;
  auto const root = *w.files()->open_root("/top");
  CHECK(destination(root, "/srv//data/", false).full_path("") == "/srv/data");
  CHECK(destination(root, "/srv/data", false).full_path("a/b") == "/srv/data/a/b");
  CHECK(destination(root, "/", false).full_path("a") == "/a");
  CHECK(destination(root, ".", false).full_path("a") == (std::filesystem::current_path() / "a").string());
}

TEST_CASE("what this run has made is known until it is forgotten, with all below it") {
  place p{false};
  for (auto const* path : {"", "a", "a/b", "ab"}) p.to->note_made(path);
  CHECK((p.to->was_made("") && p.to->was_made("a/b") && !p.to->was_made("b")));
  SECTION("replaced") {
    p.to->forget("a");
    CHECK((!p.to->was_made("a") && !p.to->was_made("a/b") && p.to->was_made("ab") && p.to->was_made("")));
  }
  SECTION("finished") {
    p.to->take_as_any_other("a");
    CHECK((!p.to->was_made("a") && p.to->was_made("a/b")));
  }
  SECTION("all") {
    p.to->forget("");
    CHECK((!p.to->was_made("") && !p.to->was_made("ab")));
  }
}

}  // namespace volsync::fs
