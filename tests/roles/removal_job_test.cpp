// What goes from a directory, and what stays.
#include "roles/removal_job.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "filter/command_line.hpp"

#include "fs/fault_tree.hpp"
#include "fs/memory_tree.hpp"
#include "fs/posix_tree.hpp"

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

namespace {

// A directory of its own on the disk that goes with the object.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "volsync-removal-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string path;
};

// So many directories, one inside the other, with a file in each.
void make_deep(std::string const& top, int levels) {
  int at = ::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(at >= 0);
  for (int i = 0; i < levels; ++i) {
    REQUIRE(::mkdirat(at, "a-name-of-20-letters", 0755) == 0);
    int const next = ::openat(at, "a-name-of-20-letters", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(next >= 0);
    ::close(at);
    at = next;
    int const file = ::openat(at, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    ::close(file);
  }
  ::close(at);
}

// Few descriptors, until the end of the scope.
class few_descriptors {
 public:
  explicit few_descriptors(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit const now{most, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a tree far deeper than there are descriptors goes, with few of them and little memory") {
  scratch const where;
  constexpr int levels = 5000;
  make_deep(where.path, levels);
  few_descriptors const limit{64};
  bench b;
  b.files = fs::make_posix_tree();
  auto root = b.files->open_root(where.path);
  REQUIRE(root);
  b.context->where = std::make_shared<fs::destination>(std::move(*root), where.path, false);
  removal_task task;
  task.names = std::make_shared<std::unordered_set<std::string>>();
  removal_job job{b.context, task};
  entry_counts counts;
  while (!job.done()) {
    job.step();
    for (auto const& each : job.take_events()) CHECK_FALSE(std::holds_alternative<problem>(each));
  }
  CHECK_FALSE(job.had_errors());
  counts = job.take_counts();
  CHECK(counts.directories == levels);
  CHECK(counts.regular == levels);
  CHECK(std::filesystem::is_empty(where.path));
}

TEST_CASE("whoever is not root opens directories that may not be written to, and shuts the one that stays") {
  auto const user = GENERATE(0U, 1000U);
  CAPTURE(user);
  bench b;
  b.context->user = user;
  for (char const* each : {"/to", "/to/d", "/to/d/inner"}) {
    REQUIRE(b.memory->edit(each, [](file_status& s) { s.mode = S_IFDIR | 0555; }));
  }
  std::vector<std::string> opened;
  b.memory->set_hook([&](fs::operation what, std::string const& path) {
    if (what == fs::operation::set_mode) opened.push_back(path);
    return 0;
  });
  b.run({"kept"});
  CHECK_FALSE(b.had_errors);
  using paths = std::vector<std::string>;
  CHECK(opened == (user == 0 ? paths{} : paths{"/to", "/to/d", "/to/d/inner", "/to"}));
  CHECK((b.memory->status_of("/to", false)->mode & 07777U) == 0555);
}

TEST_CASE("with -x what is mounted in a directory stays, and nothing in it goes") {
  bool const stays = GENERATE(false, true);
  CAPTURE(stays);
  bench b;
  b.context->one_file_system = stays;
  for (char const* each : {"/to/d/inner", "/to/e"}) {
    REQUIRE(b.memory->edit(each, [](file_status& s) { s.device = 99; }));
  }
  b.run({"kept"});
  CHECK_FALSE(b.had_errors);
  CHECK(b.has("d/inner/b") == stays);
  CHECK(b.has("e/y") == stays);
  CHECK_FALSE(b.has("d/a"));
  CHECK_FALSE(b.has("gone"));
}

TEST_CASE("where rules cannot be opened nothing goes, and that is told") {
  int const error = GENERATE(0, ENOENT, EIO, EACCES, EMFILE);
  CAPTURE(error);
  bench b;
  REQUIRE(b.memory->add_file("/to/.rules", "P gone\n"));
  b.rules({": .rules"});
  b.memory->set_hook([&](fs::operation what, std::string const& path) {
    return what == fs::operation::open_file && path == "/to/.rules" ? error : 0;
  });
  b.run({"kept", ".rules"});
  bool const unknown = error != 0 && error != ENOENT;
  CHECK(b.had_errors == unknown);
  CHECK(b.has("gone") == (error != ENOENT));
  CHECK(b.has("d/a") == unknown);
}
