// Names that occur twice in a list.
#include "flist/duplicates.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::flist;

namespace {

entry of(std::uint32_t mode, entry_flags flags = entry_flags::none) {
  entry e;
  e.mode = mode;
  e.flags = flags;
  return e;
}
bool dropped(list const& l, slot s) { return has(l.at(s).flags, entry_flags::duplicate); }

}  // namespace

TEST_CASE("of two of a kind the first stays; directories share their content") {
  list l;
  auto const top = l.add_parent("");
  auto add = [&](std::uint32_t mode, std::string_view name, entry_flags flags = entry_flags::none) {
    entry e = of(mode, flags);
    e.parent = top;
    return l.append(e, name);
  };
  auto const a1 = add(S_IFREG, "a"), a2 = add(S_IFLNK, "a"), other = add(S_IFREG, "b");
  auto const d1 = add(S_IFDIR, "d", entry_flags::no_content | entry_flags::implied),
             d2 = add(S_IFDIR, "d", entry_flags::top);
  auto const d3 = add(S_IFDIR, "d", entry_flags::no_content);
  l.finish(ndx{1});
  mark_duplicates(l);
  CHECK((!dropped(l, a1) && dropped(l, a2) && !dropped(l, other)));
  CHECK((!dropped(l, d1) && dropped(l, d2) && dropped(l, d3)));
  CHECK_FALSE(has(l.at(d1).flags, entry_flags::no_content));
  CHECK_FALSE(has(l.at(d1).flags, entry_flags::implied));
  CHECK(has(l.at(d1).flags, entry_flags::top));
}

TEST_CASE("of a directory and something else the directory stays") {
  list l;
  entry e = of(S_IFREG);
  e.parent = l.add_parent("p");
  auto const file = l.append(e, "x");
  auto const far = l.append(e, "y");
  e.mode = S_IFDIR;
  auto const folder = l.append(e, "x");
  l.finish(ndx{1});
  mark_duplicates(l);
  CHECK((dropped(l, file) && !dropped(l, folder) && !dropped(l, far)));
}
