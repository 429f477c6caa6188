// Each kind of difference between two trees is found, named by its kind, and changes the digest.
#include <sys/sysmacros.h>
#include <unistd.h>

#include "scratch.hpp"

using namespace volsync::bench;
using kind = difference::kind;

namespace {

// Two equal small trees; a test changes one entry of the second.
class pair_of_trees {
 public:
  pair_of_trees() {
    for (std::string const side : {"a", "b"}) {
      std::filesystem::create_directories(dir_ / (side + "/sub"));
      write(dir_ / (side + "/file"), "content");
      write(dir_ / (side + "/sub/one"), "linked");
      REQUIRE(::link((dir_ / (side + "/sub/one")).c_str(), (dir_ / (side + "/sub/two")).c_str()) == 0);
      REQUIRE(::symlink("file", (dir_ / (side + "/link")).c_str()) == 0);
      settle(side);
    }
  }

  std::string right(std::string const& name) const { return dir_ / ("b/" + name); }

  // Times as they were, so that only the change under test is a difference.
  void settle(std::string const& side = "b") const {
    for (std::string const name : {"/file", "/link", "/sub/one", "/sub/two", "/sub", ""}) {
      struct stat there {};
      if (::lstat((dir_ / (side + name)).c_str(), &there) == 0) set_mtime(dir_ / (side + name), 1'000, 5);
    }
  }

  std::vector<difference> differences(std::vector<std::string> const& excluded = {}) const {
    std::string failed_path;
    auto found = compare(look(dir_ / "a", excluded), look(dir_ / "b", excluded), failed_path);
    REQUIRE(found);
    return *std::move(found);
  }

  void check_one(kind what, std::string const& path) const {
    auto const found = differences();
    REQUIRE(found.size() == 1);
    CHECK(found[0].what == what);
    CHECK(found[0].path == path);
    CHECK(digest_of(dir_ / "a") != digest_of(dir_ / "b"));
  }

  bool same_digest() const { return digest_of(dir_ / "a") == digest_of(dir_ / "b"); }

 private:
  scratch dir_;
};

}  // namespace

TEST_CASE("equal trees have no difference and one digest") {
  pair_of_trees const trees;
  CHECK(trees.differences().empty());
  CHECK(trees.same_digest());
}

TEST_CASE("a missing entry is found") {
  pair_of_trees const trees;
  REQUIRE(::unlink(trees.right("file").c_str()) == 0);
  trees.settle();
  trees.check_one(kind::missing, "file");
}

TEST_CASE("an extra entry is found") {
  pair_of_trees const trees;
  write(trees.right("sub/more"), "");
  trees.settle();
  trees.check_one(kind::extra, "sub/more");
}

TEST_CASE("another type is found") {
  pair_of_trees const trees;
  REQUIRE(::unlink(trees.right("file").c_str()) == 0);
  REQUIRE(::mkfifo(trees.right("file").c_str(), 0644) == 0);
  trees.settle();
  trees.check_one(kind::type, "file");
}

TEST_CASE("another mode is found, of files and of directories") {
  pair_of_trees const trees;
  REQUIRE(::chmod(trees.right("file").c_str(), 04755) == 0);
  trees.check_one(kind::mode, "file");
  pair_of_trees const others;
  REQUIRE(::chmod(others.right("sub").c_str(), 0700) == 0);
  others.check_one(kind::mode, "sub");
}

TEST_CASE("another modification time is found, one nanosecond off too, of directories and links too") {
  for (std::string const name : {"file", "sub", "link"}) {
    pair_of_trees const trees;
    set_mtime(trees.right(name), 1'000, 6);
    trees.check_one(kind::mtime, name);
  }
}

TEST_CASE("another size is found") {
  pair_of_trees const trees;
  write(trees.right("file"), "content2");
  trees.settle();
  trees.check_one(kind::size, "file");
}

TEST_CASE("other content of the same size is found, at any offset") {
  pair_of_trees const trees;
  write(trees.right("file"), "contenT");
  trees.settle();
  trees.check_one(kind::content, "file");
}

TEST_CASE("other content behind the first mebibyte is found") {
  scratch const dir;
  std::string big(3u << 20, 'x');
  std::filesystem::create_directory(dir / "a");
  std::filesystem::create_directory(dir / "b");
  write(dir / "a/f", big);
  big.back() = 'y';
  write(dir / "b/f", big);
  for (std::string const name : {"a/f", "b/f", "a", "b"}) set_mtime(dir / name, 1, 1);
  std::string failed_path;
  auto const found = compare(look(dir / "a"), look(dir / "b"), failed_path);
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].what == kind::content);
  CHECK((*found)[0].left == "first at byte 3145727");
  CHECK(digest_of(dir / "a") != digest_of(dir / "b"));
}

TEST_CASE("another link target is found") {
  pair_of_trees const trees;
  REQUIRE(::unlink(trees.right("link").c_str()) == 0);
  REQUIRE(::symlink("elif", trees.right("link").c_str()) == 0);
  trees.settle();
  trees.check_one(kind::target, "link");
}

TEST_CASE("a broken hard link is found") {
  pair_of_trees const trees;
  REQUIRE(::unlink(trees.right("sub/two").c_str()) == 0);
  write(trees.right("sub/two"), "linked");
  trees.settle();
  auto const found = trees.differences();
  REQUIRE(found.size() == 2);  // both members
  CHECK(found[0].what == kind::links);
  CHECK(found[1].what == kind::links);
  CHECK_FALSE(trees.same_digest());
}

TEST_CASE("another owner or group is found") {
  pair_of_trees const trees;
  auto const left = look(trees.right(""));
  CHECK(left.entries[1].uid == ::geteuid());
  auto right = left;
  right.entries[1].uid += 1;
  std::string failed_path;
  auto found = compare(left, right, failed_path);
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].what == kind::owner);
  CHECK(*digest(left, failed_path) != *digest(right, failed_path));
  right = left;
  right.entries[2].gid += 1;
  found = compare(left, right, failed_path);
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].what == kind::owner);
  CHECK(*digest(left, failed_path) != *digest(right, failed_path));
}

TEST_CASE("another device number is found") {
  auto const null = look("/dev/null");
  auto const zero = look("/dev/zero");
  REQUIRE(null.entries.size() == 1);
  CHECK(null.entries[0].device == makedev(1, 3));
  std::string failed_path;
  auto const found = compare(null, zero, failed_path);
  REQUIRE(found);
  int devices = 0;
  for (auto const& d : *found) devices += d.what == kind::device;
  CHECK(devices == 1);
  auto other = null;
  other.entries[0].device = makedev(1, 4);
  CHECK(*digest(null, failed_path) != *digest(other, failed_path));
}

TEST_CASE("an excluded path is left out with all below it and nothing else") {
  pair_of_trees const trees;
  write(trees.right("sub/more"), "");
  write(trees.right("subway"), "");
  trees.settle();
  auto const found = trees.differences({"sub"});
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "subway");
  CHECK(trees.differences({"sub", "subway"}).empty());
}

TEST_CASE("names are printed without control characters") {
  CHECK(printable("a b\n\\\x1b\xff~") == "a b\\012\\134\\033\\377~");
}

TEST_CASE("what cannot be read is an error that names its path") {
  std::string failed_path;
  CHECK_FALSE(take_snapshot("/nonexistent/tree", {}, failed_path));
  CHECK(failed_path == "/nonexistent/tree");
}
