// Writing: the tree on disk and the one in memory do the same and refuse the same, and nothing outside is touched.
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <set>

#include "base/unique_fd.hpp"

#include "fs/kit.hpp"
#include "fs/posix_calls.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::unique_ptr<world> make_world(bool on_disk) {
  if (on_disk) return std::make_unique<disk_world>();
  return std::make_unique<memory_world>();
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

std::shared_ptr<directory const> below(directory const& in, std::string_view name) {
  auto opened = in.open_directory(leaf(name));
  REQUIRE(opened);
  return *opened;
}

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

std::string content(directory const& in, std::string_view name) {
  auto const opened = in.open_file(leaf(name));
  return opened ? content_of(**opened, 100) : "(" + opened.error().message() + ")";
}

std::string names_in(directory const& in) {
  std::vector<directory_entry> found;
  REQUIRE(in.read(found));
  std::set<std::string> sorted;
  for (auto const& each : found) sorted.insert(each.name);
  std::string text;
  for (auto const& each : sorted) text += (text.empty() ? "" : " ") + each;
  return text;
}

std::uint32_t mode_of(directory const& in, std::string_view name) {
  auto const status = in.status_of(leaf(name));
  return status ? status->mode : 0;
}

// A umask for the time of a test.
class with_umask {
 public:
  explicit with_umask(mode_t mask) : old_{::umask(mask)} {}
  with_umask(with_umask const&) = delete;
  with_umask& operator=(with_umask const&) = delete;
  ~with_umask() { ::umask(old_); }

 private:
  mode_t old_;
};

bool on_disk(world const& w) { return w.top() != "/top"; }

}  // namespace

TEST_CASE("the system copies from file to file, or says that it does not") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("from", "0123456789");
  auto const top = top_of(*w);
  auto const from = top->open_file(leaf("from"));
  auto const made = top->create_temporary(leaf("f"), 0600);
  REQUIRE((from && made));
  auto& out = **made;
  auto const copied = out.copy_from(**from, 2, 5);
  if (!on_disk(*w)) {
    CHECK(copied.error() == std::errc::operation_not_supported);
    CHECK(out.clone_from(**from).error() == std::errc::operation_not_supported);
    return;
  }
  REQUIRE(copied);
  CHECK(*copied == 5);
  CHECK(out.status()->size == 7);
  CHECK(out.copy_from(**from, 0, 2));
  CHECK(*out.copy_from(**from, 10, 5) == 0);
  CHECK(out.place(leaf("f")));
  CHECK(content(*top, "f") == "0123456");
  // Reading goes on where it was.
  CHECK(content_of(**from, 100) == "0123456789");
  memory_world other;
  other.file_at("x", "x");
  auto const foreign = top_of(other)->open_file(leaf("x"));
  auto const again = top->create_temporary(leaf("f"), 0600);
  CHECK((*again)->copy_from(**foreign, 0, 1).error() == std::errc::operation_not_supported);
}

TEST_CASE("a temporary gets its name whole, or goes") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "old");
  auto const top = top_of(*w);
  auto made = top->create_temporary(leaf("f"), 0600);
  REQUIRE(made);
  auto& out = **made;
  CHECK(out.write_at(0, bytes_of("new ")));
  CHECK(out.write_at(8, bytes_of("content")));
  CHECK(out.write_at(4, bytes_of("and ")));
  CHECK(out.write_at(3, {}));
  CHECK(out.status()->size == 15);
  CHECK(content(*top, "f") == "old");
  std::string const both = names_in(*top);
  CHECK(both.size() == std::string{".f.XXXXXX f"}.size());
  CHECK(both.starts_with(".f."));
  SECTION("placed") {
    CHECK(out.place(leaf("f")));
    CHECK(content(*top, "f") == "new and content");
    CHECK(names_in(*top) == "f");
    // Once only, and nothing can be written any more.
    CHECK(why(out.place(leaf("g"))) == EINVAL);
    CHECK(why(out.write_at(0, bytes_of("x"))) == EBADF);
    CHECK(why(out.status()) == EBADF);
    made->reset();
    CHECK(names_in(*top) == "f");
  }
  SECTION("dropped") {
    made->reset();
    CHECK(names_in(*top) == "f");
    CHECK(content(*top, "f") == "old");
  }
  SECTION("refused, then placed elsewhere") {
    w->directory_at("d");
    w->directory_at("d/full");
    auto const d = below(*top, "d");
    CHECK(why(out.place(leaf("d"))) == EISDIR);
    CHECK(why(out.place(*d, leaf("full"))) == EISDIR);
    CHECK(out.place(*d, leaf("there")));
    CHECK(content(*d, "there") == "new and content");
    CHECK(names_in(*top) == "d f");
  }
  SECTION("closed first") {
    CHECK(out.close());
    CHECK(out.close());
    CHECK(why(out.write_at(0, bytes_of("x"))) == EBADF);
    CHECK(why(out.resize(0)) == EBADF);
    CHECK(why(out.set_mode(0)) == EBADF);
    CHECK(out.place(leaf("f")));
    CHECK(content(*top, "f") == "new and content");
  }
  SECTION("its directory gone") {
    w->directory_at("d");
    auto const d = below(*top, "d");
    w->remove("d");
    CHECK(why(d->create_temporary(leaf("x"), 0600)) == ENOENT);
    CHECK(why(d->open_in_place(leaf("x"), 0600)) == ENOENT);
    CHECK(why(d->make_directory(leaf("x"), 0700)) == ENOENT);
    CHECK(why(d->make_hard_link(leaf("x"), *top, leaf("f"))) == ENOENT);
    CHECK(why(out.place(*d, leaf("x"))) == ENOENT);
  }
}

TEST_CASE("a file is placed over whatever is no directory") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("outside", "outside");
  w->link_at("link", "outside");
  w->node_at("fifo", S_IFIFO | 0644);
  w->second_name("again", "outside");
  w->directory_at("empty");
  auto const top = top_of(*w);
  for (auto const* name : {"link", "fifo", "again", "fresh"}) {
    auto made = top->create_temporary(leaf(name), 0600);
    REQUIRE(made);
    CHECK((*made)->write_at(0, bytes_of(name)));
    CHECK((*made)->place(leaf(name)));
    CHECK(content(*top, name) == name);
    CHECK(S_ISREG(mode_of(*top, name)));
  }
  CHECK(content(*top, "outside") == "outside");
  CHECK(top->status_of(leaf("outside"))->link_count == 1);
  auto made = top->create_temporary(leaf("empty"), 0600);
  REQUIRE(made);
  CHECK(why((*made)->place(leaf("empty"))) == EISDIR);
  made->reset();
  CHECK(names_in(*top) == "again empty fifo fresh link outside");
}

TEST_CASE("a file is written in place, or made") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "0123456789");
  w->second_name("again", "f");
  w->link_at("link", "f");
  w->link_at("dangling", "nowhere");
  w->directory_at("d");
  w->node_at("fifo", S_IFIFO | 0644);
  w->node_at("socket", S_IFSOCK | 0644);
  auto const top = top_of(*w);
  {
    auto opened = top->open_in_place(leaf("f"), 0600);
    REQUIRE(opened);
    CHECK((*opened)->write_at(2, bytes_of("ab")));
    CHECK((*opened)->resize(6));
    CHECK(why((*opened)->place(leaf("g"))) == EINVAL);
    CHECK(why((*opened)->place(*top, leaf("g"))) == EINVAL);
    CHECK((*opened)->write_at(8, bytes_of("z")));
    CHECK((*opened)->sync());
    CHECK((*opened)->close());
  }
  CHECK(content(*top, "again") == (std::string{"01ab45"} + std::string(2, '\0') + "z"));
  CHECK((mode_of(*top, "f") & 07777) == 0644);
  CHECK(why(top->open_in_place(leaf("link"), 0600)) == ELOOP);
  CHECK(why(top->open_in_place(leaf("dangling"), 0600)) == ELOOP);
  CHECK(why(top->open_in_place(leaf("d"), 0600)) == EISDIR);
  CHECK(why(top->open_in_place(leaf("fifo"), 0600)) == ENXIO);
  CHECK(why(top->open_in_place(leaf("socket"), 0600)) == ENXIO);
  CHECK(names_in(*top) == "again d dangling f fifo link socket");
  {
    auto made = top->open_in_place(leaf("new"), 0640);
    REQUIRE(made);
    CHECK((*made)->write_at(0, bytes_of("fresh")));
  }
  CHECK(content(*top, "new") == "fresh");
  CHECK((mode_of(*top, "new") & 07777) == 0640);
  auto opened = top->open_in_place(leaf("new"), 0600);
  REQUIRE(opened);
  CHECK(why((*opened)->write_at(-1, bytes_of("x"))) == EINVAL);
  CHECK(why((*opened)->resize(-1)) == EINVAL);
}

TEST_CASE("an open file is read at any place") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "0123456789");
  auto const top = top_of(*w);
  auto const opened = top->open_file(leaf("f"));
  REQUIRE(opened);
  std::array<std::byte, 4> buffer{};
  auto const at = [&](std::int64_t offset) {
    auto const got = (*opened)->read_at(offset, buffer);
    return got ? std::string{reinterpret_cast<char const*>(buffer.data()), *got} : std::to_string(why(got));
  };
  CHECK(at(3) == "3456");
  CHECK(at(8) == "89");
  CHECK(at(10).empty());
  CHECK(at(1'000'000).empty());
  CHECK(at(-1) == std::to_string(EINVAL));
  CHECK(*(*opened)->read(buffer) == 4);
  CHECK(buffer[0] == std::byte{'0'});
  CHECK(at(0) == "0123");
  CHECK(*(*opened)->read(buffer) == 4);
  CHECK(buffer[0] == std::byte{'4'});
}

TEST_CASE("modes are those that were asked for, whatever the umask") {
  auto const mask = GENERATE(as<mode_t>{}, 0, 022, 077, 0277, 0777);
  INFO(mask);
  with_umask const set{mask};
  disk_world const disk;
  memory_world const memory;
  for (world const* w : {static_cast<world const*>(&disk), static_cast<world const*>(&memory)}) {
    auto const top = top_of(*w);
    for (std::uint32_t const mode : {0600U, 0644U, 0400U, 0U, 0777U, 04711U, 02750U, 01666U}) {
      INFO(mode);
      auto const made = top->create_temporary(leaf("t"), mode);
      REQUIRE(made);
      CHECK(((*made)->status()->mode & 07777) == mode);
      std::string const name = "m" + std::to_string(mode);
      CHECK(top->open_in_place(leaf(name), mode));
      CHECK(mode_of(*top, name) == (S_IFREG | mode));
      CHECK(top->make_directory(leaf("d" + name), mode));
      CHECK(mode_of(*top, "d" + name) == (S_IFDIR | mode));
      CHECK(top->make_node(leaf("n" + name), S_IFIFO | mode, 0));
      CHECK(mode_of(*top, "n" + name) == (S_IFIFO | mode));
    }
  }
}

TEST_CASE("the umask is read without being changed") {
  with_umask const set{0153};
  CHECK(current_umask() == 0153);
  CHECK(::umask(0153) == 0153);
}

TEST_CASE("a directory hands its group down") {
  if (::geteuid() != 0) FAIL("needs root to give a directory to another group");
  auto const w = make_world(GENERATE(true, false));
  auto const top = top_of(*w);
  REQUIRE(top->make_directory(leaf("d"), 0755));
  REQUIRE(top->set_owner(leaf("d"), keep_id, 1234));
  REQUIRE(top->set_mode(leaf("d"), 02755));
  auto const d = below(*top, "d");
  for (std::uint32_t const mode : {0700U, 0755U, 0770U, 01777U}) {
    std::string const name = std::to_string(mode);
    REQUIRE(d->make_directory(leaf(name), mode));
    CHECK(mode_of(*d, name) == (S_IFDIR | S_ISGID | mode));
    CHECK(d->status_of(leaf(name))->gid == 1234);
  }
  CHECK(d->open_in_place(leaf("f"), 0664));
  CHECK(mode_of(*d, "f") == (S_IFREG | 0664));
  CHECK(d->status_of(leaf("f"))->gid == 1234);
}

TEST_CASE("what makes a name refuses one that is taken, whatever has it") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("source", "s");
  w->file_at("file", "f");
  w->directory_at("dir");
  w->link_at("link", "dir");
  w->link_at("dangling", "nowhere");
  w->node_at("fifo", S_IFIFO | 0644);
  auto const top = top_of(*w);
  for (auto const* name : {"file", "dir", "link", "dangling", "fifo"}) {
    INFO(name);
    CHECK(why(top->make_directory(leaf(name), 0755)) == EEXIST);
    CHECK(why(top->make_link(leaf(name), "target")) == EEXIST);
    CHECK(why(top->make_node(leaf(name), S_IFIFO | 0600, 0)) == EEXIST);
    CHECK(why(top->make_hard_link(leaf(name), *top, leaf("source"))) == EEXIST);
  }
  CHECK(names_in(*top) == "dangling dir fifo file link source");
  CHECK(content(*top, "file") == "f");
  CHECK(top->read_link(leaf("link")).value_or("") == "dir");
}

TEST_CASE("links, nodes and further names are made as they are given") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "content");
  w->directory_at("d");
  w->link_at("link", "f");
  auto const top = top_of(*w);
  auto const d = below(*top, "d");
  std::string const odd = "a\nb\xff/../ \\";
  CHECK(top->make_link(leaf("odd"), odd));
  CHECK(top->read_link(leaf("odd")).value_or("") == odd);
  CHECK(top->make_link(leaf("long"), std::string(4095, 'x')));
  CHECK(why(top->make_link(leaf("longer"), std::string(4096, 'x'))) == ENAMETOOLONG);
  CHECK(why(top->make_link(leaf("empty"), "")) == ENOENT);
  CHECK(why(top->make_link(leaf("nul"), std::string{"a\0b", 3})) == EINVAL);

  CHECK(d->make_hard_link(leaf("g"), *top, leaf("f")));
  CHECK(top->make_hard_link(leaf("h"), *d, leaf("g")));
  CHECK(top->status_of(leaf("f"))->link_count == 3);
  CHECK(d->status_of(leaf("g"))->inode == top->status_of(leaf("h"))->inode);
  // Of the link itself, not of what it points to.
  CHECK(d->make_hard_link(leaf("l"), *top, leaf("link")));
  CHECK(S_ISLNK(mode_of(*d, "l")));
  CHECK(why(top->make_hard_link(leaf("x"), *top, leaf("absent"))) == ENOENT);
  CHECK(why(top->make_hard_link(leaf("x"), *top, leaf("d"))) == EPERM);
  // Another tree is another file system.
  auto const other = make_world(!on_disk(*w));
  CHECK(why(top->make_hard_link(leaf("x"), *top_of(*other), leaf("f"))) == EXDEV);
  CHECK(why(top->rename(leaf("f"), *top_of(*other), leaf("x"))) == EXDEV);
  auto made = top->create_temporary(leaf("x"), 0600);
  REQUIRE(made);
  CHECK(why((*made)->place(*top_of(*other), leaf("x"))) == EXDEV);
  CHECK((*made)->place(leaf("x")));

  CHECK(top->make_node(leaf("socket"), S_IFSOCK | 0640, 0));
  CHECK(mode_of(*top, "socket") == (S_IFSOCK | 0640));
  for (std::uint32_t const bad : {0U, 0644U, S_IFREG | 0644U, S_IFDIR | 0755U, S_IFLNK | 0777U})
    CHECK(why(top->make_node(leaf("bad"), bad, 0)) == EINVAL);
  CHECK(names_in(*top).find("bad") == std::string::npos);
}

TEST_CASE("root makes devices") {
  if (::geteuid() != 0) FAIL("needs root");
  auto const w = make_world(GENERATE(true, false));
  auto const top = top_of(*w);
  std::uint64_t const number = makedev(1, 3);
  for (std::uint32_t const type : {std::uint32_t{S_IFCHR}, std::uint32_t{S_IFBLK}}) {
    auto const name = std::to_string(type);
    REQUIRE(top->make_node(leaf(name), type | 0660, number));
    auto const status = top->status_of(leaf(name));
    REQUIRE(status);
    CHECK(status->mode == (type | 0660));
    CHECK(status->rdev == number);
  }
}

TEST_CASE("renaming replaces as the system does") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "f");
  w->file_at("g", "g");
  w->second_name("again", "f");
  w->link_at("link", "g");
  w->directory_at("empty");
  w->directory_at("full");
  w->directory_at("full/inner");
  w->file_at("full/inner/x", "x");
  w->directory_at("d");
  auto const top = top_of(*w);
  auto const d = below(*top, "d");
  auto const rename = [&](std::string_view from, directory const& to, std::string_view as) {
    return why(top->rename(leaf(from), to, leaf(as)));
  };
  CHECK(rename("absent", *top, "x") == ENOENT);
  CHECK(rename("f", *top, "empty") == EISDIR);
  CHECK(rename("empty", *top, "f") == ENOTDIR);
  CHECK(rename("empty", *top, "full") == ENOTEMPTY);
  CHECK(rename("full", *below(*top, "full"), "x") == EINVAL);
  CHECK(rename("full", *below(*below(*top, "full"), "inner"), "y") == EINVAL);
  // Two names of one file: nothing happens.
  CHECK(rename("f", *top, "again") == 0);
  CHECK(names_in(*top) == "again d empty f full g link");
  CHECK(rename("f", *top, "g") == 0);
  CHECK(content(*top, "g") == "f");
  CHECK(top->status_of(leaf("g"))->link_count == 2);
  CHECK(rename("g", *top, "link") == 0);
  CHECK(S_ISREG(mode_of(*top, "link")));
  CHECK(rename("link", *d, "moved") == 0);
  CHECK(content(*d, "moved") == "f");
  CHECK(rename("full", *top, "empty") == 0);
  CHECK(content(*below(*below(*top, "empty"), "inner"), "x") == "x");
  CHECK(names_in(*top) == "again d empty");
  CHECK(names_in(*d) == "moved");
}

TEST_CASE("removing takes names, one kind at a time") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "f");
  w->second_name("again", "f");
  w->directory_at("empty");
  w->directory_at("full");
  w->file_at("full/x", "x");
  w->link_at("to_full", "full");
  w->node_at("fifo", S_IFIFO | 0644);
  auto const top = top_of(*w);
  CHECK(why(top->remove_file(leaf("empty"))) == EISDIR);
  CHECK(why(top->remove_file(leaf("absent"))) == ENOENT);
  for (auto const* name : {"f", "to_full", "fifo"}) CHECK(why(top->remove_directory(leaf(name))) == ENOTDIR);
  CHECK(why(top->remove_directory(leaf("full"))) == ENOTEMPTY);
  CHECK(why(top->remove_directory(leaf("absent"))) == ENOENT);
  CHECK(names_in(*top) == "again empty f fifo full to_full");
  for (auto const* name : {"f", "to_full", "fifo"}) CHECK(top->remove_file(leaf(name)));
  CHECK(top->remove_directory(leaf("empty")));
  CHECK(names_in(*top) == "again full");
  CHECK(top->status_of(leaf("again"))->link_count == 1);
  CHECK(content(*below(*top, "full"), "x") == "x");
}

TEST_CASE("owner, mode and time are set on the name itself") {
  if (::geteuid() != 0) FAIL("needs root to give files away");
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "f");
  w->directory_at("d");
  w->link_at("to_f", "f");
  w->node_at("fifo", S_IFIFO | 0644);
  auto const top = top_of(*w);
  time_point const odd{-5, 999'999'999};
  for (auto const* name : {"f", "d", "fifo", "to_f"}) {
    INFO(name);
    CHECK(top->set_owner(leaf(name), 1111, keep_id));
    CHECK(top->set_owner(leaf(name), keep_id, 2222));
    CHECK(top->set_mtime(leaf(name), odd));
    auto const status = top->status_of(leaf(name));
    CHECK(status->uid == 1111);
    CHECK(status->gid == 2222);
    CHECK(time_point{status->mtime, status->mtime_ns} == odd);
    if (std::string_view{name} == "to_f") {
      CHECK(why(top->set_mode(leaf(name), 0600)) == EOPNOTSUPP);
      continue;
    }
    // Giving away takes the set-id bits, so the mode comes last.
    CHECK(top->set_mode(leaf(name), 06751));
    CHECK((mode_of(*top, name) & 07777) == 06751);
    CHECK(top->set_owner(leaf(name), 1112, keep_id));
    CHECK((mode_of(*top, name) & 07777) == (std::string_view{name} == "d" ? 06751 : 0751));
  }
  for (auto const set : {why(top->set_owner(leaf("absent"), 1, 1)), why(top->set_mode(leaf("absent"), 0600)),
                         why(top->set_mtime(leaf("absent"), odd))})
    CHECK(set == ENOENT);

  auto const d = below(*top, "d");
  CHECK(d->set_owner(3333, 4444));
  CHECK(d->set_mode(0));
  CHECK(d->set_mtime({4'000'000'000, 1}));
  CHECK(d->sync());
  auto const status = top->status_of(leaf("d"));
  CHECK(status->uid == 3333);
  CHECK(status->gid == 4444);
  CHECK(status->mode == S_IFDIR);
  CHECK(time_point{status->mtime, status->mtime_ns} == time_point{4'000'000'000, 1});
}

TEST_CASE("owner, mode and time of a temporary are there when it gets its name") {
  if (::geteuid() != 0) FAIL("needs root to give files away");
  auto const w = make_world(GENERATE(true, false));
  auto const top = top_of(*w);
  auto made = top->create_temporary(leaf("f"), 0600);
  REQUIRE(made);
  CHECK((*made)->write_at(0, bytes_of("x")));
  CHECK((*made)->set_owner(1111, 2222));
  CHECK((*made)->set_mode(04755));
  CHECK((*made)->set_mtime({-1, 5}));
  CHECK((*made)->sync());
  CHECK((*made)->status()->uid == 1111);
  CHECK((*made)->place(leaf("f")));
  auto const status = top->status_of(leaf("f"));
  CHECK(status->mode == (S_IFREG | 04755));
  CHECK(status->uid == 1111);
  CHECK(status->gid == 2222);
  CHECK(time_point{status->mtime, status->mtime_ns} == time_point{-1, 5});
}

TEST_CASE("a change of a name shows in the time of its directory, one of content in the file's") {
  auto const w = make_world(GENERATE(true, false));
  w->file_at("f", "f");
  w->file_at("g", "g");
  w->directory_at("d");
  auto const top = top_of(*w);
  auto const d = below(*top, "d");
  time_point const past{1, 0};
  auto const changed = [&](auto const& act) {
    REQUIRE(top->set_mtime(past));
    REQUIRE(act());
    return top->status()->mtime != past.seconds;
  };
  CHECK(changed([&] { return top->make_directory(leaf("m"), 0700); }));
  CHECK(changed([&] { return top->remove_directory(leaf("m")); }));
  CHECK(changed([&] { return top->make_link(leaf("l"), "x"); }));
  CHECK(changed([&] { return top->make_hard_link(leaf("h"), *top, leaf("f")); }));
  CHECK(changed([&] { return top->remove_file(leaf("h")); }));
  CHECK(changed([&] { return top->rename(leaf("l"), *d, leaf("l")); }));
  CHECK(changed([&] { return d->rename(leaf("l"), *top, leaf("l")); }));
  CHECK_FALSE(changed([&] { return top->set_mtime(leaf("f"), {2, 0}); }));
  CHECK_FALSE(changed([&] { return top->set_mode(leaf("f"), 0600); }));
  auto out = top->open_in_place(leaf("f"), 0600);
  REQUIRE(out);
  CHECK((*out)->write_at(0, bytes_of("x")));
  CHECK(top->status_of(leaf("f"))->mtime != 2);
}

TEST_CASE("an operand's directory is made where its parent is") {
  with_umask const set{0};
  auto const w = make_world(GENERATE(true, false));
  w->directory_at("d");
  w->file_at("f", "f");
  w->link_at("to_d", "d");
  auto const files = w->files();
  CHECK(files->make_directory(w->top() + "/to_d/new/", 0750));
  CHECK(files->status_of(w->top() + "/d/new", false)->mode == (S_IFDIR | 0750));
  CHECK(why(files->make_directory(w->top() + "/d", 0755)) == EEXIST);
  CHECK(why(files->make_directory(w->top() + "/f", 0755)) == EEXIST);
  CHECK(why(files->make_directory(w->top() + "/f/x", 0755)) == ENOTDIR);
  CHECK(why(files->make_directory(w->top() + "/a/b", 0755)) == ENOENT);
}

// The old way of setting a mode, which newer systems never take by themselves.
TEST_CASE("without fchmodat2 a mode is set all the same, and never through a link") {
  disk_world w;
  w.file_at("f", "f");
  w.directory_at("d");
  w.node_at("fifo", S_IFIFO | 0644);
  w.link_at("link", "f");
  unique_fd const top{::open(w.top().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  for (auto const* name : {"f", "d", "fifo"}) {
    CHECK(set_mode_in_two_steps(top.get(), name, 0701));
    CHECK((status_at(top.get(), name, AT_SYMLINK_NOFOLLOW)->mode & 07777) == 0701);
  }
  CHECK(why(set_mode_in_two_steps(top.get(), "link", 0600)) == EOPNOTSUPP);
  CHECK((status_at(top.get(), "f", 0)->mode & 07777) == 0701);
  CHECK(set_mode_in_two_steps(top.get(), "", 0710));
  CHECK((status_at(top.get(), "", AT_EMPTY_PATH)->mode & 07777) == 0710);
}

TEST_CASE("the time of the last access stays") {
  disk_world w;
  w.file_at("f", "f");
  auto const top = top_of(w);
  std::string const path = w.top() + "/f";
  std::array<timespec, 2> const times{timespec{77, 7}, timespec{88, 8}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  auto const accessed = [&path] {
    struct stat s {};
    REQUIRE(::stat(path.c_str(), &s) == 0);
    return std::pair{s.st_atim.tv_sec, s.st_mtim.tv_sec};
  };
  CHECK(top->set_mtime(leaf("f"), {1, 0}));
  CHECK(accessed() == std::pair<time_t, time_t>{77, 1});
  auto out = top->open_in_place(leaf("f"), 0600);
  REQUIRE(out);
  CHECK((*out)->set_mtime({2, 0}));
  CHECK(accessed() == std::pair<time_t, time_t>{77, 2});
}

TEST_CASE("a write that the system cuts short goes on where it was cut") {
  disk_world const w;
  auto const top = top_of(w);
  auto out = top->open_in_place(leaf("f"), 0600);
  REQUIRE(out);
  // A limit on the size of files: the write up to it is short, the next one fails.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto const handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit const small{5, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  int const error = why((*out)->write_at(0, bytes_of("0123456789")));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  CHECK(error == EFBIG);
  CHECK(content(*top, "f") == "01234");
}

TEST_CASE("in memory, too, a name does not leave its file system") {
  memory_world w;
  w.file_at("f", "f");
  w.directory_at("other");
  REQUIRE(w.inside().edit("/top/other", [](file_status& s) { s.device = 2; }));
  auto const top = top_of(w);
  auto const other = below(*top, "other");
  CHECK(why(top->rename(leaf("f"), *other, leaf("f"))) == EXDEV);
  CHECK(why(other->make_hard_link(leaf("f"), *top, leaf("f"))) == EXDEV);
  auto made = top->create_temporary(leaf("t"), 0600);
  REQUIRE(made);
  CHECK(why((*made)->place(*other, leaf("t"))) == EXDEV);
  CHECK((*made)->place(leaf("t")));
  CHECK(other->make_directory(leaf("d"), 0700));
  CHECK(other->status_of(leaf("d"))->device == 2);
}

TEST_CASE("names for temporaries are new, short enough and valid") {
  disk_world const w;
  auto const top = top_of(w);
  CHECK(top->temporary_name(leaf("f")).view().starts_with(".f."));
  CHECK(top->temporary_name(leaf("f")).view().size() == 9);
  CHECK(top->temporary_name(leaf(".f")).view().starts_with(".f."));
  CHECK(top->temporary_name(leaf("..f")).view().starts_with("..f."));
  CHECK(top->temporary_name(leaf(std::string(255, 'x'))).view().size() == 255);
  // Cut between two characters of three bytes each, wherever the first one begins.
  for (std::string const prefix : {"a", "ab", "abc"}) {
    std::string euros = prefix;
    while (euros.size() + 3 <= 255) euros += "\xe2\x82\xac";
    auto const cut = top->temporary_name(leaf(euros));
    CHECK((cut.view().size() - 1 - prefix.size() - 7) % 3 == 0);
    CHECK(cut.view().size() > 250);
  }
  CHECK(top->temporary_name(leaf(std::string(255, '\xac'))).view().size() >= 8);
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) seen.emplace(top->temporary_name(leaf("f")).view());
  CHECK(seen.size() == 10000);
}

TEST_CASE("a tree that has no writing functions refuses") {
  class reader final : public directory {
    result<void> read(std::vector<directory_entry>&) const override { return {}; }
    result<file_status> status() const override { return file_status{}; }
    result<file_status> status_of(leaf_name const&, bool) const override { return file_status{}; }
    result<std::shared_ptr<directory const>> open_directory(leaf_name const&, bool) const override {
      return last_error();
    }
    result<std::unique_ptr<file>> open_file(leaf_name const&, bool) const override { return last_error(); }
    result<std::string> read_link(leaf_name const&) const override { return std::string{}; }
  };
  reader const r;
  directory const& d = r;
  auto const n = leaf("n");
  std::array const refused{why(d.create_temporary(n, 0)), why(d.open_in_place(n, 0)),
                           why(d.make_directory(n, 0)),   why(d.make_link(n, "x")),
                           why(d.make_node(n, 0, 0)),     why(d.make_hard_link(n, d, n)),
                           why(d.rename(n, d, n)),        why(d.remove_file(n)),
                           why(d.remove_directory(n)),    why(d.set_owner(n, 0, 0)),
                           why(d.set_mode(n, 0)),         why(d.set_mtime(n, {})),
                           why(d.set_owner(0, 0)),        why(d.set_mode(0)),
                           why(d.set_mtime({})),          why(d.sync())};
  for (int const each : refused) CHECK(each == EROFS);
}

}  // namespace volsync::fs
