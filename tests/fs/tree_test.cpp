// The tree on disk and the one in memory answer alike, and as the interface says.
#include <dirent.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::unique_ptr<world> make_world(bool on_disk) {
  if (on_disk) return std::make_unique<disk_world>();
  return std::make_unique<memory_world>();
}

void furnish(world& w) {
  w.file_at("file", "content");
  w.directory_at("dir");
  w.file_at("dir/inner", "inside");
  w.directory_at("dir/below");
  w.link_at("to_file", "file");
  w.link_at("to_dir", "dir");
  w.link_at("dangling", "nowhere");
  w.link_at("loop", "loop");
  w.link_at("round", "dir/../dir/below/..//inner");
  w.link_at("absolute", w.top() + "/dir");
  w.link_at("via_slash", "file/");
  w.node_at("fifo", S_IFIFO | 0644);
  w.node_at("socket", S_IFSOCK | 0644);
  w.second_name("again", "file");
}

template <class T>
int why(result<T> const& r) {
  return r.error().value();
}

std::shared_ptr<directory const> top_of(world const& w) {
  auto opened = w.files()->open_root(w.top());
  REQUIRE(opened);
  return *opened;
}

}  // namespace

TEST_CASE("a leaf name is one component and nothing else") {
  for (auto const* bad : {"", ".", "..", "a/b", "/", "a/", "/a"})
    CHECK(leaf_name::make(bad).error() == std::errc::invalid_argument);
  CHECK_FALSE(leaf_name::make(std::string_view{"a\0b", 3}));
  CHECK(leaf_name::make(std::string(255, 'x')));
  CHECK(leaf_name::make(std::string(256, 'x')).error() == std::errc::filename_too_long);
  for (auto const* good : {"...", ".a", "..a", "a\\b", "\xff\xfe", "a\nb", " ", "-"}) {
    auto const made = leaf_name::make(good);
    REQUIRE(made);
    CHECK(made->view() == good);
    CHECK(std::string{made->c_str()} == good);
  }
}

TEST_CASE("statuses tell type, size, links and ids") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const top = top_of(*w);
  auto const file = top->status_of(leaf("file"));
  REQUIRE(file);
  CHECK((file->mode & S_IFMT) == S_IFREG);
  CHECK((file->mode & 0777) == 0644);
  CHECK(file->size == 7);
  CHECK(file->link_count == 2);
  CHECK(file->uid == (w->top() == "/top" ? 0 : ::geteuid()));
  CHECK(file->mtime >= 1'000'000'000);
  CHECK(file->mtime_ns < 1'000'000'000);
  auto const again = top->status_of(leaf("again"));
  REQUIRE(again);
  CHECK(again->inode == file->inode);
  CHECK(again->device == file->device);
  auto const dir = top->status_of(leaf("dir"));
  REQUIRE(dir);
  CHECK(S_ISDIR(dir->mode));
  CHECK(dir->inode != file->inode);
  auto const opened = top->open_directory(leaf("dir"));
  REQUIRE(opened);
  CHECK((*opened)->status()->inode == dir->inode);
  CHECK(S_ISFIFO(top->status_of(leaf("fifo"))->mode));
  CHECK(S_ISSOCK(top->status_of(leaf("socket"))->mode));
}

TEST_CASE("links are followed only when asked") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const top = top_of(*w);
  auto const dir = top->status_of(leaf("dir"));
  REQUIRE(dir);
  auto const link = top->status_of(leaf("to_dir"));
  REQUIRE(link);
  CHECK(S_ISLNK(link->mode));
  CHECK(link->size == 3);
  for (auto const* name : {"to_dir", "absolute"}) {
    CHECK(top->status_of(leaf(name), true)->inode == dir->inode);
    CHECK(why(top->open_directory(leaf(name))) == ENOTDIR);
    auto const followed = top->open_directory(leaf(name), true);
    REQUIRE(followed);
    CHECK((*followed)->status()->inode == dir->inode);
  }
  CHECK(why(top->open_file(leaf("to_file"))) == ELOOP);
  auto const file = top->open_file(leaf("to_file"), true);
  REQUIRE(file);
  CHECK(content_of(**file) == "content");
  auto const round = top->open_file(leaf("round"), true);
  REQUIRE(round);
  CHECK(content_of(**round) == "inside");
  CHECK(why(top->status_of(leaf("via_slash"), true)) == ENOTDIR);
  CHECK(why(top->status_of(leaf("dangling"), true)) == ENOENT);
  CHECK(top->status_of(leaf("dangling")));
  CHECK(why(top->status_of(leaf("loop"), true)) == ELOOP);
  CHECK(why(top->open_directory(leaf("loop"), true)) == ELOOP);
}

TEST_CASE("the text of a link is given as it is") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  std::string const odd = "a\nb\xff/../ \\";
  w->link_at("odd", odd);
  w->link_at("long", std::string(4000, 'x'));
  auto const top = top_of(*w);
  CHECK(top->read_link(leaf("to_file")).value_or("") == "file");
  CHECK(top->read_link(leaf("odd")).value_or("") == odd);
  CHECK(top->read_link(leaf("long")).value_or("") == std::string(4000, 'x'));
  CHECK(why(top->read_link(leaf("file"))) == EINVAL);
  CHECK(why(top->read_link(leaf("absent"))) == ENOENT);
}

TEST_CASE("what is not a regular file is not opened as one, and nothing blocks") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const top = top_of(*w);
  CHECK(why(top->open_file(leaf("fifo"))) == EINVAL);
  CHECK(why(top->open_file(leaf("dir"))) == EINVAL);
  CHECK(why(top->open_file(leaf("socket"))) == ENXIO);
  CHECK(why(top->open_file(leaf("absent"))) == ENOENT);
  CHECK(why(top->open_directory(leaf("file"))) == ENOTDIR);
  CHECK(why(top->open_directory(leaf("fifo"))) == ENOTDIR);
  CHECK(why(top->open_directory(leaf("absent"))) == ENOENT);
}

TEST_CASE("a directory lists each name once, with its type") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const top = top_of(*w);
  // Twice: reading must not depend on an offset that an earlier reading left.
  for (int round = 0; round < 2; ++round) {
    std::vector<directory_entry> found;
    REQUIRE(top->read(found));
    std::sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
    std::string text;
    for (auto const& each : found) {
      text += each.name + ":" + std::to_string(each.type) + " ";
      CHECK(each.inode == top->status_of(leaf(each.name))->inode);
    }
    CHECK(text ==
          "absolute:10 again:8 dangling:10 dir:4 fifo:1 file:8 loop:10 round:10 socket:12 to_dir:10 to_file:10 "
          "via_slash:10 ");
  }
}

TEST_CASE("names of any bytes come back unchanged") {
  auto const w = make_world(GENERATE(true, false));
  std::vector<std::string> names;
  for (int c = 1; c < 256; ++c) {
    if (c != '/' && c != '.') names.emplace_back(1, static_cast<char>(c));
  }
  names.push_back(std::string(255, '\xe4'));
  names.push_back("...");
  names.push_back(" leading and trailing ");
  for (auto const& name : names) w->file_at(name, name);
  auto const top = top_of(*w);
  std::vector<directory_entry> found;
  REQUIRE(top->read(found));
  std::vector<std::string> got;
  for (auto& each : found) got.push_back(std::move(each.name));
  std::sort(got.begin(), got.end());
  std::sort(names.begin(), names.end());
  CHECK(got == names);
  for (auto const& name : names) {
    auto const file = top->open_file(leaf(name));
    REQUIRE(file);
    REQUIRE(content_of(**file, 100) == name);
  }
}

TEST_CASE("operands are followed to their directory") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const files = w->files();
  auto const inode = files->status_of(w->top() + "/dir", false)->inode;
  for (auto const* path : {"dir", "dir/", "to_dir", "to_dir/", "absolute", "dir/below/..", "./dir//", "to_dir/."}) {
    INFO(path);
    auto const opened = files->open_root(w->top() + "/" + path);
    REQUIRE(opened);
    CHECK((*opened)->status()->inode == inode);
    CHECK(files->status_of(w->top() + "/" + path, true)->inode == inode);
  }
  CHECK(S_ISLNK(files->status_of(w->top() + "/to_dir", false)->mode));
  CHECK(S_ISDIR(files->status_of(w->top() + "/to_dir/", false)->mode));
  CHECK(why(files->open_root(w->top() + "/file")) == ENOTDIR);
  CHECK(why(files->open_root(w->top() + "/absent")) == ENOENT);
  CHECK(why(files->open_root("")) == ENOENT);
  CHECK(why(files->status_of(w->top() + "/file/x", false)) == ENOTDIR);
  CHECK(why(files->status_of(w->top() + "/file/", false)) == ENOTDIR);
  CHECK(why(files->status_of(w->top() + "/loop", true)) == ELOOP);
}

TEST_CASE("what is open outlives its name") {
  auto const w = make_world(GENERATE(true, false));
  furnish(*w);
  auto const top = top_of(*w);
  auto const dir = top->open_directory(leaf("dir"));
  REQUIRE(dir);
  auto const file = (*dir)->open_file(leaf("inner"));
  REQUIRE(file);
  w->remove("dir");
  CHECK(content_of(**file) == "inside");
  CHECK(why(top->open_directory(leaf("dir"))) == ENOENT);
  CHECK(why((*dir)->open_file(leaf("inner"))) == ENOENT);
}

TEST_CASE("an open file tells how it is now") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("file", "0123456789");
  auto const top = top_of(*w);
  auto const file = top->open_file(leaf("file"));
  REQUIRE(file);
  CHECK((*file)->status()->size == 10);
  std::array<std::byte, 4> buffer{};
  CHECK(*(*file)->read(buffer) == 4);
  CHECK(*(*file)->read(buffer) == 4);
  CHECK(*(*file)->read(buffer) == 2);
  CHECK(*(*file)->read(buffer) == 0);
}

TEST_CASE("one directory serves many threads") {
  auto const w = make_world(GENERATE(true, false));
  for (int i = 0; i < 300; ++i) w->file_at("f" + std::to_string(i), std::to_string(i));
  auto const top = top_of(*w);
  std::array<int, 4> wrong{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&top, &wrong, t] {
      for (int round = 0; round < 5; ++round) {
        std::vector<directory_entry> found;
        if (!top->read(found) || found.size() != 300) ++wrong[t];
        for (auto const& each : found) {
          if (!top->status_of(*leaf_name::make(each.name))) ++wrong[t];
        }
      }
    });
  }
  for (auto& each : threads) each.join();
  CHECK(wrong == std::array<int, 4>{});
}

}  // namespace volsync::fs
