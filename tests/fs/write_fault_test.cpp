// Each writing call can be made to fail, and then changes nothing; none of them leaves its directory by a link.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>

#include "base/unique_fd.hpp"

#include "fs/fault_tree.hpp"
#include "fs/kit.hpp"
#include "fs/posix_calls.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

void furnish(world& w) {
  w.file_at("f", "0123456789");
  w.directory_at("d");
  w.directory_at("empty");
  w.link_at("l", "f");
}

// All of a tree below a directory: types, modes, owners, times, content.
std::string picture_of(directory const& in, std::string const& indent = {}) {
  auto const self = in.status();
  REQUIRE(self);
  std::string text = indent + "@" + std::to_string(self->mtime) + "\n";
  std::vector<directory_entry> names;
  REQUIRE(in.read(names));
  std::sort(names.begin(), names.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  for (auto const& each : names) {
    auto const status = in.status_of(leaf(each.name));
    REQUIRE(status);
    text += indent + each.name + " " + std::to_string(status->mode) + " " + std::to_string(status->uid) + " " +
            std::to_string(status->gid) + " " + std::to_string(status->link_count) + " " +
            std::to_string(status->mtime);
    if (S_ISREG(status->mode)) text += " " + content_of(**in.open_file(leaf(each.name)), 100);
    if (S_ISLNK(status->mode)) text += " " + in.read_link(leaf(each.name)).value_or("?");
    text += "\n";
    if (S_ISDIR(status->mode)) text += picture_of(**in.open_directory(leaf(each.name)), indent + "  ");
  }
  return text;
}

struct writing {
  operation what;
  std::string path;  // that is told
  std::function<error_code(tree&, directory const&)> act;
};

error_code with_temporary(directory const& top, std::function<result<void>(output_file&)> const& act) {
  auto made = top.create_temporary(leaf("t"), 0600);
  return made ? act(**made).error() : made.error();
}

// One of each, in an order in which each works. None is asked for twice.
std::vector<writing> names_written() {
  auto const n = leaf("new");
  return {
      {operation::make_operand, "/top/op",
       [](tree& files, directory const&) { return files.make_directory("/top/op", 0755).error(); }},
      {operation::make_directory, "/top/new",
       [n](tree&, directory const& top) { return top.make_directory(n, 0755).error(); }},
      {operation::make_link, "/top/sym",
       [](tree&, directory const& top) { return top.make_link(leaf("sym"), "x").error(); }},
      {operation::make_node, "/top/fifo",
       [](tree&, directory const& top) { return top.make_node(leaf("fifo"), S_IFIFO | 0600, 0).error(); }},
      {operation::make_hard_link, "/top/hard",
       [](tree&, directory const& top) { return top.make_hard_link(leaf("hard"), top, leaf("f")).error(); }},
      {operation::rename, "/top/f",
       [](tree&, directory const& top) { return top.rename(leaf("f"), top, leaf("g")).error(); }},
      {operation::remove_file, "/top/l",
       [](tree&, directory const& top) { return top.remove_file(leaf("l")).error(); }},
      {operation::remove_directory, "/top/empty",
       [](tree&, directory const& top) { return top.remove_directory(leaf("empty")).error(); }},
      {operation::set_owner, "/top/d",
       [](tree&, directory const& top) { return top.set_owner(leaf("d"), 7, 8).error(); }},
      {operation::set_mode, "/top/d",
       [](tree&, directory const& top) { return top.set_mode(leaf("d"), 0700).error(); }},
      {operation::set_mtime, "/top/d",
       [](tree&, directory const& top) {
         return top.set_mtime(leaf("d"), {9, 9}).error();
       }},
      {operation::set_owner, "/top", [](tree&, directory const& top) { return top.set_owner(7, 8).error(); }},
      {operation::set_mode, "/top", [](tree&, directory const& top) { return top.set_mode(0700).error(); }},
      {operation::set_mtime, "/top",
       [](tree&, directory const& top) {
         return top.set_mtime({9, 9}).error();
       }},
      {operation::sync, "/top", [](tree&, directory const& top) { return top.sync().error(); }},
  };
}

std::vector<writing> files_written() {
  auto const make = [](operation what, std::string path, std::function<result<void>(output_file&)> act) {
    return writing{what, std::move(path), [act](tree&, directory const& top) { return with_temporary(top, act); }};
  };
  return {
      make(operation::create_temporary, "/top/t", [](output_file&) { return result<void>{}; }),
      {operation::open_in_place, "/top/f",
       [](tree&, directory const& top) { return top.open_in_place(leaf("f"), 0600).error(); }},
      make(operation::write, "/top/t", [](output_file& out) { return out.write_at(0, bytes_of("abc")); }),
      make(operation::resize, "/top/t", [](output_file& out) { return out.resize(5); }),
      make(operation::output_status, "/top/t",
           [](output_file& out) {
             auto const got = out.status();
             return got ? result<void>{} : result<void>{got.error()};
           }),
      make(operation::set_owner, "/top/t", [](output_file& out) { return out.set_owner(7, 8); }),
      make(operation::set_mode, "/top/t", [](output_file& out) { return out.set_mode(0644); }),
      make(operation::set_mtime, "/top/t",
           [](output_file& out) {
             return out.set_mtime({9, 9});
           }),
      make(operation::sync, "/top/t", [](output_file& out) { return out.sync(); }),
      make(operation::close, "/top/t", [](output_file& out) { return out.close(); }),
      make(operation::place, "/top/name", [](output_file& out) { return out.place(leaf("name")); }),
  };
}

std::vector<writing> all_writing() {
  auto all = names_written();
  for (auto& each : files_written()) all.push_back(std::move(each));
  return all;
}

}  // namespace

TEST_CASE("each writing call fails when it is told to, once, and changes nothing") {
  bool const by_hook = GENERATE(true, false);
  for (auto const& each : all_writing()) {
    memory_world w;
    furnish(w);
    auto const plain = w.files()->open_root("/top");
    REQUIRE(plain);
    std::string const before = picture_of(**plain);
    int asked = 0;
    auto const verdict = [&](operation what, std::string const& path) {
      if (what != each.what || path != each.path) return 0;
      return ++asked == 1 ? EDQUOT : 0;
    };
    std::shared_ptr<tree> files = w.files();
    if (by_hook) {
      w.inside().set_hook(verdict);
    } else {
      files = make_fault_tree(files, [&](call const& now) { return fault{verdict(now.what, now.path)}; });
    }
    auto const top = files->open_root("/top");
    REQUIRE(top);
    INFO(static_cast<int>(each.what) << " " << each.path << (by_hook ? " by hook" : " by plan"));
    CHECK(each.act(*files, **top).value() == EDQUOT);
    CHECK(asked == 1);
    // What is made for a temporary shows in its directory's time.
    bool const temporary = each.path == "/top/t" || each.path == "/top/name";
    if (temporary) CHECK(top->get()->set_mtime({1'000'000'000, 0}));
    CHECK(picture_of(**plain) == before);
    CHECK_FALSE(each.act(*files, **top));
    CHECK(asked == 2);
  }
}

TEST_CASE("every kind of operation is in the table or reads") {
  std::array<bool, operations> met{};
  for (auto const& each : all_writing()) met[static_cast<std::size_t>(each.what)] = true;
  for (std::size_t i = static_cast<std::size_t>(operation::make_operand); i < met.size(); ++i) {
    INFO(i);
    CHECK(met[i]);
  }
}

TEST_CASE("what lies behind the fault tree is the wrapped one's own") {
  memory_world w;
  furnish(w);
  auto const files = make_fault_tree(w.files(), nullptr);
  auto const top = *files->open_root("/top");
  auto const d = *top->open_directory(leaf("d"));
  CHECK(top->rename(leaf("f"), *d, leaf("moved")));
  CHECK(top->make_hard_link(leaf("again"), *d, leaf("moved")));
  auto made = top->create_temporary(leaf("t"), 0600);
  REQUIRE(made);
  CHECK((*made)->write_at(0, bytes_of("abc")));
  CHECK((*made)->place(*d, leaf("t")));
  auto const inner = w.files()->open_root("/top/d");
  REQUIRE(inner);
  CHECK(content_of(**(*inner)->open_file(leaf("moved"))) == "0123456789");
  CHECK(content_of(**(*inner)->open_file(leaf("t"))) == "abc");
  auto const back = (*inner)->open_file(leaf("t"));
  CHECK(content_of(**back) == "abc");
}

TEST_CASE("a write can stop in the middle, and a disk can be full") {
  memory_world w;
  auto const top = *make_fault_tree(w.files(), room_for(10))->open_root("/top");
  auto out = top->open_in_place(leaf("f"), 0600);
  REQUIRE(out);
  CHECK((*out)->write_at(0, bytes_of("0123456")));
  CHECK((*out)->write_at(7, bytes_of("789ab")).error().value() == ENOSPC);
  CHECK((*out)->status()->size == 10);
  CHECK((*out)->write_at(10, bytes_of("c")).error().value() == ENOSPC);
  CHECK((*out)->status()->size == 10);
  CHECK(content_of(**top->open_file(leaf("f"))) == "0123456789");
}

TEST_CASE("reads at a place can be short or fail") {
  memory_world w;
  w.file_at("f", "0123456789");
  std::array<std::byte, 10> buffer{};
  auto const short_one = (*make_fault_tree(w.files(), short_reads(4))->open_root("/top"))->open_file(leaf("f"));
  REQUIRE(short_one);
  CHECK(*(*short_one)->read_at(2, buffer) == 4);
  auto const failing =
      (*make_fault_tree(w.files(), every(2, operation::read_at, EIO))->open_root("/top"))->open_file(leaf("f"));
  REQUIRE(failing);
  CHECK(*(*failing)->read_at(2, buffer) == 8);
  CHECK((*failing)->read_at(2, buffer).error().value() == EIO);
}

namespace {

// Everything that takes a name, done to that name. What it says does not matter.
void do_everything_to(directory const& in, std::string_view text) {
  auto const name = leaf(text);
  auto const ignore = [](auto const&) {};
  if (auto out = in.open_in_place(name, 0644)) ignore((*out)->write_at(0, bytes_of("overwritten")));
  ignore(in.set_owner(name, 4321, 4321));
  ignore(in.set_mode(name, 0604));
  ignore(in.set_mtime(name, {5, 5}));
  ignore(in.make_directory(name, 0755));
  ignore(in.make_node(name, S_IFIFO | 0604, 0));
  ignore(in.make_link(name, "x"));
  if (auto const inner = in.open_directory(name)) {
    ignore((*inner)->remove_file(leaf("inside")));
    ignore((*inner)->make_link(leaf("planted"), "x"));
  }
  ignore(in.make_hard_link(leaf("hard"), in, name));
  ignore(in.set_mode(leaf("hard"), 0604));
  ignore(in.remove_file(leaf("hard")));
  if (auto out = in.create_temporary(name, 0644)) {
    ignore((*out)->write_at(0, bytes_of("overwritten")));
    ignore((*out)->set_owner(4321, 4321));
    ignore((*out)->place(name));
  }
  ignore(in.remove_directory(name));
  ignore(in.remove_file(name));
}

void furnish_outside(world& w) {
  w.directory_at("outside");
  w.file_at("outside/inside", "precious");
  w.file_at("outside/file", "precious");
  w.directory_at("outside/empty");
  w.directory_at("held");
}

}  // namespace

TEST_CASE("nothing is done to what a link points to") {
  std::unique_ptr<world> w;
  if (GENERATE(true, false)) {
    w = std::make_unique<disk_world>();
  } else {
    w = std::make_unique<memory_world>();
  }
  furnish_outside(*w);
  auto const held = *w->files()->open_root(w->top() + "/held");
  auto const outside = *w->files()->open_root(w->top() + "/outside");
  std::string const before = picture_of(*outside);
  for (auto const* target : {"file", "inside", "empty", ".", "absent"}) {
    for (bool const absolute : {true, false}) {
      w->link_at("held/x", (absolute ? w->top() : std::string{".."}) + "/outside/" + target);
      INFO(target);
      do_everything_to(*held, "x");
      CHECK(picture_of(*outside) == before);
      CHECK(held->status_of(leaf("x")).error() == std::errc::no_such_file_or_directory);
    }
  }
}

TEST_CASE("nor when the link comes between two calls") {
  disk_world w;
  furnish_outside(w);
  auto const held = *w.files()->open_root(w.top() + "/held");
  auto const outside = *w.files()->open_root(w.top() + "/outside");
  std::string const before = picture_of(*outside);
  std::atomic<bool> stop{false};
  std::atomic<int> flips{0};
  std::thread flipper{[&] {
    std::string const x = w.top() + "/held/x";
    std::array const targets{w.top() + "/outside/file", w.top() + "/outside", w.top() + "/outside/empty"};
    while (!stop) {
      for (auto const& target : targets) {
        if (::unlink(x.c_str()) != 0) (void)::rmdir(x.c_str());
        if (::symlink(target.c_str(), x.c_str()) == 0) ++flips;
      }
    }
  }};
  unique_fd const by{::open((w.top() + "/held").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  // For a while, and on a busy machine until both have had their turns.
  using clock = std::chrono::steady_clock;
  auto const start = clock::now();
  int rounds = 0;
  for (auto now = start; now < start + std::chrono::milliseconds{700} ||
                         ((rounds < 30 || flips < 30) && now < start + std::chrono::seconds{60});
       now = clock::now(), ++rounds) {
    do_everything_to(*held, "x");
    (void)set_mode_in_two_steps(by.get(), "x", 0604);
  }
  stop = true;
  flipper.join();
  CHECK(flips > 20);
  CHECK(rounds > 20);
  CHECK(picture_of(*outside) == before);
}

}  // namespace volsync::fs
