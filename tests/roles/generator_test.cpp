// The generator's order of ends, and its answers to what the receiver finds out, over a tree in memory.
#include "roles/generator.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fs/memory_tree.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;

namespace {

// Runs jobs at once, and takes down what the sender would be told: "D" for an end, "C" for the counts, "3" for a
// request of index 3, "i3" for a record.
struct bench {
  std::shared_ptr<fs::memory_tree> memory = std::make_shared<fs::memory_tree>();
  received_lists lists;
  std::vector<event> events;
  generator g;
  std::string said;
  bool inplace = false, dry_run = false, root_is_new = false, implied_dirs = true, checksum = false, as_root = true,
       perms = true;
  bool tells = false;  // names of what is unchanged, and of the way to transfer

  bench(generator_options how, bool incremental)
      : lists{incremental}, g{with(how, incremental), lists, [this](event&& e) { events.push_back(std::move(e)); }} {
    REQUIRE(memory->add_directory("/to"));
  }
  static generator_options with(generator_options how, bool incremental) {
    how.incremental = incremental;
    return how;
  }
  void begin(bool deletes = false, bool links = true, bool runs = true) {
    auto root = memory->open_root("/to");
    auto context = std::make_shared<examine_context>();
    context->where = std::make_shared<fs::destination>(std::move(*root), "/to", false);
    context->how.perms = perms;
    context->how.times = true;
    context->how.as_root = as_root;
    context->how.hard_links = links;
    context->how.specials = true;
    context->how.deletes = deletes;
    context->how.inplace = inplace;
    context->how.dry_run = dry_run;
    context->how.implied_dirs = implied_dirs;
    context->how.checksum = checksum;
    context->how.tell_unchanged = context->how.tell_delta = tells;
    context->full_root = "/to";
    std::shared_ptr<removal_context> removals;
    if (deletes) {
      removals = std::make_shared<removal_context>();
      removals->where = context->where;
      removals->dry_run = dry_run;
    }
    g.begin(context, removals, root_is_new);
    if (runs) run();
  }
  // A file that is as the lists' files, if it has three bytes and the mode 0644.
  void put(std::string const& name, std::string const& content, std::uint32_t mode, std::uint32_t nanoseconds = 0) {
    REQUIRE(memory->add_file("/to/" + name, content, mode));
    auto const root = memory->open_root("/to");
    REQUIRE((*root)->set_mtime(*leaf_name::make(name), {1000, nanoseconds}));
  }
  // A list of regular files, and fifos whose names end in "|", with a leading "." if it is the first.
  void list(std::vector<std::string> const& names, std::int32_t io_error = 0, bool linked = false) {
    auto const filling = lists.begin();
    REQUIRE(filling);
    auto& into = *filling->into;
    auto const top = into.add_parent("");
    flist::entry e;
    e.parent = top;
    e.mode = S_IFDIR | 0755;
    e.flags = flist::entry_flags::top;
    (void)into.append(e, ".");
    e.mode = S_IFREG | 0644;
    e.size = 3;
    e.mtime = 1000;
    e.flags = linked ? flist::entry_flags::hard_linked : flist::entry_flags::none;
    for (auto const& name : names) {
      e.mode = (name.ends_with('|') ? S_IFIFO : S_IFREG) | 0644;
      (void)into.append(e, name);
    }
    g.list_arrived(lists.end(io_error));
    run();
  }
  void run() {
    for (;;) {
      if (auto job = g.next_job()) {
        job->step();
        g.take(std::move(job));
        continue;
      }
      auto value = g.next();
      if (!value) return;
      if (auto const* r = std::get_if<request>(&*value)) {
        bool const asks = (r->flags & flist::item::transfer) != 0;
        said += (asks ? "" : "i") + std::to_string(flist::raw(r->n)) + " ";
      } else {
        said += std::holds_alternative<list_done>(*value) ? "D " : "C ";
      }
    }
  }
  void answered() {
    REQUIRE(g.answered());
    run();
  }
  [[nodiscard]] std::string take() { return std::exchange(said, {}); }
};

}  // namespace

TEST_CASE("ends of phases without incremental recursion, protocol 31 and later") {
  bench b{{}, false};
  b.list({"a", "b"});
  b.begin();
  CHECK(b.take() == "i0 1 2 D ");
  CHECK_FALSE(b.g.answered().error() == make_error_code(role_errc::done_unasked));
  b.g.arrived(1);
  b.g.arrived(2);
  b.run();
  CHECK(b.take() == "D D D ");
  b.answered();
  b.answered();
  CHECK(b.take().empty());
  b.answered();
  CHECK(b.take() == "D ");
  CHECK(b.g.finished());
  CHECK(b.g.answered().error() == make_error_code(role_errc::done_unasked));
}

TEST_CASE("protocol 30 has one end less") {
  generator_options how;
  how.goodbye_answered = false;
  bench b{how, false};
  b.list({});
  b.begin();
  CHECK(b.take() == "i0 D ");
  b.answered();
  CHECK(b.take() == "D D ");
  b.answered();
  b.answered();
  CHECK(b.take() == "D ");
  CHECK(b.g.finished());
}

TEST_CASE("a file whose digest was wrong is asked for once more, after the first phase") {
  bench b{{}, false};
  b.list({"a"});
  b.begin();
  CHECK(b.take() == "i0 1 D ");
  b.g.unverified(1);
  b.run();
  CHECK(b.take().empty());
  b.answered();
  CHECK(b.take() == "1 D D D ");
  b.g.unverified(1);
  b.run();
  CHECK(b.g.find(1) == nullptr);
}

TEST_CASE("a file written in place keeps no mode that it is not to have") {
  bench b{{}, false};
  b.inplace = true;
  REQUIRE(b.memory->add_file("/to/a", "something older", 0600));
  REQUIRE(b.memory->add_file("/to/b", "something older", 0644));
  REQUIRE(b.memory->add_file("/to/c", "something older", 04644));
  b.list({"a", "b", "c", "d"});
  b.begin();
  CHECK(b.take() == "i0 1 2 3 4 D ");
  CHECK(b.g.find(1)->target.attributes.mode == 0644U);
  CHECK_FALSE(b.g.find(2)->target.attributes.mode);
  CHECK(b.g.find(3)->target.attributes.mode == 0644U);
  CHECK(b.g.find(4)->target.attributes.mode == 0644U);  // a new one
  for (std::int32_t n = 1; n <= 4; ++n) CHECK(b.g.find(n)->target.in_place);
}

TEST_CASE("with incremental recursion the newest list ends only when no other comes") {
  bench b{{}, true};
  b.list({"a"});
  b.begin(false, false);
  CHECK(b.take() == "i0 2 ");
  b.g.arrived(2);
  b.run();
  CHECK(b.take().empty());
  REQUIRE(b.lists.end_all());
  b.g.lists_complete();
  b.run();
  CHECK(b.take() == "D ");
  b.answered();
  CHECK(b.take() == "D D D ");
}

namespace {

// A first list of "." and these names below it (directories end in "/"), and then the list of "d" with "d/f".
std::vector<std::string> statuses_asked(bench& b, std::vector<std::string> const& names,
                                        std::function<void(fs::operation)> const& meanwhile = {}) {
  std::vector<std::string> asked;
  b.memory->set_hook([&](fs::operation what, std::string const& path) {
    if (meanwhile) meanwhile(what);
    if (what == fs::operation::status) asked.push_back(path);
    return 0;
  });
  flist::entry e;
  e.size = 3;
  e.mtime = 1000;
  auto const add = [&](flist::list& into, std::string const& path) {
    bool const directory = path == "." || path.back() == '/';
    std::string const plain = path.substr(0, path.size() - (path.back() == '/' ? 1 : 0));
    auto const slash = plain.rfind('/');
    e.parent = into.add_parent(slash == std::string::npos ? "" : plain.substr(0, slash));
    e.mode = directory ? S_IFDIR | 0755 : S_IFREG | 0644;
    (void)into.append(e, plain.substr(slash == std::string::npos ? 0 : slash + 1));
  };
  auto const first = b.lists.begin();
  REQUIRE(first);
  add(*first->into, ".");
  for (auto const& name : names) add(*first->into, name);
  b.g.list_arrived(b.lists.end(0));
  b.begin(false, false);
  auto const second = b.lists.begin(1);
  REQUIRE(second);
  add(*second->into, "d/f");
  b.g.list_arrived(b.lists.end(0));
  b.run();
  b.memory->set_hook({});
  return asked;
}

}  // namespace

TEST_CASE("nobody looks for files in a directory that was just made for them") {
  bench b{{}, true};
  CHECK(statuses_asked(b, {"d/"}) == std::vector<std::string>{"/to/d", "/to/d", "/to/d"});
  CHECK(b.take() == "i0 D i3 4 ");
}

TEST_CASE("what is in a directory that was there is looked at") {
  bench b{{}, true};
  REQUIRE(b.memory->add_directory("/to/d"));
  CHECK(statuses_asked(b, {"d/"}) == std::vector<std::string>{"/to/d", "/to/d", "/to/d/f"});
}

TEST_CASE("what is in a directory that somebody made just before us is looked at") {
  bench b{{}, true};
  bool there = false;
  CHECK(statuses_asked(b, {"d/"}, [&](fs::operation what) {
          if (what == fs::operation::make_directory && !std::exchange(there, true))
            REQUIRE(b.memory->add_directory("/to/d"));
        }).back() == "/to/d/f");
  CHECK(there);
}

TEST_CASE("links are not decided before enough is known") {
  bench b{{}, true};
  b.list({"a"});
  b.begin();
  CHECK(b.take().empty());
  REQUIRE(b.lists.end_all());
  b.g.lists_complete();
  b.run();
  CHECK(b.take() == "i0 2 ");
}

TEST_CASE("a list without an entry needs no destination and is ended all the same") {
  bench b{{}, false};
  REQUIRE(b.lists.begin());
  b.g.list_arrived(b.lists.end(0));
  b.g.begin(std::make_shared<examine_context>(), nullptr, false);
  b.run();
  CHECK(b.take() == "D ");
}

TEST_CASE("of linked files one is asked for, the others become links to it") {
  bench b{{}, false};
  b.list({"a", "b", "c"}, 0, true);
  b.begin();
  CHECK(b.take() == "i0 3 D ");  // the last one leads
  b.answered();
  CHECK(b.take().empty());
  REQUIRE(b.memory->add_file("/to/c", "new"));
  b.g.arrived(3);
  b.run();
  CHECK(b.take() == "i2 i1 D D D ");
  CHECK(b.memory->status_of("/to/a", false)->inode == b.memory->status_of("/to/c", false)->inode);
}

TEST_CASE("a leader that does not come is followed by another") {
  bench b{{}, false};
  b.list({"a", "b"}, 0, true);
  b.begin();
  CHECK(b.take() == "i0 2 D ");
  b.g.not_coming(2);
  b.run();
  CHECK(b.take() == "1 ");
}

TEST_CASE("removals wait for a list that is whole") {
  for (std::int32_t const io_error : {0, 1, 2}) {
    generator_options how;
    how.removal = removal_time::during;
    how.sends_delete_counts = true;
    bench b{how, false};
    REQUIRE(b.memory->add_file("/to/extra", "x"));
    b.list({"a"}, io_error);
    b.begin(true);
    bool const removed = io_error != 1;
    CHECK(b.memory->status_of("/to/extra", false).has_value() == !removed);
    CHECK(b.g.deleted().regular == (removed ? 1 : 0));
    b.g.arrived(1);
    b.answered();
    CHECK(b.take() == "i0 1 D D D C D ");
  }
}

TEST_CASE("with incremental recursion removals wait for lists that may tell of an error") {
  bool const broken = GENERATE(false, true);
  generator_options how;
  how.removal = removal_time::during;
  bench b{how, true};
  b.memory->add_file("/to/extra", "x");
  b.list({"a"});
  b.begin(true, false);
  CHECK(b.memory->status_of("/to/extra", false));
  if (broken) b.g.add_io_error(io_error_general);
  REQUIRE(b.lists.end_all());
  b.g.lists_complete();
  b.run();
  CHECK(bool{b.memory->status_of("/to/extra", false)} == broken);
}

TEST_CASE("late removals come after the third answer") {
  generator_options how;
  how.removal = removal_time::after;
  how.sends_delete_counts = true;
  bench b{how, false};
  REQUIRE(b.memory->add_file("/to/extra", "x"));
  b.list({});
  b.begin(true);
  CHECK(b.take() == "i0 D ");
  b.answered();
  CHECK(b.take() == "D D ");
  b.answered();
  CHECK(b.memory->status_of("/to/extra", false));
  b.answered();
  CHECK_FALSE(b.memory->status_of("/to/extra", false));
  CHECK(b.take() == "C D ");
}

TEST_CASE("names of what is neither made nor sent, and whether deltas are asked for") {
  bench b{{}, false};
  b.tells = true;
  b.put("mode", "abc", 0600);
  b.put("same", "abc", 0644);
  b.put("sent", "other", 0644);
  b.list({"mode", "new", "same", "sent"});
  b.begin();
  std::vector<std::string> said;
  for (auto const& each : b.events) said.push_back(std::get<message>(each).text);
  CHECK(said == std::vector<std::string>{"delta-transmission enabled", "mode", "same is uptodate"});
}

TEST_CASE("names of one file here that are two files there are looked at in the order of the list") {
  bool const links = GENERATE(true, false);
  CAPTURE(links);
  bench b{{}, false};
  std::vector<std::string> names;
  for (int i = 100; i < 200; ++i) {
    names.push_back("n" + std::to_string(i));
    if (i < 199) b.put(names.back(), "abc", i == 100 ? 0600 : 0644);
  }
  REQUIRE(b.memory->add_hard_link("/to/n199", "/to/n100"));
  b.list(names);
  b.begin(false, links, false);
  auto first = b.g.next_job(), second = b.g.next_job();
  REQUIRE(second);
  second->step();
  b.g.take(std::move(second));
  first->step();
  b.g.take(std::move(first));
  b.run();
  CHECK(b.take() == "i0 i1 D ");  // the second one found it as it should be
}

TEST_CASE("what comes into a directory comes when the directory has been looked at") {
  bench b{{}, false};
  std::vector<std::string> names;
  for (int i = 100; i < 180; ++i) names.push_back("n" + std::to_string(i));
  names.push_back("new|");
  b.list(names);
  b.begin(false, true, false);
  auto first = b.g.next_job(), second = b.g.next_job();
  REQUIRE(second);
  second->step();
  b.g.take(std::move(second));
  CHECK_FALSE(b.memory->status_of("/to/new|", false));
  first->step();
  b.g.take(std::move(first));
  b.run();
  CHECK(b.memory->status_of("/to/new|", false));
}

TEST_CASE("what goes from a directory goes when the directory has been looked at") {
  generator_options how;
  how.removal = removal_time::during;
  bench b{how, false};
  REQUIRE(b.memory->add_file("/to/extra", "x"));
  b.list({"a"});
  b.begin(true, true, false);
  auto first = b.g.next_job();  // "."
  REQUIRE(first);
  for (auto other = b.g.next_job(); other; other = b.g.next_job()) {
    CHECK(dynamic_cast<removal_job*>(other.get()) == nullptr);
    other->step();
    b.g.take(std::move(other));
  }
  CHECK(b.memory->status_of("/to/extra", false));
  first->step();
  b.g.take(std::move(first));
  b.run();
  CHECK_FALSE(b.memory->status_of("/to/extra", false));
  CHECK(b.take() == "i0 1 D ");
}

TEST_CASE("a dry run touches nothing, late removals neither") {
  generator_options how;
  how.removal = removal_time::delay;
  bench b{how, true};
  b.dry_run = true;
  REQUIRE(b.memory->add_file("/to/extra", "x"));
  auto const before = b.memory->status_of("/to", false)->mtime;
  b.list({});
  REQUIRE(b.lists.end_all());
  b.g.lists_complete();
  b.begin(true);
  for (int i = 0; i < 4; ++i) b.answered();
  CHECK(b.events.size() == 1);  // what would go
  CHECK(b.g.finished());
  CHECK(b.memory->status_of("/to/extra", false));
  CHECK(b.memory->status_of("/to", false)->mtime == before);
}

TEST_CASE("that nothing is removed after an error is told of a new destination, too") {
  generator_options how;
  how.removal = removal_time::during;
  bench b{how, false};
  auto const filling = b.lists.begin();
  REQUIRE(filling);
  flist::entry e;
  e.parent = filling->into->add_parent("");
  e.mode = S_IFDIR | 0755;
  e.flags = flist::entry_flags::top;
  (void)filling->into->append(e, "d");
  b.g.list_arrived(b.lists.end(io_error_general));
  b.root_is_new = true;
  b.begin(true);
  REQUIRE(b.events.size() == 1);
  CHECK(std::get<message>(b.events[0]).text == "IO error encountered -- skipping file deletion");
}

TEST_CASE("implied directories are made and not told, where they are left alone") {
  bool const left_alone = GENERATE(false, true);
  CAPTURE(left_alone);
  bench b{{}, false};
  auto const filling = b.lists.begin();
  REQUIRE(filling);
  flist::entry e;
  e.parent = filling->into->add_parent("");
  e.mode = S_IFDIR | 0755;
  e.flags = flist::entry_flags::top | flist::entry_flags::no_content | flist::entry_flags::implied;
  (void)filling->into->append(e, "d");
  b.g.list_arrived(b.lists.end(0));
  b.implied_dirs = !left_alone;
  b.begin();
  CHECK(b.take() == (left_alone ? "D " : "i0 D "));
  CHECK(b.memory->status_of("/to/d", false));
}

TEST_CASE("-c sets times to the nanosecond, and does not tell it") {
  bool const checksum = GENERATE(false, true);
  CAPTURE(checksum);
  bench b{{}, false};
  b.checksum = checksum;
  b.put("same", "abc", 0644, 123);
  auto const filling = b.lists.begin();
  REQUIRE(filling);
  flist::entry e;
  e.parent = filling->into->add_parent("");
  e.mode = S_IFREG | 0644;
  e.size = 3;
  e.mtime = 1000;
  checksum::file_digest digest{checksum::algorithm::md5};
  digest.update(as_bytes("abc"));
  (void)filling->into->append(e, "same", as_text(digest.finish().view()));
  b.g.list_arrived(b.lists.end(0));
  b.begin();
  CHECK(b.take() == "D ");
  CHECK(b.memory->status_of("/to/same", false)->mtime_ns == (checksum ? 0 : 123));
}

TEST_CASE("whoever is not root works in directories that may not be written to, and leaves them so") {
  bool const root = GENERATE(false, true), perms = GENERATE(false, true);
  CAPTURE(root, perms);
  bench b{{}, false};
  b.as_root = root;
  b.perms = perms;
  REQUIRE(b.memory->add_directory("/to/d", 0555));
  auto const filling = b.lists.begin();
  REQUIRE(filling);
  flist::entry e;
  e.mode = S_IFDIR | 0555;
  e.mtime = 1000;
  for (char const* name : {"d", "new"}) {
    e.parent = filling->into->add_parent("");
    (void)filling->into->append(e, name);
  }
  b.g.list_arrived(b.lists.end(0));
  b.begin();
  auto const mode = [&b](char const* path) { return b.memory->status_of(path, false)->mode & 07777U; };
  CHECK(mode("/to/d") == (root ? 0555 : 0755));
  CHECK(mode("/to/new") == (root ? 0555 : 0755));
  for (int i = 0; i < 4 && !b.g.finished(); ++i) b.answered();
  REQUIRE(b.g.finished());
  CHECK(mode("/to/d") == 0555);
  CHECK(mode("/to/new") == 0555);
  CHECK(b.memory->status_of("/to/d", false)->mtime == 1000);
}

TEST_CASE("a group of links goes on without a member whose name cannot be") {
  bench b{{}, false};
  b.list({"a", std::string(256, 'n')}, 0, true);
  b.begin();
  CHECK(b.take() == "i0 1 D ");
  CHECK(std::count_if(b.events.begin(), b.events.end(),
                      [](event const& e) { return std::holds_alternative<problem>(e); }) > 0);
}

TEST_CASE("what takes the place of a directory just before it is made is told") {
  bench b{{}, false};
  auto const filling = b.lists.begin();
  REQUIRE(filling);
  flist::entry e;
  e.parent = filling->into->add_parent("");
  e.mode = S_IFDIR | 0755;
  (void)filling->into->append(e, "d");
  e.parent = filling->into->add_parent("d");
  e.mode = S_IFREG | 0644;
  (void)filling->into->append(e, "f");
  b.g.list_arrived(b.lists.end(0));
  b.memory->set_hook([&](fs::operation what, std::string const&) {
    if (what == fs::operation::make_directory) (void)b.memory->add_file("/to/d", "other");
    return 0;
  });
  b.begin();
  CHECK(b.g.had_errors());
  CHECK(b.memory->status_of("/to/d", false)->size == 5);
}
