// Arguments under -R: which parents are listed, and how often.
#include "roles/operands.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "filter/rules.hpp"

#include "fs/memory_tree.hpp"

#include "support/catch.hpp"

using namespace volsync;

namespace {

// Names of the first list, sorted.
std::vector<std::string> first_list(std::vector<std::string> paths, bool incremental,
                                    std::string const& prefix = "/s/./") {
  auto const tree = std::make_shared<fs::memory_tree>();
  for (char const* file : {"/s/d/k", "/s/d/e/f1", "/s/d/e/f2", "/s/d/f/a", "/s/d/f/p/b", "/s/h/i", "/s/dd/z"}) {
    REQUIRE(tree->add_file(file, "x"));
  }
  roles::operand_options how;
  how.relative = true;
  how.incremental = incremental;
  for (auto& each : paths) how.paths.push_back(prefix + each);
  auto const roots = std::make_shared<fs::source_roots>(tree, false);
  auto const lister = std::make_shared<roles::tree_lister const>(roots, roles::lister_options{});
  roles::operand_job job{lister, how, std::make_shared<filter::rule_set const>()};
  while (!job.done()) job.step();
  auto const made = job.take_first();
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < made.list->size(); ++i)
    names.push_back(made.list->path(made.list->at(static_cast<flist::slot>(i))));
  std::sort(names.begin(), names.end());
  return names;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("parents are listed again after others, unless the path before went through them") {
  CHECK(first_list({"d/e/f1", "d/e/f2"}, false) == names{"d", "d/e", "d/e/f1", "d/e/f2"});
  CHECK(first_list({"d/e/f1", "h/i", "d/e/f2"}, false) ==
        names{"d", "d", "d/e", "d/e", "d/e/f1", "d/e/f2", "h", "h/i"});
  CHECK(first_list({"d/e/f1", "d/f/a"}, false) == names{"d", "d/e", "d/e/f1", "d/f", "d/f/a"});
  CHECK(first_list({"d/k", "d/e/f1"}, false) == names{"d", "d", "d/e", "d/e/f1", "d/k"});
  CHECK(first_list({"d/f/a", "d/f/p/b"}, false) == names{"d", "d/f", "d/f", "d/f/a", "d/f/p", "d/f/p/b"});
  CHECK(first_list({"d/f/p/b", "d/k", "d/e/f1"}, false) ==
        names{"d", "d/e", "d/e/f1", "d/f", "d/f/p", "d/f/p/b", "d/k"});
  CHECK(first_list({"d/k", "dd/z"}, false) == names{"d", "d/k", "dd", "dd/z"});
}

TEST_CASE("with incremental recursion only the first component is in the first list") {
  CHECK(first_list({"d/e/f1", "h/i", "d/e/f2"}, true) == names{"d", "d", "h"});
}

TEST_CASE("a leading dot lists the root, whatever becomes of the argument") {
  CHECK(first_list({"./no-such-name"}, false, "") == names{"."});
  CHECK(first_list({"no-such-name"}, false, "").empty());
}
