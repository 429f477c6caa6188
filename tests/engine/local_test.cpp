// Copies within one tree in memory, from the door to the last event. What they have in common with rsync's is compared
// on real trees elsewhere.
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fs/fault_tree.hpp"
#include "fs/memory_tree.hpp"

#include "fixture.hpp"
#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::test;

namespace {

job local_job(std::string from, std::string to) {
  job j;
  options& o = j.options;
  o.recurse = o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = o.hard_links = o.numeric_ids =
      true;
  o.threads = 2;
  j.sources.resize(1);
  j.sources[0].path = std::move(from);
  j.destination.path = std::move(to);
  return j;
}

std::string content(tree& in, std::string const& directory, std::string const& name) {
  auto const root = in.open_root(directory);
  if (!root) return "(no directory)";
  auto const opened = (*root)->open_file(*leaf_name::make(name));
  if (!opened) return "(none)";
  std::string text(2'000'000, '\0');
  text.resize(*(*opened)->read({reinterpret_cast<std::byte*>(text.data()), text.size()}));
  return text;
}

std::shared_ptr<fs::memory_tree> small_tree() {
  auto files = std::make_shared<fs::memory_tree>();
  files->add_directory("/src/d/e");
  files->add_file("/src/a", "alpha");
  files->add_file("/src/d/b", std::string(1'000'000, 'b'));
  files->add_file("/src/d/e/c", "");
  files->add_link("/src/l", "nowhere");
  files->add_node("/src/p", S_IFIFO | 0600);
  files->add_hard_link("/src/d/e/a2", "/src/a");
  return files;
}

}  // namespace

TEST_CASE("a tree is copied; copied again, nothing is done") {
  bool const incremental = GENERATE(true, false);
  auto const files = small_tree();
  job j = local_job("/src/", "/to");
  j.options.inc_recursive = incremental;
  recorder events;
  auto const first = push(j, files, events);
  CHECK(first.code == exit_code::success);
  CHECK(content(*files, "/to", "a") == "alpha");
  CHECK(content(*files, "/to/d", "b") == std::string(1'000'000, 'b'));
  CHECK(files->status_of("/to/a", false)->inode == files->status_of("/to/d/e/a2", false)->inode);
  CHECK(S_ISFIFO(files->status_of("/to/p", false)->mode));
  CHECK(files->status_of("/to/d", false)->mtime == files->status_of("/src/d", false)->mtime);
  CHECK(first.result.transferred_files == 3);
  CHECK(first.result.literal_data == 1'000'005);
  CHECK(first.result.files.regular == 4);
  for (auto const& told : events.all<item>()) CHECK(told.local);

  recorder again;
  auto const second = push(j, files, again);
  CHECK(second.code == exit_code::success);
  CHECK(second.result.transferred_files == 0);
  CHECK(again.all<item>().empty());
}

TEST_CASE("with --no-whole-file what is there already is not copied again") {
  auto const files = small_tree();
  std::string other(1'000'000, 'b');
  other[500'000] = 'x';
  files->add_directory("/to/d");
  files->add_file("/to/d/b", other);
  job j = local_job("/src/", "/to");
  j.options.whole_file = false;
  j.options.ignore_times = true;
  recorder events;
  auto const done = push(j, files, events);
  CHECK(done.code == exit_code::success);
  CHECK(content(*files, "/to/d", "b") == std::string(1'000'000, 'b'));
  CHECK(done.result.matched_data > 900'000);
  CHECK(done.result.literal_data < 100'000);
}

TEST_CASE("--delete removes what rules do not protect, and nothing if the source has an error") {
  auto const files = small_tree();
  files->add_file("/to/extra", "x");
  files->add_file("/to/kept", "x");
  job j = local_job("/src/", "/to");
  j.options.deletion = delete_mode::during;
  j.options.filters.push_back({filter_option::kind::exclude, "kept"});
  std::shared_ptr<tree> over = files;
  bool const broken = GENERATE(false, true);
  if (broken) {
    over = fs::make_fault_tree(files, [](fs::call const& c) {
      bool const here = c.what == fs::operation::read_directory && c.path.ends_with("d/e");
      return here ? fs::fault{EIO, 0} : fs::fault{};
    });
  }
  recorder events;
  auto const done = push(j, over, events);
  CHECK(done.code == (broken ? exit_code::partial : exit_code::success));
  CHECK(bool{files->status_of("/to/extra", false)} == broken);
  CHECK(bool{files->status_of("/to/kept", false)});
  CHECK(done.result.deleted.regular == (broken ? 0 : 1));
}

TEST_CASE("--force makes way, but not by what rules protect") {
  auto const files = small_tree();
  files->add_file("/to/a/kept", "x");
  files->add_file("/to/a/other", "x");
  job j = local_job("/src/", "/to");
  j.options.force = true;
  bool const protects = GENERATE(false, true);
  if (protects) j.options.filters.push_back({filter_option::kind::rule, "P kept"});
  recorder events;
  CHECK(push(j, files, events).code == (protects ? exit_code::partial : exit_code::success));
  CHECK(bool{files->status_of("/to/a/kept", false)} == protects);
  CHECK_FALSE(files->status_of("/to/a/other", false));
}

TEST_CASE("--max-delete also counts what makes way for something else") {
  auto const files = small_tree();
  files->add_file("/to/a/one", "1");
  files->add_file("/to/a/two", "2");
  job j = local_job("/src/", "/to");
  j.options.deletion = delete_mode::during;
  j.options.max_delete = 1;
  recorder events;
  auto const done = push(j, files, events);
  CHECK(done.code == exit_code::partial);
  CHECK(S_ISDIR(files->status_of("/to/a", false)->mode));
  CHECK(bool{files->status_of("/to/a/one", false)} != bool{files->status_of("/to/a/two", false)});
  bool told = false;
  for (auto const& line : events.all<message>())
    told = told || line.text.find("--max-delete limit (1 skipped)") != std::string::npos;
  CHECK(told);
}

TEST_CASE("a destination that cannot be made, a full disk, a source that is not there") {
  auto const files = small_tree();
  recorder events;
  SECTION("no parent") { CHECK(push(local_job("/src/", "/none/to"), files, events).code == exit_code::file_io); }
  SECTION("full") {
    auto const done = push(local_job("/src/", "/to"), fs::make_fault_tree(files, fs::room_for(500'000)), events);
    CHECK(done.code == exit_code::file_io);
    CHECK(done.text.find("the destination is full: /to/") == 0);
    std::vector<directory_entry> names;
    REQUIRE((*files->open_root("/to/d"))->read(names));
    for (auto const& each : names) CHECK(each.name.front() != '.');
  }
  SECTION("no source") {
    CHECK(push(local_job("/gone", "/to"), files, events).code == exit_code::partial);
    CHECK(!events.all<problem>().empty());
  }
}

TEST_CASE("one directory without content becomes a destination that is not there") {
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_directory("/src/only", 0711);
  files->add_file("/src/only/hidden", "x");
  files->add_file("/other/only/precious", "x");
  job j = local_job("/src/only", "/other/to");
  j.options.deletion = delete_mode::during;
  j.options.delete_excluded = true;
  j.options.filters.push_back({filter_option::kind::exclude, "*/*"});
  j.options.inc_recursive = GENERATE(true, false);
  recorder events;
  CHECK(push(j, files, events).code == exit_code::success);
  CHECK((files->status_of("/other/to", false)->mode & 07777U) == 0711);
  CHECK(files->status_of("/other/to", false)->mtime == files->status_of("/src/only", false)->mtime);
  CHECK_FALSE(files->status_of("/other/to/only", false));
  CHECK(content(*files, "/other/only", "precious") == "x");
}

TEST_CASE("a local copy ends soon after it is cancelled, without a temporary") {
  auto const files = std::make_shared<fs::memory_tree>();
  for (int i = 0; i < 30; ++i) files->add_file("/src/f" + std::to_string(i), std::string(3'000'000, 'x'));
  cancellation cancel;
  std::atomic<int> writes = 0;
  auto const over = fs::make_fault_tree(files, [&](fs::call const& c) {
    if (c.what == fs::operation::write && ++writes == 20) cancel.request();
    return fs::fault{};
  });
  recorder events;
  CHECK(run(local_job("/src/", "/to"), events, cancel, over).code == exit_code::signal);
  std::vector<directory_entry> names;
  REQUIRE((*files->open_root("/to"))->read(names));
  CHECK(names.size() < 30);
  for (auto const& each : names) CHECK(each.name.front() == 'f');
}

TEST_CASE("a --temp-dir that is not there ends a run before anything is written") {
  auto const files = small_tree();
  job j = local_job("/src/", "/to");
  files->add_directory("/to");
  j.options.temp_dir = GENERATE("/none", "none");
  recorder events;
  auto const done = push(j, files, events);
  CHECK(done.code == exit_code::syntax);
  CHECK(done.text.find("The temp-dir does not exist: ") == 0);
  std::vector<directory_entry> names;
  REQUIRE((*files->open_root("/to"))->read(names));
  CHECK(names.empty());
}

TEST_CASE("a local copy keeps to --bwlimit") {
  auto const files = std::make_shared<fs::memory_tree>();
  for (int i = 0; i < 20; ++i) files->add_file("/src/f" + std::to_string(i), std::string(300'000, 'x'));
  job j = local_job("/src/", "/to");
  j.options.bandwidth_limit = 6'000'000;
  j.options.threads = 1;
  recorder events;
  auto const begun = std::chrono::steady_clock::now();
  CHECK(push(j, files, events).code == exit_code::success);
  // 6 MB, of which the jobs under way may be ahead.
  CHECK(std::chrono::steady_clock::now() - begun > std::chrono::milliseconds{500});
}

TEST_CASE("--list-only touches nothing, and is refused") {
  auto const files = small_tree();
  files->add_file("/to/mine", "x");
  job j = local_job("/src/", "/to");
  j.options.deletion = delete_mode::during;
  j.options.list_only = true;
  recorder events;
  CHECK(push(j, files, events).code == exit_code::unsupported);
  CHECK(files->status_of("/to/mine", false));
  CHECK_FALSE(files->status_of("/to/a", false));
}
