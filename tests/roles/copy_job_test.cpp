// Copies within one host: whole, or not at all; and what the source does meanwhile.
#include "roles/copy_job.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "fs/destination.hpp"
#include "fs/fault_tree.hpp"
#include "fs/memory_tree.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;
using how = apply_outcome::how;

namespace {

struct bench {
  std::shared_ptr<fs::memory_tree> memory = std::make_shared<fs::memory_tree>();
  std::shared_ptr<tree> from = memory, to = memory;
  placing_options options;

  bench() {
    REQUIRE(memory->add_directory("/src"));
    REQUIRE(memory->add_directory("/to"));
    REQUIRE(memory->add_file("/to/old", "old content", 0640));
  }
  void source(std::string const& name, std::string content) {
    REQUIRE(memory->add_file("/src/" + name, std::move(content)));
  }

  [[nodiscard]] std::unique_ptr<copy_job> job(std::vector<std::string> const& names, bool in_place = false) {
    auto root = to->open_root("/to");
    REQUIRE(root);
    std::vector<source_file> sources;
    std::vector<incoming_file> targets;
    for (auto const& name : names) {
      sources.push_back({0, "", name, 0});
      incoming_file f;
      f.name = name;
      f.in_place = in_place;
      f.nothing_to_lose = name != "old";
      f.attributes = {.uid = 5000, .gid = 999, .mode = 0604, .mtime = time_point{1234, 5}};
      targets.push_back(std::move(f));
    }
    return std::make_unique<copy_job>(
        [t = from](source_file const& f) -> result<std::unique_ptr<file>> {
          auto const in = t->open_root("/src");
          if (!in) return in.error();
          return (*in)->open_file(*leaf_name::make(f.name));
        },
        std::make_shared<fs::destination>(std::move(*root), "/to", false), options, std::move(sources),
        std::move(targets));
  }
  [[nodiscard]] std::string content(std::string const& name) const {
    auto const root = memory->open_root("/to");
    auto const opened = (*root)->open_file(*leaf_name::make(name));
    if (!opened) return "(none)";
    std::string text(40'000'000, '\0');
    text.resize(*(*opened)->read({reinterpret_cast<std::byte*>(text.data()), text.size()}));
    return text;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<directory_entry> all;
    REQUIRE((*memory->open_root("/to"))->read(all));
    std::vector<std::string> found;
    for (auto const& each : all) found.push_back(each.name);
    std::sort(found.begin(), found.end());
    return found;
  }
};

struct outcome {
  std::vector<file_part> parts;
  std::vector<file_failure> failures;
  std::size_t steps = 0;
};

outcome run(copy_job& job) {
  outcome all;
  for (; !job.done() && all.steps < 1000; ++all.steps) {
    job.step();
    for (auto& part : job.take_parts()) all.parts.push_back(std::move(part));
    for (auto& failure : job.take_failures()) all.failures.push_back(failure);
  }
  REQUIRE(job.done());
  return all;
}

}  // namespace

TEST_CASE("copies have content, owner, time and mode of their source, and replace what is there") {
  bench b;
  b.source("new", "hello");
  b.source("old", "newer");
  b.source("empty", "");
  auto const job = b.job({"new", "old", "empty"});
  auto const done = run(*job);
  REQUIRE(done.parts.size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(done.parts[i].index == i);
    CHECK((done.parts[i].begins && done.parts[i].ends && !done.parts[i].refused));
    REQUIRE(done.parts[i].made);
    CHECK((done.parts[i].made->what == how::placed && !done.parts[i].made->why));
  }
  CHECK((done.parts[0].copied == 5 && done.parts[2].copied == 0));
  CHECK(b.content("new") == "hello");
  CHECK(b.content("old") == "newer");
  CHECK(b.content("empty").empty());
  auto const status = (*b.memory->open_root("/to"))->status_of(*leaf_name::make("new"));
  CHECK((status->uid == 5000 && status->gid == 999 && status->mtime == 1234 && status->mtime_ns == 5));
  CHECK((status->mode & 07777U) == 0604);
  CHECK(b.names() == std::vector<std::string>{"empty", "new", "old"});
}

TEST_CASE("a large file is copied in several steps, and says how far it is") {
  bench b;
  std::string large(20'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 977) large[i] = static_cast<char>('a' + i % 23);
  b.source("large", large);
  auto const job = b.job({"large"});
  auto const done = run(*job);
  CHECK(done.steps >= 3);
  REQUIRE(done.parts.size() >= 3);
  CHECK((done.parts.front().begins && !done.parts.front().ends));
  CHECK((!done.parts.back().begins && done.parts.back().ends));
  for (std::size_t i = 1; i < done.parts.size(); ++i) CHECK(done.parts[i].copied > done.parts[i - 1].copied);
  CHECK(done.parts.back().copied == 20'000'000);
  CHECK(b.content("large") == large);
}

TEST_CASE("a source that is gone is refused, and the others are copied") {
  bench b;
  b.source("a", "alpha");
  b.source("z", "zed");
  auto const job = b.job({"a", "gone", "z"});
  auto const done = run(*job);
  REQUIRE(done.parts.size() == 3);
  CHECK((done.parts[1].refused && !done.parts[1].made));
  REQUIRE(done.failures.size() == 1);
  CHECK((done.failures[0].index == 1 && !done.failures[0].reading));
  CHECK(done.failures[0].why == std::errc::no_such_file_or_directory);
  CHECK(b.content("z") == "zed");
  CHECK(b.names() == std::vector<std::string>{"a", "old", "z"});
}

TEST_CASE("a source that becomes shorter or longer while it is copied") {
  bench b;
  b.source("f", std::string(10'000'000, 'x'));
  auto const job = b.job({"f"});
  job->step();
  REQUIRE_FALSE(job->done());
  SECTION("shorter: what there was is copied") {
    b.memory->set_content("/src/f", std::string(9'000'000, 'x'));
    (void)run(*job);
    CHECK(b.content("f").size() == 9'000'000);
  }
  SECTION("longer: it is cut at the size that it had") {
    b.memory->set_content("/src/f", std::string(11'000'000, 'x'));
    (void)run(*job);
    CHECK(b.content("f").size() == 10'000'000);
  }
}

TEST_CASE("a source that cannot be read to its end is asked for again, and what was there stays") {
  bench b;
  b.source("old", std::string(1'000'000, 'x'));
  b.from = fs::make_fault_tree(b.memory, fs::every(3, fs::operation::read_at, EIO));
  auto const job = b.job({"old"});
  auto const done = run(*job);
  REQUIRE(done.failures.size() == 1);
  CHECK((done.failures[0].reading && done.failures[0].why.value() == EIO));
  REQUIRE((!done.parts.empty() && done.parts.back().made));
  CHECK(done.parts.back().made->what == how::unverified);
  CHECK(b.content("old") == "old content");
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("whatever fails at the destination: the old file stays, no temporary is left, and the step is told") {
  for (std::uint64_t n = 1; n < 12; ++n) {
    bench b;
    b.source("old", "newer");
    b.to = fs::make_fault_tree(b.memory, fs::only(n + 1, EIO));  // the first call opens the root
    auto const job = b.job({"old"});
    auto const done = run(*job);
    REQUIRE(done.parts.size() == 1);
    REQUIRE(done.parts[0].made);
    auto const& made = *done.parts[0].made;
    INFO("call " << n << ": " << made.step);
    CHECK(b.names() == std::vector<std::string>{"old"});
    if (made.what == how::failed) {
      CHECK(b.content("old") == "old content");
      CHECK((made.why.value() == EIO && std::string{made.step} != ""));
    } else {
      CHECK(made.what == how::placed);
      CHECK(b.content("old") == "newer");
    }
  }
}

TEST_CASE("a full disk: the old file stays; with --partial the beginning of a new one does, too") {
  bench b;
  b.source("new", std::string(1'000'000, 'x'));
  b.source("old", std::string(1'000'000, 'y'));
  b.to = fs::make_fault_tree(b.memory, fs::room_for(600'000));
  b.options.partial = GENERATE(false, true);
  auto const job = b.job({"new", "old"});
  auto const done = run(*job);
  for (auto const& part : done.parts) {
    if (part.ends) CHECK((part.made->what == how::failed && part.made->why == std::errc::no_space_on_device));
  }
  CHECK(b.content("old") == "old content");
  if (b.options.partial) {
    CHECK(b.content("new") == std::string(b.content("new").size(), 'x'));
    CHECK(b.content("new").size() >= 256U << 10);
    CHECK(b.names() == std::vector<std::string>{"new", "old"});
  } else {
    CHECK(b.names() == std::vector<std::string>{"old"});
  }
}

TEST_CASE("a job that is dropped in the middle leaves nothing") {
  bench b;
  b.source("f", std::string(10'000'000, 'x'));
  auto job = b.job({"f"});
  job->step();
  REQUIRE_FALSE(job->done());
  CHECK(b.names().size() == 2);
  job.reset();
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("in place the file itself is written and cut") {
  bench b;
  b.source("old", "new");
  auto const before = (*b.memory->open_root("/to"))->status_of(*leaf_name::make("old"))->inode;
  auto const job = b.job({"old"}, true);
  auto const done = run(*job);
  CHECK(done.parts[0].made->what == how::placed);
  CHECK(b.content("old") == "new");
  CHECK((*b.memory->open_root("/to"))->status_of(*leaf_name::make("old"))->inode == before);
}

TEST_CASE("a temporary lies in --temp-dir if it can be renamed from there, and beside the destination otherwise") {
  bench b;
  REQUIRE(b.memory->add_directory("/temp"));
  b.source("f", std::string(10'000'000, 'x'));
  bool const elsewhere = GENERATE(false, true);
  if (elsewhere) REQUIRE(b.memory->edit("/temp", [](file_status& s) { s.device += 1; }));
  b.options.temp_dir = *b.memory->open_root("/temp");
  auto job = b.job({"f"});
  job->step();
  REQUIRE_FALSE(job->done());
  auto const in_temp = [&] {
    std::vector<directory_entry> all;
    REQUIRE((*b.memory->open_root("/temp"))->read(all));
    return all.size();
  };
  CHECK(in_temp() == (elsewhere ? 0 : 1));
  CHECK(b.names().size() == (elsewhere ? 2 : 1));
  SECTION("completed") {
    (void)run(*job);
    CHECK(b.content("f") == std::string(10'000'000, 'x'));
    CHECK(b.names() == std::vector<std::string>{"f", "old"});
  }
  SECTION("dropped") {
    job.reset();
    CHECK(b.names() == std::vector<std::string>{"old"});
  }
  CHECK(in_temp() == 0);
}
