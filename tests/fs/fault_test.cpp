// A tree that fails on demand fails exactly then, and lets everything else through.
#include <array>
#include <cerrno>
#include <thread>

#include "fs/fault_tree.hpp"
#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::shared_ptr<directory const> opened(std::shared_ptr<tree> const& files) {
  auto top = files->open_root("/top");
  REQUIRE(top);
  return *top;
}

// One of each operation, as names and errno values.
std::string every_operation(tree& files) {
  std::string text;
  auto const note = [&text](char const* what, error_code why) {
    text += std::string{text.empty() ? "" : " "} + what + ":" + std::to_string(why.value());
  };
  note("operand_status", files.status_of("/top/f", false).error());
  auto const top = files.open_root("/top");
  note("open_root", top.error());
  if (!top) return text;
  std::vector<directory_entry> names;
  note("read_directory", (*top)->read(names).error());
  note("directory_status", (*top)->status().error());
  note("status", (*top)->status_of(leaf("f")).error());
  note("open_directory", (*top)->open_directory(leaf("d")).error());
  note("read_link", (*top)->read_link(leaf("l")).error());
  auto const file = (*top)->open_file(leaf("f"));
  note("open_file", file.error());
  if (!file) return text;
  note("file_status", (*file)->status().error());
  std::array<std::byte, 10> buffer{};
  note("read", (*file)->read(buffer).error());
  return text;
}

void furnish(memory_world& w) {
  w.file_at("f", "0123456789");
  w.directory_at("d");
  w.link_at("l", "f");
}

std::string const untouched =
    "operand_status:0 open_root:0 read_directory:0 directory_status:0 status:0 open_directory:0 read_link:0 "
    "open_file:0 "
    "file_status:0 read:0";

}  // namespace

TEST_CASE("without a fault the tree is as it was") {
  memory_world w;
  furnish(w);
  auto const same = make_fault_tree(w.files(), [](call const&) { return fault{}; });
  CHECK(every_operation(*same) == untouched);
  CHECK(every_operation(*make_fault_tree(w.files(), nullptr)) == untouched);
  auto const file = opened(same)->open_file(leaf("f"));
  REQUIRE(file);
  CHECK(content_of(**file) == "0123456789");
  std::vector<directory_entry> names;
  REQUIRE(opened(same)->read(names));
  CHECK(names.size() == 3);
}

TEST_CASE("each single call can be made to fail") {
  memory_world w;
  furnish(w);
  CHECK(every_operation(*make_fault_tree(w.files(), only(1, EIO))) == "operand_status:5" + untouched.substr(16));
  CHECK(every_operation(*make_fault_tree(w.files(), only(2, EIO))) == "operand_status:0 open_root:5");
  for (std::uint64_t n = 3; n <= 10; ++n) {
    std::string const text = every_operation(*make_fault_tree(w.files(), only(n, EACCES)));
    INFO(text);
    auto const at = text.find(":13");
    REQUIRE(at != std::string::npos);
    CHECK(static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), ' ')) ==
          n - 1);
    CHECK(text.find(":13", at + 1) == std::string::npos);
  }
  CHECK(every_operation(*make_fault_tree(w.files(), only(11, EIO))) == untouched);
}

TEST_CASE("every nth call of a kind fails") {
  memory_world w;
  furnish(w);
  auto const top = opened(make_fault_tree(w.files(), every(3, operation::status, EMFILE)));
  std::string pattern;
  for (int i = 0; i < 7; ++i) {
    pattern += top->status_of(leaf("f")) ? '.' : 'x';
    for (int other = 0; other < 2; ++other) CHECK(top->read_link(leaf("l")));
  }
  CHECK(pattern == "..x..x.");
}

TEST_CASE("reads can be short, end early, or fail in the middle") {
  memory_world w;
  furnish(w);
  std::array<std::byte, 10> buffer{};
  SECTION("short") {
    auto const file = opened(make_fault_tree(w.files(), short_reads(4)))->open_file(leaf("f"));
    REQUIRE(file);
    CHECK(*(*file)->read(buffer) == 4);
    CHECK(content_of(**file, 100) == "456789");
  }
  SECTION("truncated meanwhile") {
    auto const plan = [&](call const& now) {
      if (now.what == operation::read && now.of_kind == 2) w.inside().set_content("/top/f", "01");
      return now.what == operation::read ? fault{0, 2} : fault{};
    };
    auto const file = opened(make_fault_tree(w.files(), plan))->open_file(leaf("f"));
    REQUIRE(file);
    CHECK(content_of(**file, 100) == "01");
  }
  SECTION("of a directory") {
    auto const plan = [](call const& now) { return now.what == operation::read_directory ? fault{EIO, 1} : fault{}; };
    std::vector<directory_entry> names(1);
    CHECK(opened(make_fault_tree(w.files(), plan))->read(names).error() == std::errc::io_error);
    REQUIRE(names.size() == 2);
    CHECK(names[1].name == "f");
  }
}

TEST_CASE("a plan is told the path and counts of each call") {
  memory_world w;
  furnish(w);
  w.file_at("d/inner", "x");
  std::vector<std::string> told;
  auto const files = make_fault_tree(w.files(), [&](call const& now) {
    told.push_back(now.path + " " + std::to_string(now.number) + " " + std::to_string(now.of_kind));
    return fault{};
  });
  auto const dir = opened(files)->open_directory(leaf("d"));
  REQUIRE(dir);
  auto const file = (*dir)->open_file(leaf("inner"));
  REQUIRE(file);
  CHECK(content_of(**file, 100) == "x");
  CHECK(told ==
        std::vector<std::string>{"/top 1 1", "/top/d 2 1", "/top/d/inner 3 1", "/top/d/inner 4 1", "/top/d/inner 5 2"});
}

TEST_CASE("a memory tree is changed as files are") {
  memory_world w;
  auto& files = w.inside();
  CHECK_FALSE(files.add_file("/top/f/x/..", ""));
  CHECK(files.add_file("/top/f", "1"));
  CHECK_FALSE(files.add_file("/top/f/x", ""));
  CHECK(files.add_hard_link("/top/g", "/top/f"));
  CHECK(files.status_of("/top/f", false)->link_count == 2);
  CHECK(files.set_content("/top/f", "changed"));
  CHECK(files.status_of("/top/g", false)->size == 7);
  CHECK(files.rename("/top/g", "/top/new/h"));
  CHECK(files.status_of("/top/new/h", false)->link_count == 2);
  CHECK(files.status_of("/top/g", false).error() == std::errc::no_such_file_or_directory);
  CHECK(files.add_file("/top/f", "fresh"));
  CHECK(files.status_of("/top/new/h", false)->link_count == 1);
  CHECK(files.status_of("/top/new/h", false)->size == 7);
  CHECK_FALSE(files.rename("/top/new", "/top/new/below"));
  CHECK(files.rename("/top/new", "/top/moved"));
  CHECK(files.open_root("/top/moved/..").value_or(nullptr)->status()->inode == files.status_of("/top", true)->inode);
  CHECK(files.remove("/top/moved"));
  CHECK_FALSE(files.remove("/top/moved"));
  CHECK_FALSE(files.add_hard_link("/top/x", "/top"));
  CHECK_FALSE(files.edit("/top/absent", [](file_status&) {}));
  CHECK(files.edit("/top/f", [](file_status& s) {
    s.uid = 7;
    s.link_count = 99;
  }));
  CHECK(files.status_of("/top/f", false)->uid == 7);
  CHECK(files.status_of("/top/f", false)->link_count == 1);
  CHECK(files.add_directory("/top"));
  CHECK(files.status_of("/top/f", false));
}

}  // namespace volsync::fs
