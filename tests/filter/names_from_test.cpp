// The list of --files-from.
#include "filter/names_from.hpp"

#include "support/catch.hpp"

using volsync::filter::names_from;
using names = std::vector<std::string>;

TEST_CASE("names end as lines do, or in NUL", "[names_from]") {
  CHECK(names_from("", false) == names{});
  CHECK(names_from("a\nb c\r\n\n#x\n;y\n d\re", false) == names{"a", "b c", " d", "e"});
  std::string const nul{"a\nb\0\0#x\0;y", 11};
  CHECK(names_from(nul, true) == names{"a\nb", "#x", ";y"});
}

TEST_CASE("names never leave the top", "[names_from]") {
  CHECK(names_from("/a/b\n//a//b//\n./a/./b/.\na/../b\n../../a\n/..\na/..\n.\n/\na/b/../../..\n...", false) ==
        names{"a/b", "a/b/", "a/b/", "b", "a", ".", ".", ".", ".", ".", "..."});
}
