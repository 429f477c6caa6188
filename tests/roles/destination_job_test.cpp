// What a destination argument means, by what is there and what comes.
#include "roles/destination_job.hpp"

#include <cerrno>
#include <memory>

#include "fs/memory_tree.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;

namespace {

std::shared_ptr<fs::memory_tree> some_files() {
  auto const files = std::make_shared<fs::memory_tree>();
  REQUIRE(files->add_directory("/dir"));
  REQUIRE(files->add_file("/file", "x"));
  REQUIRE(files->add_link("/link", "dir"));
  return files;
}

destination_answer ask(destination_request what, std::shared_ptr<fs::memory_tree> const& files = some_files()) {
  destination_job job{files, std::move(what)};
  job.step();
  REQUIRE(job.done());
  return job.take_answer();
}

destination_request many(std::string path) {
  destination_request what;
  what.path = std::move(path);
  return what;
}
destination_request one_file(std::string path) {
  auto what = many(std::move(path));
  what.one_entry = true;
  return what;
}

}  // namespace

TEST_CASE("a directory, or a link to one, is entered whatever comes") {
  for (auto const* path : {"/dir", "/dir/", "/link", "/link/"}) {
    CAPTURE(path);
    for (auto const& what : {many(path), one_file(path)}) {
      auto const got = ask(what);
      CHECK(got.code == exit_code::success);
      CHECK(got.where);
      CHECK((got.single_name.empty() && !got.made && got.notice.empty()));
    }
  }
}

TEST_CASE("what is not there is made for many, and is the name of one") {
  auto const files = some_files();
  auto const made = ask(many("/new/"), files);
  CHECK((made.made && made.where && made.notice == "created directory /new"));
  CHECK(files->status_of("/new", false));
  auto const named = ask(one_file("/dir/name"), files);
  CHECK((!named.made && named.where && named.single_name == "name" && named.full_root == "/dir"));
  CHECK_FALSE(files->status_of("/dir/name", false));
  auto const below = ask(one_file("/other/"), files);  // the slash asks for a directory
  CHECK((below.made && below.single_name.empty()));
  CHECK(files->status_of("/other", false));
}

TEST_CASE("a file is replaced by one file and by nothing else") {
  auto const named = ask(one_file("/file"));
  CHECK((named.code == exit_code::success && named.single_name == "file" && named.full_root == "/"));
  CHECK(ask(many("/file")).code == exit_code::file_selection);
  CHECK(ask(one_file("/file/")).code == exit_code::file_selection);
  auto directory = one_file("/file");
  directory.entry_is_directory = true;
  CHECK(ask(directory).code == exit_code::file_selection);
}

TEST_CASE("missing parents are made with --mkpath only") {
  auto what = many("/a/b/c");
  CHECK(ask(what).code == exit_code::file_io);
  what.make_parents = true;
  auto const files = some_files();
  CHECK(ask(what, files).notice == "created 3 directories for /a/b/c");
  CHECK(files->status_of("/a/b/c", false));
  auto single = one_file("/p/q/name");
  single.make_parents = true;
  auto const got = ask(single, files);
  CHECK((got.made && got.single_name == "name"));
  CHECK(files->status_of("/p/q", false));
}

TEST_CASE("a dry run makes nothing and says what it would") {
  auto const files = some_files();
  auto what = many("/new");
  what.dry_run = true;
  auto const got = ask(what, files);
  CHECK((got.made && !got.where && got.notice == "created directory /new" && got.full_root == "/new"));
  CHECK_FALSE(files->status_of("/new", false));
}

TEST_CASE("what cannot be looked at or made ends the run") {
  auto const files = some_files();
  auto const failing = GENERATE(fs::operation::operand_status, fs::operation::make_operand, fs::operation::open_root);
  CAPTURE(int(failing));
  files->set_hook([failing](fs::operation what, std::string const& path) {
    return what == failing && path == "/new" ? EACCES : 0;
  });
  auto const got = ask(many("/new"), files);
  CHECK(got.code != exit_code::success);
  CHECK(got.text.find("\"/new\"") != std::string::npos);
  CHECK(got.text.find("(13)") != std::string::npos);
}

TEST_CASE("a link that leads nowhere is in the way") {
  auto const files = some_files();
  REQUIRE(files->add_link("/dangling", "nowhere"));
  auto const got = ask(many("/dangling"), files);
  CHECK(got.code == exit_code::file_io);
  CHECK(got.text.starts_with("mkdir \"/dangling\" failed: File exists"));
}

TEST_CASE("a --temp-dir is looked for below the destination, or where it says") {
  auto const files = some_files();
  REQUIRE(files->add_directory("/dir/tmp"));
  auto what = many("/dir");
  for (auto const* path : {"tmp", "/dir/tmp"}) {
    what.temp_dir = path;
    CHECK(ask(what, files).temp_dir);
  }
  what.temp_dir = "none";
  auto const got = ask(what, files);
  CHECK((got.code == exit_code::syntax && got.text == "The temp-dir does not exist: none"));
}
