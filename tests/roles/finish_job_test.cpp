// Times and modes of directories, put right.
#include "roles/finish_job.hpp"

#include <cerrno>
#include <memory>

#include "fs/memory_tree.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;

namespace {

struct bench {
  std::shared_ptr<fs::memory_tree> memory = std::make_shared<fs::memory_tree>();
  std::vector<problem> problems;

  bench() {
    for (char const* each : {"/to/a/b", "/to/c"}) REQUIRE(memory->add_directory(each, 0777));
    REQUIRE(memory->add_file("/to/file", "x"));
  }
  void run(std::vector<directory_finish> what) {
    auto where = std::make_shared<fs::destination>(*memory->open_root("/to"), "/to", false);
    finish_job job{std::move(where), std::move(what)};
    while (!job.done()) {
      job.step();
      for (auto& each : job.take_events()) problems.push_back(std::get<problem>(each));
    }
  }
  [[nodiscard]] file_status at(std::string const& path) const { return *memory->status_of(path, false); }
};

constexpr time_point then{1000, 5};

}  // namespace

TEST_CASE("each directory gets the time and the mode that are given for it") {
  bench b;
  b.run({{"a/b", std::nullopt, then}, {"a", 0500, std::nullopt}, {"", 0711, then}});
  CHECK(b.problems.empty());
  CHECK((b.at("/to/a/b").mtime == 1000 && b.at("/to/a/b").mtime_ns == 5));
  CHECK((b.at("/to/a/b").mode & 07777U) == 0777);
  CHECK((b.at("/to/a").mode & 07777U) == 0500);
  CHECK(b.at("/to/a").mtime != 1000);
  CHECK((b.at("/to").mode & 07777U) == 0711);
  CHECK(b.at("/to").mtime == 1000);
}

TEST_CASE("what has gone, or is a directory no more, is passed over") {
  bench b;
  b.run({{"gone", 0700, then}, {"file", 0700, then}, {"c", 0700, then}});
  CHECK(b.problems.empty());
  CHECK((b.at("/to/file").mode & 07777U) == 0644);
  CHECK(b.at("/to/c").mtime == 1000);
}

TEST_CASE("a directory that cannot be set right is told, and the others are") {
  auto const [failing, step] =
      GENERATE(table<fs::operation, std::string>({{fs::operation::set_mtime, "failed to set times on"},
                                                  {fs::operation::set_mode, "failed to set permissions on"}}));
  CAPTURE(step);
  bench b;
  b.memory->set_hook([failing = failing](fs::operation what, std::string const& path) {
    return what == failing && path == "/to/a" ? EPERM : 0;
  });
  b.run({{"a", 0500, then}, {"c", 0500, then}});
  REQUIRE(b.problems.size() == 1);
  CHECK(b.problems[0].path == "/to/a");
  CHECK(b.problems[0].step == step);
  CHECK((b.problems[0].error == EPERM && b.problems[0].directory));
  CHECK((b.at("/to/c").mode & 07777U) == 0500);
  CHECK(b.at("/to/c").mtime == 1000);
}

TEST_CASE("many directories take several steps") {
  bench b;
  std::vector<directory_finish> all(200, {"c", std::nullopt, then});
  auto where = std::make_shared<fs::destination>(*b.memory->open_root("/to"), "/to", false);
  finish_job job{std::move(where), std::move(all)};
  int steps = 0;
  for (; !job.done(); ++steps) job.step();
  CHECK(steps == 4);
}
