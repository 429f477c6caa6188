// The sender by script: records in, values out, jobs run by hand. No thread, no tree, no wire.
#include "roles/sender.hpp"

#include <map>

#include "roles/operands.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;

namespace {

class text_file final : public file {
 public:
  explicit text_file(std::string text) : text_{std::move(text)} {}
  result<std::size_t> read(std::span<std::byte> into) override {
    std::size_t const count = std::min(into.size(), text_.size() - at_);
    std::memcpy(into.data(), text_.data() + at_, count);
    at_ += count;
    return count;
  }
  result<std::size_t> read_at(std::int64_t offset, std::span<std::byte> into) override {
    std::size_t const start = std::min(static_cast<std::size_t>(offset), text_.size());
    std::size_t const count = std::min(into.size(), text_.size() - start);
    std::memcpy(into.data(), text_.data() + start, count);
    return count;
  }
  result<file_status> status() override {
    file_status s;
    s.mode = S_IFREG | 0644;
    s.size = static_cast<std::int64_t>(text_.size());
    return s;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// Directories by wire path: names; a trailing slash marks a directory.
struct script final : lister_source {
  std::map<std::string, std::vector<std::string>> directories;
  std::map<std::string, std::string> contents;

  class one final : public directory_lister {
   public:
    one(script const& from, scan_target what) : from_{from}, what_{std::move(what)} {}
    bool step(scanned& into) override {
      into = from_.content(what_.path);
      return false;
    }

   private:
    script const& from_;
    scan_target what_;
  };
  std::unique_ptr<directory_lister> list(scan_target const& what) const override {
    return std::make_unique<one>(*this, what);
  }

  scanned content(std::string const& path) const {
    scanned made;
    made.list = std::make_shared<flist::list>();
    auto const parent = made.list->add_parent(path);
    for (std::string name : directories.at(path)) {
      flist::entry e;
      e.parent = parent;
      bool const directory = name.back() == '/';
      if (directory) name.pop_back();
      e.mode = directory ? S_IFDIR | 0755 : S_IFREG | 0644;
      auto const slot = made.list->append(e, name);
      if (directory && name != ".") made.children.push_back({slot, {}, true});
    }
    made.list->finish(flist::ndx{0});
    if (path == unreadable) made.io_error = io_error_general;
    return made;
  }
  std::string unreadable = "-";
};

struct bench {
  std::shared_ptr<script> tree = std::make_shared<script>();
  std::vector<event> events;
  std::unique_ptr<sender> machine;

  explicit bench(bool incremental = true, bool dry_run = false) {
    tree->directories = {{"", {"./", "b", "a", "d/"}}, {"d", {"x", "y", "e/"}}, {"d/e", {"z"}}};
    tree->contents = {
        {"a", "alpha"}, {"b", "beta"}, {"d/x", "ex"}, {"d/y", std::string(1'000'000, 'y')}, {"d/e/z", "zed"}};
    sender_options how;
    how.list.incremental = incremental;
    how.dry_run = dry_run;
    how.workers = 1;
    sender_parts parts;
    parts.lister = tree;
    parts.open = [t = tree](source_file const& f) -> result<std::unique_ptr<file>> {
      std::string const path = f.parent.empty() ? f.name : f.parent + "/" + f.name;
      auto const known = t->contents.find(path);
      if (known == t->contents.end()) return std::make_error_code(std::errc::no_such_file_or_directory);
      return std::unique_ptr<file>{std::make_unique<text_file>(known->second)};
    };
    parts.names = [](bool, std::uint32_t) { return std::string{}; };
    parts.full_path = [](std::uint16_t, std::string const& p) { return "/s/" + p; };
    parts.names_of = [](std::uint16_t, std::string const& p) { return entry_names{p, "s/" + p}; };
    machine = std::make_unique<sender>(how, std::move(parts), [this](event&& e) { events.push_back(std::move(e)); });
    machine->begin(tree->content(""), {});
  }

  // Runs every job and collects every value until nothing moves.
  std::vector<from_sender> settle() {
    std::vector<from_sender> values;
    machine->pause();
    for (int idle = 0; idle < 2;) {  // a value that is not ready may still have made a job
      bool moved = false;
      while (auto job = machine->next_job()) {
        job->step();
        machine->take(std::move(job));
        moved = true;
      }
      while (auto value = machine->next()) {
        values.push_back(std::move(*value));
        moved = true;
      }
      idle = moved ? 0 : idle + 1;
    }
    return values;
  }
  static request wants(std::int32_t n, flist::item_flags flags = flist::item::transfer) {
    request r;
    r.n = flist::ndx{n};
    r.flags = flags;
    return r;
  }
};

template <class T>
std::size_t count_of(std::vector<from_sender> const& values) {
  return static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [](auto const& v) { return std::holds_alternative<T>(v); }));
}

std::string literals(std::vector<from_sender> const& values) {
  std::string all;
  for (auto const& v : values) {
    if (auto const* data = std::get_if<file_data>(&v)) {
      for (auto const& part : data->parts) all += as_text(part.tokens.literals);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("lists go out depth first and end with the last-list mark") {
  bench b;
  auto const values = b.settle();
  REQUIRE(values.size() == 4);
  auto const& first = std::get<segment>(values[0]);
  CHECK(first.directory == -1);
  CHECK(first.ndx_start == 1);
  CHECK(first.list->size() == 4);
  auto const& d = std::get<segment>(values[1]);
  CHECK(d.directory == 1);  // "." is 0 in the table
  CHECK(d.ndx_start == 6);
  auto const& e = std::get<segment>(values[2]);
  CHECK(e.directory == 2);
  CHECK(e.ndx_start == 10);
  CHECK(std::holds_alternative<last_segment>(values[3]));
}

TEST_CASE("without incremental recursion there is one list, directories after their parents' entries") {
  bench b{false};
  auto const values = b.settle();
  REQUIRE(values.size() == 1);
  auto const& all = std::get<segment>(values[0]);
  CHECK(all.ndx_start == 0);
  std::vector<std::string> sent, sorted;
  for (std::uint32_t i = 0; i < all.list->size(); ++i) {
    sent.push_back(all.list->path(all.list->at(static_cast<flist::slot>(i))));
    sorted.push_back(all.list->path(all.list->at(static_cast<flist::position>(i))));
  }
  CHECK(sent == std::vector<std::string>{".", "b", "a", "d", "d/x", "d/y", "d/e", "d/e/z"});
  CHECK(sorted == std::vector<std::string>{".", "a", "b", "d", "d/x", "d/y", "d/e", "d/e/z"});
}

TEST_CASE("answers come in the order of the records, whatever their size") {
  bench b;
  b.settle();
  // Sorted: 1 ".", 2 a, 3 b, 4 d; 6 x, 7 y, 8 e; 10 z.
  REQUIRE(b.machine->take(bench::wants(7)));
  REQUIRE(b.machine->take(bench::wants(0, flist::item::report_time)));
  REQUIRE(b.machine->take(bench::wants(2)));
  REQUIRE(b.machine->take(bench::wants(10)));
  auto const values = b.settle();
  CHECK(literals(values) == std::string(1'000'000, 'y') + "alpha" + "zed");
  CHECK(count_of<item_echo>(values) == 1);
  std::size_t echo = 0, last_y = 0, alpha = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::holds_alternative<item_echo>(values[i])) echo = i;
    if (auto const* data = std::get_if<file_data>(&values[i])) {
      if ((*data->requests)[0].n == flist::ndx{7}) last_y = i;
      if ((*data->requests)[0].n == flist::ndx{2}) alpha = i;
    }
  }
  CHECK(last_y < echo);
  CHECK(echo < alpha);
  CHECK(b.machine->figures().transferred_files == 3);
  CHECK(b.machine->figures().literal_data == 1'000'008);
}

TEST_CASE("a file that is gone is refused and told once") {
  bench b;
  b.settle();
  b.tree->contents.erase("a");
  REQUIRE(b.machine->take(bench::wants(2)));
  REQUIRE(b.machine->take(bench::wants(3)));
  auto const values = b.settle();
  CHECK(literals(values) == "beta");
  CHECK(b.machine->io_error() == io_error_vanished);
  std::size_t problems = 0;
  for (auto const& e : b.events) problems += std::holds_alternative<problem>(e) ? 1 : 0;
  CHECK(problems == 1);
  CHECK(b.machine->figures().transferred_files == 1);
}

TEST_CASE("what a scan could not read is told before the lists that stand ahead of it") {
  bench b;
  b.tree->directories["c"] = {};
  b.tree->directories[""] = {"./", "a", "c/", "d/"};
  b.tree->unreadable = "d";
  b.machine->begin(b.tree->content(""), {});
  REQUIRE(b.machine->next());        // the first list
  auto job = b.machine->next_job();  // scans both directories
  while (!job->done()) job->step();
  b.machine->take(std::move(job));
  auto const first = b.machine->next();
  REQUIRE(first);
  REQUIRE(std::holds_alternative<io_error_bits>(*first));
  CHECK(std::get<io_error_bits>(*first).bits == io_error_general);
  auto const second = b.machine->next();
  REQUIRE(second);
  CHECK(std::holds_alternative<segment>(*second));
}

TEST_CASE("the end: one answer for each list, the phases, the error word before the last, the goodbye") {
  bench b;
  b.settle();
  b.tree->contents.erase("a");
  REQUIRE(b.machine->take(bench::wants(2)));
  b.settle();
  for (int i = 0; i < 3; ++i) REQUIRE(b.machine->take(list_done{}));  // three lists; the third ends phase 1
  CHECK(count_of<list_done>(b.settle()) == 3);
  CHECK_FALSE(b.machine->in_goodbye());
  REQUIRE(b.machine->take(list_done{}));  // redo
  REQUIRE(b.machine->take(list_done{}));  // delayed updates: ends the transfer
  auto const ending = b.settle();
  REQUIRE(ending.size() == 3);
  CHECK(std::holds_alternative<list_done>(ending[0]));
  CHECK(std::get<io_error_bits>(ending[1]).bits == io_error_vanished);
  CHECK(std::holds_alternative<list_done>(ending[2]));
  CHECK(b.machine->in_goodbye());
  CHECK(b.machine->take(bench::wants(3)).error() == role_errc::not_goodbye);
  REQUIRE(b.machine->take(list_done{}));
  CHECK(count_of<list_done>(b.settle()) == 1);
  CHECK_FALSE(b.machine->finished());
  REQUIRE(b.machine->take(list_done{}));
  CHECK(b.machine->finished());
}

TEST_CASE("a peer that lies is refused") {
  bench b;
  b.settle();
  SECTION("an index beyond the lists") { CHECK(b.machine->take(bench::wants(11)).error() == role_errc::no_such_index); }
  SECTION("a negative index") { CHECK(b.machine->take(bench::wants(-7)).error() == role_errc::no_such_index); }
  SECTION("the content of a directory") {
    CHECK(b.machine->take(bench::wants(4)).error() == role_errc::transfer_of_other);
  }
  SECTION("the content of a list's directory") {
    CHECK(b.machine->take(bench::wants(5)).error() == role_errc::transfer_of_other);
  }
  SECTION("an index of a finished list") {
    REQUIRE(b.machine->take(list_done{}));
    CHECK(b.machine->take(bench::wants(2)).error() == role_errc::no_such_index);
  }
  SECTION("a transfer in the last phase") {
    for (int i = 0; i < 2; ++i) REQUIRE(b.machine->take(list_done{}));
    bench single{false};
    single.settle();
    REQUIRE(single.machine->take(list_done{}));
    REQUIRE(single.machine->take(list_done{}));
    CHECK(single.machine->take(bench::wants(1)).error() == role_errc::transfer_in_last_phase);
  }
}

TEST_CASE("a list may not be finished before the next one was sent") {
  bench b;
  auto const first = b.machine->next();  // only the first list: nothing was scanned yet
  REQUIRE(first);
  CHECK(b.machine->take(list_done{}).error() == role_errc::done_too_early);
}

TEST_CASE("a dry run echoes requests and reads nothing") {
  bench b{true, true};
  b.settle();
  b.tree->contents.clear();
  REQUIRE(b.machine->take(bench::wants(2, flist::item::transfer | flist::item::is_new)));
  auto const values = b.settle();
  CHECK(count_of<item_echo>(values) == 1);
  CHECK(b.machine->figures().created.regular == 1);
  CHECK(b.machine->io_error() == 0);
}

TEST_CASE("hard links carry the index of the group's first member, across lists") {
  list_options how;
  how.incremental = true;
  how.hard_links = true;
  auto const tree = std::make_shared<script>();
  tree->directories = {{"d", {"x"}}};
  list_builder lists{how, tree, [](bool, std::uint32_t) { return std::string{}; }, 1};
  scanned first;
  first.list = std::make_shared<flist::list>();
  auto const top = first.list->add_parent("");
  for (auto const* name : {"b", "a"}) {
    flist::entry e;
    e.mode = S_IFREG | 0644;
    e.parent = top;
    first.links.push_back({first.list->append(e, name), 8, 42});
  }
  first.list->finish(flist::ndx{0});
  lists.begin(std::move(first), {});
  auto const sent = lists.next_segment(1000);
  REQUIRE(sent);
  auto const& b = sent->list->at(flist::slot{0});
  auto const& a = sent->list->at(flist::slot{1});
  CHECK(flist::has(b.flags, flist::entry_flags::first_link));
  CHECK_FALSE(flist::has(a.flags, flist::entry_flags::first_link));
  CHECK(b.group == 1);  // ndx_start 1 + transmission place 0
  CHECK(a.group == 1);
}

TEST_CASE("arguments are cut as rsync cuts them") {
  auto const cut = [](std::string_view typed, bool relative = false) { return cut_operand(typed, relative); };
  CHECK((cut("dir").root == "." && cut("dir").path == "dir" && !cut("dir").content));
  CHECK((cut("a/b/dir").root == "a/b" && cut("a/b/dir").path == "dir"));
  CHECK((cut("/etc").root == "/." && cut("/etc").path == "etc"));
  CHECK((cut("dir/").root == "dir" && cut("dir/").path.empty() && cut("dir/").content));
  CHECK((cut("dir/.").root == "dir" && cut("dir/.").path.empty() && cut("dir/.").content));
  CHECK((cut("/.").root == "/." && cut("/dir/.").root == "/dir"));
  CHECK((cut("a/..").root == "a/.." && cut("a/..").path.empty()));
  CHECK((cut(".").root == "." && cut(".").content));
  CHECK((cut("/").root == "/." && cut("/").content));
  CHECK((cut("a/b//c", true).root == "." && cut("a/b//c", true).path == "a/b/c"));
  CHECK((cut("/x/./a/b", true).root == "/x" && cut("/x/./a/b", true).path == "a/b"));
  CHECK((cut("/a/b", true).root == "/" && cut("/a/b", true).path == "a/b"));
  CHECK((cut("/./a/b", true).root == "/." && cut("/", true).root == "/." && cut("/", true).path.empty()));
  CHECK(cut("./a", true).leading_dot);
  CHECK(cut("a/../b", true).climbs);
}
