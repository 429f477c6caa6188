// What an entry is, which flags it has, and where a list keeps its texts.
#include <sys/sysmacros.h>

#include <string>

#include "flist/list.hpp"

#include "support/catch.hpp"

using namespace volsync::flist;

namespace {

entry of_mode(std::uint32_t mode) {
  entry made;
  made.mode = mode;
  return made;
}
entry const plain_file = of_mode(S_IFREG | 0644);

}  // namespace

TEST_CASE("texts of entries", "[texts]") {
  list all;
  CHECK(all.add_parent("a/b") == 0);
  CHECK(all.add_parent("a/b") == 0);
  CHECK(all.add_parent("a/b", 1) == 1);
  CHECK(all.add_parent("") == 2);
  CHECK(all.add_parent("a/b") == 3);
  entry e = of_mode(S_IFLNK | 0777);
  auto const link = all.append(e, "l", "../target");
  e = plain_file;
  e.parent = 1;
  std::string const digest{"\0\1/\xff", 4};
  auto const other = all.append(e, "n\nm", digest);
  e.parent = 2;
  std::string const longest(255, 'x');
  auto const top = all.append(e, longest);
  e.parent = all.add_parent("/abs");
  auto const absolute = all.append(e, "f");
  CHECK(all.path(all.at(link)) == "a/b/l");
  CHECK(all.extra(all.at(link)) == "../target");
  CHECK(all.parent(all.at(link)).root == 0);
  CHECK(all.name(all.at(other)) == "n\nm");
  CHECK(all.extra(all.at(other)) == digest);
  CHECK(all.parent(all.at(other)).root == 1);
  CHECK(all.path(all.at(top)) == longest);
  CHECK(all.extra(all.at(top)).empty());
  CHECK(all.path(all.at(absolute)) == "/abs/f");
}

TEST_CASE("a duplicate keeps its index", "[indices]") {
  list all;
  for (auto const* name : {"b", "a", "a"}) {
    entry e = plain_file;
    e.parent = all.add_parent("");
    all.append(e, name);
  }
  all.finish(ndx{5});
  all.at(all.slot_of(position{1})).flags |= entry_flags::duplicate;
  CHECK(has(all.at(ndx{6}).flags, entry_flags::duplicate));
  CHECK_FALSE(has(all.at(ndx{5}).flags, entry_flags::duplicate));
  CHECK(all.path(all.at(ndx{7})) == "b");
  CHECK(all.size() == 3);
}

TEST_CASE("entries say what they are", "[entry]") {
  struct {
    std::uint32_t mode;
    bool is_directory, regular, symlink, device, special;
  } const table[] = {{S_IFDIR, true, false, false, false, false},  {S_IFREG, false, true, false, false, false},
                     {S_IFLNK, false, false, true, false, false},  {S_IFCHR, false, false, false, true, false},
                     {S_IFBLK, false, false, false, true, false},  {S_IFIFO, false, false, false, false, true},
                     {S_IFSOCK, false, false, false, false, true}, {0, false, false, false, false, false}};
  for (auto const& each : table) {
    entry e = of_mode(each.mode | (each.mode ? 07777U : 0U));
    e.size = static_cast<std::int64_t>(makedev(8, 1));
    INFO(std::oct << each.mode);
    CHECK(e.is_directory() == each.is_directory);
    CHECK(e.is_regular() == each.regular);
    CHECK(e.is_symlink() == each.symlink);
    CHECK(e.is_device() == each.device);
    CHECK(e.is_special() == each.special);
    CHECK(e.length() == (each.device || each.special ? 0 : e.size));
    CHECK(e.device() == (each.device ? makedev(8, 1) : 0));
  }
  entry_flags const bits[] = {entry_flags::top,         entry_flags::no_content, entry_flags::implied,
                              entry_flags::hard_linked, entry_flags::first_link, entry_flags::duplicate};
  for (auto const one : bits) {
    CHECK_FALSE(has(entry_flags::none, one));
    for (auto const other : bits) CHECK(has(one, other) == (one == other));
    CHECK(has(one | entry_flags::top, one));
  }
}
