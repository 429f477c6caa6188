// Deep down with few descriptors, and back; and what is found on the way back.
#include "fs/descent.hpp"

#include <cerrno>

#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::shared_ptr<directory const> top_of(memory_tree& files) {
  auto opened = files.open_root("/top");
  REQUIRE(opened);
  return *opened;
}

}  // namespace

TEST_CASE("a descent finds its way back through directories that it let go") {
  memory_tree files;
  std::string path = "/top";
  for (int i = 0; i < 40; ++i) path += "/d" + std::to_string(i);
  files.add_directory(path);
  descent at{top_of(files)};
  for (int i = 0; i < 40; ++i) REQUIRE(at.enter(leaf("d" + std::to_string(i))));
  CHECK(at.depth() == 40);
  for (int i = 39; i >= 0; --i) {
    auto const here = at.here();
    REQUIRE(here);
    auto const deeper = (*here)->status_of(leaf("d" + std::to_string(i + 1)));
    CHECK(deeper.has_value() == (i < 39));
    at.leave();
  }
  CHECK(at.depth() == 0);
  CHECK((*at.here())->status_of(leaf("d0")));
  at.leave();  // not above the top
  CHECK(at.depth() == 0);
}

TEST_CASE("another directory in the place of one that was let go is not entered") {
  memory_tree files;
  std::string path = "/top";
  for (int i = 0; i < 20; ++i) path += "/d" + std::to_string(i);
  files.add_directory(path);
  descent at{top_of(files)};
  for (int i = 0; i < 20; ++i) REQUIRE(at.enter(leaf("d" + std::to_string(i))));
  files.rename("/top/d0", "/top/aside");
  files.add_directory("/top/d0/d1");
  for (int i = 0; i < 19; ++i) at.leave();
  CHECK(at.depth() == 1);
  CHECK(at.here().error().value() == ESTALE);
}

TEST_CASE("a descent enters no link, and stays where it is when it cannot go on") {
  memory_tree files;
  files.add_directory("/top/d");
  files.add_link("/top/l", "d");
  descent at{top_of(files)};
  CHECK_FALSE(at.enter(leaf("l")));
  CHECK_FALSE(at.enter(leaf("none")));
  CHECK(at.depth() == 0);
  CHECK(at.enter(leaf("d")));
}

}  // namespace volsync::fs
