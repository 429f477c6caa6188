// Whole sessions: our engine with the stock rsync as its peer.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <random>
#include <thread>

#include "engine/fixture.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::test;

namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random{seed};
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("a tree arrives as it is, for every protocol, with and without incremental recursion") {
  int const protocol = GENERATE(30, 31, 32);
  bool const incremental = GENERATE(true, false);
  CAPTURE(protocol, incremental);
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/small", "hello\n", 0640);
  files->add_file("/src/empty", "");
  files->add_file("/src/a/b/large", noise(3'000'000, 1));
  files->add_hard_link("/src/a/again", "/src/small");
  files->add_link("/src/a/link", "../small");
  files->add_directory("/src/nothing here", 0711);
  files->edit("/src/small", [](file_status& s) {
    s.mtime = -5;
    s.mtime_ns = 250'000'000;
    s.uid = 5000;
    s.gid = 999;
  });
  job j = push_job(where);
  j.options.protocol = protocol;
  j.options.inc_recursive = incremental;
  recorder events;
  auto const done = push(j, files, events);
  INFO(done.text);
  REQUIRE(done.code == exit_code::success);
  CHECK(content_of(where.to() + "/small") == "hello\n");
  CHECK(content_of(where.to() + "/a/b/large") == noise(3'000'000, 1));
  CHECK(std::filesystem::read_symlink(where.to() + "/a/link") == "../small");
  struct stat s {
  }, again{};
  REQUIRE(::stat((where.to() + "/small").c_str(), &s) == 0);
  REQUIRE(::stat((where.to() + "/a/again").c_str(), &again) == 0);
  CHECK(s.st_ino == again.st_ino);
  CHECK((s.st_mode & 07777) == 0640);
  CHECK(s.st_mtim.tv_sec == -5);
  CHECK(s.st_mtim.tv_nsec == (protocol >= 31 ? 250'000'000 : 0));
  if (::geteuid() == 0) {
    CHECK(s.st_uid == 5000);
    CHECK(s.st_gid == 999);
  }
  REQUIRE(::stat((where.to() + "/nothing here").c_str(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0711);
  CHECK(done.result.transferred_files == 3);
  CHECK(done.result.files.regular == 4);
  CHECK(done.result.files.directories == 4);
  CHECK(done.result.literal_data == 3'000'006);
  CHECK(done.result.list_generation.count() > 0);

  SECTION("and a second run sends nothing") {
    recorder second;
    auto const unchanged = push(j, files, second);
    CHECK(unchanged.code == exit_code::success);
    CHECK(unchanged.result.transferred_files == 0);
    CHECK(second.all<item>().empty());
  }
  SECTION("and a third sends the differences only") {
    std::string changed = noise(3'000'000, 1);
    changed.replace(1'000'000, 3, "xyz!");
    files->set_content("/src/a/b/large", changed);
    files->edit("/src/a/b/large", [](file_status& st) { st.mtime += 10; });
    files->remove("/src/empty");
    j.options.deletion = delete_mode::automatic;
    recorder third;
    auto const done3 = push(j, files, third);
    CHECK(done3.code == exit_code::success);
    CHECK(content_of(where.to() + "/a/b/large") == changed);
    CHECK_FALSE(std::filesystem::exists(where.to() + "/empty"));
    CHECK(done3.result.literal_data < 10'000);
    CHECK(done3.result.matched_data > 2'900'000);
    if (protocol >= 31) CHECK(done3.result.deleted.regular == 1);
  }
}

TEST_CASE("many directories and files keep their places with several workers") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  for (int d = 0; d < 120; ++d) {
    std::string const directory = "/src/" + std::to_string(d % 7) + "/d" + std::to_string(d);
    for (int f = 0; f < 15; ++f) {
      files->add_file(directory + "/f" + std::to_string(f),
                      directory + std::to_string(f) + std::string(static_cast<std::size_t>(f) * 1000, 'x'));
    }
  }
  job j = push_job(where);
  j.options.threads = GENERATE(1, 4);
  recorder events;
  REQUIRE(push(j, files, events).code == exit_code::success);
  for (int d = 0; d < 120; ++d) {
    std::string const directory = std::to_string(d % 7) + "/d" + std::to_string(d);
    for (int f = 0; f < 15; ++f) {
      REQUIRE(content_of(where.to() + "/" + directory + "/f" + std::to_string(f)) ==
              "/src/" + directory + std::to_string(f) + std::string(static_cast<std::size_t>(f) * 1000, 'x'));
    }
  }
}

TEST_CASE("a file that vanishes after it was listed is code 24, one that cannot be opened 23; the rest arrives") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/kept", "k");
  files->add_file("/src/gone", "g");
  int const error = GENERATE(ENOENT, EACCES);
  files->set_hook([error](fs::operation what, std::string const& path) {
    return what == fs::operation::open_file && path == "/src/gone" ? error : 0;
  });
  recorder events;
  auto const done = push(push_job(where), files, events);
  CHECK(done.code == (error == ENOENT ? exit_code::vanished : exit_code::partial));
  CHECK(content_of(where.to() + "/kept") == "k");
  CHECK_FALSE(std::filesystem::exists(where.to() + "/gone"));
  auto const problems = events.all<problem>();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].path == "/src/gone");
  CHECK(problems[0].vanished == (error == ENOENT));
}

TEST_CASE("a read error in mid-file never makes a wrong file") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/bad", noise(1'000'000, 3));
  auto const reads = std::make_shared<std::atomic<int>>(0);
  bool const once = GENERATE(true, false);
  files->set_hook([reads, once](fs::operation what, std::string const& path) {
    if (what != fs::operation::read || path != "/src/bad") return 0;
    int const n = ++*reads;
    return n == 2 || (!once && n > 2) ? EIO : 0;
  });
  recorder events;
  auto const done = push(push_job(where), files, events);
  CHECK(done.code == exit_code::partial);
  CHECK(std::filesystem::exists(where.to() + "/bad") == once);  // the second try was whole
  if (once) CHECK(content_of(where.to() + "/bad") == noise(1'000'000, 3));
}

TEST_CASE("nothing is deleted after a directory could not be read, or an argument is missing") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/f", "f");
  files->add_file("/src/x", "x");
  recorder events;
  REQUIRE(push(push_job(where), files, events).code == exit_code::success);
  std::ofstream{where.to() + "/stays"} << "s";
  std::ofstream{where.to() + "/d/stays"} << "s";
  job j = push_job(where);
  j.options.deletion = delete_mode::automatic;
  SECTION("unreadable") {
    files->set_hook([](fs::operation what, std::string const& path) {
      return what == fs::operation::read_directory && path == "/src/d" ? EIO : 0;
    });
  }
  SECTION("missing") {
    location absent;
    absent.path = "/absent";
    j.sources.push_back(absent);
  }
  recorder second;
  CHECK(push(j, files, second).code == exit_code::partial);
  CHECK(std::filesystem::exists(where.to() + "/d/stays"));
  CHECK(std::filesystem::exists(where.to() + "/d/f"));
}

TEST_CASE("a file that shrinks or grows while it is read arrives as something that was read") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/log", noise(700'000, 5));
  std::string const other = GENERATE(noise(10, 6), noise(900'000, 7));
  auto const once = std::make_shared<std::atomic<bool>>(false);
  auto* const raw = files.get();
  files->set_hook([once, other, raw](fs::operation what, std::string const& path) {
    if (what == fs::operation::read && path == "/src/log" && !once->exchange(true)) raw->set_content("/src/log", other);
    return 0;
  });
  recorder events;
  CHECK(push(push_job(where), files, events).code == exit_code::success);
  files->set_hook({});
  files->edit("/src/log", [](file_status& s) { s.mtime += 7; });
  CHECK(push(push_job(where), files, events).code == exit_code::success);
  CHECK(content_of(where.to() + "/log") == other);
}

TEST_CASE("what cannot begin says why") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/f", "f");
  job j = push_job(where);
  recorder events;
  SECTION("no such program on the other side") {
    j.options.remote_program = "/no/such/rsync";
    auto const done = push(j, files, events);
    CHECK(done.code == exit_code::remote_not_found);
  }
  SECTION("a shell that prints text first") {
    std::ofstream{where.shell()} << "#!/bin/sh\necho Welcome to this host\nshift\nexec \"$@\"\n";
    auto const done = push(j, files, events);
    CHECK(done.code == exit_code::protocol);
    CHECK(done.text.find("is your shell clean") != std::string::npos);
  }
  SECTION("a peer that is too old") {
    std::ofstream{where.shell()} << "#!/bin/sh\nprintf '\\035\\0\\0\\0'\ncat >/dev/null\n";
    auto const done = push(j, files, events);
    CHECK(done.code == exit_code::protocol);
    CHECK(done.text.find("older than 30") != std::string::npos);
  }
  SECTION("a peer that goes away") {
    std::ofstream{where.shell()} << "#!/bin/sh\nexit 0\n";
    CHECK(push(j, files, events).code == exit_code::stream);
  }
  SECTION("no remote shell") {
    j.options.remote_shell = "/no/such/shell";
    CHECK(push(j, files, events).code == exit_code::ipc);
  }
}

TEST_CASE("each argument is filtered by where it lies itself") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  for (auto const* directory : {"/one/x/", "/two/y/"}) {
    for (auto const* name : {"1", "2", "3"}) files->add_file(std::string{directory} + name, name);
  }
  files->add_file("/one/.rsync-filter", "- 1\n");
  job j = push_job(where);
  j.sources.assign(2, {});
  j.sources[0].path = "/one/x";
  j.sources[1].path = "/two/y";
  std::string expected;
  SECTION("merge files above") {
    j.options.filters = {{filter_option::kind::per_directory, ""}};
    expected = "x2 x3 y1 y2 y3 ";
  }
  SECTION("absolute rules") {
    j.options.filters = {{filter_option::kind::rule, "-/ /one/x/2"}, {filter_option::kind::rule, "-/ /two/y/3"}};
    expected = "x1 x3 y1 y2 ";
  }
  recorder events;
  REQUIRE(push(j, files, events).code == exit_code::success);
  std::string arrived;
  for (std::string const directory : {"x", "y"}) {
    for (std::string const name : {"1", "2", "3"}) {
      if (std::filesystem::exists(where.to() + "/" + directory + "/" + name)) arrived += directory + name + " ";
    }
  }
  CHECK(arrived == expected);
}

TEST_CASE("a merge file that names what is not there ends the run with the code of a file error, a bad rule with 1") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/f", "f");
  job j = push_job(where);
  j.options.filters = {{filter_option::kind::rule, ": .rules"}};
  recorder events;
  std::string const in = GENERATE("/src/.rules", "/src/d/.rules");
  CAPTURE(in);
  SECTION("no such file") {
    files->add_file(in, "merge nowhere\n");
    CHECK(push(j, files, events).code == exit_code::file_io);
  }
  SECTION("files that name each other") {
    files->add_file("/src/again", "merge again\n");
    files->add_file(in, "merge again\n");
    CHECK(push(j, files, events).code == exit_code::file_io);
  }
  SECTION("no rule") {
    files->add_file(in, "nonsense\n");
    CHECK(push(j, files, events).code == exit_code::syntax);
  }
}

TEST_CASE("-c digests a large file in steps, wherever it stands") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/large", std::string(50'000'000, 'x'));
  files->add_file("/src/small", "s");
  job j = push_job(where);
  j.options.checksum = true;
  j.sources[0].path = GENERATE("/src/d/", "/src/", "/src/d/large");
  CAPTURE(j.sources[0].path);
  std::string const name = j.sources[0].path == "/src/" ? "/d/large" : "/large";
  SECTION("and finds it unchanged") {
    recorder events;
    REQUIRE(push(j, files, events).code == exit_code::success);
    files->edit("/src/d/large", [](file_status& s) { s.mtime += 10; });
    recorder second;
    auto const unchanged = push(j, files, second);
    CHECK(unchanged.code == exit_code::success);
    CHECK(unchanged.result.transferred_files == 0);
    CHECK(std::filesystem::file_size(where.to() + (j.sources[0].path == "/src/d/large" ? "" : name)) == 50'000'000);
  }
  SECTION("so that a cancellation does not wait for its end") {
    cancellation cancel;
    std::atomic<int> reads = 0;
    files->set_hook([&](fs::operation what, std::string const&) {
      if (what == fs::operation::read && ++reads == 5) cancel.request();
      return 0;
    });
    recorder events;
    CHECK(run(j, events, cancel, files).code == exit_code::signal);
    CHECK(reads < 120);  // of 191
  }
}

TEST_CASE("a merge file on the way to an argument that cannot be read is told, and counts") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/.rules", "- a\n");
  files->add_file("/src/d/e/f", "f");
  files->set_hook([&](fs::operation what, std::string const& path) {
    return what == fs::operation::open_file && path.ends_with("/d/.rules") ? EIO : 0;
  });
  job j = push_job(where);
  j.options.relative = true;
  j.options.filters = {{filter_option::kind::rule, ": .rules"}};
  j.sources[0].path = "/src/./d/e";
  recorder events;
  CHECK(push(j, files, events).code == exit_code::partial);
  CHECK(events.all<problem>().size() == 1);
}

TEST_CASE("items are named as in the list, and by the argument as it was typed") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/f", "f");
  job j = push_job(where);
  std::string expected;
  SECTION("the content of a directory") {
    j.sources[0].path = "/src/";
    expected = ".:/src/. d:/src/d d/f:/src/d/f ";
  }
  SECTION("a directory") {
    j.sources[0].path = "//src/./d";
    expected = "d:/src/d d/f:/src/d/f ";
  }
  SECTION("an absolute path kept by -R") {
    j.options.relative = true;
    j.sources[0].path = "/src/d";
    expected = "/src:/src /src/d:/src/d /src/d/f:/src/d/f ";
  }
  SECTION("a path cut by -R") {
    j.options.relative = true;
    j.sources[0].path = "/./src/d";
    expected = "src:/src src/d:/src/d src/d/f:/src/d/f ";
  }
  recorder events;
  REQUIRE(push(j, files, events).code == exit_code::success);
  std::string told;
  for (auto const& each : events.all<item>()) told += each.name + ":" + each.path + " ";
  CHECK(told == expected);
}

TEST_CASE("a link that is copied because it leads out of the transfer is told if that is asked for") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/elsewhere", "e");
  files->add_link("/src/d/link", "/elsewhere");
  job j = push_job(where);
  j.options.copy_unsafe_links = true;
  j.sources[0].path = GENERATE("/src/d/", "/src/d/link");
  j.options.verbose = GENERATE(0, 1);
  recorder events;
  REQUIRE(push(j, files, events).code == exit_code::success);
  std::string told;
  for (auto const& each : events.all<message>()) {
    if (!each.from_peer && !each.text.starts_with("transport")) told += each.text;
  }
  CHECK(told == (j.options.verbose != 0 ? "copying unsafe symlink \"link\" -> \"/elsewhere\"" : ""));
}

TEST_CASE("a directory that is named twice in a row is listed twice and read once") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/e/f", "f");
  files->add_file("/other/d/g", "g");
  job j = push_job(where);
  auto const named = [&](std::vector<std::string> const& paths) {
    j.sources.clear();
    for (auto const& each : paths) {
      j.sources.emplace_back();
      j.sources.back().path = each;
    }
    recorder events;
    auto const done = push(j, files, events);
    REQUIRE(done.code == exit_code::success);
    return done.result.files.total();
  };
  CHECK(named({"/src/d", "/src/d"}) == 4);
  CHECK(named({"/src/", "/src/."}) == 6);
  CHECK(named({"/src/d", "/other/d"}) == 5);
  CHECK(named({"/src/d", "/other/d", "/src/d"}) == 7);  // e comes twice in a row
  j.options.inc_recursive = false;
  CHECK(named({"/src/d", "/src/d"}) == 6);
}

TEST_CASE("links on the way to an argument of -R are followed, and one with a slash behind it, but none below") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/real/d/f", "f");
  files->add_link("/src/real/d/below", "../d2");
  files->add_file("/src/real/d2/g", "g");
  files->add_link("/src/way", "real");
  files->add_link("/src/way2", "/src/real/d");
  files->add_link("/src/file", "real/d/f");
  files->add_link("/src/dead", "nowhere");
  job j = push_job(where);
  j.options.inc_recursive = GENERATE(true, false);
  j.options.relative = true;
  CAPTURE(j.options.inc_recursive);
  SECTION("arguments") {
    j.sources.clear();
    for (auto const* each : {"/src/./way/d", "/src/./way2/", "/src/./file/", "/src/./dead/"}) {
      j.sources.emplace_back();
      j.sources.back().path = each;
    }
  }
  SECTION("names of a list") {
    std::ofstream{where.path() + "/list"} << "way/d/f\nway/d/below\nway2/\nfile/\ndead/\n";
    j.options.files_from = where.path() + "/list";
  }
  recorder events;
  CHECK(push(j, files, events).code == exit_code::success);
  CHECK(content_of(where.to() + "/way/d/f") == "f");
  CHECK(std::filesystem::is_directory(std::filesystem::symlink_status(where.to() + "/way")));
  CHECK(content_of(where.to() + "/way2/f") == "f");
  for (auto const* link : {"/way/d/below", "/way2/below", "/file", "/dead"}) {
    CAPTURE(link);
    CHECK(std::filesystem::is_symlink(std::filesystem::symlink_status(where.to() + link)));
  }
}

TEST_CASE("memory that cannot be had is code 22, wherever it was asked for") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/d/f", "f");
  SECTION("in a step") {
    auto const at = GENERATE(fs::operation::read_directory, fs::operation::read_at);
    files->set_hook([at](fs::operation what, std::string const&) -> int {
      if (what == at) throw std::bad_alloc{};
      return 0;
    });
    recorder events;
    CHECK(push(push_job(where), files, events).code == exit_code::memory);
    CHECK(events.all<finished>().size() == 1);
  }
  SECTION("by the protocol thread") {
    struct greedy final : observer {
      void on_event(event const& what) override {
        if (std::holds_alternative<item>(what)) throw std::bad_alloc{};
        if (auto const* end = std::get_if<finished>(&what)) code = end->code;
      }
      exit_code code = exit_code::success;
    } events;
    cancellation cancel;
    CHECK(run(push_job(where), events, cancel, files).code == exit_code::memory);
    CHECK(events.code == exit_code::memory);
  }
}

TEST_CASE("a file of rules or names that cannot be read whole is a refusal, not a shorter list") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/f", "f");
  files->add_file("/src/g", "g");
  job j = push_job(where);
  recorder events;
  std::string const unreadable = "/proc/self/mem";  // opens, and fails to be read at its beginning
  auto const excluded = [&](std::string const& file) {
    j.options.filters = {{filter_option::kind::exclude_from, file}};
  };
  SECTION("rules: a read error") {
    excluded(unreadable);
    CHECK(push(j, files, events).code == exit_code::file_io);
  }
  SECTION("rules: a directory") {
    excluded(where.path());
    CHECK(push(j, files, events).code == exit_code::file_io);
  }
  SECTION("names: a read error") {
    j.options.files_from = unreadable;
    CHECK(push(j, files, events).code == exit_code::syntax);
  }
  SECTION("names: no such file") {
    j.options.files_from = "/no/such/list";
    CHECK(push(j, files, events).code == exit_code::syntax);
  }
  SECTION("standard input is read from where it stands") {
    std::ofstream{where.path() + "/list"} << "f\ng\n";
    int const list = ::open((where.path() + "/list").c_str(), O_RDONLY), kept = ::dup(STDIN_FILENO);
    REQUIRE(::lseek(list, 2, SEEK_SET) == 2);
    ::dup2(list, STDIN_FILENO);
    excluded("-");
    auto const done = push(j, files, events);
    ::dup2(kept, STDIN_FILENO);
    ::close(list);
    ::close(kept);
    CHECK(done.code == exit_code::success);
    CHECK(content_of(where.to() + "/f") == "f");
    CHECK_FALSE(std::filesystem::exists(where.to() + "/g"));
  }
}

TEST_CASE("a cancelled run ends at once with code 20") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  for (int i = 0; i < 40; ++i)
    files->add_file("/src/f" + std::to_string(i), noise(1'000'000, static_cast<unsigned>(i)));
  job j = push_job(where);
  j.options.bandwidth_limit = 1'000'000;
  recorder events;
  cancellation cancel;
  std::thread other{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{400});
    cancel.request();
  }};
  auto const begun = std::chrono::steady_clock::now();
  auto const done = run(j, events, cancel, files);
  auto const took = std::chrono::steady_clock::now() - begun;
  other.join();
  CHECK(done.code == exit_code::signal);
  CHECK(took < std::chrono::seconds{30});
}

TEST_CASE("a silent peer is given up after the timeout") {
  scratch where;
  std::ofstream{where.shell()} << "#!/bin/sh\nexec sleep 60\n";
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/f", "f");
  job j = push_job(where);
  j.options.timeout = std::chrono::seconds{1};
  recorder events;
  auto const done = push(j, files, events);
  CHECK(done.code == exit_code::timeout);
}

TEST_CASE("a tree without incremental recursion is walked without a pause") {
  scratch where;
  auto const files = std::make_shared<fs::memory_tree>();
  std::string directory = "/src";
  for (int depth = 0; depth < 30; ++depth) {
    directory += "/d";
    files->add_file(directory + "/f", "f");
  }
  job j = push_job(where);
  j.options.inc_recursive = false;
  recorder events;
  auto const done = push(j, files, events);
  REQUIRE(done.code == exit_code::success);
  CHECK(std::filesystem::exists(where.to() + directory.substr(4) + "/f"));
}
