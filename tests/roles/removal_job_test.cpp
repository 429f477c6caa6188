// What goes from a directory, and what stays.
#include <algorithm>
#include <memory>

#include "filter/command_line.hpp"
#include "fs/fault_tree.hpp"
#include "fs/memory_tree.hpp"
#include "roles/removal_job.hpp"
#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;

namespace {

struct bench {
  std::shared_ptr<fs::memory_tree> memory = std::make_shared<fs::memory_tree>();
  std::shared_ptr<tree> files = memory;
  std::shared_ptr<removal_context> context = std::make_shared<removal_context>();
  entry_counts counts;
  std::vector<std::string> removed;
  bool had_errors = false;

  bench() {
    for (char const* each : {"/to/kept", "/to/gone", "/to/d/a", "/to/d/inner/b", "/to/e/x.keep", "/to/e/y"}) {
      REQUIRE(memory->add_file(each, "x"));
    }
  }
  void rules(std::vector<std::string> const& texts) {
    options o;
    for (auto const& each : texts) o.filters.push_back({filter_option::kind::rule, each});
    std::string error;
    auto compiled = filter::compile_for_pull(o, {}, error);
    REQUIRE(compiled);
    context->rules = compiled->rules;
  }
  void run(std::vector<std::string> names, bool collect = false, std::vector<std::string>* found = nullptr) {
    auto root = files->open_root("/to");
    REQUIRE(root);
    context->where = std::make_shared<fs::destination>(std::move(*root), "/to", false);
    removal_task task;
    task.names = std::make_shared<std::unordered_set<std::string>>(names.begin(), names.end());
    task.collect = collect;
    removal_job job{context, task};
    while (!job.done()) job.step();
    for (auto const& each : job.take_events()) {
      if (auto const* gone = std::get_if<item>(&each)) removed.push_back(gone->name);
    }
    counts = job.take_counts();
    had_errors = job.had_errors();
    if (found != nullptr) *found = job.take_found();
  }
  [[nodiscard]] bool has(std::string const& path) { return memory->status_of("/to/" + path, false).has_value(); }
};

}  // namespace

TEST_CASE("what the list does not name goes, contents first, directories before files") {
  bench b;
  b.run({"kept"});
  CHECK(b.removed == std::vector<std::string>{"e/y", "e/x.keep", "e", "d/inner/b", "d/inner", "d/a", "d", "gone"});
  CHECK((b.counts.regular == 5 && b.counts.directories == 3));
  CHECK(b.has("kept"));
  CHECK_FALSE(b.has("gone"));
}

TEST_CASE("a dry run tells the same and does nothing") {
  bench b;
  b.context->dry_run = true;
  b.run({"kept"});
  CHECK(b.removed.size() == 8);
  CHECK(b.has("d/inner/b"));
}

TEST_CASE("names decide, not types") {
  bench b;
  b.run({"kept", "gone", "d", "e"});
  CHECK(b.removed.empty());
}

TEST_CASE("what a rule protects stays, with the directories it lies in; perishable rules protect at the top only") {
  bench b;
  b.rules({"P *.keep"});
  b.run({"kept"});
  CHECK(b.has("e/x.keep"));
  CHECK_FALSE(b.has("e/y"));
  CHECK_FALSE(b.has("gone"));
  bench c;
  c.rules({"-p *.keep", "-p gone"});
  c.run({"kept"});
  CHECK_FALSE(c.has("e"));
  CHECK(c.has("gone"));
}

TEST_CASE("a limit stops removals and counts what it stopped") {
  bench b;
  b.context->limit = std::make_shared<removal_limit>();
  b.context->limit->at_most = 2;
  b.run({"kept"});
  CHECK(b.removed.size() == 2);
  CHECK(b.context->limit->refused.load() > 0);
  CHECK(b.has("gone"));
}

TEST_CASE("collected names are found and left for later") {
  bench b;
  std::vector<std::string> found;
  b.run({"kept"}, true, &found);
  CHECK(found == std::vector<std::string>{"e", "d", "gone"});
  CHECK((b.has("gone") && b.has("d") && b.has("e")));
}

TEST_CASE("a directory that cannot be read whole loses nothing") {
  bench b;
  b.files = fs::make_fault_tree(b.memory, fs::every(1, fs::operation::read_directory, EIO));
  b.run({"kept"});
  CHECK(b.removed.empty());
  CHECK(b.had_errors);
  CHECK(b.has("gone"));
}
