// Files made of what arrives: whole, or not at all.
#include "roles/apply_job.hpp"

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
  std::shared_ptr<tree> files = memory;
  apply_options options;

  bench() {
    REQUIRE(memory->add_directory("/to"));
    REQUIRE(memory->add_file("/to/old", "old content", 0640));
  }
  [[nodiscard]] std::shared_ptr<fs::destination> where() const {
    auto root = files->open_root("/to");
    REQUIRE(root);
    return std::make_shared<fs::destination>(std::move(*root), "/to", false);
  }
  [[nodiscard]] std::string content(std::string const& name) const {
    auto const root = memory->open_root("/to");
    auto const opened = (*root)->open_file(*leaf_name::make(name));
    if (!opened) return "(none)";
    std::string text(100'000, '\0');
    text.resize(*(*opened)->read({reinterpret_cast<std::byte*>(text.data()), text.size()}));
    return text;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<directory_entry> all;
    auto const root = memory->open_root("/to");
    REQUIRE((*root)->read(all));
    std::vector<std::string> found;
    for (auto const& each : all) found.push_back(each.name);
    std::sort(found.begin(), found.end());
    return found;
  }
};

incoming_file incoming(std::string name) {
  incoming_file f;
  f.name = std::move(name);
  f.attributes = {.uid = 5000, .gid = 999, .mode = std::nullopt, .mtime = time_point{1234, 5}};
  return f;
}

apply_part part(std::string const& text, bool ends, std::string const& whole = {}, std::uint32_t file = 0) {
  apply_part p;
  p.file = file;
  if (!text.empty()) p.tokens.literal(as_bytes(text));
  if (ends) p.ends = checksum::file_digest::of(checksum::algorithm::md5, as_bytes(whole.empty() ? text : whole));
  return p;
}

std::vector<apply_outcome> run(apply_job& job) {
  for (int i = 0; i < 1000 && !job.done() && !job.wants_parts(); ++i) job.step();
  return job.take_outcomes();
}

}  // namespace

TEST_CASE("a small file that comes whole gets its content, owner and time, and then its name") {
  bench b;
  apply_job job{b.where(), b.options, {incoming("new"), incoming("old")}};
  job.feed(part("hello", true));
  job.feed(part("newer", true, {}, 1));
  auto const outcomes = run(job);
  REQUIRE(outcomes.size() == 2);
  CHECK((outcomes[0].what == how::placed && outcomes[1].what == how::placed && !outcomes[0].why));
  CHECK(job.done());
  CHECK(b.content("new") == "hello");
  CHECK(b.content("old") == "newer");
  auto const root = b.memory->open_root("/to");
  auto const status = (*root)->status_of(*leaf_name::make("new"));
  CHECK((status->uid == 5000 && status->gid == 999 && status->mtime == 1234 && status->mtime_ns == 5));
  CHECK(b.names() == std::vector<std::string>{"new", "old"});
}

TEST_CASE("a digest that differs leaves the old file and no temporary") {
  bench b;
  apply_job job{b.where(), b.options, {incoming("old"), incoming("old")}};
  job.feed(part("wrong", true, "right"));
  job.feed(part("begun ", false, {}, 1));
  job.feed(part("wrong", true, "right", 1));
  auto const outcomes = run(job);
  REQUIRE(outcomes.size() == 2);
  CHECK((outcomes[0].what == how::unverified && outcomes[1].what == how::unverified));
  CHECK(b.content("old") == "old content");
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("every call that fails in its turn harms nothing") {
  for (std::uint64_t n = 1; n < 30; ++n) {
    for (bool const large : {false, true}) {
      bench b;
      auto const where = [&] {
        b.files = fs::make_fault_tree(b.memory, fs::only(n + 1, EIO));  // the first call opens the root
        return b.where();
      }();
      apply_job job{where, b.options, {incoming("old")}};
      if (large) job.feed(part("new ", false));
      job.feed(part("content", true, large ? "new content" : "content"));
      auto const outcomes = run(job);
      REQUIRE(outcomes.size() == 1);
      std::string const now = b.content("old");
      INFO("call " << n << " " << now);
      bool const placed = outcomes[0].what == how::placed;
      CHECK(now == (placed ? (large ? "new content" : "content") : "old content"));
      if (!placed) {
        CHECK(outcomes[0].why);
        CHECK(std::string{outcomes[0].step} != "");
      }
      CHECK(b.names() == std::vector<std::string>{"old"});
    }
  }
}

TEST_CASE("a full disk is told by its errno, and the temporary goes") {
  bench b;
  b.files = fs::make_fault_tree(b.memory, fs::room_for(6));
  apply_job job{b.where(), b.options, {incoming("old")}};
  job.feed(part("12345", false));
  job.feed(part("67890", true, "1234567890"));
  auto const outcomes = run(job);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].what == how::failed);
  CHECK(outcomes[0].why == std::errc::no_space_on_device);
  CHECK(std::string{outcomes[0].step} == "write failed on");
  CHECK(b.content("old") == "old content");
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("blocks come from the basis, runs across pieces too") {
  bench b;
  std::string basis;
  for (int i = 0; i < 700'000; ++i) basis.push_back(static_cast<char>('a' + i % 23));
  REQUIRE(b.memory->add_file("/to/old", basis));
  incoming_file f = incoming("old");
  f.basis = basis_place::destination;
  f.head = *delta::head_for(static_cast<std::int64_t>(basis.size()), 16, delta::effort::first, 700);
  apply_job job{b.where(), b.options, {f}};
  apply_part p;
  p.tokens.literal(as_bytes(std::string_view{"head"}));
  p.tokens.match(0, f.head.count);
  p.tokens.match(2, 1);
  std::string const whole = "head" + basis + basis.substr(1400, 700);
  p.ends = checksum::file_digest::of(checksum::algorithm::md5, as_bytes(whole));
  job.feed(std::move(p));
  auto const outcomes = run(job);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].what == how::placed);
  CHECK((outcomes[0].literal == 4 && outcomes[0].matched == static_cast<std::int64_t>(basis.size()) + 700));
  auto const root = b.memory->open_root("/to");
  CHECK((*root)->status_of(*leaf_name::make("old"))->size == static_cast<std::int64_t>(whole.size()));
}

TEST_CASE("a basis that is gone ends the attempt: ask again") {
  bench b;
  incoming_file f = incoming("gone");
  f.basis = basis_place::destination;
  f.head = {1, 700, 2, 5};
  apply_job job{b.where(), b.options, {f}};
  apply_part p;
  p.tokens.match(0, 1);
  p.ends = checksum::file_digest::of(checksum::algorithm::md5, as_bytes(std::string_view{"12345"}));
  job.feed(std::move(p));
  auto const outcomes = run(job);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].what == how::unverified);
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("a job that is dropped leaves what --partial asks for, and never instead of a complete file") {
  for (bool const partial : {false, true}) {
    for (bool const nothing_to_lose : {false, true}) {
      bench b;
      b.options.partial = partial;
      auto f = incoming(nothing_to_lose ? "new" : "old");
      f.nothing_to_lose = nothing_to_lose;
      {
        apply_job job{b.where(), b.options, {f}};
        job.feed(part("begun", false));
        (void)run(job);
      }
      bool const kept = partial && nothing_to_lose;
      CHECK(b.content("old") == "old content");
      CHECK(b.content("new") == (kept ? "begun" : "(none)"));
      CHECK(b.names().size() == (kept ? 2U : 1U));
      if (kept) CHECK((*(*b.memory->open_root("/to"))->status_of(*leaf_name::make("new"))).mtime_ns == 1);
    }
  }
}

TEST_CASE("a partial directory takes what was begun, and goes when it is of no use") {
  bench b;
  b.options.partial_dir = ".part";
  {
    apply_job job{b.where(), b.options, {incoming("old")}};
    job.feed(part("begun", false));
    (void)run(job);
  }
  CHECK(b.names() == std::vector<std::string>{".part", "old"});
  CHECK(b.content("old") == "old content");
  auto f = incoming("old");
  f.basis = basis_place::partial_dir;
  f.has_partial = true;
  f.head = {1, 700, 2, 5};
  apply_job job{b.where(), b.options, {f}};
  apply_part p;
  p.tokens.match(0, 1);
  p.tokens.literal(as_bytes(std::string_view{" and done"}));
  p.ends = checksum::file_digest::of(checksum::algorithm::md5, as_bytes(std::string_view{"begun and done"}));
  job.feed(std::move(p));
  CHECK(run(job).front().what == how::placed);
  CHECK(b.content("old") == "begun and done");
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("what lies in the partial directory goes with a file that came without it, too") {
  bench b;
  b.options.partial_dir = ".part";
  REQUIRE(b.memory->add_file("/to/.part/old", "begun"));
  auto f = incoming("old");
  f.has_partial = true;
  apply_job job{b.where(), b.options, {f}};
  job.feed(part("whole", true));
  CHECK(run(job).front().what == how::placed);
  CHECK(b.content("old") == "whole");
  CHECK(b.names() == std::vector<std::string>{"old"});
}

TEST_CASE("in place, the file itself is written and cut") {
  bench b;
  auto f = incoming("old");
  f.in_place = true;
  f.basis = basis_place::destination;
  f.head = {2, 8, 2, 3};
  apply_job job{b.where(), b.options, {f}};
  apply_part p;
  p.tokens.match(0, 1);
  p.tokens.literal(as_bytes(std::string_view{"!"}));
  p.ends = checksum::file_digest::of(checksum::algorithm::md5, as_bytes(std::string_view{"old cont!"}));
  job.feed(std::move(p));
  CHECK(run(job).front().what == how::placed);
  CHECK(b.content("old") == "old cont!");
}

TEST_CASE("what is to be discarded is read and thrown away") {
  bench b;
  auto f = incoming("old");
  f.discard = true;
  apply_job job{b.where(), b.options, {f}};
  job.feed(part("whatever", true));
  CHECK(run(job).front().what == how::discarded);
  CHECK(b.content("old") == "old content");
}
