// Lists are numbered, found again by index, and refused where they cannot be.
#include "roles/received_lists.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;

namespace {

// Fills the list under way; names that end in "/" are directories.
std::shared_ptr<received_list const> fill(received_lists& lists, received_lists::filling const& to,
                                          std::vector<std::string> const& names) {
  flist::entry e;
  for (auto const& each : names) {
    bool const directory = each == "." || each.ends_with('/');
    std::string const path = directory && each != "." ? each.substr(0, each.size() - 1) : each;
    auto const slash = path.rfind('/');
    e.parent = to.into->add_parent(slash == std::string::npos ? "" : path.substr(0, slash));
    e.mode = directory ? S_IFDIR | 0755 : S_IFREG | 0644;
    e.size = 10;
    (void)to.into->append(e, slash == std::string::npos ? path : path.substr(slash + 1));
  }
  return lists.end(0);
}

std::shared_ptr<received_list const> add(received_lists& lists, std::optional<std::int32_t> number,
                                         std::vector<std::string> const& names) {
  auto const to = lists.begin(number);
  REQUIRE(to);
  return fill(lists, *to, names);
}

}  // namespace

TEST_CASE("a single list begins at 0 and is all") {
  received_lists lists{false};
  auto const first = add(lists, std::nullopt, {".", "a", "d/", "d/b"});
  CHECK(first->ndx_start == 0);
  CHECK((lists.complete() && lists.entries() == 4 && lists.total_size() == 20));
  CHECK((lists.counts().regular == 2 && lists.counts().directories == 2));
  CHECK_FALSE(lists.begin());
  CHECK_FALSE(lists.begin(0));
  CHECK_FALSE(lists.end_all());
  auto const found = lists.find(3);
  REQUIRE(found.position);
  CHECK(found.where->path_of(found.where->at(*found.position)) == "d/b");
  CHECK_FALSE(lists.find(4).where);
  CHECK_FALSE(lists.find(-1).where);
}

TEST_CASE("each further list has the next index but one, which stands for its directory") {
  received_lists lists{true};
  auto const first = add(lists, std::nullopt, {".", "a", "d/", "e/"});
  CHECK(first->ndx_start == 1);
  auto const second = add(lists, 1, {"d/f", "d/g/"});
  CHECK((second->ndx_start == 6 && second->path == "d" && second->before == 4));
  auto const third = add(lists, 3, {"d/g/h"});
  CHECK((third->ndx_start == 9 && third->path == "d/g"));
  CHECK((lists.find(0).where == first && !lists.find(0).position));   // "."
  CHECK((lists.find(5).where == second && !lists.find(5).position));  // "d"
  CHECK((lists.find(6).where == second && lists.find(6).position == 0U));
  CHECK((lists.find(8).where == third && !lists.find(8).position));
  CHECK_FALSE(lists.find(10).where);
  lists.retire_oldest();
  CHECK((lists.oldest() == second && !lists.find(2).where && lists.find(7).where == second));
  CHECK_FALSE(lists.complete());
  REQUIRE(lists.end_all());
  CHECK(lists.complete());
  CHECK(lists.end_all().error() == make_error_code(role_errc::unexpected_list));
  CHECK(lists.begin(2).error() == make_error_code(role_errc::unexpected_list));
}

TEST_CASE("a list of what is no directory, or of one that has its list, is refused") {
  received_lists lists{true};
  CHECK(lists.begin(0).error() == make_error_code(role_errc::unexpected_list));  // before the first
  add(lists, std::nullopt, {".", "d/", "e/"});
  CHECK(lists.begin(3).error() == make_error_code(role_errc::bad_directory));
  CHECK(lists.begin(-1).error() == make_error_code(role_errc::bad_directory));
  CHECK(lists.begin(0).error() == make_error_code(role_errc::bad_directory));  // ".": its content is in the first
  REQUIRE(lists.begin(1));
  CHECK(lists.begin(2).error() == make_error_code(role_errc::unexpected_list));  // inside another
  CHECK(lists.end_all().error() == make_error_code(role_errc::unexpected_list));
  (void)lists.end(0);
  CHECK(lists.begin(1).error() == make_error_code(role_errc::bad_directory));
  CHECK(lists.begin().error() == make_error_code(role_errc::unexpected_list));
}

TEST_CASE("of entries of one name one counts, and a duplicate has no list") {
  received_lists lists{true};
  auto const first = add(lists, std::nullopt, {"d/", "d/"});
  int duplicates = 0;
  for (std::uint32_t i = 0; i < first->size(); ++i) {
    duplicates += flist::has(first->at(i).flags, flist::entry_flags::duplicate) ? 1 : 0;
  }
  CHECK(duplicates == 1);
  int listed = 0;
  for (std::int32_t i = 0; i < 2; ++i) {
    if (auto const to = lists.begin(i)) {
      fill(lists, *to, {"d/x"});
      ++listed;
    }
  }
  CHECK(listed == 1);
}

TEST_CASE("the only entry gets its name at the destination, and what is below it lies there") {
  received_lists lists{true};
  auto const first = add(lists, std::nullopt, {"d/"});
  auto const second = add(lists, 0, {});
  lists.name_only("other");
  CHECK(first->path_of(first->at(0)) == "other");
  CHECK(first->listed_path_of(first->at(0)) == "d");
  CHECK((second->path == "other" && second->listed_path == "d"));
}

TEST_CASE("absolute names lie below the destination") {
  received_lists lists{true};
  auto const first = add(lists, std::nullopt, {"/srv/d/", "/srv/f"});
  CHECK(first->path_of(first->at(0)) == "srv/f");
  CHECK(add(lists, 0, {"/srv/d/x"})->path == "srv/d");
}
